"""What a question asks, and the text that it asks about: a passage that several questions share, or what fills a template.

Two questions about one passage have most of their words in common, and so have two that one template made of two texts; whether
they ask the same, only what differs can tell.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from sys import intern
from typing import NamedTuple

from mbegu.rows.row import Row, question
from mbegu.text.alike import ratio
from mbegu.text.context import without_context
from mbegu.text.slots import slots
from mbegu.text.words import words

LONG = 8  # words of an input that is a text of its own; of a common span that is no accident, as in Tülu 3
SHORT = 3  # words of a text that can be told from another
FEW = 5  # rows that hold a template's sentence, and
TIMES = 3  # how many times as many as hold the rarest of the row's sentences
PASSAGE = 30  # words; so long a text that less than
RARE = 0.05  # of the rows hold is a passage, and no template; so many hold a template of a word, such as "Headline:"
# Where a sentence, a line, a quotation or what stands before a colon ends. ASCII marks end one before a blank.
SENTENCE = re.compile(r"[\n\"“”„«»]|(?<!\S)['‘]|['’](?=[\s?.,!:]|$)|(?<=[.?!:;؛፦፥])\s+|(?<=[։؟۔।॥።፧፨។៕。！？：｡])")
Words = tuple[str, ...]


class Parts(NamedTuple):
    """The words of a question."""

    whole: list[str]
    asked: list[str]  # the instruction, or the template; none if the parts can't be told
    about: list[str]  # the input, or what fills the template
    framed: bool = False  # whether a template asks

    def source(self) -> Words:
        """The text that the question is made of; () if there is none that could be told from others."""
        return tuple(self.about) if len(self.about) >= SHORT else ()


class Said(NamedTuple):
    """The words of a row."""

    parts: Parts
    answer: list[str]


class Frames(NamedTuple):
    """The templates of rows."""

    counts: Counter[Words]  # rows that hold a sentence, of those that more than one holds; others make no template
    total: int
    slotted: dict[Words, tuple[int, int]]  # where the slot of an instruction is, of those that are one sentence


NO_FRAMES = Frames(Counter(), 0, {})


def asked_of(row: Row) -> str:
    """The question, without what retrieval put into it."""
    return question({**row, "input": without_context(row["input"])} if row["origin"].get("context") else row)


def frames(rows: Iterable[Row]) -> Frames:
    """The templates that rows have in common: sentences that many hold, and beginnings and ends."""
    counts: Counter[Words] = Counter()
    single, total = {}, 0
    for row in rows:
        if "context" in row["origin"]:
            continue
        total += 1
        found = segments(row["instruction"])
        counts.update(set(found))
        if len(found) == 1 and not row["input"]:
            single[found[0]] = list(found[0])
    slotted = {text: slot for text, slot in zip(single, slots(list(single.values())), strict=True) if slot != (0, len(text))}
    return Frames(Counter({text: count for text, count in counts.items() if count > 1}), total, slotted)


def segments(text: str) -> list[Words]:
    """The words of each line, sentence, quotation and what stands before a colon."""
    return [found for part in SENTENCE.split(text) if (found := tuple(map(intern, words(part))))]


def parts(row: Row, known: Frames = NO_FRAMES) -> Parts:
    """The parts of a row's question.

    Args:
        known: the templates of the rows that it stands among; without them, only a long input is a part of its own, and what
            `origin.template` says.
    """
    whole = list(map(intern, words(asked_of(row))))  # a word once, not once a row
    if "context" in row["origin"]:
        return Parts(whole, [], [])
    if "template" in row["origin"]:
        asks, about = (words(row["origin"]["template"][key]) for key in ("asks", "about"))
        return Parts(whole, asks, about, framed=True)
    input_ = list(map(intern, words(row["input"])))
    told = _told(row["instruction"], input_, known) if known.total else None
    if told is not None:
        return Parts(whole, *told)
    return Parts(whole, words(row["instruction"]), input_) if len(input_) >= LONG else Parts(whole, [], [])


def with_template(row: Row, known: Frames) -> Row:
    """A row that says in `origin.template` what its template asks and about what, if it has one: for stages that do not see the
    rows it was told by."""
    found = parts(row, known)
    if not found.framed:
        return row
    told = {"asks": " ".join(found.asked), "about": " ".join(found.about)}
    return {**row, "origin": {**row["origin"], "template": told}}


def said(row: Row, known: Frames = NO_FRAMES) -> Said:
    """The words of a row's question, as `parts`, and of its answer."""
    return Said(parts(row, known), list(map(intern, words(row["output"]))))


def _told(instruction: str, input_: list[str], known: Frames) -> tuple[list[str], list[str], bool] | None:
    """What a template asks, and about what."""
    found = segments(instruction)
    counts = [known.counts[one] for one in found]
    least = min([*counts, 1] if input_ else counts, default=0)
    common = [count >= max(FEW, TIMES * least) for count in counts]
    most = max((count for count, many in zip(counts, common, strict=True) if many), default=0)
    if most == 0 or (_length(found, common) < SHORT and most < RARE * known.total):
        return _slotted(found, input_, known)
    held = [many and count < RARE * known.total for many, count in zip(common, counts, strict=True)]
    if _length(found, held) > PASSAGE:
        return _join(found, held, False), _join(found, held, True) + input_, False
    return _join(found, common, True), _join(found, common, False) + input_, True


def _slotted(found: Sequence[Words], input_: list[str], known: Frames) -> tuple[list[str], list[str], bool] | None:
    slot = known.slotted.get(found[0]) if len(found) == 1 and not input_ else None
    if slot is None:
        return None
    start, end = slot
    return list(found[0][:start] + found[0][end:]), list(found[0][start:end]), True


def _length(found: Sequence[Words], chosen: Sequence[bool]) -> int:
    return sum(len(one) for one, is_chosen in zip(found, chosen, strict=True) if is_chosen)


def _join(found: Sequence[Words], chosen: Sequence[bool], wanted: bool) -> list[str]:
    return [word for one, is_chosen in zip(found, chosen, strict=True) if is_chosen is wanted for word in one]


def same_about(first: Parts, second: Parts, above: float) -> bool:
    """Whether two questions are about one text: a short one to the letter, a long one nearly (ROUGE-L F1 above `above`)."""
    if min(len(first.about), len(second.about)) < LONG:
        return first.about == second.about
    return ratio(first.about, second.about) > above


def kindred(first: Parts, second: Parts, above: float) -> bool:
    """Whether two questions that are alike as a whole are alike in what differs; those without parts are."""
    if not (first.about and second.about):
        return True
    if (first.framed or second.framed) and not same_about(first, second, above):
        return False
    return ratio(first.asked, second.asked) > above
