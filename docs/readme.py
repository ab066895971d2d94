"""Writes what the builds and the tools print into the pages that show it: tables, stages, funnel, plan, rows.

python docs/readme.py

What a page shows of files that git does not hold is kept under docs/shown/, with the MD5 that dvc.lock gives of those files, so
that a test can compare the page without them. docs/shown/finance_qa/speed.md is what benchmarks/inference.py printed.
"""

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
SHOWN = ROOT / "docs/shown"
# parts of pages that are made of files which git does not hold, and these
BUILT = {
    "finance_qa": {"losses": ["metrics/train/v1/validation.csv"]},
    "company_docs": {
        "rows": ["data/versions/v1.jsonl"],
        "ledger": [f"data/{name}/v1.ledger.jsonl" for name in ("questions", "expanded", "curated")],
    },
}


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
    """What a subcommand of `mbegu` prints, as a block."""
    call = [sys.executable, "-m", "mbegu", *command]
    done = subprocess.run(call, cwd=ROOT, input=typed, capture_output=True, text=True, check=True)
    return f"```text\n{done.stdout.strip()}\n```\n"


def example_row() -> str:
    """Id of the first generated row of v3."""
    with (ROOT / "data/versions/v3.jsonl").open(encoding="utf-8") as file:
        return next(row["id"] for row in map(json.loads, file) if row["origin"]["kind"] == "generated")


