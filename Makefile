# Targets: setup repro examples app documents ray remotes test lint bench lock clean. A fresh machine needs Python 3.11+, git and make.
PYTHON ?= python3
PIP = .venv/bin/python -m pip install --quiet
RUFF = ruff check . && ruff format --check .
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# Without a GPU, PyTorch comes from its own index of CPU builds, if that answers within three seconds: it spares gigabytes of
# CUDA. TORCH_INDEX=URL names another index, TORCH_INDEX= none.
CPU = https://download.pytorch.org/whl/cpu
ANSWERS = import signal, urllib.request; signal.alarm(3); urllib.request.urlopen("$(CPU)/torch/")
TORCH_INDEX ?= $(shell command -v nvidia-smi >/dev/null || ! $(PYTHON) -c '$(ANSWERS)' 2>/dev/null || echo $(CPU))

.PHONY: setup repro examples app documents ray remotes test lint bench lock clean help

help:  ## list the targets
	@grep -E '^[a-z ]+:.*##' Makefile | sed 's/:.*##/\t/'

setup: .venv/core  ## create .venv with the pinned requirements of what `make repro` runs

.venv/core: requirements.txt pyproject.toml mbegu/builds/plots_page.py
	$(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(PIP) --extra-index-url $(TORCH_INDEX) $(shell grep ^torch== requirements.txt))
	$(PIP) --requirement requirements.txt --editable .
	.venv/bin/python -m mbegu.builds.plots_page .dvc/plots.html
	touch $@

app documents ray remotes: %: .venv/%  ## add to .venv: the chat page; readers of documents; Ray; DVC over S3 and SSH

.venv/dev: .venv/core requirements-dev.txt
	$(PIP) --requirement requirements-dev.txt
	touch $@

.venv/app .venv/documents .venv/ray .venv/remotes: .venv/%: .venv/core requirements-dev.txt
	$(PIP) --constraint requirements-dev.txt --editable '.[$*]'
	touch $@

# bytecode is kept, or each stage would compile our modules anew
repro examples: export PYTHONDONTWRITEBYTECODE =

repro: setup  ## build every version, adapter and score that is out of date, and print the verdicts
	dvc repro
	@cat metrics/compare.md && echo "Report: report.html"

examples: documents  ## build the examples: a company's documents, a public set, ads in Amharic
	dvc repro examples/company_docs/dvc.yaml
	dvc repro examples/finance_qa/dvc.yaml
	dvc repro examples/amharic_ads/dvc.yaml
	@for name in company_docs finance_qa amharic_ads; do cat examples/$$name/metrics/compare.md; echo "Report: examples/$$name/report.html"; done

test: .venv/dev  ## lint, types and all tests, three at a time: each waits for others a quarter of its time
	$(RUFF)
	@mypy & types=$$!; OMP_NUM_THREADS=1 pytest -n 3 --dist worksteal --durations=25; tests=$$?; wait $$types && exit $$tests

lint: .venv/dev  ## ruff and mypy
	$(RUFF)
	mypy

bench: .venv/dev models/base  ## print speed ratios against peers
	python benchmarks/run.py

models/base: setup
	dvc repro base

LOCK = pip-compile --quiet --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml
lock: .venv/dev  ## pin the requirements again after an edit of pyproject.toml
	$(LOCK) --extra dev --output-file requirements-dev.txt
	sed -i -e 's/^\(torch==.*\)+cpu/\1/' -e '/^mbegu @/d' requirements-dev.txt
	$(LOCK) --constraint requirements-dev.txt --output-file requirements.txt
	sed -i 's/^\(torch==.*\)+cpu/\1/' requirements.txt

clean:  ## delete the work folder; built data stays in the DVC cache
	rm -rf .mbegu dvc_plots
