"""The commands about rows, through their command line: where one is from, two versions, a reviewer at the keyboard."""

import json

import pytest
from repository import commit, start

ROWS = [{"instruction": f"Question number {n} about ሰላም?", "input": "", "output": f"Answer {n}."} for n in range(3)]


@pytest.fixture(autouse=True)
def params(write_jsonl):
    write_jsonl("params.yaml", ["versions: {v1: {extends: none}, v2: {extends: v1}}"])
    write_jsonl("data/versions/v9.jsonl", ROWS)  # left over of another project


def test_the_tools_of_a_version(mbegu, refused, write_jsonl, tmp_path, monkeypatch):
    draft = {**ROWS[0], "origin": {"kind": "generated", "parents": [], "source": "data/seeds/v1.jsonl:1"}}
    write_jsonl("data/expanded/v1.jsonl", [draft, {**draft, **ROWS[1]}, {**draft, **ROWS[2]}])
    id_ = json.loads((tmp_path / "data/expanded/v1.jsonl").read_text().splitlines()[0]).get("id")
    from mbegu.rows.row import row_id

    id_ = row_id(ROWS[0]["instruction"], "")
    assert f"Row {id_}, in no version" in mbegu("why", id_).stdout
    assert "no row has this id" in refused(mbegu("why", "ffffffffffffff"))
    write_jsonl("data/versions/v1.jsonl", [draft])
    write_jsonl("data/versions/v2.jsonl", [{**draft, "output": "Answer ሁለት."}, {**draft, **ROWS[1]}])
    shown = mbegu("diff", "v1", "v2").stdout
    assert shown.startswith("v1 to v2: 1 added, 0 dropped, 1 edited\n")
    assert "Answer [-0-]{+ሁለት+}." in shown
    for versions in (("v1", "v9"), ("v9", "v1")):
        assert refused(mbegu("diff", *versions)) == "Error: params.yaml: declares no version 'v9'; it declares v1, v2."
    assert "declares no version 'v9'" in refused(mbegu("review", "v9", "--reviewer", "Achieng"))

    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nprintf "A better answer, ጥሩ." > "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    done = mbegu("review", "v1", "--reviewer", "Achieng", typed="a\ne\nu\ne\nr\nOff topic\n")
    assert done.stdout.endswith("3 decided, 0 skipped, 0 left: data/reviews/v1.jsonl\n"), done.output
    decisions = [json.loads(line) for line in (tmp_path / "data/reviews/v1.jsonl").read_text().splitlines()]
    assert [line["decision"] for line in decisions] == ["accept", "edit", "reject"]
    assert (decisions[1]["draft"], decisions[1]["output"]) == ("Answer 1.", "A better answer, ጥሩ.")
    assert decisions[2]["reason"] == "Off topic" and decisions[2]["reviewer"] == "Achieng"
    assert "Nothing to review in v1" in mbegu("review", "v1", "--reviewer", "Achieng").stdout


def drafts(write_jsonl, count: int) -> None:
    draft = {"origin": {"kind": "generated", "parents": [], "source": "s:1"}}
    write_jsonl("data/expanded/v1.jsonl", [{**row, **draft} for row in ROWS[:count]])


def decisions(folder) -> list[str]:
    lines = (folder / "data/reviews/v1.jsonl").read_text(encoding="utf-8").splitlines()
    return [f"{line['decision']} {line['instruction'][:17]} {line['reviewer']}" for line in map(json.loads, lines)]


def test_undo_reaches_into_earlier_sittings_but_not_into_another_reviewer_s_decisions(mbegu, write_jsonl, tmp_path):
    drafts(write_jsonl, 3)
    by_hand = {"decision": "accept", "instruction": "Question number 0 about ሰላም?", "reviewer": "Wanjiru"}  # without an id
    write_jsonl("data/reviews/v1.jsonl", [by_hand])
    mbegu("review", "v1", "--reviewer", "Achieng", typed="a\nq\n")
    done = mbegu("review", "v1", "--reviewer", "Achieng", typed="u\nr\n\nu\nu\nq\n")
    assert "Nothing to undo: data/reviews/v1.jsonl holds no decision of Achieng on these drafts." in done.stdout
    assert done.stdout.endswith("0 decided, 0 skipped, 2 left: data/reviews/v1.jsonl\n"), done.output
    assert decisions(tmp_path) == ["accept Question number 0 Wanjiru"]
    mbegu("review", "v1", "--reviewer", "Achieng", typed="a\nr\n\n")
    assert decisions(tmp_path)[1:] == ["accept Question number 1 Achieng", "reject Question number 2 Achieng"]
    assert "reason" not in (tmp_path / "data/reviews/v1.jsonl").read_text()
    done = mbegu("review", "v1", "--reviewer", "Achieng", "--undo", typed="a\n")
    assert "1 of 1" in done.stdout and decisions(tmp_path)[-1] == "accept Question number 2 Achieng"


def test_review_says_what_comes_next(mbegu, write_jsonl):
    drafts(write_jsonl, 3)
    done = mbegu("review", "v1", "--reviewer", "A", typed="s\na\nq\n")
    assert done.stderr == "Next: `mbegu review v1` again, 2 without a decision yet.\n"
    done = mbegu("review", "v1", "--reviewer", "A", typed="a\na\n")
    assert done.stderr.startswith("Next: `dvc repro`, and commit the decisions;")
    assert mbegu("review", "v1", "--reviewer", "A").stderr == done.stderr


def test_each_revision_is_read_by_its_own_params(mbegu, refused, write_jsonl):
    start()
    for name in ("v0", "v1"):
        write_jsonl(f"data/versions/{name}.jsonl", ROWS[:1])
        write_jsonl(f"data/predictions/{name}.jsonl", [])
    commit({"params.yaml": "versions: {v0: }\n"})
    write_jsonl("data/versions/v1.jsonl", ROWS)
    commit({"params.yaml": "versions: {v1: }\n"})
    assert mbegu("diff", "v0", "v1", "--rev", "HEAD~1").stdout.startswith("v0 at HEAD~1 to v1: 2 added, 0 dropped, 0 edited\n")
    line = refused(mbegu("diff", "v1", "v1", "--rev", "HEAD~1"))
    assert line == "Error: params.yaml at HEAD~1: declares no version 'v1'; it declares v0."


def test_a_session_can_be_left_at_any_time(mbegu, write_jsonl, tmp_path):
    draft = {"origin": {"kind": "generated", "parents": [], "source": "s:1"}}
    write_jsonl("data/expanded/v1.jsonl", [{**row, **draft} for row in ROWS[:3]])
    assert mbegu("review", "v1", "--reviewer", "A", typed="s\nq\n").stdout.endswith(
        "0 decided, 1 skipped, 2 left: data/reviews/v1.jsonl\n"
    )
    assert not (tmp_path / "data/reviews/v1.jsonl").exists()
    mbegu("review", "v1", "--reviewer", "A", typed="a\n")  # the terminal goes away
    assert len((tmp_path / "data/reviews/v1.jsonl").read_text().splitlines()) == 1
