"""The encode stage: a version's rows to token ids, with the prompt masked and the end of each answer trained.

In: a version, the base model's tokenizer. Out: an Arrow file, its metrics, a histogram of lengths, a ledger.

    python stages/encode.py --version data/versions/v2.jsonl --base models/base …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--version", type=click.Path(path_type=Path), required=True, help="Rows of the merge stage.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Folder of the base model.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Arrow file of token ids.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Rows dropped or cut, and why.")
@click.option("--metrics", type=click.Path(path_type=Path), required=True, help="Token counts.")
@click.option("--lengths", type=click.Path(path_type=Path), required=True, help="Tokens of each row, for a histogram.")
@click.option("--template", type=click.Path(path_type=Path), required=True, help="Prompt template.")
@click.option("--chat/--no-chat", required=True, help="Wrap the prompt in the model's chat template.")
@click.option("--max_length", type=click.IntRange(2), required=True, help="Longest row, in tokens.")
@click.option("--on_truncation", type=click.Choice(["error", "drop", "keep"]), required=True, help="What a longer row does.")
def main(
    version: Path, base: Path, out: Path, ledger: Path, metrics: Path, lengths: Path, template: Path, chat: bool,
    max_length: int, on_truncation: str,
) -> None:  # fmt: skip
    """Turn a version's rows into token ids."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.prompts import read_prompt
    from mbegu.models.loading import load_tokenizer
    from mbegu.models.manifest import verify
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.row import read_rows
    from mbegu.rows.tables import write_csv, write_json
    from mbegu.training import encoded

    version_rows = read_rows(version, answered=True)
    prompt = read_prompt(template, chat)
    identity = verify(base)
    encoded = encoded.encode(version_rows, prompt, load_tokenizer(base))
    kept, lines = encoded.fit(encoded, version_rows, max_length, on_truncation)
    check_balance(len(version_rows), len(kept), lines, encoded.STAGE)
    encoded.write_encoded(out, kept, prompt, identity)
    write_lines(ledger, lines)
    write_json(metrics, encoded.count(kept, lines))
    write_csv(lengths, ("id", "tokens", "trained"), encoded.lengths(kept))
    click.echo(f"{len(kept)} rows, {sum(len(row['input_ids']) for row in kept)} tokens, {len(lines)} in the ledger: {out}")


if __name__ == "__main__":
    main()
