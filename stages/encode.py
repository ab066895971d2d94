"""The encode stage: a version's rows to token ids, with the prompt masked and the end of each answer trained.

In: a version, the base model's tokenizer. Out: an Arrow file, its metrics, a histogram of lengths, a ledger.

    python stages/encode.py --version data/versions/v2.jsonl --base models/base …
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import click
from click import Choice, IntRange

from mbegu.asking.settings import PromptFile
from mbegu.command import Stage, warn
from mbegu.sections import FILE, path, section


class Encode(NamedTuple):
    """The section `encode`: how long a row may be."""

    max_length: Annotated[int, IntRange(2), "Longest row, in tokens."]
    on_truncation: Annotated[str, Choice(["error", "drop", "keep"]), "What a longer row does."]


@click.command(cls=Stage)
@path("--version", "Rows of the merge stage.")
@path("--base", "Folder of the base model.")
@path("--out", "Arrow file of token ids.")
@path("--ledger", "Rows dropped or cut, and why.")
@path("--metrics", "Token counts.")
@path("--lengths", "Tokens of each row, for a histogram.")
@path("--warnings", "What may come of it that is no use, as json.")
@click.option("--executor", type=FILE, help="params.yaml whose section executor says where this runs; here without.")
@section(PromptFile, "prompt")
@section(Encode, "encode")
def main(
    version: Path, base: Path, out: Path, ledger: Path, metrics: Path, lengths: Path, warnings: Path, prompt: PromptFile,
    encode: Encode, executor: Path | None,
) -> None:  # fmt: skip
    """Turn a version's rows into token ids."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.prompts import dated, read_prompt, settled
    from mbegu.executors import mapping
    from mbegu.models.loading import load_tokenizer
    from mbegu.models.manifest import verify
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import Entry
    from mbegu.rows.row import Row, stream_rows
    from mbegu.rows.shelf import Shelf, shelved
    from mbegu.rows.tables import write_csv, write_json
    from mbegu.training import tokens
    from mbegu.training.encoded import write_encoded
    from mbegu.training.spelling import sampled, spelt

    sample: list[Row] = []
    sizes: Shelf[tokens.Size] = shelved(())
    lines: Shelf[Entry] = shelved(())
    rows = sampled(stream_rows(version, answered=True), sample)
    identity = verify(base)
    tokenizer = load_tokenizer(base)
    asked = settled(read_prompt(*prompt), tokenizer)
    how = (asked, tokenizer, (encode.max_length, encode.on_truncation))
    with mapping(executor) as mapped:
        write_encoded(out, tokens.stream(rows, how, sizes, lines, mapped), asked, identity)
    write_lines(ledger, lines)
    counted = tokens.count(sizes, lines)
    write_json(metrics, counted)
    write_csv(lengths, ("id", "tokens", "trained"), sizes)
    write_json(warnings, warn(spelt(sample, tokenizer), dated(asked)))
    click.echo(f"{counted['rows']} rows, {counted['tokens']} tokens, {len(lines)} in the ledger: {out}")


if __name__ == "__main__":
    main()
