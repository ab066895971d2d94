"""Shows where a row came from: text, origin, teacher, filters, review, nearest row, and the human lines behind it.

mbegu why 7abe9dc7579b3735
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import path


@click.command(cls=Stage)
@click.argument("row_id")
@path("--data", "Folder of the rows.", "data")
def main(row_id: str, data: Path) -> None:
    """Explain row ROW_ID (or the beginning of an id), kept or dropped."""
    from mbegu.builds.project import project_of
    from mbegu.pages.trace import explain, find, read_records

    records = read_records(project_of(data))
    click.echo("\n".join(explain(find(row_id, records), records)))
