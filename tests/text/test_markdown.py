import doctest
import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mbegu.text import markdown

MARKUP = [
    "# heading", "a\n===\nb", "a\n---\nb", "- item\n+ item\n* item", "1. one\n2) two", "> quote", "```\ncode\n```",
    "~~~\ncode", "    code",
    "\tcode", "<script>alert(1)</script>", "<!-- gone -->", "&lt;b&gt; &amp;", "[a](http://x.y) ![i](x) <http://x.y>", "[a]: http://x.y",
    "*a* **b** _c_ __d__ ~~e~~ `f`", "| a | b |\n|---|---|\n| 1 | 2 |", "a\n:-\nb", "$5 and $6", "$$x$$",
    "back\\slash\\", "end\\\nnext",
    "trailing  \nblanks", "a\r# b\r\n# c", "a\n\n\n# b", "a\n    b", "ሰላም።\n🌱\u2028# x", "{{ 7 * 7 }}",
    "http://x.y www.x.y a@b.cc @user",
    "---", "***", "2024. Year", "###", "-", "\\", "",
]  # fmt: skip


def shown(page: str) -> list[str]:
    """The lines of text that a reader of the page sees, having checked that there is no markup but quotes and lines."""
    markup = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(page)
    assert not re.sub(r"</?(blockquote|p)>|<br />|[^<]*", "", markup), markup
    return [line for line in html.unescape(re.sub(r"<[^>]*>", "", markup)).split("\n") if line]


def lines_of(text: str) -> list[str]:
    """The same of the text itself: Markdown shows no blank lines, and no blanks at line ends."""
    lines = [line.strip(" \t") for line in re.split(r"\r\n|\r|\n", text)]
    return [line for line in lines if line]


@pytest.mark.parametrize("text", MARKUP)
def test_a_quoted_text_shows_as_it_is(text):
    assert [line.strip("\u00a0") for line in shown(markdown.quoted(text))] == lines_of(text)


@settings(deadline=None)
@given(st.text(alphabet=" \t\r\n\\`*_{}[]()<>#+-.!|~&$:=@\"'/1aሰ", max_size=40))
def test_any_text_shows_as_it_is(text):
    assert [line.strip("\u00a0") for line in shown(markdown.quoted(text))] == lines_of(text)


def test_indents_are_kept():
    assert shown(markdown.quoted("if x:\n    y\n\tz")) == ["if x:", "\u00a0" * 4 + "y", "\u00a0" * 4 + "z"]


def test_addresses_and_names_do_not_become_links():  # GitHub links them without any markup
    assert markdown.quoted("http://x.y www.x.y @user") == "> http\\://x.y www\\.x.y \\@user"


def test_the_example_of_quoted_runs():
    found = doctest.testmod(markdown)
    assert (found.attempted, found.failed) == (1, 0)


TEXTS = ["ሰላም። *ወለድ*", "Riba ya <b>5 %</b>", "🌱 | `x`", "a\u200bb\ufeff[c](d)", "שלום **עולם** $1", "1. x\n# y", "- {a}"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_on_one_line_shows_as_it_is_in_a_cell_and_in_a_paragraph(text):
    (line,) = shown(markdown.inline(text))
    assert line == " ".join(text.split())
    cells = [["Metric", "ሰላም"], [markdown.inline(text), "1"]]
    page = MarkdownIt("commonmark").enable("table").render(markdown.table(cells))
    assert [html.unescape(cell) for cell in re.findall(r"<t[hd]>([^<]*)</t[hd]>", page)] == [*cells[0], line, "1"]


@pytest.mark.parametrize("text", [*TEXTS, "```\nx", "````` a", "~~~", ""])
def test_a_fence_ends_where_the_text_does(text):
    (block,) = MarkdownIt("commonmark").parse(markdown.fenced(text, "jinja"))
    assert (block.type, block.info, block.content) == ("fence", "jinja", text + "\n")


def test_a_table_reads_as_plain_text_too():
    assert markdown.table([["A", "Metric"], ["ሰላም", "1"]]) == "| A   | Metric |\n|-----|--------|\n| ሰላም | 1      |\n"


def test_markdown_becomes_a_block_quote():
    assert markdown.blockquote("\n**Not** advice.\n\nሰላም\n") == "> **Not** advice.\n>\n> ሰላም"
