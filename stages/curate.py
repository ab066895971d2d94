"""Decides which expanded rows join a version: reviews, quality checks, decontamination.

In: expanded rows, human decisions, the held-out rows. Out: the rows that stay, and the ledger of the others.

    python stages/curate.py --expanded data/expanded/v2.jsonl --reviews data/reviews/v2.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--expanded", type=click.Path(path_type=Path), required=True, help="Rows of the expand stage.")
@click.option("--dropped", type=click.Path(path_type=Path), required=True, help="Ledger of the expand stage.")
@click.option("--reviews", type=click.Path(path_type=Path), required=True, help="Human decisions; may not exist yet.")
@click.option("--heldout", type=click.Path(path_type=Path), required=True, help="Rows that are never trained on.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Rows that stay.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Rows dropped or changed, and why.")
@click.option("--funnel", type=click.Path(path_type=Path), required=True, help="Candidates left after each filter, as csv.")
@click.option("--metrics", type=click.Path(path_type=Path), required=True, help="The same counts as json.")
@click.option("--unreviewed", type=click.Choice(["keep", "drop"]), required=True, help="Drafts without a decision.")
@click.option("--min_words", type=click.IntRange(0), required=True, help="Shortest unreviewed draft, in words.")
@click.option("--max_words", type=click.IntRange(1), required=True, help="Longest unreviewed draft, in words.")
@click.option("--max_repetition", type=click.FloatRange(0, 1), required=True, help="Largest share of repeated 4-grams.")
@click.option("--refusals", multiple=True, required=True, help="How an answer that is none begins; repeat the option.")
@click.option("--heldout_similarity", type=click.FloatRange(0, 1), required=True, help="ROUGE-L F1 above this leaks.")
@click.option(
    "--heldout_overlap", type=click.FloatRange(0, 1), required=True, help="Share of a held-out text in 8-grams of a row."
)
@click.option("--leakage", type=click.Choice(["error", "drop"]), required=True, help="What a leaking row does.")
def main(
    expanded: Path, dropped: Path, reviews: Path, heldout: Path, out: Path, ledger: Path, funnel: Path, metrics: Path,
    unreviewed: str, min_words: int, max_words: int, max_repetition: float, refusals: tuple[str, ...],
    heldout_similarity: float, heldout_overlap: float, leakage: str,
) -> None:  # fmt: skip
    """Apply reviews and checks to expanded rows."""
    from mbegu.curating import acceptance
    from mbegu.curating.funnel import of_drafts, summary
    from mbegu.curating.leakage import check_heldout, decontaminate
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance, read_ledger
    from mbegu.rows.reviews import read_reviews
    from mbegu.rows.row import read_rows
    from mbegu.rows.tables import write_csv, write_json
    from mbegu.text.filters import scripts

    if min_words > max_words:
        raise click.UsageError(f"curate.min_words {min_words} is above curate.max_words {max_words}; no answer fits.")
    candidates = read_rows(expanded, answered=False)
    decisions = read_reviews(reviews)
    for source in acceptance.orphans(candidates, decisions):
        click.echo(f"Warning: {source}: decides on a row that no longer exists; remove it or review the row again.", err=True)
    guarded = check_heldout(read_heldout(heldout), heldout_similarity)
    limits = acceptance.Limits(min_words, max_words, max_repetition, list(refusals), scripts(guarded))
    kept, decided = acceptance.apply_reviews(candidates, decisions, unreviewed)
    kept, failed = acceptance.check_quality(kept, limits)
    kept, leaked = decontaminate(kept, guarded, heldout_similarity, heldout_overlap, leakage, acceptance.STAGE)
    lines = [*decided, *failed, *leaked]
    check_balance(len(candidates), len(kept), lines, acceptance.STAGE)
    write_lines(out, kept)
    write_lines(ledger, lines)
    survivors = of_drafts(kept, [*read_ledger(dropped), *lines])
    write_csv(funnel, ("filter", "dropped", "left"), survivors)
    write_json(metrics, summary(survivors))
    click.echo(f"Kept {len(kept)} of {len(candidates)} candidates, {len(lines)} lines in the ledger: {out}")


if __name__ == "__main__":
    main()
