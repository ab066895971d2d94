"""HTML pages and Markdown files: what nobody sees, tables whose cells reach far, comments and fences."""

import pytest

from mbegu.sources.documents import documents
from mbegu.sources.documents.grid import Cell, laid_out
from mbegu.sources.documents.readers import READERS


def text_of(kind: str, text: str) -> tuple[str, list[str]]:
    """The text, and what was left out."""
    parts = READERS[kind](text.encode())
    return documents.document(f"a{kind}", b"", parts)["text"], [reason for part in parts for reason in part.lost]


UNSEEN = [
    "<p style='display:none'>Secret</p>", "<div style='color:red; DISPLAY : NONE !important'><p>Secret</p></div>",
    "<p style='visibility: hidden'>Secret</p>", "<p hidden>Secret</p>", "<div hidden=''><h2>Secret</h2></div>",
    "<p aria-hidden='true'>Secret</p>", "<textarea>Secret</textarea>", "<p>a <span hidden>Secret</span></p>",
    "<dialog><p>Secret</p></dialog>", "<table><tr><td>a</td><td>b</td></tr><tr hidden><td>Secret</td><td></td></tr></table>",
    "<p aria-hidden=true>Secret</p>", "<div hidden><div hidden>Secret</div></div>", "<p hidden>ምስጢር</p>", "<p hidden>سر</p>",
]  # fmt: skip


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_a_page_hides_is_left_out_and_counted(unseen):
    text, lost = text_of(".html", f"<body><p>Seen ይታያል.</p>{unseen}<p>Also seen.</p>")
    assert not {"Secret", "ምስጢር", "سر"} & set(text.split())
    assert text.startswith("Seen ይታያል.") and text.endswith("Also seen.")
    assert lost == ["hidden words left out: 1"]


@pytest.mark.parametrize(
    "shown",
    ["<p aria-hidden='false'>Shown</p>", "<p hidden='until-found'>Shown</p>", "<dialog open>Shown</dialog>",
     "<details><summary>More</summary><p>Shown</p></details>", "<p style='display:block;background:none'>Shown</p>",
     "<p data-style='display:none'>Shown</p>", "<p style>Shown</p>"],
)  # fmt: skip
def test_what_a_page_shows_stays(shown):
    text, lost = text_of(".html", f"<body>{shown}")
    assert text.endswith("Shown") and lost == []


def test_a_formula_is_said_once():
    formula = "<math><semantics><mi>x</mi><annotation encoding='application/x-tex'>x</annotation></semantics></math>"
    assert text_of(".html", f"<p>Let {formula} be<span aria-hidden='true'> x</span>.</p>")[0].split() == ["Let", "x", "be."]


SPANS = """<table><tr><th>Branch</th><th colspan=2>Fees</th><th>Since</th></tr>
<tr><td rowspan=2>ባሕር ዳር</td><td>Kit</td><td>5</td><td rowspan='2'>2020</td></tr>
<tr><td>Panel</td><td>7</td></tr>
<tr><td colspan="3">All</td><td>2019</td></tr>
<tr><td rowspan=0>Kisumu</td><td>a</td><td>b</td><td>c</td></tr><tr><td>d</td><td>e</td><td>f</td></tr></table>"""


def test_cells_that_span_rows_and_columns_shift_no_other():
    assert text_of(".html", SPANS)[0].split("\n") == [
        "Branch | Fees | | Since", "ባሕር ዳር | Kit | 5 | 2020", "ባሕር ዳር | Panel | 7 | 2020", "All | | | 2019",
        "Kisumu | a | b | c", "Kisumu | d | e | f",
    ]  # fmt: skip


def test_a_grid_has_bounds():
    wide = [[Cell("x", 10**6, 10**6)] * 2] * 3
    assert [len(row) for row in laid_out(wide)] == [51, 151, 251]
    with pytest.raises(documents.Unreadable, match="a table of more than 500,000 cells"):
        laid_out([[Cell("x", down=9999)] * 2000, *[[Cell("x")]] * 2000])
    assert laid_out([[Cell("y" * 999, down=2), Cell("a")], [Cell("b")]])[1] == ["", "b"]
    assert laid_out([[], [Cell("")]]) == [[], [""]]


def test_a_list_begins_where_it_says():
    assert text_of(".html", "<ol start=3><li>c<li value=7>g<li>h</ol><ol start=x><li>a</ol>")[0].split() == [
        "3.", "c", "7.", "g", "8.", "h", "1.", "a",
    ]  # fmt: skip


COMMENTS = {
    "a <!-- no --> b": "a b",
    "a\n<!-- no\n\n# no\n```\nno --> b\n\nc": "a\n\nb\n\nc",
    "<!-- no -->\n# Title\n<!-- no --><!--no-->x<!--> y": "# Title\nx y",
    "`<!-- code -->` and ``a ` <!-- b --> `` <!-- no -->.": "`<!-- code -->` and ``a ` <!-- b --> `` .",
    "`open <!-- no --> x": "`open x",
    "```\n<!-- code -->\n```": "```\n<!-- code -->\n```",
    "a <!-- open to the end": "a <!-- open to the end",
    "[//]: # (no)\n[comment]: <> (no)\n[1]: # \"no\"\n[real]: https://a.b": "[real]: https://a.b",
    "| a | b <!-- no --> |\n|---|---|\n| 1 | 2 |": "a | b\n1 | 2",
    "ሰላም <!-- no ምስጢር --> سلام 🙂": "ሰላም سلام 🙂",
}  # fmt: skip


@pytest.mark.parametrize("text", COMMENTS)
def test_comments_of_markdown_are_left_out_but_not_those_in_code(text):
    found, lost = text_of(".md", text)
    assert found == COMMENTS[text]
    assert len(lost) == ("no" in text.split() or "no)" in text)


FENCES = {
    "````\n```\n# no heading\n```\nstill\n````\n# Heading": ["", "Heading"],
    "~~~\n```\n# no\n~~~\n# Heading": ["", "Heading"],
    "```text\n```python\n# no\n```\n# Heading": ["", "Heading"],
    "```\n# no\n`````\n# Heading": ["", "Heading"],
    "``` a``` b\n# Heading": ["", "Heading"],
    "~~~~ ~~\n~~~\n# no\n~~~~\n# Heading": ["", "Heading"],
}


@pytest.mark.parametrize("text", FENCES)
def test_a_fence_is_closed_by_one_as_long(text):
    assert [part.anchor for part in READERS[".md"](text.encode())] == FENCES[text]
