"""What clean, split, curate and merge decide on generated sets of public kinds, against what is known of each row.

    python benchmarks/sets.py --rows 100000

Four sets: passages with ten questions each; texts that five templates ask about, and others that a template asks about once;
rows with copies in which words of the answer, or the case and mark of the question, were changed; and unrelated questions. A row
is wrongly dropped if it is no planted copy, wrongly kept if it is one; a leaked pair is a passage or text, or a row and its copy,
on both sides. Each set runs in a process of its own, through the stages' own functions.
"""

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

from mbegu.curating import duplicates, splitting
from mbegu.curating.leakage import decontaminate
from mbegu.curating.merging import merge
from mbegu.curating.settings import Split
from mbegu.curating.twins import check_heldout
from mbegu.rows.row import Row, row_id

HOW = Split(0.1, "", 0.7, 0.5)
QUESTIONS = 10  # of a passage
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is")]
TEMPLATES = (
    "Which category is this news item? {}",
    "Put the following news into the right category: {}",
    "{}\nIs this about sport, trade, health or weather?",
    'Read the headline "{}" and name its subject in one word.',
    "Below is a headline. Decide which of these subjects it belongs to: sport, trade, health, weather.\nHeadline: {}",
)
SUBJECTS = ("sport", "trade", "health", "weather")
ASKED = (
    "Who is {} in the text?", "When did {} leave?", "Where does {} live now?", "Why was {} angry with the others?",
    "What does {} sell on the market?", "How many children has {}?", "Which road leads to {}?", "What became of {} in the end?",
    "Name one friend of {}.", "Does {} own the house?",
)  # fmt: skip


class Words:
    """Words that no language has, drawn evenly, so that texts are alike only where a set says so."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.known = ["".join(self.draw.choices(SYLLABLES, k=self.draw.randint(2, 4))) for _ in range(30_000)]

    def text(self, fewest: int, most: int) -> str:
        return " ".join(self.draw.choices(self.known, k=self.draw.randint(fewest, most)))


def _row(number: int, instruction: str, input_: str, output: str, source: str, copy: bool = False) -> Row:
    origin = {"kind": "seed", "parents": [], "source": f"made:{number}", "made_of": source, "copy": copy}
    return {"id": row_id(instruction, input_), "instruction": instruction, "input": input_, "output": output, "origin": origin}


def passages(count: int) -> Iterator[Row]:
    """Ten questions on each passage of 80 words."""
    words = Words(1)
    for number in range(count):
        if number % QUESTIONS == 0:
            passage = words.text(80, 80)
        asked = ASKED[number % QUESTIONS].format(words.text(1, 1))
        yield _row(number, asked, passage, words.text(3, 12), f"passage {number // QUESTIONS}")


def templates(count: int) -> Iterator[Row]:
    """Half of the rows: two templates on each headline of five to ten words. The others: one."""
    words = Words(2)
    number = source = 0
    while number < count:
        headline, subject = words.text(5, 10), words.draw.choice(SUBJECTS)
        for template in words.draw.sample(TEMPLATES, 2 if source % 3 == 0 else 1):
            yield _row(number, template.format(headline), "", subject, f"headline {source}")
            number += 1
        source += 1


def copies(count: int) -> Iterator[Row]:
    """One row in five is a copy of the row before it: two words of its answer changed, or its question's case and mark."""
    words = Words(3)
    question = answer = ""
    for number in range(count):
        if number % 5 == 4:
            asked, tokens = question, answer.split()
            if words.draw.random() < 0.5:
                tokens[len(tokens) // 3] = tokens[-len(tokens) // 3] = words.text(1, 1)
                asked = f"Please, {asked[0].lower()}{asked[1:]}"
            else:
                asked = words.draw.choice((asked.upper(), asked[:-1], f"{asked[:-1]}."))
            yield _row(number, asked, "", " ".join(tokens), f"row {number - 1}", copy=True)
        else:
            question, answer = f"{words.text(6, 12).capitalize()}?", words.text(40, 60)
            yield _row(number, question, "", answer, f"row {number}")


def unrelated(count: int) -> Iterator[Row]:
    """Questions and answers that have nothing in common but a few words."""
    words = Words(4)
    for number in range(count):
        yield _row(number, f"What is {words.text(3, 9)}?", "", words.text(5, 40), f"row {number}")


SETS: dict[str, Callable[[int], Iterator[Row]]] = {
    "passages": passages, "templates": templates, "copies": copies, "unrelated": unrelated,
}  # fmt: skip


def measured(kind: str, count: int) -> dict[str, Any]:
    """What became of a set: counts, and the seconds of a core that each stage needed."""
    rows = list({row["id"]: row for row in SETS[kind](count)}.values())
    seconds, start = {}, time.process_time()

    def passed(stage: str) -> None:
        nonlocal start
        seconds[stage], start = time.process_time() - start, time.process_time()

    kept = duplicates.drop_duplicates(rows).kept
    kept = duplicates.drop_near_duplicates(kept, 0.7, 128).kept
    passed("clean")
    sides = splitting.draw(kept, [], HOW)
    passed("split")
    check_heldout(sides.heldout, HOW.heldout_similarity)
    train = decontaminate(sides.train, sides.heldout, HOW.heldout_similarity, HOW.heldout_overlap, "drop", "curate").kept
    passed("curate")
    version = merge([], train, 0.85).kept
    passed("merge")
    return {"rows": len(rows), **_judged(rows, version, sides.heldout), "seconds": seconds,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}  # fmt: skip


def _judged(rows: list[Row], version: list[Row], heldout: list[Row]) -> dict[str, int]:
    left = {row["id"] for row in [*version, *heldout]}
    dropped = sum(row["id"] not in left and not row["origin"]["copy"] for row in rows)
    kept = sum(row["id"] in left and row["origin"]["copy"] for row in rows)
    trained = {row["origin"]["made_of"] for row in version}
    leaked = sum(row["origin"]["made_of"] in trained for row in heldout)
    return {"kept": len(left), "heldout": len(heldout), "wrongly dropped": dropped, "wrongly kept": kept, "leaked pairs": leaked}


@click.command()
@click.option("--rows", default=10_000, show_default=True, help="Rows of a set.")
@click.option("--set", "kinds", type=click.Choice(list(SETS)), multiple=True, default=list(SETS), help="Repeat.")
@click.option("--run", is_flag=True, hidden=True)
def main(rows: int, kinds: tuple[str, ...], run: bool) -> None:
    """Measure what the stages decide on generated sets."""
    if run:
        print(json.dumps(measured(kinds[0], rows)))
        return
    titles = ("rows", "kept", "heldout", "wrongly dropped", "wrongly kept", "leaked pairs")
    stages = ("clean", "split", "curate", "merge")
    print(
        f"{'':10}"
        + "".join(f"{title:>16}" for title in titles)
        + "".join(f"{f'{stage} s':>10}" for stage in stages)
        + f"{'MB':>8}"
    )
    for kind in kinds:
        command = [sys.executable, __file__, "--run", "--set", kind, "--rows", str(rows)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        counts = "".join(f"{found[title]:16,}" for title in titles)
        print(
            f"{kind:10}{counts}" + "".join(f"{found['seconds'][stage]:10.1f}" for stage in stages) + f"{found['memory']:8.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
