"""Repairs that leave right text alone, in several scripts; and a set that is cleaned as a whole."""

import json
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbegu.curating import cleaning, duplicates, quality
from mbegu.curating.settings import Clean
from mbegu.rows.ledger import check_balance
from mbegu.rows.row import row_id
from mbegu.sources.sets.columns import load
from mbegu.sources.sets.records import read
from mbegu.sources.sets.settings import Columns

BOUNDS = Clean(3, 60, 0.3, ["as an ai", "ይቅርታ"], 1.0, 128)
DATA = Path(__file__).parents[2] / "examples/finance_qa/data/raw"
ANSWER = "Put three months of expenses in an account that you can reach, and keep the rest where it earns more interest."
RIGHT = [
    "ሰላም ። የገንዘብ ገበያ፡ ፈንድ 25.5 ብር", "Habari ya asubuhi, rafiki", "ما هو الصندوق؟ ٢٥٫٥ ٪", "می‌خواهم بدانم",
    "\u202bשלום\u202c \u200fא",
    "👨‍👩‍👧 family 🏳️‍🌈 ❤️ 1️⃣", "“curly” ‘quotes’ – — … • ™", "São Paulo à Évora, « ça » là-bas", "Größe, Maß: 20 °C, §5",
    "Việt Nam đồng ₫", "ÂGE, À PARIS, CÔTÉ", "café – 5 × 3 ÷ 2 ± 1 ½", "Příliš žluťoučký kůň", "İstanbul'da ğüşöç",
    "Привет «мир» №5",
    "日本語。「はい」", "हिन्दी में", "₦5,000 €7 £8 ¥9 KSh 5", "À €5", "AT&T; R&D; Q&A & more &notanentity; ?a=1&copy=2&lt=3",
    "if a < b && c &amp; d: use &nbsp;", "tab\tand\nlines", "",
]  # fmt: skip


def row(instruction: str, output: str = ANSWER, input_: str = "", line: int = 1) -> dict:
    origin = {"kind": "seed", "parents": [], "source": f"set.json:{line}"}
    return {"id": row_id(instruction, input_), "instruction": instruction, "input": input_, "output": output, "origin": origin}


def reasons(ledger: list[dict]) -> list[str]:
    return [line["reason"] for line in ledger]


@pytest.mark.parametrize("text", RIGHT)
def test_text_that_is_right_is_left_alone(text):
    assert cleaning.unescape(text) == cleaning.fix_mojibake(text) == cleaning.remove_controls(text) == text


@pytest.mark.parametrize("text", [text for text in RIGHT if text.isprintable() and text])
def test_text_that_was_read_as_latin_1_is_mended(text):
    broken = text.encode().decode("latin-1")
    assert cleaning.fix_mojibake(broken) == text


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("150,000â€“300,000 Ã— 500 isnâ€™t", "150,000–300,000 × 500 isn’t"),
        ("ETB 25.5 ብር â€“ 30 👨‍👩‍👧", "ETB 25.5 ብር – 30 👨‍👩‍👧"),
        ("cafÃ© Â£9.50 âˆ’ â‚¬5", "café £9.50 − €5"),
        ("ÃƒÂ©tÃƒÂ©", "été"),
    ],
)
def test_mojibake(broken, mended):
    assert cleaning.fix_mojibake(broken) == mended


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("Q&amp;A &#39;x&#x27; &quot;y&quot;", "Q&A 'x' \"y\""),
        ("17&nbsp;%.&nbsp;So", "17 %. So"),
        ("one&lt;br&gt;two&lt;BR /&gt;three", "one\ntwo\nthree"),
        ("Tom &amp;amp; Jerry", "Tom &amp; Jerry"),  # once: it was about the entity
        ("ምልክቱ &amp;nbsp; ነው", "ምልክቱ &nbsp; ነው"),
        ("5 &lt; 6 &amp; &copy;", "5 < 6 & ©"),
        ("ሰላም &amp; &eacute;", "ሰላም & é"),
    ],
)
def test_html_entities(broken, mended):
    assert cleaning.unescape(broken) == mended


