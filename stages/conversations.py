"""Writes example conversations: held-out questions with the answers of several models below each other, as Markdown.

In: predictions of the models, the held-out rows. Out: a page with as many rows as asked for, drawn by a hash of their ids.

    python stages/conversations.py --predictions data/predictions --models base --models v1 --count 20 …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import path


@click.command(cls=Stage)
@path("--predictions", "Folder of the predict stage.")
@path("--heldout", "Rows that are never trained on.")
@path("--params", "Which models there are.")
@path("--templates", "Folder of the page's template.")
@path("--out", "The page.")
@click.option("--models", multiple=True, required=True, help="base or a version, in the order shown; repeat the option.")
@click.option("--count", type=click.IntRange(1), required=True, help="Held-out rows to show; all, if there are fewer.")
def main(
    predictions: Path, heldout: Path, params: Path, templates: Path, out: Path, models: tuple[str, ...], count: int
) -> None:  # fmt: skip
    """Show what several models answer to the same questions."""
    from mbegu.builds import declared
    from mbegu.pages import conversations
    from mbegu.rows.tables import write_text

    declared.check_names(models, "models", declared.read_params(params), f"conversations.models: {params}")
    gathered = conversations.gather(conversations.read_answers(predictions, models, heldout), count)
    write_text(out, conversations.markdown(gathered, templates))
    shown = len(gathered["conversations"])
    click.echo(f"{shown} of {gathered['rows']} questions answered by {', '.join(models)}: {out}")


if __name__ == "__main__":
    main()
