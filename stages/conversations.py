"""Writes example conversations: held-out questions with the answers of several models below each other, as Markdown.

In: predictions of the models, the held-out rows. Out: a page with as many rows as asked for, drawn by a hash of their ids.

    python stages/conversations.py --predictions data/predictions --models base --models v1 --count 20 …
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import click

from mbegu.command import Stage
from mbegu.sections import NONEMPTY, path, section


class Conversations(NamedTuple):
    """An entry of the section `conversations`."""

    models: Annotated[list[str], NONEMPTY, "base or a version, in the order shown; repeat the option."]
    count: Annotated[int, click.IntRange(1), "Held-out rows to show; all, if there are fewer."]


@click.command(cls=Stage)
@path("--predictions", "Folder of the predict stage.")
@path("--heldout", "Rows that are never trained on.")
@path("--out", "The page.")
@section(Conversations, "wanted")
def main(predictions: Path, heldout: Path, out: Path, wanted: Conversations) -> None:
    """Show what several models answer to the same questions."""
    from mbegu.pages import conversations
    from mbegu.rows.tables import write_text

    gathered = conversations.gather(conversations.read_answers(predictions, wanted.models, heldout), wanted.count)
    write_text(out, conversations.markdown(gathered))
    shown = len(gathered["conversations"])
    click.echo(f"{shown} of {gathered['rows']} questions answered by {', '.join(wanted.models)}: {out}")


if __name__ == "__main__":
    main()
