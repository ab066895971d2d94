"""Which rows a teacher is shown, and the templates that show them."""

from pathlib import Path

from mbegu.errors import BadInput
from mbegu.rows.row import Row
from mbegu.text import filters
from mbegu.text.draws import rank


def read_templates(folder: Path) -> dict[str, str]:
    """The texts of a folder's Jinja templates, by name without suffix.

    Raises:
        BadInput: one of those that are used is missing.
    """
    found = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jinja"))}
    for wanted in ("instructions", "classification", "input-first", "output-first", "alpaca"):
        if wanted not in found:
            raise BadInput(f"bootstrap.templates: {folder} has no {wanted}.jinja; copy it from templates/self-instruct.")
    return found


def is_human(row: Row) -> bool:
    """Whether a person wrote or verified the row, and it has its answer."""
    return row["origin"]["kind"] in ("seed", "reviewed") and bool(row["output"])


def draw_demonstrations(human: list[Row], machine: list[Row], slot: str, count: int, most_machine: int) -> list[Row]:
    """`count` rows (or all there are) in the order of their rank in this slot, all in the script of the first.

    Args:
        slot: names the request's place; the same rows in another slot give another draw.
        most_machine: how many of them may be machine-written.
    """
    ranked = sorted(human, key=lambda row: _rank(slot, row))
    script = filters.script(ranked[0]["instruction"])
    alike = [row for row in ranked if filters.script(row["instruction"]) == script]
    written = [row for row in machine if filters.script(row["instruction"]) == script]
    helpers = sorted(written, key=lambda row: _rank(slot, row))[:most_machine]
    return sorted([*alike[: count - len(helpers)], *helpers], key=lambda row: _rank(slot, row))


def _rank(slot: str, row: Row) -> str:
    return rank(f"{slot} {row['id']}")
