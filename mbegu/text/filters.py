"""Filters of machine-written text. Each is a pure function that gives a reason and a measure, or None to let it pass."""

import unicodedata
from collections.abc import Iterable, Set
from typing import Any

import regex

from mbegu.text import reasons
from mbegu.text.words import fold, words

Problem = tuple[str, float | None]
# Opening marks may begin a question: «ምን…», "(For members) …", ¿Qué…; so may an amount: $100.
OPENING = {"Ps", "Pi", "Sc"}
OPENING_MARKS = set("\"'¿¡#@")
SCRIPT = regex.compile(
    "|".join(
        rf"(?P<{name}>\p{{Script={name}}})"
        for name in ("Latin", "Ethiopic", "Arabic", "Cyrillic", "Greek", "Hebrew", "Devanagari", "Han", "Hiragana", "Katakana",
                     "Hangul", "Thai", "Bengali", "Tamil", "Telugu", "Georgian", "Armenian", "Khmer", "Lao", "Myanmar")
    )
)  # fmt: skip


def length(text: str, min_words: int, max_words: int) -> Problem | None:
    """ "too short" or "too long", with the number of words of any script."""
    count = len(words(text))
    if count < min_words:
        return reasons.TOO_SHORT, count
    return (reasons.TOO_LONG, count) if count > max_words else None


def repetition(text: str) -> float:
    """Share of word 4-grams that stood in the text before, 0 (none) to 1.

    The measure of degenerate text in Welleck et al. 2019 (arXiv 1908.04319), §6: seq-rep-4.
    """
    tokens = words(text)
    grams = [tuple(tokens[i : i + 4]) for i in range(len(tokens) - 3)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def repetitive(text: str, most: float) -> Problem | None:
    """More than `most` of the 4-grams are repeated."""
    share = repetition(text)
    return (reasons.REPETITIVE, share) if share > most else None


def cut_off(finish_reason: str | None) -> Problem | None:
    """The teacher was stopped by its limit of tokens, in the middle of a sentence."""
    return (f"{reasons.CUT_OFF}: the teacher reached max_new_tokens", None) if finish_reason == "length" else None


def empty(text: str) -> Problem | None:
    """No word in it: blank, or only marks and emoji."""
    return None if any(map(str.isalnum, text)) else (reasons.EMPTY, None)


def leading_punctuation(text: str) -> Problem | None:
    """Begins with a mark that opens nothing: a rest of another sentence or of a list."""
    first = fold(text)[:1]
    category = unicodedata.category(first) if first else "L"
    stray = category[0] in "PSM" and category not in OPENING and first not in OPENING_MARKS
    return (reasons.LEADING_PUNCTUATION, None) if stray and not regex.match(r"\p{Extended_Pictographic}", first) else None


def about(text: str, topics: Iterable[str]) -> Problem | None:
    """Names one of the topics, as whole words in their order: "map" is not in "mapping"."""
    tokens = words(text)
    for topic in topics:
        wanted = words(topic)
        if wanted and any(tokens[i : i + len(wanted)] == wanted for i in range(len(tokens) - len(wanted) + 1)):
            return f"{reasons.BLACKLISTED}: {topic}", None
    return None


def echoes(output: str, instruction: str, input_: str) -> Problem | None:
    """The answer is the question, or its input, again."""
    said = words(output)
    if said == words(instruction):
        return f"{reasons.ANSWER_EQUALS} the instruction", None
    return (f"{reasons.ANSWER_EQUALS} the input", None) if input_ and said == words(input_) else None


def script(text: str) -> str | None:
    """The script of most letters, by Unicode name, or None if there is no letter of a known one."""
    counts: dict[str, int] = {}
    for match in SCRIPT.finditer(text):
        name = str(match.lastgroup)
        counts[name] = counts.get(name, 0) + 1
    return max(sorted(counts), key=lambda name: counts[name]) if counts else None


def scripts(rows: Iterable[dict[str, Any]]) -> set[str]:
    """The scripts that the rows' instructions are written in."""
    return {found for row in rows if (found := script(row["instruction"]))}


def foreign_script(text: str, scripts: Set[str]) -> Problem | None:
    """Written in a script that none of the seeds is written in. Words of another script inside it are no matter."""
    found = script(text) if scripts else None
    return (f"{reasons.WRONG_SCRIPT}: {found}", None) if found and found not in scripts else None


def control_token(text: str, tokens: Iterable[str]) -> Problem | None:
    """Spells one of the model's control tokens, which would end or forge a turn."""
    return next(((f"{reasons.CONTROL_TOKEN}: {token}", None) for token in tokens if token in text), None)


def marks(text: str, names: Iterable[str] = ()) -> list[str]:
    """What tells two alike questions apart: their number tokens and names, sorted.

    A name is one of `names` or a word with a capital letter that does not begin a sentence. "What does CIC
    pay on ETB 5,000?" and "What does Sanlam pay on ETB 5,000?" have a ROUGE-L F1 of 0.86 and are two questions.
    Scripts without capitals have the numbers and the given names.
    """
    named = {token for name in names for token in words(name)}
    capitals = {
        token for word in regex.findall(r"(?<=[^\s.!?።።:]\s+[\"'(«“]?)\p{Lu}[\p{L}\p{M}\p{N}]*", text) for token in words(word)
    }
    found = [token for token in words(text) if token in named or token in capitals or any(map(str.isdigit, token))]
    return sorted(found)
