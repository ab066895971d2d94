"""Asks a trained adapter (and, with --compare, the base model and other adapters) a question, or for an ad.

mbegu ask --adapter models/adapters/v2 "When should we water?"
mbegu ask --brief brief.yaml --channel zemen_electro
mbegu ask --retrieve --adapter models/adapters/raft "How many days of leave do I have?"
"""

import sys
from pathlib import Path
from typing import Annotated, NamedTuple

import click

from mbegu.command import Stage
from mbegu.retrieval.settings import Retrieving
from mbegu.sections import FILE, path, section


class Answering(NamedTuple):
    """How an answer is made."""

    quantization: Annotated[str, click.Choice(["nf4", "none"]), "Weights of the base."] = "nf4"
    max_new_tokens: Annotated[int, click.IntRange(1), "Longest answer, in tokens."] = 200


@click.command(cls=Stage)
@click.argument("question", required=False)
@click.option("--input", "input_", default="", help="Text that the question is about.")
@click.option(
    "--brief", type=FILE, help="YAML of an ad to write, in place of QUESTION: brief, must_mention, audience, tone, product."
)
@click.option("--channel", default="", help="Channel that the ad is for.")
@click.option(
    "--adapter", "adapters", type=FILE, multiple=True, help="Adapter; repeat with --compare. --brief has the release's."
)
@click.option("--base", type=FILE, help="Folder of the base model; models/base, or with --brief what params.yaml names.")
@path("--params", "Its campaign of the release says how a brief is put.", "params.yaml")
@click.option("--compare", is_flag=True, help="Ask the base model and every adapter, side by side.")
@section(Answering, "answering")
@section(Retrieving, "retrieving")
def main(
    question: str | None, input_: str, brief: Path | None, channel: str, adapters: tuple[Path, ...], base: Path | None,
    params: Path, compare: bool, answering: Answering, retrieving: Retrieving,
) -> None:  # fmt: skip
    """Ask an adapter a QUESTION and stream its answer.

    With --retrieve the question comes with the passages of the project's documents that it finds; with --brief and --channel an
    adapter writes an ad. The sources that it had follow on stderr.
    """
    _check(question, brief, channel, adapters)
    if retrieving.retrieve and (input_ or brief is not None):
        raise click.UsageError("--retrieve finds the text that a QUESTION is about; leave --input and --brief out.")
    if retrieving.documents and not retrieving.retrieve:
        raise click.UsageError("--documents says which documents --retrieve searches; add --retrieve, or leave it out.")
    if len(adapters) > 1 and not compare:
        raise click.UsageError("Several adapters answer only side by side; add --compare or keep one --adapter.")
    from mbegu.quiet import quiet

    quiet()
    lines: list[str] = []
    if brief is not None:
        from mbegu.pages.app import brief as briefs

        put = briefs.put(brief, channel, params)
        question, input_, lines = put.asked.instruction, put.asked.input, briefs.sources(put)
        adapters, base = adapters or (put.adapter,), base or put.base
    if retrieving.retrieve:
        from mbegu.pages.app.passages import finder
        from mbegu.retrieval.passages import sources

        found = finder(retrieving.documents, params).find(question or "")
        input_, lines = found.input, sources(found.hits)
    from mbegu.models.loading import Weights
    from mbegu.pages.app import ask

    asked, base = ask.Typed(question or "", input_, answering.max_new_tokens), base or Path("models/base")
    if compare:
        answers = ask.ask_all(asked, base, list(adapters), answering.quantization)
        click.echo(ask.side_by_side(answers, sys.stdout.isatty()))
    else:
        ask.stream(asked, Weights(base, adapters[0], answering.quantization))
    for line in lines:
        click.echo(line, err=True)


def _check(question: str | None, brief: Path | None, channel: str, adapters: tuple[Path, ...]) -> None:
    if question is None and brief is None:
        raise click.UsageError("Missing argument 'QUESTION'.")
    if question is not None and brief is not None:
        raise click.UsageError("A --brief stands in place of a QUESTION; leave one of them out.")
    if (brief is None) != (not channel):
        raise click.UsageError("--brief and --channel belong together; give both: for which channel an ad is, is a part of it.")
    if brief is None and not adapters:
        raise click.UsageError("Missing option '--adapter'.")
