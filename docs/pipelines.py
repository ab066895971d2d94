"""Writes the stages that the examples share with the main pipeline into their dvc.yaml, and every stage's code dependencies.

python docs/pipelines.py
"""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from closure import closure  # noqa: E402

MARK = "  # From here on as in the main pipeline, by docs/pipelines.py.\n"
SHARED = ("curate", "merge", "tokenize", "train", "predict_base", "predict", "score_base", "score", "compare", "report")
ABSENT = ("data/seeds", "metrics/judge")  # what the report reads in the main pipeline alone
UP = "../../"


def with_code(text: str, up: str = "") -> str:
    """A pipeline's text with the modules under `deps:` of each stage that its script really imports."""
    parts = re.split(r"(?m)^(?=  \w+:\n)", text)
    return "".join(_with_code(part, up) for part in parts)


def _with_code(stage: str, up: str) -> str:
    script = re.search(r"python (?:\.\./)*(stages/\w+\.py)", stage)
    if script is None:
        return stage
    lines = [line for line in stage.split("\n") if not re.match(rf" +- {re.escape(up)}(mbegu|stages)/[\w/]+\.py$", line)]
    place = next(number for number, line in enumerate(lines) if line.strip() == "deps:")
    blanks = " " * (len(lines[place]) - len(lines[place].lstrip()) + 2)
    modules = sorted(closure(script[1]), key=lambda path: (not path.startswith("stages/"), path))
    lines[place + 1 : place + 1] = [f"{blanks}- {up}{path}" for path in modules]
    return "\n".join(lines)


def shared(main: str) -> str:
    """The stages of the main pipeline that every example has, with their paths as seen from an example's folder."""
    stages = main.split("stages:\n", 1)[1].split("\nartifacts:", 1)[0]
    parts = re.split(r"(?m)^(?=  \w+:\n)", stages)
    text = "".join(part for part in parts if part.split(":", 1)[0].strip() in SHARED)
    text = "".join(line for line in text.splitlines(keepends=True) if line.strip() not in [f"- {path}" for path in ABSENT])
    text = re.sub(r"python stages/", f"python {UP}stages/", text)
    text = re.sub(r"(?m)^( +- )(stages|mbegu|templates|models/base)(?=[/\n])", rf"\1{UP}\2", text)
    return text.replace("--base models/base", f"--base {UP}models/base")


def rendered(example: str, main: str) -> str:
    """An example's pipeline: its own stages as they are, then the shared ones."""
    text = (ROOT / "examples" / example / "dvc.yaml").read_text(encoding="utf-8")
    own, _, rest = text.partition(MARK)
    tail = rest[rest.index("\nartifacts:") :] if "\nartifacts:" in rest else ""
    return with_code(own, UP) + MARK + shared(main).rstrip("\n") + "\n" + tail


def main() -> None:
    """Writes all pipeline files."""
    path = ROOT / "dvc.yaml"
    text = with_code(path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    for folder in sorted((ROOT / "examples").glob("*/dvc.yaml")):
        found = rendered(folder.parent.name, text)
        yaml.safe_load(found)
        folder.write_text(found, encoding="utf-8")


if __name__ == "__main__":
    main()
