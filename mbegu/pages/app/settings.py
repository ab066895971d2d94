"""Options of `mbegu app` that belong together."""

from typing import Annotated, NamedTuple

import click


class Serving(NamedTuple):
    """Where the app is served, and how much it accepts."""

    host: Annotated[str, "Address to listen on; any but this machine's own needs MBEGU_APP_PASSWORD."] = "127.0.0.1"
    port: Annotated[int, click.IntRange(1, 65535), "Port to listen on."] = 7860
    queue: Annotated[int, click.IntRange(1), "Questions that may wait; whoever asks one more is told to come back."] = 64
    max_new_tokens: Annotated[int, click.IntRange(1), "Longest answer that anyone may ask for, in tokens."] = 200
    max_prompt_tokens: Annotated[int, click.IntRange(1), "Longest question that anyone may ask, with its text, in tokens."] = 2048
