"""Scores one model's held-out answers: overlap with references, facts, instructions followed, loss, form.

In: predictions, held-out rows. Out: flat metrics; what was measured of each answer, for tests of significance.

    python stages/score.py --predictions data/predictions/v2.jsonl --out metrics/score/v2.json --rouge rougeL --digits 4 …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--predictions", type=click.Path(path_type=Path), required=True, help="File of the predict stage.")
@click.option("--heldout", type=click.Path(path_type=Path), required=True, help="The rows that were to be answered.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Metrics.")
@click.option("--rows", type=click.Path(path_type=Path), required=True, help="What was measured of each answer.")
@click.option("--rouge", multiple=True, required=True, help="rouge1, rouge2, …, rougeL, rougeLsum; repeat.")
@click.option("--following", type=click.Path(path_type=Path), required=True, help="Answered rows that teach the IFS classifier.")
@click.option("--names", multiple=True, help="Funds and institutions that an answer must get right; repeat.")
@click.option("--digits", type=click.IntRange(1, 12), required=True, help="Digits after the point.")
def main(
    predictions: Path, heldout: Path, out: Path, rows: Path, rouge: tuple[str, ...], following: Path, names: tuple[str, ...],
    digits: int,
) -> None:  # fmt: skip
    """Score held-out answers."""
    from mbegu.errors import BadInput
    from mbegu.metrics.following import train
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.row import read_rows
    from mbegu.rows.tables import write_json
    from mbegu.scoring import scores
    from mbegu.scoring.measures import Settings, measure
    from mbegu.scoring.predictions import check_same_rows, read_predictions

    answers, questions = read_predictions(predictions), read_heldout(heldout)
    check_same_rows(answers, questions, predictions, heldout)
    taught = read_rows(following, answered=False)
    try:
        classifier = train(taught)
    except BadInput as problem:
        classifier = None
        click.echo(f"Warning: no {problem}", err=True)
    measured = measure(answers, questions, Settings(rouge, names, classifier))
    metrics = scores.summarize(measured, [value["prediction"] for value in answers], digits)
    write_lines(rows, scores.measure_lines([value["id"] for value in answers], measured))
    if classifier is not None:
        metrics["ifs_classifier_accuracy"] = round(classifier.accuracy, digits)
    write_json(out, metrics)
    click.echo(f"{len(answers)} answers, held-out loss {metrics['heldout_loss']}, {rouge[-1]} {metrics.get(rouge[-1])}: {out}")


if __name__ == "__main__":
    main()
