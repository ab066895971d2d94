"""Adds the pieces of a corpus to the base's tokenizer, so that its script needs fewer tokens.

In: messages, the base model. Out: a base model with new tokens, whose embeddings are means of those of the pieces that they
replace; how many tokens the words of each script need, before and after.

    python stages/extend_tokenizer.py --messages data/messages/market.jsonl --base models/base --out models/extended/market …
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import click
from click import IntRange

from mbegu.command import Stage
from mbegu.sections import NONEMPTY, path, section


class ExtendTokenizer(NamedTuple):
    """The section `extend_tokenizer`."""

    tokens: Annotated[int, IntRange(1), "New tokens."]
    min_count: Annotated[int, IntRange(1), "How often a new token stands in the corpus at least."]
    scripts: Annotated[
        list[str], NONEMPTY, "Scripts that it spells, as Unicode calls them; texts in others are encoded as before."
    ]


@click.command(cls=Stage)
@path("--messages", "Whose texts are the corpus.")
@path("--base", "Folder of the base model.")
@path("--out", "Folder for the base model with new tokens.")
@path("--metrics", "Tokens a word and bytes a token, as json.")
@path("--plot", "The same by script, as csv.")
@section(ExtendTokenizer, "growth")
def main(messages: Path, base: Path, out: Path, metrics: Path, plot: Path, growth: ExtendTokenizer) -> None:
    """Add tokens of a corpus to the base's tokenizer."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.models import vocabulary
    from mbegu.models.fertility import ALL, COLUMNS, fertility, lines, named
    from mbegu.models.loading import load_tokenizer
    from mbegu.outputs import whole
    from mbegu.rows.corpus import read_texts
    from mbegu.rows.tables import write_csv, write_json

    texts = read_texts(messages)
    with whole(out) as folder:
        tokenizer = vocabulary.extend(base, texts, vocabulary.Growth(*growth), folder, "extend_tokenizer")
    when = {"before": fertility(texts, load_tokenizer(base)), "after": fertility(texts, tokenizer)}
    write_json(metrics, {"tokens_added": growth.tokens, "vocabulary": len(tokenizer), **named(when)})
    write_csv(plot, COLUMNS, lines(when))
    before, after = (of[ALL].tokens_per_word() for of in when.values())
    click.echo(f"Added {growth.tokens} tokens, {before:.2f} tokens a word before and {after:.2f} after: {out}")


if __name__ == "__main__":
    main()
