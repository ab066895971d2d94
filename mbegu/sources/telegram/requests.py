"""From a brief to what a model is asked, with what retrieval finds: the same for the rows of a version and for `mbegu ask`."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from mbegu.errors import BadInput
from mbegu.retrieval import search
from mbegu.retrieval.index import FACT, MESSAGE, Document
from mbegu.retrieval.search import Hit, Searchable
from mbegu.retrieval.settings import Brief as Settings
from mbegu.sources.telegram.briefs import Brief, as_fact
from mbegu.text.context import join
from mbegu.text.templates import render


class Templates(NamedTuple):
    """Jinja texts; what each of them knows stands where it is rendered."""

    request: str  # the instruction
    brief: str  # the input
    fact: str  # a fact in the context
    ad: str  # what a brief that was read off an ad asks for


class Asked(NamedTuple):
    """What a model is asked, and the sources in it, facts first."""

    instruction: str
    input: str
    sources: list[Hit]


def read_templates(folder: Path) -> Templates:
    """The templates of a folder.

    Raises:
        BadInput: one is missing.
    """
    try:
        return Templates(*((folder / f"{name}.jinja").read_text(encoding="utf-8") for name in Templates._fields))
    except OSError as error:
        raise BadInput(f"brief.templates: {error.filename}: {error.strerror}; templates/ad has all that are needed.") from None


def query(brief: Brief) -> str:
    """By what a brief looks for sources."""
    return " ".join([brief.brief, *brief.must_mention])


def everything(document: Document) -> bool:
    """Admits every document."""
    return True


def ask(
    brief: Brief, index: Searchable, templates: Templates, settings: Settings, admits: Callable[[Document], bool] = everything
) -> Asked:
    """What a model is asked for a brief.

    Args:
        admits: whether a message of the channel may stand in the context.

    Raises:
        BadInput: a template is wrong.
    """
    facts = search.search(index, query(brief), settings.facts, FACT, brief.channel)
    sources = [*facts, *islice(_history(brief, index, admits), settings.history)]
    texts = [shorten(_shown(hit.document, templates), settings.longest) for hit in sources]
    values = {"channel": brief.channel, "product": brief.product, "audience": brief.audience, "tone": brief.tone}
    asked = render(templates.brief, "brief", **values, must_mention=brief.must_mention, brief=brief.brief)
    return Asked(render(templates.request, "request", channel=brief.channel).strip(), join(asked.strip(), texts), sources)


def _history(brief: Brief, index: Searchable, admits: Callable[[Document], bool]) -> Iterator[Hit]:
    found = search.ranked(index, query(brief), MESSAGE, brief.channel)
    return (hit for hit in found if admits(hit.document))


def _shown(document: Document, templates: Templates) -> str:
    if document.kind == FACT:
        return render(templates.fact, "fact", **as_fact(document)._asdict()).strip()
    return document.text


def shorten(text: str, longest: int) -> str:
    """The text, or its first words and an ellipsis, at most `longest` characters together."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    whole = cut if text[longest - 1].isspace() else cut[: max(cut.rfind(" "), cut.rfind("\n"), 0)]
    return f"{whole.rstrip() or cut}…"


def title(document: Document) -> str:
    """A source in one line."""
    return str(document.fields.get("name") or shorten(" ".join(document.text.split()), 60))
