"""Writes what the build and the tools print into README.md: table, stages, funnel, plan, why, review.

python docs/readme.py
"""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def table() -> str:
    """The comparison as the build printed it."""
    return (ROOT / "metrics/compare.md").read_text(encoding="utf-8")


def stages() -> str:
    """The pipeline, a stage a line."""
    found = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    lines = "".join(f"| `{name}` | {stage.get('do', stage)['desc']} |\n" for name, stage in found.items())
    return "| stage | what it does |\n|---|---|\n" + lines


def funnel() -> str:
    """The survivors of each filter of v3, as a table."""
    with (ROOT / "metrics/funnel/v3.csv").open(encoding="utf-8", newline="") as file:
        lines = [f"| {row['filter']} | {row['dropped']} | {row['left']} |\n" for row in csv.DictReader(file)]
    return "| v3 | dropped | left |\n|---|---|---|\n" + "".join(lines)


def output(*command: str, typed: str = "") -> str:
    """What a tool prints, as a block."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, input=typed, capture_output=True, text=True, check=True)
    return f"```text\n{done.stdout.strip()}\n```\n"


def example_row() -> str:
    """Id of the first generated row of v3."""
    with (ROOT / "data/versions/v3.jsonl").open(encoding="utf-8") as file:
        return next(row["id"] for row in map(json.loads, file) if row["origin"]["kind"] == "generated")


def main() -> None:
    """Replaces what stands between the README's markers; the tools need a finished build."""
    row = example_row()
    parts = {
        "table": table(),
        "stages": stages(),
        "funnel": funnel(),
        "plan": output("stages/plan.py", "v2", "v3"),
        "why": output("stages/why.py", row),
        "review": output("stages/review.py", "v3", "--reviewer", "Achieng", typed="q\n"),
    }
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda match, part=part: match[1] + part + match[2],
            text,
            flags=re.DOTALL,
        )
    text = re.sub(r"(?<=stages/why.py )\w+", row, text)
    (ROOT / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