def replaced(text: str, parts: dict[str, str]) -> str:
    """A text with what stands between its markers replaced."""
    for name, part in parts.items():
        text = re.sub(rf"(?s)(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda match, part=part: match[1] + part + match[2], text)
    return text


def company_docs() -> dict[str, str]:
    """Scores, ledger reasons, and rows with their quotes."""
    folder = ROOT / "examples/company_docs"
    rows = lines(folder / "data/versions/v1.jsonl")
    quoted = [row for row in rows if row["origin"].get("span")]
    shown = [
        f"> **{folded(row['instruction'])}** {folded(row['output'])}\n>\n"
        f"> “{folded(row['input'][slice(*row['origin']['span'])])}” ({row['origin']['source']})\n"
        for row in quoted[:3]
    ]
    ledgers = [folder / f"data/{name}/v1.ledger.jsonl" for name in ("questions", "expanded", "curated")]
    dropped = Counter((line["stage"], line["reason"]) for ledger in ledgers for line in lines(ledger))
    ledger = "".join(f"| {stage} | {reason} | {count} |\n" for (stage, reason), count in sorted(dropped.items()))
    made = sum("question_of" in row["origin"] for row in rows)
    without = len(rows) - len(quoted) - made
    total = f"{len(rows)} rows: {len(quoted)} quote their passage, {without} ask what it does not say"
    total += f", {made} are put to another one.\n\n" if made else ".\n\n"
    return {
        "table": (folder / "metrics/compare.md").read_text(encoding="utf-8"),
        "exam": exam(folder),
        "teachers": teachers(folder),
        "rows": total + "\n".join(shown),
        "ledger": "| stage | reason | dropped |\n|---|---|---|\n" + ledger,
    }


def exam(folder: Path) -> str:
    """What the models know of the documents, as the build printed it."""
    path = folder / "metrics/corpus/jabali/exam.md"
    return path.read_text(encoding="utf-8") if path.is_file() else "The next build writes the table.\n"


def teachers(folder: Path) -> str:
    """What came of each teacher's replies, a teacher a line (docs/teachers.py)."""
    table = "| teacher | asked | accepted | rejected | right of those read |\n|---|---|---|---|---|\n"
    for path in sorted((folder / "metrics/teachers").glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        rejected = ", ".join(f"{count} {reason}" for reason, count in found["rejected"].items()) or "none"
        right = "–" if found["right"] is None else f"{found['right']} of {found['read']}"
        table += f"| {path.stem} | {found['asked']} | {found['accepted']} | {rejected} | {right} |\n"
    return table


def amharic_ads() -> dict[str, str]:
    """Scores, and what was counted and measured on the way."""
    folder = ROOT / "examples/amharic_ads"
    messages, label, fertility = (
        json.loads((folder / f"metrics/corpus/market/{name}.json").read_text(encoding="utf-8"))
        for name in ("messages", "label", "fertility")
    )
    bounds = {
        name: f"{label[name]:.2f} [{label[f'{name}_low']:.2f}, {label[f'{name}_high']:.2f}]"
        for name in ("precision", "recall", "f1")
    }
    spelt = [f"{fertility[f'ethiopic_tokens_per_word_{when}']:.2f}" for when in ("before", "after")]
    rows = (
        f"{messages['candidates']} messages, of which {messages['kept']} are kept. Ads told from others, cross-validated over "
        f"{label['measured']} labelled messages: precision {bounds['precision']}, recall {bounds['recall']}, F1 {bounds['f1']}. "
        f"Tokens an Ethiopic word: {spelt[0]} before, {spelt[1]} with {fertility['tokens_added']} tokens added.\n"
    )
    return {"table": (folder / "metrics/compare.md").read_text(encoding="utf-8"), "rows": rows}


def finance_qa() -> dict[str, str]:
    """Scores, what cleaning dropped, validation losses, the sweep."""
    folder = ROOT / "examples/finance_qa"
    with (folder / "metrics/train/v1/validation.csv").open(encoding="utf-8", newline="") as file:
        losses = "".join(f"| {epoch} | {float(row['loss']):.3f} |\n" for epoch, row in enumerate(csv.DictReader(file)))
    return {
        "table": (folder / "metrics/compare.md").read_text(encoding="utf-8"),
        "clean": cleaned(folder),
        "losses": "| epoch | validation loss |\n|---|---|\n" + losses,
        "sweep": (folder / "metrics/sweep.md").read_text(encoding="utf-8"),
        "speed": (SHOWN / "finance_qa/speed.md").read_text(encoding="utf-8"),
    }


def cleaned(folder: Path) -> str:
    """What cleaning dropped, a filter a line."""
    with (folder / "metrics/clean/v1.csv").open(encoding="utf-8", newline="") as file:
        found = "".join(f"| {row['filter']} | {row['dropped']} | {row['left']} |\n" for row in csv.DictReader(file))
    return "| | dropped | left |\n|---|---|---|\n" + found


def hashes(example: str, files: list[str]) -> dict[str, str]:
    """The MD5 of files of an example, as its dvc.lock has them."""
    stages = yaml.safe_load((ROOT / "examples" / example / "dvc.lock").read_text(encoding="utf-8"))["stages"].values()
    known = {out["path"]: out["md5"] for stage in stages for out in stage.get("outs", [])}
    return {name: known[name] for name in files}


def keep(example: str, parts: dict[str, str]) -> None:
    """Writes the parts that a test can't make again, and what they were made of."""
    for name, files in BUILT[example].items():
        (SHOWN / example / f"{name}.md").write_text(parts[name], encoding="utf-8")
        made_of = json.dumps(hashes(example, files), indent=2) + "\n"
        (SHOWN / example / f"{name}.json").write_text(made_of, encoding="utf-8")


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def folded(text: str) -> str:
    """One line, without what Markdown would read as markup."""
    return re.sub(r"([*_<>|`\[\]#])", r"\\\1", " ".join(text.split()))


def growing(row: str) -> dict[str, str]:
    """What people see as they go, of one row of v3."""
    return {
        "funnel": funnel(),
        "plan": output("plan", "v2", "v3"),
        "why": output("why", row),
        "review": output("review", "v3", "--reviewer", "Achieng", typed="q\n"),
    }


def main() -> None:
    """Replaces what stands between the pages' markers; the tools need a finished build."""
    row = example_row()
    pages = {
        "README.md": {"table": table()},
        "docs/how-it-works.md": {"stages": stages()},
        "docs/growing.md": growing(row),
        "examples/company_docs/README.md": company_docs(),
        "examples/finance_qa/README.md": finance_qa(),
        "examples/amharic_ads/README.md": amharic_ads(),
    }
    for example in BUILT:
        keep(example, pages[f"examples/{example}/README.md"])
    for name, parts in pages.items():
        text = replaced((ROOT / name).read_text(encoding="utf-8"), parts)
        (ROOT / name).write_text(re.sub(r"(?<=mbegu why )\w+", row, text), encoding="utf-8")


if __name__ == "__main__":
    main()
