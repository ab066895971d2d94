"""Which models an endpoint says that it serves, and whether two names may be of one."""

import json

import regex

DATED = regex.compile(r"-(?:latest|\d{3,8}(?:-\d{2}){0,2})$")  # who is asked for gpt-4o answers as gpt-4o-2024-08-06
ANY_MODEL = "name the one that is served, or set `check_model: false`"


def listed(body: str) -> list[str]:
    """The models of an answer to GET /v1/models; none where it is no list of them."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return []
    models = found.get("data") if isinstance(found, dict) else None
    several = models if isinstance(models, list) else []
    return [one["id"] for one in several if isinstance(one, dict) and isinstance(one.get("id"), str)]


def same_model(asked: str, found: str) -> bool:
    """Whether two names may be of one model: folders, a revision, a date and the tag `latest` apart. No name may be any's."""
    (one, tag), (other, other_tag) = _named(asked), _named(found)
    return not other or (one == other and (tag == other_tag or not tag or not other_tag))


def _named(model: str) -> tuple[str, str]:
    last = model.strip().rstrip("/").rpartition("/")[2].casefold()
    name, _, tag = last.partition("@")[0].removesuffix(".gguf").partition(":")
    return DATED.sub("", name), "" if tag == "latest" else tag
