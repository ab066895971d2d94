# Targets: setup repro examples test lint bench lock clean. A fresh machine needs Python 3.11+, git and make.
PYTHON ?= python3
RUFF = ruff check . && ruff format --check .
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: setup repro examples test lint bench lock clean help

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'

setup: .venv/installed  ## create .venv with the pinned requirements

.venv/installed: requirements.txt pyproject.toml mbegu/builds/plots_page.py
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --requirement requirements.txt
	.venv/bin/python -m pip install --quiet --no-deps --editable .
	.venv/bin/python -m mbegu.builds.plots_page .dvc/plots.html
	touch .venv/installed

repro: setup  ## build every version, adapter and score that is out of date, and print the verdicts
	dvc repro
	@cat metrics/compare.md && echo "Report: report.html"

examples: setup  ## build the examples: a company's documents, a public set
	dvc repro examples/company_docs/dvc.yaml
	dvc repro examples/finance_qa/dvc.yaml
	@for name in company_docs finance_qa; do cat examples/$$name/metrics/compare.md; echo "Report: examples/$$name/report.html"; done

test: setup  ## lint, types and all tests; their processes must not spin while they wait for each other
	$(RUFF)
	@mypy & types=$$!; OMP_WAIT_POLICY=passive pytest -n 2 --dist worksteal --durations=25; tests=$$?; wait $$types && exit $$tests

lint: setup  ## ruff and mypy
	$(RUFF)
	mypy

bench: setup models/base  ## print speed ratios against peers
	python benchmarks/run.py

models/base: setup
	dvc repro base

lock: setup  ## pin the requirements again after an edit of pyproject.toml
	pip-compile --quiet --all-extras --strip-extras --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --output-file requirements.txt pyproject.toml
	sed -i 's/^torch==\(.*\)+cpu/torch==\1/' requirements.txt

clean:  ## delete the work folder; built data stays in the DVC cache
	rm -rf .mbegu dvc_plots
