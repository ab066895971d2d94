"""The places in documents that closed-book questions ask about: "rules.md#Fees", or "rules.md#" for what has no heading."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.row import Row, place
from mbegu.sources.documents.holding import Documents, Held, Section, outline, splits, under

_Document = dict[str, Any]


def find(source: str, documents: Sequence[_Document]) -> tuple[_Document, set[Section]] | None:
    """The document that a source names, and the sections under its heading, none if there is no such heading; None for no such
    document. Either part may have a # of its own."""
    named = [(one, heading) for path, heading in splits(source) for one in documents if one["path"] == path]
    found = [(one, sections) for one, heading in named if (sections := under(one, heading))]
    return next(iter([*found, *((one, set()) for one, _ in named)]), None)


def check_sources(rows: Sequence[Row], documents: Documents, held: Held) -> None:
    """Checks that each closed-book question asks about a section that is there and is trained on.

    Args:
        rows: of `exams.read_exam`, or held-out ones; those without a `source` are passed over.
        documents: of the ingest stage.
        held: of `holding.held_out`.

    Raises:
        BadInput: it does not.
    """
    sources = {row["source"] for row in rows if row["source"]}
    paths = sources.union(path for source in sources for path, _ in splits(source))
    named = [one for one in documents if one["path"] in paths] if paths else []
    for row in rows:
        if row["source"] and (problem := _problem(row["source"], named, documents, held)):
            raise BadInput(f"{place(row)}: its source {row['source']!r} {problem}")


def _problem(source: str, named: Sequence[_Document], documents: Documents, held: Held) -> str:
    whole = [one for one in named if one["path"] == source]
    if whole:
        ways = f"write {source + '#HEADING'!r}, or {source + '#'!r} for what stands before the first"
        return f"names no heading; {ways}: {outline(whole)}."
    found = find(source, named)
    if found is None:
        paths = ", ".join(repr(one["path"]) for one in islice(documents, 3))
        return f"is of no document; expected 'document.md#heading', and there are {len(documents)}, such as {paths}."
    document, sections = found
    if not sections:
        return f"fits no heading; {outline([document])}."
    if sections <= held.get(document["id"], set()):
        return "is held out by chunk.heldout, so that no version can know it; ask about what is trained on, or show its passage."
    return ""
