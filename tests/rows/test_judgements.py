"""A person's verdicts on pairs of answers: which side an answer stands on, what is kept, what counts, what is refused."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from mbegu.errors import BadInput
from mbegu.rows.judgements import Judgement, Side, append, blind, in_order, last, read_judgements, take_back, undecided

AMHARIC = "ገንዘብዎን በቁጠባ ሂሳብ ያስቀምጡ። ወለዱ 7% ነው፡፡"
ARABIC = "‏ضع مالك في حساب توفير،\nوالفائدة 7٪."
ANSWERS = [AMHARIC, ARABIC, "Weka pesa zako kwenye akiba.", "👩‍👩‍👧\u200b\u200d", "", " spaces \u2028 and lines\n"]
TODO = [blind(f"{number:016x}", Side("base", answer), Side("v2", answer + "!")) for number, answer in enumerate(ANSWERS)]


def line(**changes):
    sides = {"left": {"model": "v2", "answer": AMHARIC}, "right": {"model": "base", "answer": ARABIC}}
    return {"id": "00ff00ff00ff00ff", **sides, "verdict": "left", "reviewer": "Abebe"} | changes


def test_every_answer_comes_back_to_the_character(tmp_path):
    path = tmp_path / "judgements" / "v2-base.jsonl"
    decided = [one.by("Abebe", verdict) for one, verdict in zip(TODO, ["left", "right", "neither"] * 2, strict=True)]
    for one in decided:
        append(path, one)
    assert read_judgements(path) == decided
    assert AMHARIC in path.read_text(encoding="utf-8")  # people read it, in a diff too
    assert [path.name for path in path.parent.iterdir()] == ["v2-base.jsonl"]  # nothing else in a folder that a stage depends on


def test_a_line_is_as_the_docstring_says(tmp_path):
    path = tmp_path / "v2-base.jsonl"
    path.write_text(json.dumps(line()) + "\n")
    assert read_judgements(path) == [Judgement("00ff00ff00ff00ff", Side("v2", AMHARIC), Side("base", ARABIC), "left", "Abebe")]
    append(path, read_judgements(path)[0])
    first, second = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert first == second == line()


def test_no_file_is_no_decision(tmp_path):
    assert read_judgements(tmp_path / "v2-base.jsonl") == []


def test_a_side_is_drawn_by_content_whichever_way_the_models_are_named():
    pairs = [(Side("base", f"{number} {AMHARIC}"), Side("v2", f"{number} {ARABIC}")) for number in range(400)]
    drawn = [blind("1f", first, second) for first, second in pairs]
    assert drawn == [blind("1f", second, first) for first, second in pairs]
    assert 160 < sum(one.left.model == "base" for one in drawn) < 240


def test_questions_come_in_an_order_that_no_answer_changes():
    other = [blind(one.id, Side("v1", "x"), Side("v3", "y")) for one in TODO]
    assert [one.id for one in in_order(TODO)] == [one.id for one in in_order(reversed(other))] != [one.id for one in TODO]


def test_the_later_decision_counts_and_both_are_kept(tmp_path):
    path = tmp_path / "v2-base.jsonl"
    append(path, TODO[0].by("Abebe", "left"))
    append(path, TODO[0].by("Lulit", "right"))
    turned = Judgement(TODO[0].id, TODO[0].right, TODO[0].left)
    append(path, turned.by("Abebe", "neither"))
    assert len(read_judgements(path)) == 3
    assert last(read_judgements(path)) == [turned.by("Abebe", "neither"), TODO[0].by("Lulit", "right")]


def test_what_is_undecided_is_so_for_one_reviewer_and_these_answers(tmp_path):
    judgements = [TODO[0].by("Abebe", "left"), TODO[1].by("Lulit", "left")]
    assert undecided(TODO, judgements, "Abebe") == TODO[1:]
    retrained = blind(TODO[0].id, Side("base", AMHARIC), Side("v2", "another answer"))
    assert undecided([retrained], judgements, "Abebe") == [retrained]


def test_a_name_is_the_same_however_it_is_composed():
    composed, apart = "Andr\u00e9", "Andre\u0301 "
    assert undecided(TODO, [one.by(apart, "left") for one in TODO], composed) == []


def test_only_one_s_own_newest_decision_is_taken_back(tmp_path):
    path = tmp_path / "v2-base.jsonl"
    decided = [TODO[0].by("Abebe", "left"), TODO[1].by("Abebe", "right"), TODO[2].by("Lulit", "right")]
    for one in decided:
        append(path, one)
    assert take_back(path, "Abebe", TODO) == decided[1]
    assert read_judgements(path) == [decided[0], decided[2]]
    assert take_back(path, "Abebe", TODO[1:]) is None
    assert take_back(path, "Abebe", TODO) == decided[0]
    assert take_back(tmp_path / "none.jsonl", "Abebe", TODO) is None


def test_reviewers_at_once_lose_no_decision(tmp_path):
    path = tmp_path / "v2-base.jsonl"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: append(path, TODO[number % 6].by(f"reviewer {number}", "left")), range(40)))
    assert {one.reviewer for one in read_judgements(path)} == {f"reviewer {number}" for number in range(40)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (json.dumps(line(verdict="A")), "verdict 'A'; expected one of left, right, neither"),
        (json.dumps(line(verdict=None)), "'verdict' is NoneType"),
        (json.dumps(line(id="")), "'id' is missing or empty"),
        (json.dumps(line(reviewer=3)), "'reviewer' is int"),
        (json.dumps(line(left="v2")), "'left' is no answer; expected {\"model\": \"…\", \"answer\": \"…\"}"),
        (json.dumps(line(left={"model": "v2"})), "'left' is no answer"),
        (json.dumps(line(right={"model": "v2", "answer": None})), "'right' is no answer"),
        (json.dumps(line(right={"model": "", "answer": "x"})), "'right' has no model"),
        (json.dumps(line(right={"model": "v2", "answer": "x"})), "left and right are both answers of 'v2'"),
        (json.dumps(line(winner="v2")), "unknown field 'winner'"),
        ('{"id": "00ff', "not valid JSON"),
        ("<<<<<<< HEAD", "not valid JSON"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_with_file_and_line(tmp_path, text, said):
    path = tmp_path / "v2-base.jsonl"
    path.write_text(f"{json.dumps(line())}\n{text}\n", encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_judgements(path)
    assert str(refused.value).startswith(f"{path}:2: ") and said in str(refused.value)


@pytest.mark.parametrize(
    "judgement", [TODO[0].by("A\ud800", "left"), TODO[0]._replace(left=Side("base", "ሰላም \udc00")).by("Abebe", "left")]
)
def test_half_a_character_is_refused_before_anything_is_written(tmp_path, judgement):
    path = tmp_path / "v2-base.jsonl"
    append(path, TODO[1].by("Abebe", "left"))
    before = path.read_bytes()
    with pytest.raises(BadInput, match="holds half a character"):
        append(path, judgement)
    assert path.read_bytes() == before
