"""General text among study texts: the share that was asked for, each row once, its own loss."""

import pytest

from mbegu.errors import BadInput
from mbegu.training import replay


def row(name, tokens):
    return {"id": name, "roots": [name], "input_ids": list(range(tokens + 1)), "completion_start": 1}


ROWS = [row(f"ሰላም {number} 🌱", 10) for number in range(40)]


@pytest.mark.parametrize(("share", "rows"), [(0.0, 0), (0.1, 12), (0.2, 25), (0.5, 40)])
def test_as_many_general_rows_are_drawn_as_make_up_the_share_and_none_twice(share, rows):
    drawn = replay.draw(ROWS, 1000, share)
    assert len(drawn) == rows and len({one["id"] for one in drawn}) == rows
    assert drawn == replay.draw(ROWS[::-1], 1000, share)
    assert (replay.shortfall(drawn, 1000, share) is None) == (share < 0.5)


def test_too_little_general_text_is_told():
    said = replay.shortfall(ROWS, 1000, 0.5)
    assert said == "pretrain.replay: 28.6% of the tokens are general text and not 50.0%; write more rows, or lower it."


def test_general_rows_are_read_as_texts_and_a_share_of_none_is_refused(write_jsonl):
    path = write_jsonl("general.jsonl", [{"instruction": "مرحبا؟", "input": "a\u200bb", "output": "Habari 😀"}])
    assert [one["text"] for one in replay.read_general(str(path), 0.1)] == ["مرحبا؟\na\u200bb\nHabari 😀"]
    assert replay.read_general("", 0) == []
    with pytest.raises(BadInput, match=r"pretrain.replay: 0.1 of the tokens shall be general text, and no file has none"):
        replay.read_general("", 0.1)
    empty = write_jsonl("none.jsonl", [])
    assert replay.read_general(str(empty), 0) == []
    with pytest.raises(BadInput, match=r"none.jsonl has none; write rows into a file"):
        replay.read_general(str(empty), 0.1)
