"""Copies of this project, cut to a few rows and steps, and commands run in them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from root import only_ours
from warm import server

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "SHELL": "/bin/sh",  # DVC's default; Debian's stays between dvc and the stage if it may
    "PYTHONPATH": f".{os.pathsep}{ROOT}",  # a copy of the project runs its own code, other folders run this checkout's
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.org",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.org",
}


def run(*command: str, cwd: Path, check: bool = True, env: dict[str, str] = ENVIRONMENT) -> subprocess.CompletedProcess:
    """Runs a command in a project and returns its output, stderr after stdout."""
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}"
    return done


def warm(variables: dict[str, str] = ENVIRONMENT) -> dict[str, str]:
    """The variables under which stages are forked from a server that has imported the libraries (warm.py), where that can be."""
    started = server()
    return variables | ({"PATH": f"{started.folder}{os.pathsep}{variables['PATH']}"} if started else {})


def repro(*options: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess:
    """Runs `dvc repro` with warm stages."""
    return run("dvc", "repro", *options, cwd=cwd, check=check, env=warm())


def commit(project: Path, message: str) -> None:
    run("git", "add", "-A", cwd=project)
    run("git", "commit", "-qm", message, cwd=project)


def copy_tree(source: Path, to: Path) -> Path:
    """A copy of a project in which models, wheels and cached files, which nothing writes in place, are hard links."""

    def link_or_copy(path: str, copy: str) -> None:
        if path.endswith((".safetensors", ".whl")) or "/.dvc/cache/files/" in path:
            os.link(path, copy)
        else:
            shutil.copy2(path, copy)

    shutil.copytree(source, to, symlinks=True, copy_function=link_or_copy)
    return to


def keep_lines(path: Path, count: int) -> None:
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:count]), encoding="utf-8")


def merge_params(project: Path, added: dict) -> None:
    """Sets keys of some sections of params.yaml, whose comments go."""
    path = project / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf-8"))
    for section, keys in added.items():
        params[section] |= keys
    path.write_text(yaml.safe_dump(params, sort_keys=False, allow_unicode=True), encoding="utf-8")


def fit(project: Path, base: Path) -> None:
    """A tiny base model from a folder, and few steps: what a user's laptop would not need."""
    few = {"predict": {"max_new_tokens": 8}, "expand": {"max_new_tokens": 8}, "train": {"epochs": 1}}
    merge_params(project, {"base": {"source": "path", "path": str(base)}, **few})


