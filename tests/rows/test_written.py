"""What is surely wrong in hand-written rows is named with its lines, all at once; right text of any script passes."""

import pytest

from mbegu.errors import BadInput
from mbegu.rows.heldout import read_heldout
from mbegu.rows.reviews import read_reviews
from mbegu.rows.written import fault, read_seeds

RIGHT = [
    "ሰላም ። የገንዘብ ገበያ፡ ፈንድ 25.5 ብር", "Habari ya asubuhi, rafiki", "ما هو الصندوق؟ ٢٥٫٥ ٪", "می‌خواهم بدانم",
    "\u202bשלום\u202c \u200fא", "👨‍👩‍👧 family 🏳️‍🌈", "a\u200bb\ufeff", "a\u2028b\u0085c", "tab\tand\r\nlines",
    "São Paulo à Évora, « ça »", "N/A", "None.", "<input>", "[1, 2, 3]", "<b>",
    "Write TODO beside what is left.", "Fill in the answer here: 5",
    "", "{{ instruction }} {% raw %}", "Lorem",
]  # fmt: skip


@pytest.mark.parametrize("text", RIGHT)
def test_right_text_passes(text):
    assert fault(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is a fund\x0bwith a\x00 hole", "holds the control character U+000B at character 13"),
        ("lost � sign", "holds U+FFFD at character 6"),
        ("Itâ€™s 5,000 ብር", "was read in a wrong encoding: 'Itâ€™s' for 'It’s'; save the file as UTF-8"),
        ("TODO", "a placeholder; write the text"), ("tbd.", "a placeholder"), ("...", "a placeholder"), ("…", "a placeholder"),
        ("<your answer here>", "a placeholder"), ("[Insert text]", "a placeholder"), ("{answer}", "a placeholder"),
        ("Your answer here", "a placeholder"), ("Lorem ipsum dolor\nsit amet", "a placeholder"),
    ],
)  # fmt: skip
def test_what_is_surely_wrong(text, said):
    assert said in fault(text)


def test_an_input_that_says_that_there_is_none_is_to_be_left_out():
    assert fault("N/A", "input") == "is 'N/A', a placeholder; write the text, or leave 'input' out"
    assert fault("None", "input") and fault("no input", "input") and fault("None such", "input") is None


def test_all_faults_of_seeds_are_named_with_their_lines(write_jsonl):
    good = {"instruction": "ምን? 🌱", "output": "ይህ ነው።"}
    path = write_jsonl("seeds.jsonl", [good, {"instruction": "Q\x07", "output": "TODO"}, {"instruction": "R", "output": "cafÃ©"}])
    with pytest.raises(BadInput) as error:
        read_seeds(path)
    for part in ("seeds.jsonl:2: 'instruction' holds", "seeds.jsonl:2: 'output' is 'TODO'", "seeds.jsonl:3: 'output' was read"):
        assert part in str(error.value)
    assert "\n" not in str(error.value) and "seeds.jsonl:1" not in str(error.value)
    assert len(read_seeds(write_jsonl("good.jsonl", [good, {"instruction": "no answer yet"}]))) == 2


def test_what_was_built_is_not_looked_at_again(write_jsonl):
    origin = {"kind": "seed", "parents": [], "source": "set.json:1"}
    line = {"instruction": "What does â€™ mean?", "output": "TODO", "origin": origin}
    assert read_seeds(write_jsonl("seeds.jsonl", [line])) and read_heldout(write_jsonl("heldout.jsonl", [line]))


def test_held_out_rows_and_edited_answers_are_looked_at_too(write_jsonl):
    with pytest.raises(BadInput, match=r"h\.jsonl:1: 'output' is '<answer>', a placeholder.*h\.jsonl:2: 'input' is 'n/a'"):
        lines = [{"instruction": "Q", "output": "<answer>"}, {"instruction": "R", "input": "n/a", "output": "A"}]
        read_heldout(write_jsonl("h.jsonl", lines))
    with pytest.raises(BadInput, match=r"r\.jsonl:1: 'output' was read in a wrong encoding"):
        read_reviews(write_jsonl("r.jsonl", [{"decision": "edit", "instruction": "Q", "output": "cafÃ©"}]))


def test_all_conflicts_of_a_file_are_named(write_jsonl):
    rows = [{"instruction": text, "output": str(number)} for number, text in enumerate(["ምን?", "Q", "ምን?", "R", " Q", "ምን?"])]
    with pytest.raises(BadInput) as error:
        read_seeds(write_jsonl("s.jsonl", rows))
    assert "s.jsonl:3: asks the same as" in str(error.value) and "(and 2 more: " in str(error.value)
    assert all(f"s.jsonl:{number}" in str(error.value) for number in (1, 2, 3, 5, 6))
    lines = [{"decision": "reject", "instruction": text} for text in ("Q", "R", "Q", "R")]
    with pytest.raises(
        BadInput, match=r"r\.jsonl:3: decides again .*r\.jsonl:1; keep one decision \(and 1 more: .*r\.jsonl:4 and .*:2\)\."
    ):
        read_reviews(write_jsonl("r.jsonl", lines))
