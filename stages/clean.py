"""Mends and sieves a loaded set: broken characters, pasted templates, poor answers, exact and near duplicates.

In: rows of the load stage and its ledger. Out: the rows that stay, and the ledger of the rows dropped or changed.

    python stages/clean.py --loaded data/loaded/v1.jsonl --dropped data/loaded/v1.ledger.jsonl --out data/cleaned/v1.jsonl …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--loaded", type=click.Path(path_type=Path), required=True, help="Rows of the load stage.")
@click.option("--dropped", type=click.Path(path_type=Path), required=True, help="Ledger of the load stage.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Rows that stay.")
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="Rows dropped or changed, and why.")
@click.option("--funnel", type=click.Path(path_type=Path), required=True, help="Rows left after each filter, as csv.")
@click.option("--metrics", type=click.Path(path_type=Path), required=True, help="The same counts as json.")
@click.option("--min_words", type=click.IntRange(0), required=True, help="Shortest answer, in words.")
@click.option("--max_words", type=click.IntRange(1), required=True, help="Longest answer, in words.")
@click.option("--max_repetition", type=click.FloatRange(0, 1), required=True, help="Largest share of repeated 4-grams.")
@click.option("--refusals", multiple=True, required=True, help="How an answer that is none begins; repeat the option.")
@click.option(
    "--near_duplicate", type=click.FloatRange(0.1, 1), required=True,
    help="Jaccard index of word 3-grams of question and answer above which the later of two rows goes; 1 keeps all.",
)  # fmt: skip
@click.option(
    "--permutations", type=click.IntRange(16, 1024), required=True, help="MinHash permutations: the more, the fewer misses."
)
def main(
    loaded: Path, dropped: Path, out: Path, ledger: Path, funnel: Path, metrics: Path, min_words: int, max_words: int,
    max_repetition: float, refusals: tuple[str, ...], near_duplicate: float, permutations: int,
) -> None:  # fmt: skip
    """Mend and sieve a loaded set."""
    from mbegu.curating import cleaning
    from mbegu.errors import BadInput
    from mbegu.rows.jsonl import write_lines
    from mbegu.rows.ledger import check_balance, read_ledger
    from mbegu.rows.row import read_rows
    from mbegu.rows.tables import write_csv, write_json

    if min_words > max_words:
        raise click.UsageError(f"clean.min_words {min_words} is above clean.max_words {max_words}; no answer fits.")
    read = read_rows(loaded, answered=True)
    kept, repaired = cleaning.repair(read)
    kept, poor = cleaning.check_quality(kept, cleaning.Limits(min_words, max_words, max_repetition, list(refusals)))
    kept, same = cleaning.drop_duplicates(kept)
    kept, near = cleaning.drop_near_duplicates(kept, near_duplicate, permutations)
    lines = [*repaired, *poor, *same, *near]
    if not kept:
        raise BadInput(f"{loaded}: none of its {len(read)} rows is left; the last went as {lines[-1]['reason']}. Widen clean.")
    check_balance(len(read), len(kept), lines, cleaning.STAGE)
    write_lines(out, kept)
    write_lines(ledger, lines)
    survivors = cleaning.funnel(len(kept), [read_ledger(dropped), lines])
    write_csv(funnel, ("filter", "dropped", "left"), survivors)
    counts = {name: count for name, count, _ in survivors if count}
    mended = sum("repaired" in row["origin"] for row in kept)
    write_json(metrics, {"candidates": survivors[0][2], "kept": len(kept), "repaired": mended, "dropped": counts})
    click.echo(f"Kept {len(kept)} of {len(read)} rows, {mended} repaired, {len(lines)} lines in the ledger: {out}")


if __name__ == "__main__":
    main()
