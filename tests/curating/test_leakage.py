import random

import pytest

from mbegu.curating import leakage
from mbegu.curating.twins import check_heldout
from mbegu.errors import BadInput
from mbegu.rows.row import row_id
from mbegu.text.context import join

ANSWER = "A bank credits the interest on savings at the end of each month and deducts the tax before it pays the rest to you."
AMHARIC = "ባንኩ በየወሩ መጨረሻ የቁጠባ ወለድ ይከፍላል ከዚያ በፊት ግን ግብሩን ይቀንሳል ስለዚህ የሚደርስህ ገንዘብ ያነሰ ነው"


def row(instruction: str, output: str = "An answer.", line: int = 1, parents: tuple = (), file: str = "seeds.jsonl") -> dict:
    origin = {"kind": "seed", "parents": list(parents), "source": f"{file}:{line}"}
    return {"id": row_id(instruction, ""), "instruction": instruction, "input": "", "output": output, "origin": origin}


def swap(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    return text


HELDOUT = [
    row("How does a bank pay interest on savings each month?", ANSWER, 7, file="heldout.jsonl"),
    row("ወለድ ምንድን ነው?", AMHARIC, 8),
]
FILLER = "Much else is said before that. " * 12
QUESTIONS, BOTH = "ROUGE-L F1 of the questions", "ROUGE-L F1 of question and answer"
GRAMS = "share of its words in common 8-grams"
LEAKS = {
    "the question, two words changed": ("How does my bank pay interest on deposits each month?", "Other.", QUESTIONS),
    "the answer, two words changed": (
        HELDOUT[0]["instruction"], swap(ANSWER, {"credits": "adds", "deducts": "withholds"}), "the same question"
    ),
    "another question, the answer with two words changed": (
        "When is it credited?", swap(ANSWER, {"credits": "adds", "rest": "remainder"}), BOTH
    ),
    "the answer inside a longer one": ("When?", FILLER + ANSWER, GRAMS),
    "Amharic, two words changed": ("መቼ?", swap(AMHARIC, {"ወለድ": "ትርፍ", "ግብሩን": "ታክሱን"}), BOTH),
    "the answer as a question": (f"{FILLER}Say this in other words: {ANSWER}", "No.", GRAMS),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKS)
def test_a_held_out_row_in_training_fails_the_build_with_both_rows_or_goes_to_the_ledger(name):
    instruction, output, reason = LEAKS[name]
    with pytest.raises(BadInput) as error:
        leakage.decontaminate([row("Fine?"), row(instruction, output, 3)], HELDOUT, 0.7, 0.5, "error", "curate")
    other = HELDOUT[1 if "Amharic" in name else 0]
    for part in (
        "seeds.jsonl:3",
        instruction[:40],
        other["origin"]["source"],
        other["instruction"],
        "set curate.leakage to drop",
    ):
        assert part in str(error.value)
    assert "\n" not in str(error.value)
    kept, ledger = leakage.decontaminate([row("Fine?"), row(instruction, output, 3)], HELDOUT, 0.7, 0.5, "drop", "curate")
    assert [value["instruction"] for value in kept] == ["Fine?"]
    assert ledger[0]["reason"] == f"near a held-out row: {reason}"
    assert ledger[0]["nearest"] == other["id"] and 0.5 < ledger[0]["score"] <= 1


@pytest.mark.parametrize(
    ("instruction", "output"),
    [
        ("Who guards the assets of a fund?", "A custodian, which is usually a bank, holds them apart from its own."),
        ("ባንክ ምን ይሠራል?", "ባንክ ገንዘብ ያስቀምጣል ያበድራል።"),
        ("🌱?", "🌱"),
        ("", ""),
    ],
)
def test_other_rows_pass(instruction, output):
    assert leakage.find_leak(row(instruction, output), leakage.guard(HELDOUT), 0.7, 0.5) is None


def test_what_descends_from_a_leaking_row_leaks_too():
    leaking = row(HELDOUT[0]["instruction"])
    child = row("A new question altogether?", parents=[leaking["id"]])
    grandchild = row("And one of that?", parents=[child["id"]])
    kept, ledger = leakage.decontaminate([leaking, row("Fine?"), child, grandchild], HELDOUT, 0.7, 0.5, "drop", "curate")
    assert [value["instruction"] for value in kept] == ["Fine?"]
    assert ledger[1]["reason"] == f"descends from {leaking['id']}, near a held-out row"
    assert [line["id"] for line in ledger] == [leaking["id"], child["id"], grandchild["id"]]


def test_held_out_questions_count_once_unless_a_number_or_name_differs():
    fine = [row("What does CIC pay on KES 5,000 a month?"), row("What does Sanlam pay on KES 5,000 a month?", line=2),
            row("What does CIC pay on KES 9,000 a month?", line=3)]  # fmt: skip
    assert check_heldout(fine, 0.7) == fine
    with pytest.raises(BadInput, match=r"seeds.jsonl:4: .* asks the same as seeds.jsonl:1: .* one question would count twice"):
        check_heldout([*fine, row("What would CIC pay on KES 5,000 a month?", line=4)], 0.7)


def test_decisions_are_those_of_comparing_every_pair():
    from rouge_score.rouge_scorer import RougeScorer

    scorer, draw = RougeScorer(["rougeL"]), random.Random(0)
    words = [f"w{number}" for number in range(30)]
    texts = [" ".join(draw.choices(words, k=draw.randint(3, 9))) for _ in range(120)]
    texts += [" ".join(words[(2 * number) % 25 : (2 * number) % 25 + 5]) for number in range(60)]
    heldout, rows = [row(text) for text in texts[:90]], [row(text) for text in texts[90:]]
    guarded = leakage.guard(heldout)
    found = [leakage.find_leak(value, guarded, 0.7, 1) is not None for value in rows]
    for value, leaks in zip(rows, found, strict=True):
        nearest = max(scorer.score(other["instruction"], value["instruction"])["rougeL"].fmeasure for other in heldout)
        whole = max(
            scorer.score(f"{other['instruction']} An answer.", f"{value['instruction']} An answer.")["rougeL"].fmeasure
            for other in heldout
        )
        assert leaks == (max(nearest, whole) > 0.7)
    assert 0 < sum(found) < len(found)


def retrieved(brief: str, texts: list[str], output: str) -> dict:
    """A row whose input is a brief and what retrieval found for it."""
    origin = {"kind": "seed", "parents": [], "source": "briefs.jsonl:1", "context": ["f1"]}
    input_ = join(brief, texts)
    return row("Write an ad.", output) | {"id": row_id("Write an ad.", input_), "input": input_, "origin": origin}


FACTS = ["Zemo X5 phone: 24,500 birr, 128GB, battery of 5000mAh, one year of warranty, Bole, second floor", FILLER]
HELD = retrieved("Sell the phone to students who travel far.", FACTS, ANSWER)


def test_facts_that_retrieval_gave_to_two_rows_are_no_leak():
    shared = retrieved("አዲሱን ስልክ ለወላጆች አስተዋውቅ", FACTS, AMHARIC)
    assert leakage.find_leak(shared, leakage.guard([HELD]), 0.7, 0.5) is None
    untold, held = ({**row, "origin": {**row["origin"], "context": []}} for row in (shared, HELD))
    assert leakage.find_leak(untold, leakage.guard([held]), 0.7, 0.5).reason == QUESTIONS  # if nothing says what was retrieved
    assert check_heldout([HELD, shared], 0.7) == [HELD, shared]


def test_a_brief_in_other_words_is_a_leak_whatever_is_retrieved_and_so_is_a_context_that_holds_the_answer():
    again = retrieved("Sell the phone to students who travel far!", ["Other facts."], AMHARIC)
    assert leakage.find_leak(again, leakage.guard([HELD]), 0.7, 0.5).reason == QUESTIONS
    given = retrieved("አዲሱን ስልክ ለወላጆች አስተዋውቅ", [f"{FILLER} {ANSWER}"], AMHARIC)
    assert leakage.find_leak(given, leakage.guard([HELD]), 0.7, 0.5).reason == GRAMS


NEWS = "The bank of the lake opens a second branch on the old road to the harbour."
LONG = "Read the item below with care, think about what its writer wants, and then say to which of the usual classes it belongs"


@pytest.mark.parametrize(
    ("held", "trained"),
    [
        (f"Which category is this news item? {NEWS}", f"{LONG}: {NEWS}"),
        (f"{LONG} as sport, trade, health or weather: {NEWS}", f"What is it about? {NEWS}"),
        (f"{LONG}።\n{AMHARIC}", f"ይህ ዜና ስለ ምን ነው፦ {AMHARIC}"),
    ],
)
def test_a_long_span_in_common_is_a_leak_whatever_instruction_stands_around_it(held, trained):
    assert leakage.find_leak(row(trained, "Trade."), leakage.guard([row(held, "Money.")]), 0.7, 0.5).reason == GRAMS
    assert leakage.find_leak(row(trained, "Trade."), leakage.guard([row(held, "Money.")]), 0.7, 1) is None


def asked(instruction: str, input_: str, output: str = "An answer.", line: int = 1) -> dict:
    return row(instruction, output, line) | {"id": row_id(instruction, input_), "input": input_}


PASSAGE = f"{ANSWER} {FILLER}"
ABOUT = [asked("Who deducts the tax?", PASSAGE, "The bank does."), asked("When is it credited?", PASSAGE, "Each month.", 2),
         asked("What is said before that?", PASSAGE, "Much else.", 3)]  # fmt: skip


def test_questions_about_one_passage_are_compared_by_question_but_a_passage_on_both_sides_is_a_leak():
    assert check_heldout(ABOUT, 0.7) == ABOUT
    with pytest.raises(BadInput, match="'Who deducts the tax now\\?"):
        check_heldout([*ABOUT, asked("Who deducts the tax now?", PASSAGE, line=4)], 0.7)
    assert leakage.find_leak(ABOUT[1], leakage.guard(ABOUT[:1]), 0.7, 1) is None
    assert leakage.find_leak(ABOUT[1], leakage.guard(ABOUT[:1]), 0.7, 0.5).reason == GRAMS
    near = leakage.find_leak(asked("Who now deducts the tax?", PASSAGE), leakage.guard(ABOUT[:1]), 0.7, 1)
    assert near.reason == QUESTIONS


CATEGORY = "የሚከተለው ዜና ከስፖርት፣ ከንግድ፣ ከጤና እና ከአየር ንብረት በየትኛው ምድብ ይካተታል?"


def test_unlike_headlines_in_a_script_without_capitals_are_two_questions():
    rows = [row(f"{CATEGORY} {text}", line=line) for line, text in enumerate(("ባንክ ቅርንጫፍ ከፈተ", "ቡድኑ ዋንጫ አነሳ", "ዝናብ ጎርፍ አመጣ"))]
    assert check_heldout(rows, 0.7) == rows
    with pytest.raises(BadInput, match="asks the same"):
        check_heldout([*rows, row(f"{CATEGORY} ባንኩ ቅርንጫፍ ከፈተ", line=4)], 0.7)


def test_all_that_leaks_and_all_that_asks_the_same_is_named_with_its_lines():
    rows = [row(HELDOUT[0]["instruction"], "Other.", 3), row("Fine?", line=4), row("ወለድ ምንድን ነው", "ሌላ።", 5),
            row("When?", FILLER + ANSWER, 6)]  # fmt: skip
    with pytest.raises(BadInput) as error:
        leakage.decontaminate(rows, HELDOUT, 0.7, 0.5, "error", "curate")
    assert str(error.value).startswith("seeds.jsonl:3: ") and "\n" not in str(error.value)
    assert "(and 2 more: seeds.jsonl:5 and seeds.jsonl:8, seeds.jsonl:6 and heldout.jsonl:7)" in str(error.value)
    asks = [
        row(f"How much rent {verb} the keeper of the mill pay each year?", line=line)
        for line, verb in enumerate(("does", "did", "can"), 1)
    ]
    with pytest.raises(BadInput, match=r"^seeds.jsonl:2: .* \(and 1 more: seeds.jsonl:3 and seeds.jsonl:1\); one question would"):
        check_heldout(asks, 0.7)


def test_rows_of_one_template_are_compared_by_what_fills_it():
    headlines = (
        "Bank opens branch",
        "Team wins cup",
        "Rain floods road",
        "School gets roof",
        "Port hires fifty",
        "Mill burns down",
    )
    held = [
        row(f"Put the following news into the right category of ours: {text}", "Trade.", line)
        for line, text in enumerate(headlines)
    ]
    same, other = "What is this about? Bank opens branch", "Put the following news into the right category of ours: Dam breaks"
    rows = [
        row(same, "Trade.", 10),
        row(other, "Trade.", 11),
        *(row(f"What is this about? n{n} m{n} o{n}", "Health.", 12 + n) for n in range(5)),
    ]
    assert check_heldout(held, 0.7) == held
    kept, ledger = leakage.decontaminate(rows, held, 0.7, 0.5, "drop", "curate")
    assert [(line["row"]["instruction"], line["reason"]) for line in ledger] == [
        (same, "near a held-out row: the same text in a template")
    ]
    assert kept == rows[1:] and leakage.decontaminate(rows, held, 0.7, 1, "error", "curate").ledger == []


CLOSED = {
    **row("On which weekday does the cooperative of Kisumu pay interest to its members?", ANSWER, 9),
    "source": "coop.md#Interest",
}


@pytest.mark.parametrize(
    ("leak", "reason"),
    [
        (row("When is interest paid?", ANSWER), None),  # the fact may be learned, word for word
        (row(CLOSED["instruction"], "On Friday."), "the same question"),
        (row("on which weekday does the cooperative of Kisumu pay interest to members", "On Friday."), QUESTIONS),
        (row("A question.", f"{FILLER} {CLOSED['instruction']} On Friday, they say."), GRAMS),
    ],
)
def test_of_a_closed_book_question_only_the_question_is_held_out(leak, reason):
    found = leakage.find_leak(leak, leakage.guard([*HELDOUT[1:], CLOSED]), 0.7, 0.5)
    assert (found.reason if found else None) == reason
