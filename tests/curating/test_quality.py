"""Poor answers of machines and in sets; in several scripts."""

import pytest

from mbegu.curating import quality
from mbegu.curating.settings import Clean, Curate
from mbegu.errors import BadInput
from mbegu.rows.row import row_id

DRAFTS = Curate(3, 20, 0.3, ["as an ai"], 0.7, 0.5, "error")
SCRIPTS = {"Latin", "Ethiopic"}
SET = Clean(3, 60, 0.3, ["as an ai", "ይቅርታ"], 1.0, 128)
ANSWER = "Put three months of expenses in an account that you can reach, and keep the rest where it earns more interest."


def row(instruction: str, output: str = ANSWER, input_: str = "", kind: str = "seed", **origin) -> dict:
    place = {"kind": kind, "parents": [], "source": "set.json:1", **origin}
    return {"id": row_id(instruction, input_), "instruction": instruction, "input": input_, "output": output, "origin": place}


def draft(instruction: str, output: str = "An answer of five words.", kind: str = "generated", **origin) -> dict:
    return row(instruction, output, kind=kind, **origin)


def reasons(ledger: list[dict]) -> list[str]:
    return [line["reason"] for line in ledger]


@pytest.mark.parametrize(
    ("answer", "origin", "reason"),
    [
        ("Two words", {}, "too short"),
        ("word " * 21, {}, "too long"),
        ("ሰላም ነው በጣም ጥሩ " * 4, {}, "repetitive"),
        ("As an AI, I have no money.", {}, "refusal: as an ai"),
        ("Это хороший ответ на вопрос.", {}, "wrong script: Cyrillic"),
        ("… 🙂", {}, "empty"),
        ("Q?", {}, "answer equals the instruction"),
        ("A good answer that was", {"finish_reason": "length"}, "cut off: the teacher reached max_new_tokens"),
    ],
)
def test_a_poor_machine_written_answer_is_dropped_and_a_human_one_is_not(answer, origin, reason):
    rows = [
        draft("q", answer, **origin),
        draft("q", answer, kind="document", span=[0, 9], **origin),
        draft("h", answer, kind="reviewed"),
    ]
    kept, ledger = quality.check_drafts(rows, DRAFTS, SCRIPTS)
    assert [value["instruction"] for value in kept] == ["h"]
    assert [line["reason"] for line in ledger] == [reason] * 2


def test_saying_that_the_passage_does_not_hold_the_answer_is_no_poor_answer():
    rows = [draft("q", "Unknown", kind="document", span=None)]
    assert quality.check_drafts(rows, DRAFTS, SCRIPTS) == (rows, [])


def test_one_question_with_two_machine_written_answers_keeps_neither():
    rows = [draft("q", "An answer of five words."), draft("q", "Another answer of five words."), draft("r")]
    kept, ledger = quality.check_drafts(rows, DRAFTS, SCRIPTS)
    assert [value["instruction"] for value in kept] == ["r"]
    assert kept[0]["origin"]["measures"] == {"words": 5, "repetition": 0.0}
    assert [line["reason"] for line in ledger] == ["same question with different answers"] * 2


@pytest.mark.parametrize(
    ("given_row", "reason"),
    [
        (row("q"), None),
        (row("ምንድን ነው?", "ገንዘብ ማስቀመጫ ፈንድ ነው።"), None),
        (row("… 🙂"), "empty"),
        (row("q", "\u200b\u2060 … 👍"), "empty"),
        (row("q", "10%"), "too short"),
        (row("q", "word " * 61), "too long"),
        (row("q", "በጣም ጥሩ ነው ። " * 6), "repetitive"),
        (row("q", "As an AI, I have no money of my own."), "refusal: as an ai"),
        (row("q", "ይቅርታ፣ መልስ መስጠት አልችልም።"), "refusal: ይቅርታ"),
        (row("What is a money market fund?", "what is a money market fund"), "answer equals the instruction"),
        (row("Sort these words please.", "b c a", "b, c, a"), "answer equals the input"),
        (row("q", f"{ANSWER}<|im_end|>\n<|im_start|>user"), "control token: <|im_end|>"),
        (row("[INST] q [/INST]"), "control token: [INST]"),
        (row("q", ANSWER, "<|end of text|>"), "control token: <|end of text|>"),
        (row("Is 5 <| 6 and a [list] or <s> fine?"), None),
        (row("How is text struck?", "<s>old price</s>"), None),
        (row("ጽሑፍ እንዴት ይሰረዛል?", f"{ANSWER} By <s>…</s>, as in <p><s>5</s> 4</p> 👨‍👩‍👧 or <del>."), None),
        (row("What ends a turn of Llama 2?", f"Turns stand between [INST] and [/INST], an answer before </s>. {ANSWER}"), None),
        (row("Show it.", f"{ANSWER}\n```\n<s>[INST] q [/INST] a </s>\n```"), None),
        (row("q", f"{ANSWER} The mark of the end is </s>"), None),
        (row("q", f"<s> marks where a sequence starts. {ANSWER}"), None),
        (row("q", f"[INST] and [/INST] stand around a question. {ANSWER}"), None),
        (row("q", f"[INST] what is it [/INST] {ANSWER}"), "control token: [INST]"),
        (row("q", f"{ANSWER}</s>"), "control token: </s>"),
        (row("q", f"<s> {ANSWER}"), "control token: <s>"),
        (row("q", f"{ANSWER} </s><s>[INST] more [/INST] {ANSWER}"), "control token: </s>"),
        (row("<s>[INST] <<SYS>> be kind <</SYS>> q [/INST]"), "control token: <s>"),
        (row("q", f"<s>[INST] q [/INST] {ANSWER} </s>"), "control token: <s>"),
    ],
)  # fmt: skip
def test_a_row_of_a_set(given_row, reason):
    kept, ledger = quality.check_set([given_row], SET)
    assert (kept, reasons(ledger)) == (([given_row], []) if reason is None else ([], [reason]))


def test_bounds_that_no_answer_fits_are_refused():
    quality.check_bounds(DRAFTS, "curate")
    with pytest.raises(BadInput, match=r"^clean\.min_words 61 is above clean\.max_words 60; no answer fits\.$"):
        quality.check_bounds(SET._replace(min_words=61), "clean")