def copy_project(to: Path) -> Path:
    """A copy of what git knows or would add, without built metrics and lock, with few rows and steps."""
    only_ours()
    files = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True).splitlines()
    for name in files:
        built = name.startswith("metrics/") and not name.endswith("/.gitkeep")
        if (ROOT / name).is_file() and not built and not name.startswith(("dvc.lock", "tests/", "docs/", "examples/")):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    keep_lines(to / "data/seeds/v1.jsonl", 10)
    keep_lines(to / "data/seeds/v2.jsonl", 4)
    keep_lines(to / "data/reviews/v2.jsonl", 4)
    keep_lines(to / "data/heldout.jsonl", 3)
    params = yaml.safe_load((to / "params.yaml").read_text())
    # independent of v2, so that a test's edit of v2 does not rebuild v3 too
    params["versions"]["v3"]["extends"] = "v1"
    params["seeds"]["v3"] |= {"extends": "v1", "bootstrap": 2, "teacher": "models/base"}
    params["versions"]["v2"]["unreviewed"] = "drop"  # a test's edited seed is not reviewed again
    params["versions"]["v3"]["unreviewed"] = "keep"
    params["noise"] = {}
    params["models"] = {name: folder for name, folder in params["models"].items() if "noise" not in folder}
    params["teacher"]["kind"] = "local"  # a recording knows nothing of a test's seeds
    params["teacher"]["local"]["batch_size"] = 4
    params["expand"]["max_new_tokens"] = 12
    params["bootstrap"] |= {"requests": 4, "patience": 1, "instruction_tokens": 40, "instance_tokens": 30}
    params["curate"]["min_words"] = 3
    params["predict"] |= {"max_new_tokens": 12, "batch_size": 4}
    params["train"] |= {"epochs": 1, "batch_size": 4, "save_steps": 1, "validation": 0.2}
    (to / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    if (ROOT / ".mbegu/base").is_dir():  # the wheel, checked by its hash as if it were fetched
        shutil.copytree(ROOT / ".mbegu/base", to / ".mbegu/base")
    shutil.copy2(ROOT / ".dvc/plots.html", to / ".dvc/plots.html")  # which `make setup` makes
    run("git", "init", "-qb", "main", cwd=to)
    return to


DOCUMENT = "# Rules\n\nRule {0}. The fee of branch {0} is {1} % a year. በዓመት ይከፈላል። 😀\n"
EXAM = [
    {"instruction": "ሰነዱ ስለ ዜሮ ቅርንጫፍ ምን ይላል? 😀", "output": "2 % a year.", "source": "d0.md#Rules"},
    {"instruction": "Who wrote it?", "output": "I don't know", "unanswerable": True},
]
SOURCES = {
    "release": "v3",
    "versions": {
        "v1": {"extends": "none", "unreviewed": "keep"},
        "v2": {"extends": "v1", "unreviewed": "keep"},
        "v3": {"extends": "v2", "unreviewed": "keep"},
        "raft": {"extends": "none", "unreviewed": "keep"},
    },
    "seeds": {"v1": {"extends": "none", "bootstrap": 0, "teacher": "models/base"}},
    "documents": {"fees": "documents"},
    "questioned": {"v2": {"documents": "fees", "teacher": "models/base"}},
    "sets": {"v3": {"source": "data/raw", "always": "data/questions.jsonl", "heldout": "data/heldout.jsonl"}},
    "retrieved": {"fees": {}},
    "raft": {"raft": {"documents": "fees", "rows": "v2"}},
    "quizzed": {},
    "studied": {"told": {"documents": "fees", "teacher": "models/base"}},
    "learned": {"told": {"study": "told", "general": "data/general.jsonl"}},
    "continued": {"v1-told": {"version": "v1", "start": "models/learned/told", "epochs": 1, "seed": 0}},
    "noise": {},
    "exams": {"fees": {}},
    "examined": {
        "base": {"documents": "fees", "model": "models/base"},
        "raft": {"documents": "fees", "model": "models/adapters/raft"},
    },
    "models": {"base": "models/base", "v3": "models/adapters/v3"},
    "exported": {},
    "judged": {},
    "compared": [],
    "conversations": {"conversations": {"models": ["base", "v3"], "count": 2}},
}


def sections(home: str, *projects: str) -> dict:
    """What params.yaml of projects here have, of the last that has a section, as a project says it whose way here is `home`."""
    found: dict = {}
    for project in projects:
        text = (ROOT / project / "params.yaml").read_text(encoding="utf-8")
        found |= yaml.safe_load(text.replace("../../", f"{home}/"))
    return found


def mixed_params(base_url: str, home: str) -> dict:
    """The sections of the three projects here for versions from seeds, documents and a set, with few tokens and steps."""
    found = sections(home, ".", "examples/finance_qa", "examples/company_docs") | SOURCES
    found |= {"home": home, "base_model": "models/base"}
    found["teacher"]["kind"] = "openai"
    found["teacher"]["openai"] |= {"base_url": base_url, "retries": 0}
    found["bootstrap"]["templates"] = f"{home}/templates/self-instruct-small"
    found["retrieval"]["share_without"] = 0
    found["index"]["dense"] = "models/base"
    found["chunk"] |= {"heldout": [], "min_size": 10}
    found["question"] |= {"templates": f"{home}/templates/grounded", "count": 2, "unanswerable": 0}
    found["answer"]["templates"] = f"{home}/templates/grounded"
    found["pretrain"]["method"] = "lora"
    found["study"]["views"] = ["document", "sections", "permuted"]  # which ask no teacher
    found["split"]["fraction"] = 0.2
    found["encode"]["on_truncation"] = "drop"
    found["train"] |= {"method": "lora", "epochs": 1, "save_steps": 10, "start": "models/base"}
    found["predict"] |= {"quantization": "none", "max_new_tokens": 4}
    found["score"]["following"] = "data/seeds/v1.jsonl"
    return found


def write_sources(home: Path, folder: Path, params: dict) -> None:
    """Gives a project, which may be `home` itself, what those versions are made of: seeds, two documents, a set."""
    for name in ("seeds", "reviews", "recordings", "versions", "exams/fees", "raw"):
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
    for name in ("documents", "metrics/judge", "metrics/corpus"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    (folder / "data/versions/none.jsonl").touch()
    if folder != home:
        shutil.copy2(home / "data/seeds/v1.jsonl", folder / "data/seeds/v1.jsonl")
    shutil.copy2(home / "data/heldout.jsonl", folder / "data/questions.jsonl")
    rows = json.loads((ROOT / "examples/finance_qa/data/raw/alpaca_finance.json").read_text(encoding="utf-8"))
    (folder / "data/raw/set.json").write_text(json.dumps(rows[:12]), encoding="utf-8")
    for number in range(2):
        (folder / f"documents/d{number}.md").write_text(DOCUMENT.format(number, number + 2), encoding="utf-8")
    shutil.copy2(ROOT / "examples/company_docs/data/general.jsonl", folder / "data/general.jsonl")
    (folder / "data/exams/fees/closed.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in EXAM), encoding="utf-8")
