"""Scores one model's held-out answers: ROUGE, held-out loss, perplexity, length.

In: predictions. Out: flat metrics.

    python stages/score.py --predictions data/predictions/v2.jsonl --out metrics/score/v2.json --rouge rougeL --digits 4
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--predictions", type=click.Path(path_type=Path), required=True, help="File of the predict stage.")
@click.option("--heldout", type=click.Path(path_type=Path), required=True, help="The rows that were to be answered.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Metrics.")
@click.option("--rouge", multiple=True, required=True, help="rouge1, rouge2, …, rougeL, rougeLsum; repeat.")
@click.option("--digits", type=click.IntRange(1, 12), required=True, help="Digits after the point.")
def main(predictions: Path, heldout: Path, out: Path, rouge: tuple[str, ...], digits: int) -> None:
    """Score held-out answers."""
    from mbegu import scoring
    from mbegu.rows import read_rows
    from mbegu.tables import write_json

    answers = scoring.read_predictions(predictions)
    scoring.check_same_rows(answers, read_rows(heldout, answered=True), predictions, heldout)
    metrics = scoring.score(answers, rouge, digits)
    write_json(out, metrics)
    click.echo(f"{len(answers)} answers, held-out loss {metrics['heldout_loss']}, {rouge[-1]} {metrics[rouge[-1]]}: {out}")


if __name__ == "__main__":
    main()
