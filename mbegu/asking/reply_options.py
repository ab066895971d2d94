"""Command-line options of the stages that ask a teacher for JSON."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mbegu.asking.replies import Asking

OPTIONS = (
    click.option("--templates", type=click.Path(path_type=Path), required=True, help="Folder of the prompt's template."),
    click.option("--chat/--no-chat", required=True, help="Put the prompt as a user's turn."),
    click.option(
        "--constrained/--no-constrained", required=True, help="Hold the teacher to the JSON schema while it writes."
    ),
    click.option("--tries", type=click.IntRange(1), required=True, help="Replies to a request before it is given up."),
    click.option("--max_new_tokens", type=click.IntRange(1), required=True, help="Longest reply, in tokens."),
    click.option("--temperature", type=click.FloatRange(0), required=True, help="Of sampling; 0 is greedy."),
)  # fmt: skip


def asking_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds how a teacher is asked for JSON to a command, as keyword arguments for `read_asking`."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def read_asking(template: str, values: dict[str, Any]) -> "Asking":
    """How the options say that the teacher is asked.

    Raises:
        BadInput: the folder of templates has no such one.
    """
    from mbegu.asking.decoding import Decoding
    from mbegu.asking.replies import Asking, read_template

    text = read_template(values["templates"], template)
    decoding = Decoding(values["max_new_tokens"], values["temperature"])
    return Asking(text, template, values["tries"], values["chat"], values["constrained"], decoding)
