"""Rows on the disk are the rows that were put there, in any script, and leave nothing behind."""

import errno
import os
import tempfile

import pytest

from mbegu.errors import disk_problem
from mbegu.rows.row import parse_row
from mbegu.rows.shelf import Shelf, earlier, joined, keep, like, shelved

TEXTS = [
    "ሰላም ለእናንተ ይሁን።",
    "Habari yako?",
    "👩\u200d🌾 🇰🇪",
    "zero\u200bwidth \ufeff",
    "مرحبا \u202bשלום\u202c",
    "line\u2028end\x85",
    "\x00",
]
ORIGINS = [{"score": 0.1 + 0.2, "count": 10**30, "none": None, "flags": [True, False, -1, 1e-300], "ሀ": {"🌱": []}}, {}]


def rows() -> list[dict]:
    found = [{"instruction": f"{text} {number}", "output": text} for number, text in enumerate(TEXTS)]
    return [
        parse_row({**row, "origin": {"kind": "seed", "parents": ["a"], **ORIGINS[place % 2]}}, f"r:{place}", answered=False)
        for place, row in enumerate(found)
    ]


def test_rows_come_back_as_they_were_in_their_order_whenever_they_are_taken():
    shelf = shelved(iter(rows()))
    assert [*shelf] == rows() and [*shelf] == rows() and len(shelf) == len(TEXTS)
    assert [[*row] for row in shelf] == [[*row] for row in rows()]  # keys in their order, too
    first, second = iter(shelf), iter(shelf)
    assert [next(first), next(first), next(second), shelf[-1], next(first)] == [rows()[at] for at in (0, 1, 0, -1, 2)]
    shelf.append({"late": "በኋላ"})
    assert shelf[len(TEXTS)] == {"late": "በኋላ"} and [*shelved([])] == []
    with pytest.raises(IndexError):
        shelf[len(TEXTS) + 1]


def test_tuples_come_back_as_tuples():
    assert [*shelved([("ሰላም", 3, 1), ("🌱", 0, 0)])] == [("ሰላም", 3, 1), ("🌱", 0, 0)]


@pytest.mark.parametrize("held", [list, shelved])
def test_of_rows_that_are_the_same_the_first_is_found(held):
    texts = ["ሰላም", "🌱", "ሰላም", "zero\u200b", "zero", "🌱", "ሰላም"]
    every = held({"text": text, "at": place} for place, text in enumerate(texts))
    first: dict[int, int] = {}
    found = [earlier(row, place, every, lambda one: one["text"], first) for place, row in enumerate(every)]
    assert [one and one["at"] for one in found] == [None, None, 0, None, None, 1, 0]


def test_what_is_changed_of_a_row_that_was_taken_is_changed_nowhere_else():
    shelf = shelved(rows())
    shelf[0]["origin"]["parents"].append("another")
    assert shelf[0] == rows()[0]


@pytest.mark.parametrize("held", [rows, lambda: shelved(rows())])
def test_rows_are_kept_where_the_others_are(held):
    every = held()
    kept, ledger = like(every), like(every)
    for position in (4, 0):
        keep(kept, every, position)
    ledger.append({"reason": "ሌላ"})
    kept.append({"more": 1})
    assert type(kept) is type(every) and [*kept] == [rows()[4], rows()[0], {"more": 1}]
    assert [*ledger] == [{"reason": "ሌላ"}] and [*every] == rows()


def test_shelves_of_one_file_are_joined_in_their_order():
    every = shelved(rows())
    first, second = like(every), like(every)
    second.append({"b": 2})
    first.append({"a": 1})
    assert [*joined([first, like(every), second, every])] == [{"a": 1}, {"b": 2}, *rows()]
    assert [*first] == [{"a": 1}]


def test_nothing_is_left_in_the_folder_for_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shelf = shelved(rows())
    assert os.fstat(shelf.file.fileno()).st_size > 0 and not [*tmp_path.iterdir()]


def test_a_full_disk_is_named_by_the_folder_that_can_be_moved():
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError) as raised:
        Shelf(full).append(rows()[0])
    assert raised.value.errno == errno.ENOSPC
    assert disk_problem(raised.value).startswith(f"{tempfile.gettempdir()}: No space left on device; nothing was published.")
