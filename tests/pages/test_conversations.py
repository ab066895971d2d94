import doctest
import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mbegu.pages import conversations

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
    assert [line.strip("\u00a0") for line in shown(conversations.quoted(text))] == lines_of(text)


@settings(deadline=None)
@given(st.text(alphabet=" \t\r\n\\`*_{}[]()<>#+-.!|~&$:=@\"'/1aሰ", max_size=40))
def test_any_text_shows_as_it_is(text):
    assert [line.strip("\u00a0") for line in shown(conversations.quoted(text))] == lines_of(text)


def test_indents_are_kept():
    assert shown(conversations.quoted("if x:\n    y\n\tz")) == ["if x:", "\u00a0" * 4 + "y", "\u00a0" * 4 + "z"]


def test_addresses_and_names_do_not_become_links():  # GitHub links them without any markup
    assert conversations.quoted("http://x.y www.x.y @user") == "> http\\://x.y www\\.x.y \\@user"


def test_the_example_of_quoted_runs():
    found = doctest.testmod(conversations)
    assert (found.attempted, found.failed) == (1, 0)


def answer(number: int, prediction: str, **change) -> dict:
    asked = {"id": f"{number:016x}", "instruction": f"Question {number}?", "input": "", "reference": "The fee is KES 50."}
    return {**asked, "prediction": prediction, "tokens": 4, "finish_reason": "stop", **change}


def test_the_choice_knows_neither_the_order_nor_the_answers_and_grows_at_its_end():
    ids = [f"{number:016x}" for number in range(40)]
    chosen = [ids[place] for place in conversations.choose(ids, 5)]
    assert [ids[::-1][place] for place in conversations.choose(ids[::-1], 5)] == chosen
    assert [ids[place] for place in conversations.choose(ids, 9)][:5] == chosen
    assert chosen != ids[:5] and chosen != sorted(chosen)
    assert len(conversations.choose(ids, 99)) == 40


def test_each_model_answers_the_same_question_and_means_are_of_the_shown_and_of_all():
    right, wrong = "The fee is KES 50.", "Nothing."
    base = [answer(number, wrong) for number in range(10)]
    tuned = [answer(number, right if number % 2 else wrong) for number in range(10)]
    found = conversations.gather({"base": base, "v1": tuned}, 3)
    assert (found["models"], found["wanted"], found["rows"]) == (["base", "v1"], 3, 10)
    for talk in found["conversations"]:
        assert [model for model, _, _ in talk["answers"]] == ["base", "v1"]
        assert {value["id"] for _, value, _ in talk["answers"]} == {talk["id"]}
    odd = sum(int(talk["id"], 16) % 2 for talk in found["conversations"])
    assert found["means"] == [("base", 0.0, 0.0), ("v1", pytest.approx(odd / 3), 0.5)]


def test_the_page_says_how_rows_were_drawn_and_shows_each_text():
    base = [answer(0, "  ", finish_reason="length"), answer(1, "# Ada ni KES 50", input="Bei\nmpya")]
    tuned = [answer(0, "የፈጠራ ዋጋ KES 50 ነው።"), answer(1, "x", reference="…")]
    page = conversations.markdown(conversations.gather({"base": base, "v1": tuned}, 5))
    assert page.startswith("# Example conversations: base, v1\n\n2 of 2 held-out questions")
    assert "5 were asked for; there are no more." in page
    assert "not picked by hand: they are the first 2 by rank of a SHA-256 of the row's id" in page
    assert "**base** (ROUGE-L F1 0.000, 4 tokens, cut off)\n\n(an empty answer)" in page
    assert "> \\# Ada ni KES 50" in page and "**Input**\n\n> Bei\\\n> mpya\n" in page
    assert "> የፈጠራ ዋጋ KES 50 ነው።" in page
    assert "**v1** (ROUGE-L F1 –, 4 tokens)" in page  # a reference without a word has nothing to compare with
    assert "were asked for" not in conversations.markdown(conversations.gather({"base": base}, 2))
