"""A memo whose bytes change on the disk: no wrong answer, no traceback, and no answer lost that could be read."""

import random
import sqlite3

import pytest
from test_memo import ask, rot, teacher

from mbegu.asking.memo import export_lines, known_speed, note_speed, open_memo
from mbegu.errors import disk_problem

PROMPTS = [f"{number} ምን ያህል? 😀 {'long ' * number}" for number in range(120)]
EXPECTED = [f"ሰላም {prompt}" for prompt in PROMPTS]


@pytest.fixture
def memo(tmp_path):
    with open_memo(tmp_path / "memo") as opened:
        ask(teacher(opened), *PROMPTS)
    return tmp_path / "memo"


def answers(folder):
    with open_memo(folder) as opened:
        found, asked = ask(teacher(opened), *PROMPTS)
        list(export_lines(opened))
        note_speed(opened, {"kind": "t"}, 10, 1.0)
    return [answer["text"] for answer in found], asked


def turn(path, draw, count):
    content = bytearray(path.read_bytes())
    for place in draw.sample(range(len(content)), count):
        content[place] ^= draw.randint(1, 255)
    path.write_bytes(content)


@pytest.mark.parametrize("seed", [1, 3, 9, 10, 17, 20, 23, 29])
def test_whatever_bytes_are_turned_every_answer_is_right_and_the_next_run_asks_nothing(memo, seed):
    draw = random.Random(seed)
    turn(memo / "cache.db", draw, draw.choice((1, 20, 200)))
    assert answers(memo)[0] == EXPECTED
    assert answers(memo) == (EXPECTED, 0)


@pytest.mark.parametrize("place", (0, 18, 28, 44, 56))
def test_a_header_that_was_turned_ends_no_build(memo, place):
    with open(memo / "cache.db", "r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 85]))
    assert answers(memo)[0] == EXPECTED


def test_what_can_be_read_is_taken_over_and_the_rest_is_kept_aside(memo, capsys):
    size = (memo / "cache.db").stat().st_size
    with open(memo / "cache.db", "r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    found, asked = answers(memo)
    assert found == EXPECTED and 0 < asked < 60
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"Warning: {memo}: the memo was damaged (") and f"{120 - asked} answers in it are whole" in line
    assert line.endswith(f"It is kept as {memo}.broken-1; delete that when the build is done.")
    assert (memo.parent / "memo.broken-1/cache.db").stat().st_size == size
    assert answers(memo) == (EXPECTED, 0) and not capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE Settings SET key = 'disk_min_file_sizf' WHERE key = 'disk_min_file_size'",
        "UPDATE Settings SET value = 'x' WHERE key = 'disk_min_file_size'",
        "UPDATE Cache SET value = x'00' WHERE length(key) < 20",
        "UPDATE Cache SET mode = 4",
        "UPDATE Cache SET key = randomblob(9) WHERE rowid % 2",
        "DROP TABLE Settings",
        "ALTER TABLE Cache RENAME COLUMN value TO valuf",
    ],
)
def test_a_database_that_is_sound_and_says_something_else_ends_no_build(memo, change):
    with open_memo(memo) as opened:
        note_speed(opened, {"kind": "t"}, 10, 1.0)
    with sqlite3.connect(memo / "cache.db") as database:
        database.execute(change)
    assert answers(memo)[0] == EXPECTED
    assert answers(memo) == (EXPECTED, 0)


def test_a_speed_that_rotted_is_none(memo):
    with open_memo(memo) as opened:
        note_speed(opened, {"kind": "t"}, 10, 1.0)
    rot(memo, b"not zlib")
    with sqlite3.connect(memo / "cache.db") as database:
        database.execute("UPDATE Cache SET value = x'00' WHERE length(key) < 20 AND rowid > 1")
    with open_memo(memo) as opened:
        assert known_speed(opened, {"kind": "t"}) is None
        note_speed(opened, {"kind": "t"}, 10, 1.0)
        assert known_speed(opened, {"kind": "t"}) == 10


def test_a_full_disk_is_not_said_to_be_a_broken_memo(memo):
    with pytest.raises(sqlite3.OperationalError) as raised, open_memo(memo) as opened:
        opened.reset("sqlite_max_page_count", 1, update=False)  # SQLite then takes what there is for all there may be
        ask(teacher(opened), *(f"{prompt} {'more ' * 500}" for prompt in PROMPTS))
    assert disk_problem(raised.value).startswith("database or disk is full; nothing was published.")
    assert answers(memo)[0] == EXPECTED
