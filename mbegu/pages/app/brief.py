"""A brief that a person typed, put to the model as the rows of its project were."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds.declared import names, read_params, read_yaml
from mbegu.builds.values import parse_section
from mbegu.errors import BadInput
from mbegu.retrieval.search import Searchable, open_index
from mbegu.retrieval.settings import Brief as Settings
from mbegu.sources.telegram.briefs import parse_brief
from mbegu.sources.telegram.campaigns import channels_of, facts_of
from mbegu.sources.telegram.requests import Asked, Templates, ask, read_templates, title


class Put(NamedTuple):
    """What is asked, and of whom if nobody says otherwise."""

    asked: Asked
    product: str  # id of the fact that the brief names; "" if none
    adapter: Path
    base: Path


class Campaign(NamedTuple):
    """What a project's ads are written with."""

    searchable: Searchable
    templates: Templates
    settings: Settings
    adapter: Path
    base: Path


def open_campaign(params: Path) -> Campaign:
    """The campaign of a project's release.

    Args:
        params: of the project; its folder holds the index and the templates.

    Raises:
        BadInput: the project has no campaign, or has not built its index.
    """
    sections, folder = read_params(params), params.parent
    index = open_index(folder / "data/index" / _index(sections, params))
    settings = parse_section(sections, "brief", Settings, str(params))
    adapter, base = folder / "models/adapters" / str(sections["release"]), folder / str(sections["base_model"])
    return Campaign(index, read_templates(folder / settings.templates), settings, adapter, base)


def put(path: Path, channel: str, params: Path) -> Put:
    """Reads a brief and builds what the model is asked, by the release's campaign.

    Args:
        path: YAML with the keys `brief`, `must_mention`, and, if there are any, `product`, `audience` and `tone`.
        channel: for which the ad is.
        params: as for `open_campaign`.

    Raises:
        BadInput: as `open_campaign`; no such file; the brief is wrong (see `parse_brief`).
    """
    campaign = open_campaign(params)
    return put_values(read_yaml(path, "safe"), channel, campaign, str(path))


def put_values(values: dict[str, Any], channel: str, campaign: Campaign, where: str) -> Put:
    """The same of a brief that was read, or typed; `where` is what messages call it.

    Raises:
        BadInput: as `parse_brief`.
    """
    index = campaign.searchable
    brief = parse_brief(values, channel, where, facts_of(index), channels_of(index))
    asked = ask(brief, index, campaign.templates, campaign.settings)
    return Put(asked, brief.product, campaign.adapter, campaign.base)


def _index(sections: Mapping[str, Any], params: Path) -> str:
    release = sections.get("release")
    if release not in names(sections, "campaigns"):
        known = ", ".join(names(sections, "campaigns")) or "none"
        raise BadInput(
            f"{params}: its release {release!r} is of no campaign; it declares {known}. Name one of them as the release."
        )
    return str(sections["campaigns"][release]["index"])


def sources(put: Put) -> list[str]:
    """The sources of a context, a line each, and a warning if the fact that the brief names is none of them."""
    found = [hit.document for hit in put.asked.sources]
    lines = ["Sources:" if found else "No sources were found.", *(f"  {one.id}  {title(one)}" for one in found)]
    if put.product and put.product not in [one.id for one in found]:
        lines.append(f"Warning: {put.product} is not among them; name the product in the brief's words.")
    return lines
