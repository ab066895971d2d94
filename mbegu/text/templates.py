"""Jinja, one way: sandboxed, every variable known, nothing escaped unless it becomes HTML."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from mbegu.errors import BadInput

Filters = Mapping[str, Callable[..., str]]


@functools.lru_cache
def compiled(text: str, keep_trailing_newline: bool = False) -> jinja2.Template:
    """A template of this text. Compiling needs more time than filling in, so that a row must not do it again."""
    environment = SandboxedEnvironment(
        undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=keep_trailing_newline
    )
    return environment.from_string(text)


def render(text: str, name: str, /, **values: Any) -> str:
    """A prompt's template filled in.

    Args:
        name: of the template, without suffix, for errors.

    Raises:
        BadInput: a syntax error, or a variable that this template is not given.
    """
    try:
        return compiled(text).render(**values)
    except jinja2.TemplateError as error:
        raise BadInput(f"{name}.jinja: {error.message}; it knows {', '.join(sorted(values))}.") from None


def page(path: Path, values: Mapping[str, Any], filters: Filters | None = None) -> str:
    """A page of ours filled in: lines that hold only a tag leave none behind, and what goes into HTML is escaped."""
    environment = SandboxedEnvironment(
        loader=jinja2.FileSystemLoader(path.parent),
        undefined=jinja2.StrictUndefined,
        autoescape=".html" in path.suffixes,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters or {})
    return environment.get_template(path.name).render(values)
