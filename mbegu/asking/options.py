"""Command-line options that several scripts share: the teacher's."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mbegu.asking.teachers import Teacher

OPTIONS = (
    click.option("--kind", type=click.Choice(["local", "openai", "recorded"]), required=True, help="Which teacher is asked."),
    click.option(
        "--local.quantization",
        "local_quantization",
        type=click.Choice(["nf4", "none"]),
        required=True,
        help="Weights of the local one.",
    ),
    click.option(
        "--local.batch_size", "local_batch_size", type=click.IntRange(1), required=True, help="Prompts that it answers at once."
    ),
    click.option(
        "--openai.base_url", "openai_base_url", required=True, help="Address of an OpenAI-compatible endpoint, ending in /v1."
    ),
    click.option("--openai.model", "openai_model", required=True, help="The endpoint's name of the model."),
    click.option("--openai.concurrency", "openai_concurrency", type=click.IntRange(1), required=True, help="Requests in flight."),
    click.option(
        "--openai.retries",
        "openai_retries",
        type=click.IntRange(0),
        required=True,
        help="Tries after a failed one, with backoff.",
    ),
    click.option(
        "--openai.timeout", "openai_timeout", type=click.FloatRange(0, min_open=True), required=True, help="Seconds of one try."
    ),
    click.option(
        "--openai.prompt_price",
        "openai_prompt_price",
        type=click.FloatRange(0),
        required=True,
        help="Of a million prompt tokens.",
    ),
    click.option(
        "--openai.completion_price",
        "openai_completion_price",
        type=click.FloatRange(0),
        required=True,
        help="Of a million generated tokens.",
    ),
    click.option(
        "--recorded.file", "recorded_file", required=True, help="Recorded requests and answers, as `memo.py export` writes them."
    ),
)
NAMES = ("kind", "local_quantization", "local_batch_size", "recorded_file")
ENDPOINT = ("base_url", "model", "concurrency", "retries", "timeout", "prompt_price", "completion_price")


def teacher_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the section `teacher` of params.yaml to a command, as keyword arguments for `choose_teacher`."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def choose_teacher(base: Path, adapter: Path, values: dict[str, Any]) -> "Teacher":
    """The teacher that the options name; takes its own keys out of `values`.

    Args:
        adapter: what the local teacher answers with: an adapter's folder, or `base` itself.

    Raises:
        BadInput: a manifest does not hold, the key of the endpoint is not set, or the recording can't be read.
    """
    kind, quantization, batch_size, recording = (values.pop(name) for name in NAMES)
    endpoint = [values.pop(f"openai_{name}") for name in ENDPOINT]
    if kind == "openai":
        from mbegu.asking.endpoint import Endpoint, openai_compatible

        return openai_compatible(Endpoint(*endpoint))
    if kind == "recorded":
        from mbegu.asking.recorded import recorded

        return recorded(Path(recording))
    from mbegu.asking.teachers import local
    from mbegu.models.loading import Weights

    return local(Weights(base, None if adapter == base else adapter, quantization), batch_size)
