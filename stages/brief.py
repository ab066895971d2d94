"""Turns briefs, and ads of the channels, into rows whose input holds what retrieval finds.

In: hand-written briefs, messages of the label stage, an index. Out: rows to train on, held-out rows, the ledger of what is
neither, and how often a brief finds its own product.

    python stages/brief.py --briefs data/briefs.jsonl --messages data/labelled/market.jsonl --index data/index/market …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.retrieval.settings import Bounds, Brief, Written
from mbegu.sections import path, section
from mbegu.text.settings import Locale


@click.command(cls=Stage)
@path("--briefs", "Briefs with the ads that a person wrote.")
@path("--messages", "Messages of the label stage.")
@path("--index", "Folder of the index stage.")
@section(Written, "written")
@section(Bounds, "bounds")
@section(Locale, "locale")
@section(Brief, "brief")
def main(briefs: Path, messages: Path, index: Path, written: Written, bounds: Bounds, locale: Locale, brief: Brief) -> None:
    """Turn briefs and ads into rows."""
    from mbegu.errors import BadInput
    from mbegu.quiet import quiet
    from mbegu.retrieval.search import open_index
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance
    from mbegu.rows.tables import write_json
    from mbegu.sources.telegram import ads, campaigns
    from mbegu.sources.telegram.briefs import read_briefs
    from mbegu.sources.telegram.requests import read_templates

    quiet()
    found = open_index(index)
    read = read_briefs(briefs, campaigns.facts_of(found), campaigns.channels_of(found))
    if not any(one.heldout for one in read):
        raise BadInput(f'{briefs}: no brief is held out, so nothing could be scored; set "heldout": true for some.')
    posted = campaigns.ads_of(ads.read_messages(messages)) if brief.ads else []
    made_of = campaigns.campaign(found, read, read_templates(brief.templates), brief, bounds)
    built = campaigns.build(read, posted, made_of, locale)
    if not built.rows:
        raise BadInput(f"{briefs}: no row is left to train on; hold fewer briefs out, or set brief.ads to true.")
    check_balance(len(read) + len(posted), len(built.rows) + len(built.heldout), built.ledger, campaigns.STAGE)
    write_lines(written.out, built.rows)
    write_lines(written.heldout, built.heldout)
    write_lines(written.ledger, built.ledger)
    figures = campaigns.figures(built, read, found)
    write_json(written.metrics, figures)
    click.echo(
        f"{len(built.rows)} rows of {len(read)} briefs and {len(posted)} ads, {len(built.heldout)} held out, "
        f"{len(built.ledger)} in the ledger, recall at 1 {figures['brief']['channel']['recall_at_1']:.2f}: {written.out}"
    )


if __name__ == "__main__":
    main()
