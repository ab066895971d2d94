"""Shows where a row came from: text, origin, teacher, filters, review, nearest row, and the human lines behind it.

python stages/why.py 7abe9dc7579b3735
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.argument("row_id")
@click.option("--data", type=click.Path(path_type=Path), default="data", show_default=True, help="Folder of the rows.")
def main(row_id: str, data: Path) -> None:
    """Explain the row ROW_ID (or the beginning of an id), kept or dropped."""
    from mbegu.pages.trace import explain, find, read_records

    records = read_records(data)
    click.echo("\n".join(explain(find(row_id, records), records)))


if __name__ == "__main__":
    main()
