"""What the report shows of a corpus: messages, labels, tokens, retrieval; figures as their stages wrote them."""

import csv
import json
from pathlib import Path
from typing import Any

from mbegu.builds.project import Project
from mbegu.pages import charts

# Files of metrics/corpus/NAME, the section of params.yaml that names them, and their heading
FIGURES = (
    ("messages", "telegram", "Messages"),
    ("label", "telegram", "Ads told from other messages"),
    ("fertility", "extended", "Tokens a word, before and after"),
    ("retrieval", "campaigns", "Retrieval"),
)


def corpus(project: Project) -> list[dict[str, Any]]:
    """Heading, table and charts of each file of figures that the project's params.yaml declares, in the order of `FIGURES`."""
    found = []
    for kind, section, heading in FIGURES:
        for name in project.names(section):
            path = project.corpus(name) / f"{kind}.json"
            if path.is_file():
                figures = json.loads(path.read_text(encoding="utf-8"))
                found.append({"heading": f"{heading}: {name}", "table": _table(figures), "charts": _charts(kind, path)})
    return found


def _table(figures: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """(what, value) of each figure; those within a figure stand behind its name, two numbers under a word are an interval."""
    lines: list[tuple[str, str]] = []
    for key, value in figures.items():
        name = f"{prefix}{key.replace('_', ' ')}"
        if isinstance(value, dict):
            lines += _table(value, f"{name}: ")
        elif isinstance(value, list):
            lines.append((name, f"[{', '.join(map(_number, value))}]"))
        else:
            lines.append((name, _number(value)))
    return lines


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}" if isinstance(value, float) else str(value)


def _charts(kind: str, path: Path) -> list[str]:
    table = path.with_suffix(".csv")
    if not table.is_file():
        return []
    with open(table, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if kind == "messages":
        return [charts.funnel_chart([{**row, "version": path.parent.name, "left": int(row["left"])} for row in rows])]
    if kind == "fertility":
        return [charts.fertility_chart([{**row, "tokens_per_word": float(row["tokens_per_word"])} for row in rows])]
    return []
