"""Asks a trained adapter (and, with --compare, the base model and other adapters) a question.

mbegu ask --adapter models/adapters/v2 "When should we water?"
"""

import sys
from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import FILE, path


@click.command(cls=Stage)
@click.argument("question")
@click.option("--input", "input_", default="", help="Text that the question is about.")
@click.option("--adapter", "adapters", type=FILE, multiple=True, required=True, help="Adapter; repeat with --compare.")
@path("--base", "Folder of the base model.", "models/base")
@click.option("--compare", is_flag=True, help="Ask the base model and every adapter, side by side.")
@click.option("--quantization", type=click.Choice(["nf4", "none"]), default="nf4", show_default=True, help="Weights of the base.")
@click.option("--max_new_tokens", type=click.IntRange(1), default=200, show_default=True, help="Longest answer, in tokens.")
def main(
    question: str, input_: str, adapters: tuple[Path, ...], base: Path, compare: bool, quantization: str, max_new_tokens: int
) -> None:
    """Ask an adapter a QUESTION and stream its answer."""
    if len(adapters) > 1 and not compare:
        raise click.UsageError("Several adapters answer only side by side; add --compare or keep one --adapter.")
    from mbegu.quiet import quiet

    quiet()
    from mbegu.models.loading import Weights
    from mbegu.pages.app import ask

    asked = ask.Typed(question, input_, max_new_tokens)
    if compare:
        answers = ask.ask_all(asked, base, list(adapters), quantization)
        click.echo(ask.side_by_side(answers, sys.stdout.isatty()))
    else:
        ask.stream(asked, Weights(base, adapters[0], quantization))
