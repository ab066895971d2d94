"""What a question asks, and about what: inputs, templates in several scripts, passages."""

from collections import Counter

import pytest

from mbegu.rows.parts import Parts, frames, kindred, parts, segments
from mbegu.rows.row import row_id

PASSAGE = "The old mill stood by the river until the flood of spring took its wheel and half of its wall away."
NEWS = (
    "Bank opens branch",
    "Team wins cup again",
    "Rain floods two roads",
    "School gets new roof",
    "Port hires fifty",
    "Mill burns down",
)
AMHARIC = ("ባንክ ቅርንጫፍ ከፈተ", "ቡድኑ ዋንጫ አነሳ", "ዝናብ መንገዱን ዘጋ", "ትምህርት ቤቱ ተጠገነ", "ወደቡ ሠራተኞች ቀጠረ", "ወፍጮው በእሳት ተቃጠለ")


def row(instruction: str, input_: str = "", output: str = "A.", **origin) -> dict:
    place = {"kind": "seed", "parents": [], "source": "set.json:1", **origin}
    return {"id": row_id(instruction, input_), "instruction": instruction, "input": input_, "output": output, "origin": place}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Which is it? Bank opens 2.5 branches.", ["which is it", "bank opens 2 5 branches"]),
        ("Say: “yes”\n\nor 'no'.", ["say", "yes", "or", "no"]),
        ("ምንድን ነው፧ባንክ ከፈተ። ቀጣዩ፦ ዋንጫ", ["ምንድን ነው", "ባንክ ከፈተ", "ቀጣዩ", "ዋንጫ"]),
        ("ما هو؟ البنك", ["ما هو", "البنك"]), ("🌱!", ["🌱"]), ("don't", ["don t"]), ("\u200b", []), ("", []),
    ],
)  # fmt: skip
def test_sentences_lines_and_quotations(text, found):
    assert [" ".join(one) for one in segments(text)] == found


def test_a_long_input_is_what_a_question_is_about_and_a_short_one_is_not():
    found = parts(row("Who took it?", PASSAGE))
    assert found.asked == ["who", "took", "it"] and len(found.about) == 21 and not found.framed
    assert parts(row("Who took it?", "The flood.")) == Parts(["who", "took", "it", "the", "flood"], [], [])
    assert parts(row("Who took it?", f"x\n\nContext:\n- {PASSAGE}", context=["f1"])).about == []


@pytest.mark.parametrize(
    ("template", "other", "texts"),
    [
        ("Which category is this news item? {}", "Put the following news into the right category: {}", NEWS),
        ("የሚከተለው ዜና በየትኛው ምድብ ይካተታል? {}", "ይህ ዜና ስለ ምን ነው፦ {}", AMHARIC),
        ("{}\nIs this sport or trade?", "Name the subject of “{}”, please.", NEWS),
        ("Habari hii ni ya aina gani? {}", "Habari: {}", NEWS),
    ],
)
def test_a_template_is_told_from_the_text_that_fills_it(template, other, texts):
    rows = [row(form.format(text)) for form in (template, other) for text in texts]
    known = frames(rows)
    for text, first, second in zip(texts, rows[: len(texts)], rows[len(texts) :], strict=True):
        assert parts(first, known).source() == parts(second, known).source() == segments(text)[0]
        assert parts(first, known).framed and parts(first).about == []


def test_a_template_may_stand_in_the_instruction_and_the_text_in_the_input():
    rows = [row("Which category is this news item?", text) for text in NEWS]
    assert [parts(one, frames(rows)).source() for one in rows] == [segments(text)[0] for text in NEWS]


def test_what_few_rows_or_few_words_share_is_no_template():
    known = frames(
        [row(f"Explain this in one word. {text}") for text in NEWS[:4]] + [row(f"Thanks! {text} {text}") for text in NEWS]
    )
    assert not any(parts(row(f"{start} {text}"), known).about for start in ("Explain this in one word.",) for text in NEWS)


def test_a_passage_that_many_questions_are_asked_about_in_the_instruction_is_no_template():
    passage = f"{PASSAGE} {' '.join(f'w{number}' for number in range(20))}."
    asked = [row(f"Read this passage.\n{passage}\nHow is n{number} {number * 7}?") for number in range(6)]
    others = [row(f"{'Read this passage.' if number % 9 == 0 else ''} What is m{number}?") for number in range(150)]
    known = frames([*asked, *others])
    assert parts(asked[0], known).source() == (*segments(passage)[0], *segments(passage)[1])
    assert not parts(asked[0], known).framed and parts(asked[0], known).asked[-3:] == ["is", "n0", "0"]


def test_sentences_that_one_row_alone_holds_are_not_kept_and_tell_nothing():
    asked = [
        f"{form.format(text)} n{number}" for number, form in enumerate(("Name it: {}", "{}. ምንድን ነው፧", "“{}”")) for text in NEWS
    ]
    rows = [row(text, input_, text) for text in [*asked, *AMHARIC] for input_ in ("", "x")]
    known = frames([*rows, row(f"{PASSAGE} Why?"), row("مرحبا 🌱؟")])
    every = Counter(one for each in rows for one in set(segments(each["instruction"])))
    all_of_them = known._replace(counts=every + Counter(dict.fromkeys([*segments(PASSAGE), ("why",)], 1)))
    assert min(known.counts.values()) == 2 and len(known.counts) < len(all_of_them.counts)
    for one in [*rows, row(f"{PASSAGE} Why?"), row(f"{PASSAGE} Why?", PASSAGE)]:
        assert parts(one, known) == parts(one, all_of_them)
    assert any(parts(one, known).framed for one in rows)


def test_what_differs_decides():
    def told(asked: str, about: str, framed: bool = False) -> Parts:
        return Parts(f"{asked} {about}".split(), asked.split(), about.split(), framed)

    long = "the old mill stood by the river until spring"
    assert not kindred(told("who took it", long), told("when was it", long), 0.7)
    assert kindred(told("who took it away", long), told("who took it all away", long), 0.7)
    assert not kindred(told("which is it", "bank opens branch", True), told("which is it", "bank opens shop", True), 0.5)
    assert kindred(told("which is it", long, True), told("which is it", f"{long} came", True), 0.7)
    assert kindred(told("which is it", "x y z", True), Parts(["which", "is", "it"], [], []), 0.7)
