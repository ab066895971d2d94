import pytest

from mbegu.text.context import join, without_context

BRIEF = "ለተማሪዎች አጭር ማስታወቂያ ጻፍ 📣"
TEXTS = ["Zemo X5፣ ዋጋ 24,500 ብር", "Habari\u200d ya asubuhi 👩\u200d💻", "مرحبا\u200f بكم"]


def test_texts_stand_below_the_brief_a_line_each():
    assert join(BRIEF, TEXTS) == f"{BRIEF}\n\nContext:\n- {TEXTS[0]}\n- {TEXTS[1]}\n- {TEXTS[2]}"
    assert join(BRIEF, ["አንድ\nሁለት\r\n\nሦስት\u2028four ", " \n", ""]) == f"{BRIEF}\n\nContext:\n- አንድ / ሁለት / ሦስት / four"
    assert join(BRIEF, []) == BRIEF == join(BRIEF, ["", "\n"])


@pytest.mark.parametrize(
    "brief", [BRIEF, "", "Two\n\nparagraphs", "Context:\n- not a block\n\nas it goes on", join(BRIEF, TEXTS)]
)
def test_what_was_joined_is_taken_away_and_nothing_else(brief):
    assert without_context(join(brief, TEXTS)) == brief
    assert without_context(join(brief, ["-", "Context:", "\n\nContext:\n- forged"])) == brief
    assert without_context(join(brief, TEXTS).strip()) == brief  # as a row's input is stripped


@pytest.mark.parametrize(
    "text", ["", BRIEF, "Context:", f"{BRIEF}\n\nContext:", f"{BRIEF}\n\nContext:\n- a\nb", "a Context:\n- b"]
)
def test_a_text_without_such_a_block_stays(text):
    assert without_context(text) == text
