"""why, diff and review: what the files of a project say about its rows."""

import pytest

from mbegu.builds.project import Project
from mbegu.errors import BadInput
from mbegu.pages import differences, trace
from mbegu.rows import reviews
from mbegu.rows.jsonl import write_lines
from mbegu.rows.ledger import entry
from mbegu.rows.reviews import read_reviews
from mbegu.rows.row import row_id


def row(text, output="An answer.", **origin):
    origin = {"kind": "seed", "parents": [], "source": f"data/seeds/v1.jsonl:{len(text)}", **origin}
    return {"id": row_id(text, ""), "instruction": text, "input": "", "output": output, "origin": origin}


PARENT = row("What is a fund?")
CHILD = row(
    "ፈንድ ምንድን ነው?", "የገንዘብ ስብስብ።", kind="generated", parents=[PARENT["id"]], teacher={"kind": "local", "base": "abcd"},
    request="f" * 64, round=0, demonstrations=[PARENT["id"]], classification=False, measures={"words": 2, "repetition": 0.0},
)  # fmt: skip
GONE = row("What is a bond?", kind="generated", parents=[PARENT["id"]])


@pytest.fixture
def data(tmp_path):
    (tmp_path / "params.yaml").write_text("versions: {v1: {}, v2: {}}\nseeds: {v1: {}, v2: {}}\n")
    for name in ("seeds", "expanded", "curated", "versions"):
        (tmp_path / name).mkdir()
    write_lines(tmp_path / "seeds/v1.jsonl", [{"instruction": PARENT["instruction"], "output": "An answer."}])
    write_lines(tmp_path / "versions/v1.jsonl", [PARENT])
    write_lines(tmp_path / "versions/v2.jsonl", [PARENT, CHILD])
    write_lines(tmp_path / "versions/v3.jsonl", [PARENT])  # left over of another project
    lines = [entry(GONE, "expand", "dropped", "not novel", 0.8123, PARENT["id"])]
    write_lines(tmp_path / "expanded/v2.ledger.jsonl", lines)
    return tmp_path


def test_why_walks_from_a_generated_row_to_the_line_that_a_human_wrote(data):
    records = trace.read_records(Project(data=data, params=data / "params.yaml"))
    text = "\n".join(trace.explain(CHILD["id"], records))
    assert f"Row {CHILD['id']}, in v2" in text
    assert "teacher:  kind local, base abcd" in text
    assert "passed:   words 2, repetition 0.0" in text
    assert "round 0, 1 demonstrations, not a classification task" in text
    assert f'from {PARENT["id"]}  "What is a fund?"  data/seeds/v1.jsonl:' in text


def test_why_names_the_document_that_a_row_is_about_and_says_so_when_it_is_gone(data):
    (data / "params.yaml").write_text("versions: {v1: {}}\nseeds: {}\nquestioned: {v1: {}}\ndocuments: {fees: documents}\n")
    rows = [row(f"ክፍያው ስንት ነው {id_}?", kind="document", parents=[id_], source="ውል.md#ክፍያ") for id_ in ("d1", "d2")]
    write_lines(data / "versions/v1.jsonl", rows)
    (data / "documents").mkdir()
    write_lines(
        data / "documents/fees.jsonl", [{"id": "d1", "path": "ውል.md", "title": "ውል", "sha256": "0", "text": "…", "anchors": []}]
    )
    records = trace.read_records(Project(data=data, params=data / "params.yaml"))
    here, gone = ("\n".join(trace.explain(one["id"], records)) for one in rows)
    assert f"from d1  ውል  ውል.md, read into {data / 'documents/fees.jsonl'}" in here
    assert "from d2    not in this project any more" in gone


def test_why_says_why_a_row_was_dropped_and_what_it_was_near_to(data):
    text = "\n".join(trace.explain(GONE["id"], trace.read_records(Project(data=data, params=data / "params.yaml"))))
    assert "in no version" in text
    assert "dropped by expand: not novel (0.8123)" in text
    assert f'nearest: {PARENT["id"]}  "What is a fund?"' in text


def test_an_id_may_be_shortened_but_not_guessed(data):
    records = trace.read_records(Project(data=data, params=data / "params.yaml"))
    assert trace.find(CHILD["id"][:6], records) == CHILD["id"]
    with pytest.raises(BadInput, match="no row has this id"):
        trace.find("zzzz", records)
    with pytest.raises(BadInput, match="3 ids begin so"):
        trace.find("", records)


def test_diff_tells_added_dropped_and_edited_rows():
    edited = {**PARENT, "output": "A better answer."}
    found = differences.compare_rows([PARENT, GONE], [edited, CHILD], [entry(GONE, "curate", "dropped", "repetitive", 0.5)])
    assert found.added == [CHILD]
    assert found.dropped == [(GONE, "curate: repetitive")]
    assert found.edited == [(PARENT, edited)]
    assert differences.compare_rows([GONE], [], []).dropped[0][1] == "no longer in the seeds or the previous version"


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("It pays 9 % a year.", "It pays 11 % a year.", "It pays [-9-]{+11+} % a year."),
        ("ፈንዱ በየቀኑ ይከፍላል።", "ፈንዱ በየወሩ ይከፍላል።", "ፈንዱ [-በየቀኑ-]{+በየወሩ+} ይከፍላል።"),
        ("基金每天付款", "基金每月付款", "基金每[-天-]{+月+}付款"),
        ("same", "same", "same"),
        ("", "new", "{+new+}"),
    ],
)
def test_a_word_diff_in_any_script(old, new, marked):
    forms = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    pieces = differences.word_diff(old, new)
    assert "".join(forms[kind].format(text) for kind, text in pieces) == marked
    assert "".join(text for kind, text in pieces if kind != "added") == old
    assert "".join(text for kind, text in pieces if kind != "removed") == new


def test_changed_answers_are_those_that_both_have_and_differ():
    old = [{"id": "a", "prediction": "x"}, {"id": "b", "prediction": "y"}]
    new = [{"id": "a", "prediction": "x"}, {"id": "b", "prediction": "z"}, {"id": "c", "prediction": "w"}]
    assert differences.changed_answers(old, new) == ([new[1]], 2)


def test_a_decision_is_read_back_and_can_be_undone(tmp_path):
    path = tmp_path / "reviews/v2.jsonl"
    rows = [PARENT, CHILD, GONE]
    assert reviews.pending(rows, path) == [CHILD, GONE]
    first = reviews.decision(CHILD, "edit", "Wanjiru", output="ብዙ ሰዎች የሚያዋጡት ገንዘብ።")
    reviews.append(path, first)
    reviews.append(path, reviews.decision(GONE, "reject", "Wanjiru", reason="Off topic."))
    decided = read_reviews(path)
    assert decided[CHILD["id"]]["output"] == "ብዙ ሰዎች የሚያዋጡት ገንዘብ።"
    assert decided[GONE["id"]]["reason"] == "Off topic."
    assert '"draft": "የገንዘብ ስብስብ።"' in path.read_text(encoding="utf-8")
    assert reviews.pending(rows, path) == []
    grounded = {**CHILD, "id": "g", "origin": {**CHILD["origin"], "kind": "document"}}
    assert reviews.pending([*rows, grounded], path) == [grounded]
    reviews.undo(path, first)
    assert reviews.pending(rows, path) == [CHILD]


def test_the_nearest_row_of_a_draft():
    near = reviews.nearest_of(GONE, [GONE, CHILD, PARENT])
    assert near.row == PARENT and near.score == 0.75
    assert reviews.nearest_of(CHILD, [CHILD]) is None
