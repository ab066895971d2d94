"""The same row again in a set, to the letter or nearly."""

from datasketch import MinHash, MinHashLSH

from mbegu.curating.settings import CLEAN
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.nearest import same_numbers
from mbegu.rows.row import Row, question
from mbegu.text import reasons
from mbegu.text.words import fold, words

GRAM = 3  # words of a shingle
# A candidate too many costs one exact comparison, a miss a duplicate in the set: so candidates are sought well below the
# bound, and bands weighed for few misses. With 128 permutations a pair at 0.7 is then missed once in 1,200.
SOUGHT = 0.8
WEIGHTS = (0.1, 0.9)
Shingles = set[tuple[str, ...]]


def drop_duplicates(rows: list[Row]) -> Sieved:
    """Keeps the first of rows that ask the same, whatever the later ones answer: none can tell which answer is right."""
    first: dict[str, Row] = {}
    ledger = []
    for row in rows:
        twin = first.setdefault(row["id"], row)
        if twin is not row:
            place = twin["origin"].get("source", twin["id"])
            same = fold(twin["output"]) == fold(row["output"])
            reason = reasons.DUPLICATE if same else f"{reasons.SAME_QUESTION} with another answer as {place}"
            ledger.append(entry(row, CLEAN, "dropped", reason, 1.0, twin["id"]))
    return Sieved(list(first.values()), ledger)


def drop_near_duplicates(rows: list[Row], above: float, permutations: int) -> Sieved:
    """Keeps the first of rows that say nearly the same: the same numbers in the question, and a Jaccard index of the word
    3-grams of question and answer above `above`.

    MinHash (Broder 1997) with locality-sensitive hashing finds candidates; each is then compared exactly. A pair
    just above the bound can be missed, the less likely the more `permutations`; one below it is never dropped.

    Args:
        above: 0.1 to 1; nothing is above 1.
        permutations: 16 or more.
    """
    index = MinHashLSH(SOUGHT * above, permutations, WEIGHTS)
    shingles = [_shingles(row) for row in rows]
    sketches = MinHash.generator(([" ".join(gram).encode() for gram in grams] for grams in shingles), num_perm=permutations)
    kept, ledger = [], []
    for position, (row, sketch) in enumerate(zip(rows, sketches, strict=True)):
        others = [other for other in index.query(sketch) if same_numbers(row, rows[other])]
        scored = [(_jaccard(shingles[position], shingles[other]), -other) for other in others]
        score, nearest = max(scored, default=(0.0, 0))
        if score > above:
            ledger.append(entry(row, CLEAN, "dropped", reasons.NEAR_DUPLICATE, score, rows[-nearest]["id"]))
        else:
            index.insert(position, sketch)
            kept.append(row)
    return Sieved(kept, ledger)


def _shingles(row: Row) -> Shingles:
    tokens = words(f"{question(row)}\n{row['output']}")
    return {tuple(tokens[i : i + GRAM]) for i in range(max(1, len(tokens) - GRAM + 1))}


def _jaccard(first: Shingles, second: Shingles) -> float:
    return len(first & second) / len(first | second)
