"""A section of params.yaml as one typed value: options, checks, help and the value follow from a NamedTuple.

    class Lora(NamedTuple):
        r: Annotated[int, click.IntRange(1), "Rank of the adapter."]

    @click.command(cls=Stage)
    @section(Lora, "lora", "lora.")
    def main(lora: Lora) -> None: ...

gives the command the option `--lora.r`, which DVC fills from `lora: {r: 16}`. A stage's options are all required: a value's
one home is params.yaml. For people's commands, a field's default is the option's. A field whose type is a NamedTuple itself is
a section within the section.
"""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import click

Function = Callable[..., Any]
FILE = click.Path(path_type=Path)
NONEMPTY = object()  # marks a list that must have an entry


def path(flag: str, help_: str, default: str | None = None) -> Callable[[Function], Function]:
    """An option that names a file or a folder; required, or with the default of a command for people."""
    return click.option(flag, type=FILE, help=help_, **({"required": True} if default is None else _defaults(default)))


def section(kind: type, name: str, prefix: str = "") -> Callable[[Function], Function]:
    """Gives a command the options of a section, and its value as the argument `name`.

    Args:
        kind: a NamedTuple, each field `Annotated[type, help]`, with a click type between the two where the type alone says too
            little, and `NONEMPTY` for a list that must have an entry. `list[…]` is a repeated option, `bool` a pair `--x/--no-x`.
        prefix: what the options' names begin with: the keys that lead to the section, with dots.
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def with_value(**values: Any) -> Any:
            value = _value(kind, prefix, values)
            return function(**values, **{name: value})

        for option in reversed(list(_options(kind, prefix))):
            option(with_value)
        return with_value

    return decorate


def _options(kind: type, prefix: str) -> Iterator[Callable[[Function], Function]]:
    for field, hint in get_type_hints(kind, include_extras=True).items():
        if hasattr(hint, "_fields"):
            yield from _options(hint, f"{prefix}{field}.")
            continue
        bare, *extras = get_args(hint)
        flag, several = f"--{prefix}{field}", get_origin(bare) is list
        if bare is bool:
            flag = f"{flag}/--no-{prefix}{field}"
        defaults: dict[str, Any] = getattr(kind, "_field_defaults", {})
        yield click.option(
            flag,
            _argument(prefix, field),
            type=_click_type(bare, extras),
            multiple=several,
            help=next(extra for extra in extras if isinstance(extra, str)),
            **(_defaults(defaults[field]) if field in defaults else {"required": not several or NONEMPTY in extras}),
        )


def _defaults(value: Any) -> dict[str, Any]:
    return {"default": value, "show_default": True}


def _click_type(bare: Any, extras: list[Any]) -> Any:
    given = [extra for extra in extras if isinstance(extra, click.ParamType)]
    if given:
        return given[0]
    plain = get_args(bare)[0] if get_origin(bare) is list else bare
    return FILE if plain is Path else plain


def _argument(prefix: str, field: str) -> str:
    """Under which name click hands the value over."""
    return f"{prefix}{field}".replace(".", "__")


def _value(kind: type, prefix: str, values: dict[str, Any]) -> Any:
    """The section's value; its parts leave `values`."""
    found = {}
    for field, hint in get_type_hints(kind, include_extras=True).items():
        if hasattr(hint, "_fields"):
            found[field] = _value(hint, f"{prefix}{field}.", values)
        else:
            part = values.pop(_argument(prefix, field))
            found[field] = list(part) if isinstance(part, tuple) else part
    return kind(**found)
