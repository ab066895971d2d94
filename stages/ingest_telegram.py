"""Reads chats that Telegram Desktop exported as JSON, of any size: cleans, masks, and removes what is said again.

In: a folder with a file or a folder for each chat, or an account's export. Out: one line a message, by channel and number; those
that are not kept in the ledger.

    python stages/ingest_telegram.py --exports data/exports --out data/messages/market.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import path, section
from mbegu.sources.telegram.settings import Ingest


@click.command(cls=Stage)
@path("--exports", "Where the exports are; searched recursively.")
@path("--out", "Messages.")
@path("--ledger", "Messages that were not kept, and why.")
@path("--metrics", "Counts, and the channels, as json.")
@path("--funnel", "Messages left after each filter, as csv.")
@section(Ingest, "ingest")
def main(exports: Path, out: Path, ledger: Path, metrics: Path, funnel: Path, ingest: Ingest) -> None:
    """Read exports of Telegram Desktop."""
    from tqdm import tqdm

    from mbegu.command import warn
    from mbegu.curating.funnel import left, summary
    from mbegu.rows.tables import write_csv, write_json
    from mbegu.sources.telegram import chats
    from mbegu.sources.telegram.ingest import of_channels, to_files
    from mbegu.text.reasons import INGESTED

    files = [(name, exports / name) for name in chats.find(exports, ingest.include, ingest.exclude)]
    size = sum(file.stat().st_size for _, file in files)
    with tqdm(total=size, desc="Read", unit="B", unit_scale=True, disable=None, dynamic_ncols=True) as bar:
        done = to_files(files, ingest, out, ledger, bar.update)
    warn(
        *(
            f"{exports / name} ends in the middle of a message; what stands before it was read. Export it again."
            for name in done.cut
        )
    )
    survivors = left(done.kept, done.dropped, INGESTED)
    write_csv(funnel, ("filter", "dropped", "left"), survivors)
    write_json(metrics, summary(survivors) | {"channels": of_channels(done)})
    click.echo(
        f"Kept {done.kept:,} of {survivors[0][2]:,} messages of {len(done.channels)} channels, "
        f"{sum(done.dropped.values()):,} in the ledger: {out}"
    )


if __name__ == "__main__":
    main()
