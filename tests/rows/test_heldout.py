import pytest

from mbegu.curating.splitting import as_written
from mbegu.errors import BadInput
from mbegu.rows.heldout import read_heldout
from mbegu.rows.heldout_shelf import shelve_heldout

ROW = {"instruction": "ወለድ ምንድን ነው?", "output": "የገንዘብ ዋጋ ነው።"}


def test_checks_and_unanswerable_may_be_left_out(write_jsonl):
    checked = {"instruction": "Q", "output": "A", "checks": {"max_words": 9}, "unanswerable": True}
    rows = read_heldout(write_jsonl("h.jsonl", [ROW, checked]))
    assert [(row["checks"], row["unanswerable"]) for row in rows] == [({}, False), ({"max_words": 9}, True)]
    assert rows[0]["origin"]["source"].endswith("h.jsonl:1")


def test_mentions_and_group_may_be_left_out_and_stay_in_a_file_that_is_written_again(write_jsonl):
    marked = {"instruction": "Q", "output": "A", "mentions": ["24,500 ብር"], "group": "ሱቅ"}
    rows = read_heldout(write_jsonl("h.jsonl", [ROW, marked]))
    assert [(row["mentions"], row["group"]) for row in rows] == [([], ""), (["24,500 ብር"], "ሱቅ")]
    written = [as_written(row) for row in rows]
    assert "group" not in written[0] and read_heldout(write_jsonl("again.jsonl", written)) == rows


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "no held-out rows; without any, no version can be scored"),
        ([ROW, {**ROW, "unanswerable": "yes"}], "h.jsonl:2: 'unanswerable' is 'yes'; expected true or false"),
        ([{**ROW, "checks": {"max_word": 9}}], "h.jsonl:1: unknown check 'max_word'. Did you mean 'max_words'?"),
        ([ROW, {**ROW, "mentions": "ብር"}], "h.jsonl:2: 'mentions' is 'ብር'; expected a list of texts, none of them empty."),
        ([{**ROW, "mentions": [" "]}], "h.jsonl:1: 'mentions' is [' ']; expected a list of texts"),
        ([{**ROW, "group": 3}], "h.jsonl:1: 'group' is 3; expected a text, such as the name of a channel."),
        ([{**ROW, "cheks": {}}], "h.jsonl:1: unknown field 'cheks'. Did you mean 'checks'?"),
        ([ROW, ROW], "h.jsonl:2: asks the same as"),
        ([{"instruction": "Q"}], "h.jsonl:1: 'output' is missing or empty"),
    ],
)
@pytest.mark.parametrize("read", [read_heldout, shelve_heldout])
def test_bad_held_out_rows_are_one_clear_sentence(write_jsonl, read, lines, message):
    with pytest.raises(BadInput) as error:
        read(write_jsonl("h.jsonl", lines))
    assert message in str(error.value)


def test_rows_on_the_disk_are_those_in_memory_and_their_faults_are_the_same(write_jsonl):
    asked = ["ሰላም?", "Habari 👩\u200d🌾?", "zero\u200bwidth", "مرحبا \u202bשלום\u202c", "line\u2028end"]
    marks = [{"checks": {"max_words": 9}}, {"unanswerable": True}, {"mentions": ["24,500 ብር"], "group": "ሱቅ"}, {}, {}]
    lines: list = [{"instruction": text, "output": f"{text} 🌱", **mark} for text, mark in zip(asked, marks, strict=True)]
    path = write_jsonl("h.jsonl", lines)
    shelf = shelve_heldout(path)
    assert [*shelf] == read_heldout(path) and [[*row] for row in shelf] == [[*row] for row in read_heldout(path)]
    lost, twin = {**ROW, "output": "\ufffd"}, {**ROW, "output": "ሌላ"}
    built = {**lost, "origin": {"kind": "generated", "parents": []}}  # which nobody wrote by hand
    assert len(shelve_heldout(write_jsonl("b.jsonl", [built]))) == 1
    for faulty in ([*lines, lost, {**lines[0], "instruction": "a\x07b"}], [*lines, ROW, lines[3], twin, lines[0]]):
        path = write_jsonl("f.jsonl", faulty)
        said = []
        for read in (read_heldout, shelve_heldout):
            with pytest.raises(BadInput) as error:
                read(path)
            said.append(str(error.value))
        assert said[0] == said[1] and said[0].count("f.jsonl:") == (2 if lost in faulty else 6)
