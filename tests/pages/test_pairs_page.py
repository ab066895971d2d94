"""The page Blind: what is put to people, and what is kept of their decisions."""

import errno
import html
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from mbegu.builds.project import project_in
from mbegu.pages.app import blind, pairs
from mbegu.pages.app.pairs import Pair
from mbegu.pages.app.site import Site
from mbegu.rows import judgements
from mbegu.rows.heldout import read_heldout

QUESTIONS = ["ሰላም <script>window.hit=1</script>?", "ما هو المال؟", "Habari 🌱\u200d?"]
PAIR = Pair("v2-base", "v2", "base")


@pytest.fixture
def site(tmp_path: Path, write_jsonl) -> Site:
    """A project with answers of two models and no model in memory."""
    file = write_jsonl("data/heldout.jsonl", [{"instruction": text, "output": "ሀ"} for text in QUESTIONS])
    for name in ("base", "v2"):
        write_jsonl(f"data/predictions/{name}.jsonl", [
            {
                "id": row["id"], "instruction": row["instruction"], "input": "", "reference": "ሀ", "tokens": 3,
                "finish_reason": "stop", "reference_nll": 1.0, "reference_tokens": 2,
                "prediction": f"{number} <b>እሺ</b>" if name == "v2" else f"{number} لا",
            }
            for number, row in enumerate(read_heldout(file))
        ])  # fmt: skip
    engine = SimpleNamespace(speakers={})
    models = {"base": "models/base", "v2": "models/adapters/v2"}
    return Site(tmp_path, project_in(tmp_path), {"models": models, "judged": {}}, "ንብ", "", engine, {}, [], {}, 50)


def test_pairs_are_those_declared_and_every_two_models_that_answered(site):
    assert pairs.pairs(site) == [PAIR]
    declared = site._replace(params=site.params | {"judged": {"main": {"new": "v2", "old": "base"}}})
    assert pairs.pairs(declared) == [Pair("main", "v2", "base")]


def test_each_reviewer_sees_each_question_once_and_all_in_the_same_order(site):
    seen = []
    while todo := pairs.next_todo(site, PAIR, "Abebe"):
        assert todo.left == len(QUESTIONS) - len(seen)
        seen.append(todo.row["instruction"])
        assert blind.keep(site, PAIR, todo.written.by("Abebe", "left")) == ""
    assert sorted(seen) == sorted(QUESTIONS)
    assert pairs.next_todo(site, PAIR, "فاطمة").row["instruction"] == seen[0]
    lines = [json.loads(line) for line in site.project.judgements(PAIR.name).read_text(encoding="utf-8").splitlines()]
    assert [line["verdict"] for line in lines] == ["left"] * 3 and {line["reviewer"] for line in lines} == {"Abebe"}
    assert blind.take_back(site, PAIR, "Abebe").id == lines[-1]["id"]
    assert pairs.next_todo(site, PAIR, "Abebe").row["instruction"] == seen[-1]
    assert blind.take_back(site, PAIR, "nobody") is None


def test_answers_stand_there_without_names_and_as_text(site):
    todo = pairs.next_todo(site, PAIR, "")
    page = blind._question(todo.row) + blind.two_answers(todo.written)
    assert "v2" not in page and "base" not in page
    assert "<script" not in page and "<b>" not in page and "&lt;b&gt;" in page


def test_the_table_counts_wins_with_their_interval(site):
    assert blind.wins_table(site, [PAIR]) == ""
    while todo := pairs.next_todo(site, PAIR, ""):
        won = "left" if todo.written.left.model == "v2" else "right"
        blind.keep(site, PAIR, todo.written.by("", won))
    assert "<td>v2: 3</td><td>base: 0</td><td>0</td><td>100% [29%, 100%]</td>" in blind.wins_table(site, [PAIR])


@pytest.mark.parametrize(
    ("line", "said"),
    [("<<<<<<< HEAD", "v2-base.jsonl:1: "), ('{"id": "1", "verdict": "maybe"}', "v2-base.jsonl:1: verdict 'maybe'")],
)
def test_a_file_that_was_broken_by_hand_or_by_a_merge_is_named_and_not_written_to(site, line, said):
    file = site.project.judgements(PAIR.name)
    todo = pairs.next_todo(site, PAIR, "")
    file.parent.mkdir(parents=True)
    file.write_text(f"{line}\n")
    problem = blind.keep(site, PAIR, todo.written.by("", "left"))
    assert problem.startswith("Not kept: ") and said in problem
    assert file.read_text() == f"{line}\n"
    assert said in html.unescape(blind.wins_table(site, [PAIR]))


def test_a_full_disk_is_said_and_what_was_decided_before_stays(site, monkeypatch):
    todo = pairs.next_todo(site, PAIR, "")
    assert blind.keep(site, PAIR, todo.written.by("", "left")) == ""
    file = site.project.judgements(PAIR.name)
    before = file.read_bytes()

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    problem = blind.keep(site, PAIR, pairs.next_todo(site, PAIR, "").written.by("", "right"))
    assert "No space left on device; nothing was published. Free the disk" in problem
    assert file.read_bytes() == before and judgements.read_judgements(file)[0].verdict == "left"


OFFERED = {PAIR.name: PAIR, "other": Pair("other", "v2", "v1")}


def last(steps):
    *_, final = steps
    return final


def test_a_verdict_goes_to_the_pair_whose_answers_were_shown(site):
    site.project.predictions("v1").write_bytes(site.project.predictions("base").read_bytes())
    seen = last(blind._show(site, OFFERED, PAIR.name, "አበበ"))[0]
    assert seen.pair == PAIR and {seen.judgement.left.model, seen.judgement.right.model} == {"v2", "base"}
    told = last(blind._decide(site, OFFERED, "left", "other", "አበበ", seen))[5]  # another pair was chosen meanwhile
    assert "judgements/v2-base.jsonl" in told and not site.project.judgements(OFFERED["other"].name).exists()
    (kept,) = judgements.read_judgements(site.project.judgements(PAIR.name))
    assert kept == seen.judgement.by("አበበ", "left")


def test_another_pair_clears_what_is_shown_and_nothing_can_be_decided(site):
    seen, shown, *buttons, told, _ = blind._cleared()
    assert (seen, shown, told) == (None, "", "") and [button["interactive"] for button in buttons] == [False] * 3
    assert list(blind._decide(site, OFFERED, "left", PAIR.name, "Abebe", None)) == []


@pytest.mark.parametrize("name", ["", " \u3000", None])
def test_who_has_no_name_decides_nothing(site, name):
    seen = last(blind._show(site, OFFERED, PAIR.name, "Wanjiru 🌱"))[0]
    for steps in (
        blind._show(site, OFFERED, PAIR.name, name),
        blind._decide(site, OFFERED, "left", PAIR.name, name, seen),
        blind._back(site, OFFERED, PAIR.name, name),
    ):
        assert "Write your name" in last(steps)[5]
    assert not site.project.judgements(PAIR.name).exists()


def test_half_a_character_in_a_name_is_told(site):
    seen = last(blind._show(site, OFFERED, PAIR.name, "A\ud800"))[0]
    told = last(blind._decide(site, OFFERED, "left", PAIR.name, "A\ud800", seen))[5]
    assert "Not kept: The decision: 'reviewer' holds half a character" in html.unescape(told)
