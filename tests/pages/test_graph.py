"""The way of a row: what comes before it, what contains it, and text that stays text."""

from pathlib import Path

import pytest

from mbegu.builds.project import Project, project_in
from mbegu.pages.graph import ADAPTER, DROPPED, ROW, VERSION, WRITTEN, Graph, Node, graph, svg
from mbegu.pages.trace import Records
from mbegu.rows.ledger import entry
from mbegu.rows.row import row_id

SEED, CHILD, PASSAGE = "ወለድ ምንድን ነው?", "<script>hit()</script> Riba?", "ما هي الفائدة؟"


def row(text: str, origin: dict, input_: str = "") -> dict:
    return {"id": row_id(text, input_), "instruction": text, "input": input_, "output": "A.", "origin": origin}


FIRST = row(SEED, {"kind": "seed", "parents": [], "source": "data/seeds/v1.jsonl:3"})
SECOND = row(CHILD, {"kind": "reviewed", "parents": [FIRST["id"], "0" * 16], "review": "data/reviews/v2.jsonl:1"})
THIRD = row(PASSAGE, {"kind": "document", "parents": ["a.md"], "source": "a.md", "chunk": "a.md#2", "span": [4, 9]}, "The quote.")


def records(*rows: dict, dropped: tuple = ()) -> Records:
    by_id = {one["id"]: one for one in rows}
    return Records([by_id], {"v1": by_id, "v2": by_id}, [(Path("x"), line) for line in dropped], {})


@pytest.fixture
def project(tmp_path) -> Project:
    (tmp_path / "models/adapters/v2").mkdir(parents=True)
    return project_in(tmp_path)


def test_a_row_leads_from_the_line_that_a_person_wrote_to_versions_and_adapters(project):
    found = graph(SECOND["id"], records(FIRST, SECOND), project)
    kinds = [node.kind for node in found.nodes]
    assert kinds == [WRITTEN, WRITTEN, ROW, ROW, ROW, VERSION, VERSION, ADAPTER]
    titles = [node.title for node in found.nodes]
    assert titles[:2] == ["review data/reviews/v2.jsonl:1", "data/seeds/v1.jsonl:3"]
    assert titles[3] == f"row {'0' * 16}, not in this project any more"
    assert found.nodes[4].text == CHILD and titles[5:] == ["version v1", "version v2", "adapter v2"]
    assert set(found.edges) == {(1, 2), (0, 4), (2, 4), (3, 4), (4, 5), (4, 6), (6, 7)}


def test_a_place_in_a_document_shows_what_stands_there(project):
    found = graph(THIRD["id"], records(THIRD), project)
    assert found.nodes[0] == Node(WRITTEN, "a.md, chunk a.md#2, characters 4 to 9 of it", "quote")


def test_a_row_that_was_dropped_says_by_whom(project):
    lost = entry(SECOND, "curate", "dropped", "refusal: <b>as an ai</b>")
    found = graph(SECOND["id"], records(FIRST, dropped=(lost,)), project)
    assert [node.kind for node in found.nodes][-2:] == [DROPPED, DROPPED]
    assert found.nodes[-1].title == "dropped by curate: refusal: <b>as an ai</b>"


def test_a_lineage_that_bites_its_tail_ends(project):
    one, two = row("One?", {"kind": "generated", "parents": []}), row("Two?", {"kind": "generated", "parents": []})
    one["origin"]["parents"], two["origin"]["parents"] = [two["id"]], [one["id"]]
    found = graph(one["id"], records(one, two), project)
    assert [node.text for node in found.nodes[:2]] == ["Two?", "One?"] and (0, 1) in found.edges


def test_text_of_rows_is_escaped_and_reads_in_its_own_direction(project):
    drawn = svg(graph(SECOND["id"], records(FIRST, SECOND), project))
    assert "<script" not in drawn and "&lt;script&gt;" in drawn and SEED in drawn
    assert drawn.count('dir="auto"') >= 8 and "http" not in drawn.replace("http://www.w3.org/1999/xhtml", "")
    assert "data/seeds/v1.jsonl:3 leads to row" in drawn
    assert 'aria-label="alone"' in svg(Graph([Node(ROW, "alone", "")], []))