def test_control_characters():
    assert cleaning.remove_controls("\ufeffa\0b\r\nc\rd\u2028e\x1bf\u200dg\u200ch") == "ab\nc\nd\nef\u200dg\u200ch"


ABOUT = ["What does &amp;nbsp; stand for?", "The entity &amp;lt; is a &lt; written out.", "Alama ya &eacute; ni é"]


def test_entities_are_unescaped_once_and_only_where_the_set_is_escaped():
    plain = [row(f"q{number}?", "No sign at all, ሰላም") for number in range(9)]
    for text in ABOUT:
        rows = [*plain, row(text, f"{text} 👨‍👩‍👧")]
        assert cleaning.repair(rows) == (rows, [])  # one text about them shows nothing of the set
    spoken = [row(f"What is &amp;nbsp; in {number}?", "It is `&nbsp;`, not (&#160;) or “&lt;”.") for number in range(9)]
    assert cleaning.repair(spoken) == (spoken, [])
    others = [row(f"a & b {number}", "if x < y: print()") for number in range(9)]
    rows = [*others, *(row(text) for text in ABOUT)]
    assert cleaning.repair(rows) == (rows, [])  # the others are not escaped
    escaped = [row(f"a &amp; b {number}", "x &lt; y, it&#39;s 5 &gt; 4") for number in range(9)]
    kept, ledger = cleaning.repair([*escaped, row(ABOUT[0])])
    assert [found["instruction"] for found in kept[-2:]] == ["a & b 8", "What does &nbsp; stand for?"]
    assert reasons(ledger) == ["repaired: html entities"] * 10
    assert cleaning.repair(kept) == (kept, [])


def test_controls_that_part_words_leave_something_between_them():
    text = "one\vtwo\fሦስት\x1cأربعة\x1f5\x85six"
    assert cleaning.remove_controls(text) == "one\ntwo\nሦስት أربعة 5\nsix"


def test_a_repaired_row_has_its_new_id_and_a_line_in_the_ledger():
    rows = [row("What&#39;s a fund?", "Itâ€™s a pot &amp; more.", "ሰላም"), row("Right?", "Yes.\u200d"), row("q", "café &amp;")]
    kept, ledger = cleaning.repair(rows)
    assert (kept[0]["instruction"], kept[0]["output"]) == ("What's a fund?", "It’s a pot & more.")
    assert kept[0]["id"] == row_id("What's a fund?", "ሰላም")
    assert kept[0]["origin"] == {**rows[0]["origin"], "repaired": ["html entities", "mojibake"]}
    assert kept[1] == rows[1] and kept[2]["output"] == "café &"
    assert [(line["row"], line["nearest"]) for line in ledger] == [(rows[0], kept[0]["id"]), (rows[2], None)]
    assert reasons(ledger) == ["repaired: html entities, mojibake", "repaired: html entities"]
    assert cleaning.repair(kept) == (kept, [])


@pytest.mark.parametrize(
    "input_", ["<no input>", "<noinput>", "N/A", "n/a.", "None", "[no input]", "NaN", "-", " No Input ", "…"]
)
def test_an_input_that_says_that_there_is_none_is_none(input_):
    kept, ledger = cleaning.repair([row("ስንት ነው?", ANSWER, input_)])
    assert kept[0]["input"] == "" and kept[0]["id"] == row_id("ስንት ነው?", "")
    assert reasons(ledger) == ["repaired: placeholder input"]


@pytest.mark.parametrize(
    "input_",
    ["https://example.org/a?b=c#d", "www.example.org/page", "<https://example.org>", "![picha](a.png)", "<img src='a.jpg'>",
     "[image attached]", "<image>", "photo_01.JPEG", "(see attached picture)", "https://example.org/ሰላም.png"],
)  # fmt: skip
def test_an_input_that_stands_elsewhere_costs_its_row(input_):
    kept, ledger = cleaning.repair([row("Describe it.", ANSWER, input_)])
    assert kept == [] and reasons(ledger) == ["input elsewhere: an address or a file"]


@pytest.mark.parametrize(
    "input_",
    ["None of them came.", "N/A is a text", "5", "See https://example.org for more", "picha.png na nyingine", "- one\n- two",
     "صورة", "👨‍👩‍👧", "no", "e.g. a.png", "https://a.org https://b.org", "Sodium (Na)", "0"],
)  # fmt: skip
def test_an_input_that_says_something_stays(input_):
    rows = [row("q?", ANSWER, input_)]
    assert cleaning.repair(rows) == (rows, [])


