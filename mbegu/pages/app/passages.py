"""The passages that a person's question finds in a project's documents."""

from collections.abc import Callable
from pathlib import Path

from mbegu.builds.declared import names, read_params
from mbegu.builds.values import parse_section
from mbegu.errors import BadInput
from mbegu.retrieval.passages import Found, retrieve
from mbegu.retrieval.search import open_index
from mbegu.sources.documents.settings import Retrieval

Find = Callable[[str], Found]


def finder(documents: str, params: Path) -> Find:
    """A function from a question to its passages, `retrieval.k` of them.

    Args:
        documents: the name in the section `retrieved`; "" for the only one.
        params: of the project; its folder holds the index.

    Raises:
        BadInput: no such name or several to choose from, a section `retrieval` that is wrong, or no index yet.
    """
    sections = read_params(params)
    name = documents or _only(names(sections, "retrieved"), params)
    if name not in names(sections, "retrieved"):
        raise BadInput(
            f"--documents {name!r}: {params} names {', '.join(names(sections, 'retrieved')) or 'none'} under retrieved."
        )
    k = parse_section(sections, "retrieval", Retrieval, str(params)).k
    index = open_index(params.parent / "data/retrieved" / name)
    return lambda question: retrieve(index, question, k)


def _only(known: list[str], params: Path) -> str:
    if not known:
        raise BadInput(f"{params}: no documents can be searched; name them under retrieved, as in `retrieved: {{NAME: {{}}}}`.")
    if len(known) > 1:
        raise BadInput(f"{params}: names {', '.join(known)} under retrieved; choose one by --documents.")
    return known[0]
