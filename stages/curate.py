"""Decides which expanded rows join a version: reviews, quality checks, decontamination.

In: expanded rows, human decisions, the held-out rows, those of exams. Out: the rows that stay, and the ledger of the others.

    python stages/curate.py --expanded data/expanded/v2.jsonl --reviews data/reviews/v2.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage, warn
from mbegu.curating.settings import CURATE, Candidates, Curate
from mbegu.sections import FILE, path, section


@click.command(cls=Stage)
@section(Candidates, "given")
@path("--heldout", "Rows that are never trained on.")
@click.option("--exams", type=FILE, help="Folder of closed-book and control questions; need not exist.")
@path("--out", "Rows that stay.")
@path("--ledger", "Rows dropped or changed, and why.")
@path("--funnel", "Candidates left after each filter, as csv.")
@path("--metrics", "The same counts as json.")
@path("--warnings", "What may come of it that is no use, as json.")
@click.option("--executor", type=FILE, help="params.yaml whose section executor says where this runs; here without.")
@section(Curate, "curate")
def main(
    given: Candidates, heldout: Path, exams: Path | None, out: Path, ledger: Path, funnel: Path, metrics: Path, warnings: Path,
    executor: Path | None, curate: Curate,
) -> None:  # fmt: skip
    """Apply reviews and checks to expanded rows."""
    from itertools import chain

    from mbegu.curating import acceptance, quality
    from mbegu.curating.funnel import of_drafts, summary
    from mbegu.curating.leakage import bites, guard, sifted
    from mbegu.curating.twins import check_heldout
    from mbegu.executors import mapping
    from mbegu.rows.exams import read_exams
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance, stream_ledger
    from mbegu.rows.parts import frames
    from mbegu.rows.reviews import read_reviews
    from mbegu.rows.row import stream_rows, unique_ids
    from mbegu.rows.shelf import joined, shelved
    from mbegu.rows.tables import write_csv, write_json
    from mbegu.scoring.fewest import too_few
    from mbegu.text.filters import scripts

    quality.check_bounds(curate, CURATE)
    candidates = shelved(stream_rows(given.expanded, answered=False))
    decisions = read_reviews(given.reviews)
    for source in acceptance.orphans(candidates, decisions):
        click.echo(f"Warning: {source}: decides on a row that no longer exists; remove it or review the row again.", err=True)
    if given.unreviewed == "wait":
        acceptance.check_reviewed(candidates, decisions, given.expanded)
    similarity, overlap = curate.heldout_similarity, curate.heldout_overlap
    tested = read_heldout(heldout)
    guarded = unique_ids([*tested, *(read_exams(exams).rows() if exams else [])], heldout)
    known = frames(chain(candidates, guarded))
    check_heldout(guarded, similarity, known)
    kept, decided = acceptance.apply_reviews(candidates, decisions, given.unreviewed)
    kept, failed = quality.check_drafts(kept, curate, scripts(tested))
    index = guard(guarded, known)
    with mapping(executor) as mapped:
        found = bites(kept, index, similarity, overlap, mapped)
        kept, leaked = sifted(kept, index, found, curate.leakage, CURATE)
    lines = joined([decided, failed, leaked])
    check_balance(len(candidates), len(kept), lines, CURATE)
    write_lines(out, kept)
    write_lines(ledger, lines)
    survivors = of_drafts(kept, chain(stream_ledger(given.dropped), lines))
    write_csv(funnel, ("filter", "dropped", "left"), survivors)
    write_json(metrics, summary(survivors))
    write_json(warnings, warn(too_few(tested, heldout)))
    click.echo(f"Kept {len(kept)} of {len(candidates)} candidates, {len(lines)} lines in the ledger: {out}")


if __name__ == "__main__":
    main()