BELOW = "Below is an instruction that describes a task. Write a response.\n\n"


CODE = "```text\n### Instruction:\nq\n\n### Response:\na\n```"
SUBJECTS = [
    ("How is an API described?", "", "## GET /rows\n### Input\nA date.\n### Response\nA list."),
    ("Show Alpaca's template.", "", f"Here it is:\n{CODE}\nThat is all."),
    ("Show it.", "", "It has these parts:\n### Instruction:\nwhat to do\n### Input:\ntext\n### Response:\nthe answer"),
    ("What is wrong with this template?", f"Below:\n{CODE}", "ምንም"),
    (f"What is this?\n{CODE}", "", "Alpaca's."),
    ("Summarise this page.\n### Input\nA long text.", "", "It is long."),
    ("ما هذا؟", "", "Headings such as ### Input and ### Response: part a prompt."),
    ("What is ### Input for?", "", "### Input\nIt holds the text."),
]


@pytest.mark.parametrize(("instruction", "input_", "output"), SUBJECTS)
def test_a_text_about_a_template_holds_none(instruction, input_, output):
    rows = [row(instruction, output, input_)]
    assert cleaning.repair(rows) == (rows, [])


@pytest.mark.parametrize(
    ("instruction", "input_", "output", "expected"),
    [
        (f"{BELOW}### Instruction:\nWhat is ሰላም?\n\n### Response:\n", "", "a", ("What is ሰላም?", "", "a")),
        (f"{BELOW}### Instruction:\nq\n### Input:\nx y\n\n### Response:", "", "a", ("q", "x y", "a")),
        ("### Question: q", "", "a", ("q", "", "a")),
        ("### Question: q\n### Context: x\n### Answer:", "x", "### Answer: a", ("q", "x", "a")),
        ("### Instruction:\nq\n### Response:\na  b", "", "a b", ("q", "", "a b")),
        ("### Instruction:\nq\n### Input:\n\n### Response:", "kept", "a", ("q", "kept", "a")),
        ("q", "", "### Response:\na", ("q", "", "a")),
        # no template: a heading in Markdown, or one that says more
        ("q about ### Response: marks", "", "## Input costs\nRent", ("q about ### Response: marks", "", "## Input costs\nRent")),
        # what is asked can't be told
        ("Translate this.\n### Instruction:\nq", "", "a", None),
        ("### Instruction:\nq\n### Response:\nanother", "", "a", None),
        ("### Instruction:\nq\n### Input:\nx\n### Response:", "y", "a", None),
        ("### Instruction:\nq\n### Instruction:\nq2", "", "a", None),
        ("### Response:\nq", "", "a", None),
        ("q", "", "a\n### Instruction:\nq2\n### Response:\nb", None),
        ("q", "### Input:\nx", "a", None),
    ],
)
def test_a_pasted_template_is_unwrapped_or_its_row_dropped(instruction, input_, output, expected):
    kept, ledger = cleaning.repair([row(instruction, output, input_)])
    check_balance(1, len(kept), ledger, "clean")
    if expected is None:
        assert reasons(ledger) == ["prompt template in the text"]
        return
    assert [(found["instruction"], found["input"], found["output"]) for found in kept] == [expected]
    assert kept[0]["id"] == row_id(expected[0], expected[1])
    changed = expected != (instruction, input_, output)
    assert reasons(ledger) == (["repaired: prompt template"] if changed else [])


def loaded(name: str):
    path = DATA / name
    return load(name, read(str(path), "auto", "train"), Columns("instruction", "input", "output"), 0)[0]


EXPECTED = {
    "exact duplicate": "duplicate", "near-duplicate": "near-duplicate", "very short": "too short", "refusal": "refusal: ",
    "conflicts": "same question with another answer", "HTML": "repaired: html entities", "mojibake": "repaired: mojibake",
    "prompt template": "repaired: prompt template", "empty output": "empty output", "output of white": "empty output",
    "empty instruction": "empty instruction", "blank": "empty instruction",
}  # fmt: skip


