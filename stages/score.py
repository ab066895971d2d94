"""Scores one model's held-out answers: overlap with references, facts, instructions followed, loss, form.

In: predictions, held-out rows. Out: flat metrics; what was measured of each answer, for tests of significance.

    python stages/score.py --predictions data/predictions/v2.jsonl --out metrics/score/v2.json --rouge rougeL --digits 4 …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.scoring.settings import Score
from mbegu.sections import FILE, path, section
from mbegu.text.settings import Locale


@click.command(cls=Stage)
@path("--predictions", "File of the predict stage.")
@path("--heldout", "The rows that were to be answered.")
@path("--out", "Metrics.")
@path("--rows", "What was measured of each answer.")
@section(Locale, "locale")
@section(Score, "score")
@click.option("--executor", type=FILE, help="params.yaml whose section executor says where this runs; here without.")
def main(
    predictions: Path, heldout: Path, out: Path, rows: Path, locale: Locale, score: Score, executor: Path | None
) -> None:  # fmt: skip
    """Score held-out answers."""
    from mbegu.errors import BadInput
    from mbegu.executors import mapping
    from mbegu.metrics.copying import spans
    from mbegu.metrics.following import learn
    from mbegu.rows.heldout_shelf import shelve_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.row import read_rows
    from mbegu.rows.shelf import shelved
    from mbegu.rows.tables import write_json
    from mbegu.scoring import scores
    from mbegu.scoring.measures import measure
    from mbegu.scoring.predictions import check_same_rows, stream_predictions

    answers, questions = shelved(stream_predictions(predictions)), shelve_heldout(heldout)
    check_same_rows(answers, questions, predictions, heldout)
    taught = read_rows(score.following, answered=False)
    try:
        classifier = learn(taught)
    except BadInput as problem:
        classifier = None
        click.echo(f"Warning: no {problem}", err=True)
    copyable = spans(row["output"] for row in taught)
    with mapping(executor) as mapped:
        measured = shelved(measure(answers, questions, score, classifier, locale, copyable, mapped))
    metrics = scores.summarize(measured, (value["prediction"] for value in answers), score.digits)
    write_lines(rows, scores.measure_lines((value["id"] for value in answers), measured))
    if classifier is not None:
        metrics["ifs_classifier_accuracy"] = round(classifier.accuracy, score.digits)
    write_json(out, metrics)
    last = score.rouge[-1]
    loss = metrics.get("heldout_loss", "left out, as an endpoint gives none")
    click.echo(f"{len(answers)} answers, held-out loss {loss}, {last} {metrics.get(last)}: {out}")


if __name__ == "__main__":
    main()
