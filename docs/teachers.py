"""Counts what a teacher's replies about the example's documents came to, for the table of teachers in its README.

In: a build of examples/company_docs by that teacher. Out: metrics/teachers/NAME.json, to be committed. Whether rows are right,
people say: `--draw 30` prints as many, drawn by a hash of their ids, and `--right` is how many of the `--read` ones were.

    python docs/teachers.py embedded --draw 30
    python docs/teachers.py embedded --read 30 --right 2
"""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from mbegu.text.draws import rank

FOLDER = Path(__file__).parents[1] / "examples/company_docs"
UNASKED = "beyond the number of chunks"


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def accepted() -> list[dict[str, Any]]:
    """Rows that hold all checks, whether or not a review let them in; those that no teacher wrote are left out."""
    dropped = lines(FOLDER / "data/curated/v1.ledger.jsonl")
    kept = lines(FOLDER / "data/curated/v1.jsonl")
    waiting = [line["row"] for line in dropped if line["reason"] == "not reviewed"]
    return [row for row in [*kept, *waiting] if "question_of" not in row["origin"]]


def counts(read: int | None, right: int | None) -> dict[str, Any]:
    """Replies that came to a row or to a line of a ledger, by reason."""
    ledgers = [FOLDER / f"data/{name}/v1.ledger.jsonl" for name in ("questions", "expanded", "curated")]
    reasons = Counter(line["reason"] for ledger in ledgers for line in lines(ledger) if line["action"] == "dropped")
    rejected = {reason: count for reason, count in sorted(reasons.items()) if reason not in (UNASKED, "not reviewed")}
    kept = len(accepted())
    return {"asked": kept + sum(rejected.values()), "accepted": kept, "rejected": rejected, "read": read, "right": right}


def main() -> None:
    """Prints the rows that are to be read, or writes the counts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--draw", type=int)
    parser.add_argument("--read", type=int)
    parser.add_argument("--right", type=int)
    options = parser.parse_args()
    if options.draw:
        for row in sorted(accepted(), key=lambda row: rank(f"read {row['id']}"))[: options.draw]:
            print(json.dumps({key: row[key] for key in ("instruction", "input", "output")}, ensure_ascii=False, indent=1))
        return
    out = FOLDER / f"metrics/teachers/{options.name}.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(counts(options.read, options.right), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