def test_every_dirty_row_is_found_for_its_reason_and_no_clean_one():
    rows = [found for name in ("alpaca_finance.json", "dirty.json") for found in loaded(name).kept]
    kept, repaired = cleaning.repair(rows)
    kept, poor = quality.check_set(kept, Clean(8, 300, 0.2, ["as an ai", "i'm sorry"], 1.0, 128))
    kept, same = duplicates.drop_duplicates(kept)
    kept, near = duplicates.drop_near_duplicates(kept, 0.7, 128)
    ledger = [*loaded("dirty.json").ledger, *repaired, *poor, *same, *near]
    lines = {line["row"]["origin"]["source"]: line["reason"] for line in ledger}
    assert len(ledger) == len(lines) == 40 and all("dirty.json" in source for source in lines)
    for number, dirty in enumerate(json.loads((DATA / "dirty.json").read_text(encoding="utf-8")), 1):
        expected = next(reason for why, reason in EXPECTED.items() if dirty["why"].startswith(why))
        assert lines[f"{DATA / 'dirty.json'}:{number}"].startswith(expected), dirty
    assert len(kept) == 313 and sum("repaired" in found["origin"] for found in kept) == 13
    mended = json.dumps([found for found in kept if "repaired" in found["origin"]], ensure_ascii=False)
    assert not any(rest in mended for rest in ("&amp;", "&#39;", "&nbsp;", "&lt;", "<br", "â€", "Ã", "Â", "###", "Below is"))
    assert "150,000–300,000 shillings" in mended and "are enough:\\nDate and hours" in mended


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*[st.text(max_size=30)] * 3), min_size=1, max_size=4))
def test_any_text_is_cleaned_with_each_row_accounted_for_and_nothing_to_do_the_second_time(values):
    rows = [row(*(unicodedata.normalize("NFC", text) for text in texts)) for texts in values]
    kept, ledger = cleaning.repair(rows)
    check_balance(len(rows), len(kept), ledger, "clean")
    assert cleaning.repair(kept) == (kept, [])
    checked, lines = quality.check_set(kept, BOUNDS)
    check_balance(len(kept), len(checked), lines, "clean")
    unique, lines = duplicates.drop_duplicates(checked)
    kept, more = duplicates.drop_near_duplicates(unique, 0.5, 32)
    check_balance(len(checked), len(kept), [*lines, *more], "clean")


UNITS = [
    ".",
    "[",
    "```\n",
    "<s>",
    "</s>",
    "\n",
    " ",
    "www.",
    "&",
    "&amp;",
    "#",
    "### Input\n",
    "[INST] ",
    "<",
    "ሀ",
    "1. Instruction: ",
]


@pytest.mark.parametrize("unit", UNITS)
def test_100_000_characters_need_no_two_seconds(unit):
    text = (unit * 100_000)[:100_000]
    quality.turn_mark("neno")
    start = time.process_time()
    cleaning.unwrap(row(text, text, text))
    quality.turn_mark(text)
    assert cleaning.without_placeholder(f"{text}a") and not cleaning.stands_elsewhere(f"{text} a")
    cleaning.is_escaped([row(text)])
    assert time.process_time() - start < 2


@pytest.mark.parametrize("thought", ["<think>Brief. ቀላል</think>", "[THINK]שלום[/THINK] ", "It opened in the prompt 🙂</think>"])
def test_the_reasoning_before_an_answer_is_taken_out(thought):
    kept, (line,) = cleaning.repair([row("ቦንድ ምንድን ነው?", thought + ANSWER)])
    assert [(one["output"], one["origin"]["repaired"]) for one in kept] == [(ANSWER, ["reasoning"])]
    assert (line["action"], line["reason"]) == ("changed", "repaired: reasoning")


@pytest.mark.parametrize("output", ["<think>It goes on and on", "<think>All.</think>", "Yes. <think>Or was it"])
def test_reasoning_without_an_answer_is_no_answer(output):
    kept, (line,) = cleaning.repair([row("What is a bond?", output)])
    assert not kept and (line["action"], line["reason"]) == ("dropped", "reasoning without an answer")
