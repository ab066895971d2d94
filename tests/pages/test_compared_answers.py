"""Held-out answers beside each other: filters, marked facts, nearest rows, and what is not built."""

import re

import pytest
from small import ANSWERS, HELDOUT, HIT, LOCALE, SEEDS, make_project, row

from mbegu.builds.project import Project, project_in
from mbegu.errors import BadInput
from mbegu.pages import answers
from mbegu.text.settings import Locale

HERE = Locale(**LOCALE)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    return project_in(make_project(tmp_path_factory.mktemp("answers")))


def asked(compared: answers.Compared, *given: str) -> list[str]:
    found = answers.changed(compared, ("v2", "base"), "rougeL", *given)
    return [compared.questions[one.id]["instruction"] for one in found]


def test_questions_are_sorted_by_change_and_filtered_by_verdict_and_group(project):
    compared = answers.read_compared(project)
    everything = asked(compared)
    assert set(everything) == {text for text, *_ in HELDOUT}
    assert everything[:2] == [HELDOUT[1][0], f"What of {HIT}?"]  # which v2 answers to the letter
    assert answers.group_names(compared) == ["banks"]
    assert set(asked(compared, "", "banks")) == {HELDOUT[0][0], HELDOUT[1][0]}
    split = [asked(compared, kind) for kind in ("better", "worse", "the same")]
    assert sorted(text for part in split for text in part) == sorted(everything) and not asked(compared, "better", "nowhere")


def test_two_answers_stand_beside_each_other_with_marked_facts_and_the_nearest_rows(project):
    compared = answers.read_compared(project)
    id_ = compared.ids[0]
    rows = {"v1": [row(*pair) for pair in SEEDS]}
    found = answers.beside(compared, ("v1", "base"), id_, HERE, rows)
    assert [(name, cut) for name, _, cut in found.answers] == [("base", False), ("v1", False)]
    marks = {text: mark for text, mark in found.answers[1][1] if mark}
    assert marks == {"KES 500": "right", "KES 900": "wrong", "Equity": "right"}
    assert "".join(text for text, _ in found.answers[1][1]) == ANSWERS["v1"][0]
    assert [text for text, mark in found.answers[0][1] if mark == "wrong"] == ["KES 700"]
    assert [name for name, _ in found.nearest] == ["v1"] * len(found.nearest) and found.nearest


@pytest.mark.parametrize(("text", "place"), [("ብድር ያስፈልጋል", 1), ("ما هو الرهن", 2), ("a pool of bills", 0)])
def test_the_nearest_rows_are_found_in_any_script_by_question_or_answer(text, place):
    rows = [row(*pair) for pair in SEEDS]
    best = answers.nearest_to(text, rows, answers=place == 0)[0]
    assert best.row == rows[place] and 0 < best.score <= 1
    assert answers.nearest_to("🌱 ቃልም የለም", rows) == []


def test_what_is_not_built_is_told(tmp_path, project):
    folder = make_project(tmp_path / "project")
    bare = project_in(folder)
    for model in ("base", "v1"):
        bare.predictions(model).unlink()
    with pytest.raises(BadInput, match=r"two models are needed, 1 built; .*`dvc repro` \(base, v1\)"):
        answers.read_compared(bare)
    bare.compared().unlink()
    with pytest.raises(BadInput, match="two models are needed"):
        answers.read_compared(bare)
    again = project_in(make_project(tmp_path / "other"))
    text = again.heldout().read_text(encoding="utf-8")
    again.heldout().write_text(re.sub("Akiba", "Hisa", text), encoding="utf-8")
    with pytest.raises(BadInput, match="changed since its rows were answered"):
        answers.read_compared(again)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"models": {', r"compare\.json: not JSON \(.*\); build it again with `dvc repro compare`\."),
        (b"", r"compare\.json: not JSON .*`dvc repro compare`"),
        (b'{"models": "\xff"}', r"compare\.json: not JSON .*`dvc repro compare`"),
        (b'{"models": {}}', r"compare\.json: not what the stage compare writes; .*`dvc repro compare`"),
        ('["ሰላም"]'.encode(), r"compare\.json: not what the stage compare writes"),
        (
            b'{\n<<<<<<< HEAD\n"models": {}\n=======\n>>>>>>> theirs\n}',
            r"compare\.json:2: a mark of a merge that git left to you",
        ),
    ],
)
def test_verdicts_broken_by_hand_or_by_a_merge_are_named_with_what_to_do(tmp_path, content, said):
    bare = project_in(make_project(tmp_path / "project"))
    bare.compared().write_bytes(content)
    with pytest.raises(BadInput, match=said):
        answers.read_compared(bare)
