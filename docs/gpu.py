"""Writes the tables of docs/gpu.md from benchmarks/gpu.json, what the benchmark has measured on a GPU.

python docs/gpu.py
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/gpu.md"
CALLS = json.loads((ROOT / "benchmarks/gpu.json").read_text(encoding="utf-8"))["calls"]


def training() -> str:
    """Ours and trl's of each size, those of one call together."""
    lines = [
        "| batch | tokens/s | of the peak | GiB | launches a step | times the best of trl in this call |",
        "|---|---|---|---|---|---|",
    ]
    for number, call in enumerate(CALLS):
        for kind in dict.fromkeys(name.split()[0] for name in call["found"] if "/" in name.split()[0]):
            found = {name: one for name, one in call["found"].items() if name.startswith(kind + " ")}
            best = max(one["tokens/s"] for name, one in found.items() if " trl" in name)
            lines += [_line(name, one, number, best) for name, one in found.items()]
    return "\n".join(lines) + "\n"


def _line(name: str, one: dict[str, Any], call: int, best: int) -> str:
    times = f"{one['tokens/s'] / best:.2f}" if "Mbegu" in name else ""
    cells = [f"{name} ({call + 1})", f"{one['tokens/s']:,}", f"{one['share']:.1%}", one["GiB"], f"{one['launches']:,}", times]
    return f"| {' | '.join(map(str, cells))} |"


def answers() -> str:
    """Generation, and what stays the same."""
    lines = ["| 1.1B, nf4, 32 rows | tokens/s |", "|---|---|"]
    for number, call in enumerate(CALLS):
        for name, one in call["found"].items():
            if name.startswith("generation") and "tokens/s" in one:
                lines.append(f"| {name.removeprefix('generation ').removesuffix(', nf4')} ({number + 1}) | {one['tokens/s']:,} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with its tables written anew."""
    for name, part in (("training", training()), ("answers", answers())):
        text = re.sub(rf"(?s)(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda match, part=part: match[1] + part + match[2], text)
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
