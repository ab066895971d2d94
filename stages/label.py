"""Tells ads from other messages: labels written by hand and reviews teach a classifier, which labels the rest.

In: messages, labels of some of them. Out: every message with its label; those to review, the least certain first; figures.

    python stages/label.py --messages data/messages/market.jsonl --labels data/labels/market.jsonl --folds 5 --uncertain 0.2 …
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import click

from mbegu.command import Stage
from mbegu.sections import path, section


class Label(NamedTuple):
    """The section `label`: how labels are learned, and what is put to a reviewer."""

    folds: Annotated[int, click.IntRange(3, 20), "Parts of the labels, each left out once; at least so many of each label."]
    uncertain: Annotated[float, click.FloatRange(0, 0.5), "Probabilities so near to 0.5 are put to a reviewer."]
    most_queued: Annotated[int, click.IntRange(0), "Most messages that are put to a reviewer."]


@click.command(cls=Stage)
@path("--messages", "Messages of the ingest_telegram stage.")
@path("--labels", "Labels written by hand.")
@path("--reviews", "Decisions of a review; may not exist yet.")
@path("--out", "Every message with its label.")
@path("--queue", "Messages to review, the least certain first.")
@path("--ledger", "Labels that are not used, and why.")
@path("--metrics", "Cross-validated figures, as json.")
@section(Label, "label")
def main(
    messages: Path, labels: Path, reviews: Path, out: Path, queue: Path, ledger: Path, metrics: Path, label: Label
) -> None:  # fmt: skip
    """Tell ads from other messages."""
    from mbegu.errors import BadInput
    from mbegu.rows.corpus import read_messages
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.tables import write_json
    from mbegu.sources.telegram import labelling
    from mbegu.sources.telegram import labels as people

    read = read_messages(messages)
    known, changed = people.merge(people.read_hand(labels), people.read_decisions(reviews))
    gone = people.absent(known, [message["id"] for message in read])
    used = {id_: known[id_] for id_ in known.keys() - {line["id"] for line in gone}}
    try:
        found = labelling.label_all(read, used, label.folds)
    except BadInput as problem:
        raise BadInput(f"{labels}: {problem}") from None
    doubtful = labelling.queue(found.messages, label.uncertain, label.most_queued)
    write_lines(out, found.messages)
    write_lines(queue, doubtful)
    write_lines(ledger, [*changed, *gone])
    write_json(metrics, {**found.figures, "absent": len(gone), "queued": len(doubtful)})
    click.echo(
        f"{found.figures['ads']} of {len(read)} messages are ads, F1 {found.figures['f1']} on {found.figures['measured']} labels "
        f"out of fold, {len(doubtful)} to review, {len(changed) + len(gone)} in the ledger: {out}"
    )


if __name__ == "__main__":
    main()
