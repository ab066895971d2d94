"""Loads an instruction set that others made: JSON, JSON Lines, CSV, parquet, a folder of such files, or a set on a hub.

In: the set, and what it calls instruction, input and output. Out: its first rows, and the ledger of records that are none.

    python stages/load.py --source data/raw/alpaca_finance.json --format auto --rows 0 --split train --out data/loaded/v1.jsonl
    python stages/load.py --source gbharti/finance-alpaca --format hub --rows 1000 --split train --out data/loaded/v1.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--source", required=True, help="File, folder, or owner/name or owner/name@revision on a hub.")
@click.option(
    "--format", "kind", type=click.Choice(["auto", "json", "jsonl", "csv", "parquet", "hub"]), required=True,
    help="What the source is; auto tells it by the name.",
)  # fmt: skip
@click.option("--columns.instruction", "instruction", required=True, help="Column that holds the instruction.")
@click.option("--columns.input", "input_", required=True, help="Column that holds the input; '' if the set has none.")
@click.option("--columns.output", "output", required=True, help="Column that holds the answer.")
@click.option("--rows", "most", type=click.IntRange(0), required=True, help="Records to read, from the first one; 0 for all.")
@click.option("--split", required=True, help="Split of a folder or hub set; a single file is the split train.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Rows.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Records dropped or changed, and why.")
def main(
    source: str, kind: str, instruction: str, input_: str, output: str, most: int, split: str, out: Path, ledger: Path
) -> None:  # fmt: skip
    """Load an instruction set."""
    import logging

    from mbegu.quiet import quiet
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.sources.sets import columns, records

    quiet()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # five notices of retries; our own sentence follows
    columns = columns.Columns(instruction, input_, output)
    loaded = columns.load(source, records.read(source, kind, split), columns, most)
    check_balance(loaded.read, len(loaded.rows), loaded.ledger, columns.STAGE)
    write_lines(out, loaded.rows)
    write_lines(ledger, loaded.ledger)
    click.echo(f"Loaded {len(loaded.rows)} of {loaded.read} records, {len(loaded.ledger)} lines in the ledger: {out}")


if __name__ == "__main__":
    main()
