"""Sets whose rows share a passage or a template, from clean to merge: nothing good is dropped, no text is on two sides."""

import random
from pathlib import Path

import pytest

from mbegu.curating.leakage import decontaminate
from mbegu.curating.twins import check_heldout
from mbegu.rows.heldout import read_heldout
from mbegu.rows.jsonl import write_lines
from mbegu.rows.ledger import read_ledger
from mbegu.rows.row import read_rows, row_id

CLEAN = [
    "--loaded", "loaded.jsonl", "--dropped", "none.jsonl", "--out", "cleaned.jsonl", "--ledger", "c.ledger", "--funnel", "f.csv",
    "--metrics", "m.json", "--min_words", 1, "--max_words", 300, "--max_repetition", 1, "--near_duplicate", 0.7, "--permutations",
    128,
]  # fmt: skip
SPLIT = ["--rows", "cleaned.jsonl", "--always", "none.jsonl", "--fraction", 0.1, "--train", "train.jsonl", "--heldout",
         "heldout.jsonl", "--ledger", "s.ledger"]  # fmt: skip
CURATE = [
    "--expanded", "train.jsonl", "--dropped", "s.ledger", "--reviews", "reviews.jsonl", "--unreviewed", "drop", "--heldout",
    "heldout.jsonl", "--out", "curated.jsonl", "--ledger", "k.ledger", "--funnel", "k.csv", "--metrics", "k.json", "--warnings",
    "w.json", "--min_words", 1, "--max_words", 300, "--max_repetition", 1, "--heldout_similarity", 0.7, "--heldout_overlap", 0.5,
    "--leakage", "error",
]  # fmt: skip
MERGE = ["--previous", "none.jsonl", "--curated", "curated.jsonl", "--out", "v1.jsonl", "--ledger", "v1.ledger",
         "--near_duplicate", 0.85]  # fmt: skip
DRAW = random.Random(13)
WORDS = [f"{DRAW.choice('bdfgklmnprst')}{DRAW.choice('aeiou')}{number}".replace("1", "ra").replace("2", "so").replace("3", "mi")
         .replace("4", "lu").replace("5", "ke").replace("6", "no").replace("7", "ti").replace("8", "pa").replace("9", "we")
         .replace("0", "du") for number in range(3000)]  # fmt: skip
QUESTIONS = ("Who took the wheel of it?", "When did the water come?", "Where does the miller live?", "Why was she angry?")


def said(count: int) -> str:
    return " ".join(DRAW.choices(WORDS, k=count))


def row(instruction: str, output: str, source: str, input_: str = "") -> dict:
    origin = {"kind": "seed", "parents": [], "source": f"set:{source}", "made_of": source}
    return {"id": row_id(instruction, input_), "instruction": instruction, "input": input_, "output": output, "origin": origin}


@pytest.fixture
def built(stage, tmp_path):
    """Runs the four stages on rows; gives the version, the held-out rows and all ledgers."""

    def run(rows: list[dict], *split: object) -> tuple[list[dict], list[dict], list[dict]]:
        write_lines(tmp_path / "loaded.jsonl", rows)
        write_lines(tmp_path / "none.jsonl", [])
        for name, options in (("clean", CLEAN), ("split", [*SPLIT, *split]), ("curate", CURATE), ("merge", MERGE)):
            done = stage(name, *options)
            assert done.exit_code == 0, done.output
        version, heldout = read_rows(tmp_path / "v1.jsonl", answered=True), read_heldout(tmp_path / "heldout.jsonl")
        ledger = [line for letter in ("c", "s", "k", "v1") for line in read_ledger(tmp_path / f"{letter}.ledger")]
        assert len(version) + len(heldout) + len(ledger) == len(rows)
        return version, heldout, ledger

    return run


def sides(rows: list[dict]) -> set[str]:
    return {one["origin"]["made_of"] for one in rows}


def test_questions_about_one_passage_stay_all_and_on_one_side(built):
    passages = [said(80) for _ in range(60)]
    rows = [row(asked, said(6), f"p{number}", text) for number, text in enumerate(passages) for asked in QUESTIONS[:3]]
    version, heldout, ledger = built(rows)
    assert ledger == [] and len(version) + len(heldout) == 180
    assert heldout and not sides(version) & sides(heldout)


def test_a_question_about_one_passage_that_is_asked_again_goes(built):
    rows = [row(asked, said(6), f"p{number}", said(80)) for number, asked in enumerate(QUESTIONS * 5)]
    again = [row(one["instruction"].replace("?", ", please?"), one["output"], "again", one["input"]) for one in rows[:3]]
    ledger = built([*rows, *again])[2]
    assert {line["row"]["origin"]["made_of"] for line in ledger} == {"again"} and len(ledger) == 3


NOUNS = [word for word in dict.fromkeys(WORDS) if word.isalpha()][:40]


