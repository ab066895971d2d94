import pytest

from mbegu.errors import BadInput
from mbegu.rows.heldout import read_heldout

ROW = {"instruction": "ወለድ ምንድን ነው?", "output": "የገንዘብ ዋጋ ነው።"}


def test_checks_and_unanswerable_may_be_left_out(write_jsonl):
    checked = {"instruction": "Q", "output": "A", "checks": {"max_words": 9}, "unanswerable": True}
    rows = read_heldout(write_jsonl("h.jsonl", [ROW, checked]))
    assert [(row["checks"], row["unanswerable"]) for row in rows] == [({}, False), ({"max_words": 9}, True)]
    assert rows[0]["origin"]["source"].endswith("h.jsonl:1")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "no held-out rows; without any, no version can be scored"),
        ([ROW, {**ROW, "unanswerable": "yes"}], "h.jsonl:2: 'unanswerable' is 'yes'; expected true or false"),
        ([{**ROW, "checks": {"max_word": 9}}], "h.jsonl:1: unknown check 'max_word'. Did you mean 'max_words'?"),
        ([{**ROW, "cheks": {}}], "h.jsonl:1: unknown field 'cheks'. Did you mean 'checks'?"),
        ([ROW, ROW], "h.jsonl:2: asks the same as"),
        ([{"instruction": "Q"}], "h.jsonl:1: 'output' is missing or empty"),
    ],
)
def test_bad_held_out_rows_are_one_clear_sentence(write_jsonl, lines, message):
    with pytest.raises(BadInput) as error:
        read_heldout(write_jsonl("h.jsonl", lines))
    assert message in str(error.value)
