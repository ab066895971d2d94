"""Questions alone: what was studied, asked without a passage, as rows that a version is tuned on.

Such a version is the baseline of documents that are read: it meets the same facts, but only as questions and answers, as in the
instruction tuning that Allen-Zhu and Li 2023 ("Physics of Language Models: Part 3.1", arXiv 2309.14316) set beside reading.
"""

from collections.abc import Sequence
from typing import Any

from mbegu.rows.ledger import Entry, Sieved, entry
from mbegu.rows.row import Row, row_id
from mbegu.sources.study.passages import Chunk
from mbegu.sources.study.views import Text
from mbegu.text import reasons

STAGE = "quiz"
VIEW = "questions"
OF_TEXT = ("view", "chunks")  # of an origin, what says nothing of a row


def asked(texts: Sequence[Text]) -> list[Row]:
    """The questions among the texts of the study stage, as rows without an input.

    `origin.parents` is the document, `origin.chunk` the passage that states it, `origin.span` the quote in its text and
    `origin.wording` which of a fact's three questions it is.
    """
    return [_row(text) for text in texts if text["origin"].get("view") == VIEW]


def _row(text: Text) -> Row:
    question, _, answer = text["text"].partition("\n")
    told: dict[str, Any] = {key: value for key, value in text["origin"].items() if key not in OF_TEXT}
    origin = {**told, "kind": "document", "chunk": text["origin"]["chunks"][0]}
    return {"id": row_id(question, ""), "instruction": question, "input": "", "output": answer, "origin": origin}


def quiz(rows: Sequence[Row], chunks: Sequence[Chunk]) -> Sieved[list[Row]]:
    """Each question once, of chunks that are trained on; one that is asked again with another answer stays, for the curate stage
    to judge both."""
    trained = {chunk["id"] for chunk in chunks}
    seen: dict[tuple[str, str], Row] = {}
    kept: list[Row] = []
    ledger: list[Entry] = []
    for row in rows:
        first = seen.get((row["id"], row["output"]))
        if row["origin"]["chunk"] not in trained:
            ledger.append(entry(row, STAGE, "dropped", reasons.NO_CHUNK))
        elif first is not None:
            ledger.append(entry(row, STAGE, "dropped", reasons.QUESTION_TWICE, nearest=first["id"]))
        else:
            seen[row["id"], row["output"]] = row
            kept.append(row)
    return Sieved(kept, ledger)