@pytest.mark.parametrize(
    "form",
    ["What is the plural form of the English noun {} in a sentence?", "የሚከተለው ቃል ብዙ ቁጥሩ ምን ይሆናል በአንድ ዓረፍተ ነገር ውስጥ {} ንገረኝ"],
)
def test_forty_questions_of_one_form_come_through_alone_and_among_others(form, built):
    rows = [row(form.format(noun), f"There are two {noun}s, said {said(3)}.", noun) for noun in NOUNS]
    version, heldout, ledger = built(rows)
    assert ledger == [] and heldout and len(version) + len(heldout) == 40
    others = [row(f"What is {said(5)}?", said(12), f"r{number}") for number in range(60)]
    version, heldout, ledger = built([*rows, *others])
    assert ledger == [] and len(version) + len(heldout) == 100


def test_what_one_set_holds_out_is_not_refused_beside_another_set(built):
    form = "What is the plural form of the English noun {} in a sentence?"
    built([row(form.format(noun), f"There are two {noun}s, said {said(3)}.", noun) for noun in NOUNS])
    heldout = read_heldout(Path("heldout.jsonl"))
    assert len(heldout) > 2 and check_heldout(heldout, 0.7) == heldout
    others = [row(f"What is {said(5)}?", said(12), f"r{number}") for number in range(60)]
    assert decontaminate(others, heldout, 0.7, 0.5, "error", "curate").kept == others


def test_of_a_few_alike_questions_all_are_on_one_side_or_one_is_held_out(built):
    alike = [row(f"How does the old {noun} of the town pay its rent each month?", said(12), "alike") for noun in NOUNS[:4]]
    others = [row(f"What is {said(5)}?", said(12), f"r{number}") for number in range(60)]
    for fraction in (0.1, 0.3, 0.6, 0.9):
        version, heldout, _ = built([*alike, *others], "--fraction", fraction)
        assert not ("alike" in sides(version) and "alike" in sides(heldout))
        assert sum(one["origin"]["made_of"] == "alike" for one in heldout) <= 1


TEMPLATES = (
    "Which category is this news item? {}",
    "Put the following news into the right category: {}",
    "{}\nIs this about sport, trade or health?",
    "What is the headline “{}” about?",
)
NO_MARKS = ("Tell me whether {} is about sport or trade", "Which category does the headline {} belong to in a paper")


@pytest.mark.parametrize("templates", [TEMPLATES, NO_MARKS])
def test_no_headline_is_on_two_sides_whatever_template_stands_around_it(templates, built):
    parts = [[f"{DRAW.choice(WORDS)}{end}" for _ in range(8)] for end in ("o", "s", "t", "a")]
    headlines = list(dict.fromkeys(" ".join(map(DRAW.choice, parts)) for _ in range(400)))
    rows = [
        row(template.format(headline), DRAW.choice(("sport", "trade", "health")), headline)
        for headline in headlines
        for template in DRAW.sample(templates, 2)
    ]
    DRAW.shuffle(rows)
    version, heldout, ledger = built(rows)
    assert ledger == [] and len(heldout) > 20 and not sides(version) & sides(heldout)


def test_a_headline_in_the_input_is_kept_together_too(built):
    rows = [
        row(template.format("").strip(), "sport", headline, headline)
        for headline in (" ".join(DRAW.choices(WORDS, k=4)) for _ in range(100))
        for template in TEMPLATES[:2]
    ]
    version, heldout, ledger = built(rows)
    assert ledger == [] and heldout and not sides(version) & sides(heldout)


@pytest.mark.parametrize("group", ["made_of", r"in the year (\d+)", "input"])
def test_a_column_or_a_rule_says_what_belongs_together(group, built):
    rows = [
        row(f"What {said(4)} in the year {number // 4}?", said(9), str(number // 4), f"ዓ.ም. {number // 4} 🌱")
        for number in range(200)
    ]
    version, heldout, ledger = built(rows, "--group", group)
    assert ledger == [] and heldout and not sides(version) & sides(heldout)
    assert all(sum(one["origin"]["made_of"] == source for one in heldout) == 4 for source in sides(heldout))


@pytest.mark.parametrize(("group", "message"), [("colour", "split.group: 'colour' is no column"), ("(", "no regular expression")])
def test_a_group_that_no_row_has_is_refused(group, message, stage, refused, tmp_path):
    write_lines(tmp_path / "cleaned.jsonl", [row("Q", "A", "a"), row("R", "B", "b")])
    write_lines(tmp_path / "none.jsonl", [])
    assert message in refused(stage("split", *SPLIT, "--group", group))


def test_the_same_question_in_other_case_or_with_another_mark_and_another_answer_is_reported(built):
    asked = ("Which river is the longest?", "which river is the longest", "WHICH RIVER IS THE LONGEST!")
    rows = [row(text, said(9), text) for text in asked] + [
        row(f"What is {said(5)}?", said(9), f"r{number}") for number in range(40)
    ]
    rows += [row("ረጅሙ ወንዝ የትኛው ነው?", "አባይ ነው", "am"), row("ረጅሙ ወንዝ የትኛው ነው።", "አዋሽ ነው", "am2")]
    _, _, ledger = built(rows)
    told = [(line["row"]["origin"]["made_of"], line["reason"]) for line in ledger]
    conflict = "same question with another answer as set:"
    assert told == [(text, f"{conflict}{asked[0]}") for text in asked[1:]] + [("am2", f"{conflict}am")]
