"""Human decisions on drafted rows."""

from pathlib import Path

from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines
from mbegu.rows.row import Row, row_id, text_field

KEYS = ("id", "decision", "instruction", "input", "draft", "output", "reason", "reviewer")
DECISIONS = ("accept", "edit", "reject")


def read_reviews(path: Path) -> dict[str, Row]:
    """Decisions by row id, each with the line it stands on as `source`; none if there is no such file.

    Raises:
        BadInput: an unknown decision, two decisions on one row, an edit without its answer, an accept with one.
    """
    reviews: dict[str, Row] = {}
    for where, value in read_lines(path, KEYS) if path.exists() else ():
        decision = text_field(value, "decision", where, required=True)
        if decision not in DECISIONS:
            raise BadInput(f"{where}: decision {decision!r}; expected one of {', '.join(DECISIONS)}.")
        instruction = text_field(value, "instruction", where, required=True)
        input_ = text_field(value, "input", where, required=False)
        id_ = row_id(instruction, input_)
        if value.get("id", id_) != id_:
            raise BadInput(f"{where}: id {value['id']!r} is not that of its question ({id_}); leave the id out.")
        if id_ in reviews:
            raise BadInput(f"{where}: decides again on the row of {reviews[id_]['source']}; keep one decision.")
        output = text_field(value, "output", where, required=decision == "edit")
        if decision != "edit" and output:
            raise BadInput(f'{where}: {decision!r} with an output; write decision "edit" or remove the output.')
        reviews[id_] = {
            "decision": decision,
            "output": output,
            "reason": text_field(value, "reason", where, required=decision == "reject"),
            "reviewer": text_field(value, "reviewer", where, required=False),
            "source": where,
        }
    return reviews
