"""Verifiable instructions under the names, with the arguments and to the verdicts that IFEval published them with.

Source: Zhou et al. 2023, "Instruction-Following Evaluation for Large Language Models" (IFEval, arXiv 2311.07911), and its code in
google-research/instruction_following_eval, of which these give the strict verdicts. A published prompt's `instruction_id_list`
and `kwargs` make a row's checks as they are:

    {"checks": {"detectable_format:title": {}, "length_constraints:number_words": {"relation": "at least", "num_words": 300}}}

Of the 25 one is not here, `language:response_language`: the check `language` does it, by another model. English is told by that
one, too, and sentences end by Punkt's rules (Kiss & Strunk 2006) with the abbreviations below instead of its English model, which
has to be downloaded.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any

from mbegu.errors import BadInput
from mbegu.rows.languages import language

RELATIONS = ("less than", "at least")
OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
FENCES = ("```json", "```Json", "```JSON", "```")
MARKS_OF_A_WORD = ".,?!'\""  # where the first word of a paragraph ends
POSTSCRIPTS = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
ABBREVIATIONS = (
    "a.m", "apr", "assn", "aug", "ave", "blvd", "capt", "co", "col", "corp", "dec", "dept", "dr", "e.g", "etc", "feb",
    "fig", "gen", "gov", "i.e", "inc", "jan", "jr", "lt", "ltd", "messrs", "mr", "mrs", "ms", "mt", "nov", "oct", "p.m",
    "ph.d", "prof", "rep", "rev", "sen", "sept", "sgt", "sr", "st", "u.k", "u.n", "u.s", "vs",
)  # fmt: skip
STARTERS = ("but", "he", "however", "i", "if", "in", "it", "she", "the", "there", "these", "they", "this", "we", "when", "you")


def unfenced(answer: str) -> str:
    """An answer without the fence of a block of JSON around it."""
    text = answer.strip()
    for fence in FENCES:
        text = text.removeprefix(fence)
    return text.removesuffix("```").strip()


def _compared(count: int, relation: str, bound: int) -> bool:
    return count < bound if relation == "less than" else count >= bound


def _existence(answer: str, keywords: list[str]) -> bool:
    return all(re.search(re.escape(word), answer, re.IGNORECASE) for word in keywords)


def _frequency(answer: str, keyword: str, frequency: int, relation: str) -> bool:
    return _compared(len(re.findall(re.escape(keyword.strip()), answer, re.IGNORECASE)), relation, frequency)


def _forbidden(answer: str, forbidden_words: list[str]) -> bool:
    return not any(re.search(rf"\b{re.escape(word)}\b", answer, re.IGNORECASE) for word in forbidden_words)


def _letters(answer: str, letter: str, let_frequency: int, let_relation: str) -> bool:
    return _compared(answer.lower().count(letter.lower()), let_relation, let_frequency)


def _sentences(answer: str, num_sentences: int, relation: str) -> bool:
    return _compared(len(_punkt().tokenize(answer)), relation, num_sentences)


@cache
def _punkt() -> Any:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    known = PunktParameters()
    known.abbrev_types, known.sent_starters = set(ABBREVIATIONS), set(STARTERS)
    return PunktSentenceTokenizer(known)


def _paragraphs(answer: str, num_paragraphs: int) -> bool:
    first, *inner = re.split(r"\s?\*\*\*\s?", answer)
    last = inner.pop() if inner else ""
    return all(map(str.strip, inner)) and sum(bool(text.strip()) for text in (first, *inner, last)) == num_paragraphs


def _words(answer: str, num_words: int, relation: str) -> bool:
    return _compared(len(re.findall(r"\w+", answer)), relation, num_words)


def _first_word(answer: str, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    paragraphs = answer.split("\n\n")
    count = sum(bool(text.strip()) for text in paragraphs)
    if nth_paragraph > count or not paragraphs[nth_paragraph - 1].strip():
        return False
    word = paragraphs[nth_paragraph - 1].split()[0].lstrip("'").lstrip('"')
    found = re.split(f"[{re.escape(MARKS_OF_A_WORD)}]", word)[0].lower()
    return count == num_paragraphs and found == first_word.lower()


def _placeholders(answer: str, num_placeholders: int) -> bool:
    # each runs to the next closing bracket of its line; a pattern would look for it again from every bracket
    count = 0
    for line in answer.split("\n"):
        start = line.find("[")
        while start >= 0 and (end := line.find("]", start)) >= 0:
            count, start = count + 1, line.find("[", end)
    return count >= num_placeholders


def _postscript(answer: str, postscript_marker: str) -> bool:
    marker = postscript_marker.strip()
    return bool(re.search(POSTSCRIPTS.get(marker, re.escape(marker.lower())), answer.lower()))


def _bullets(answer: str, num_bullets: int) -> bool:
    starred = re.findall(r"^[^\S\n]*\*[^*].*$", answer, re.MULTILINE)
    return len(starred) + len(re.findall(r"^[^\S\n]*-.*$", answer, re.MULTILINE)) == num_bullets


def _highlights(answer: str, num_highlights: int) -> bool:
    found = [*re.findall(r"\*([^\n*]*)\*", answer), *re.findall(r"\*\*([^\n*]*)\*\*", answer)]
    return sum(bool(text.strip()) for text in found) >= num_highlights


def _sections(answer: str, section_spliter: str, num_sections: int) -> bool:
    return len(re.findall(rf"\s?{re.escape(section_spliter.strip())}\s?\d+\s?", answer)) >= num_sections


def _json(answer: str) -> bool:
    try:
        json.loads(unfenced(answer), parse_int=str)  # Python refuses integers of over 4,300 digits, JSON doesn't
    except (ValueError, RecursionError):
        return False
    return True


def _title(answer: str) -> bool:
    spans = ((line, line.find("<<"), line.rfind(">>")) for line in answer.split("\n"))
    return any(line[start:end].lstrip("<").rstrip(">").strip() for line, start, end in spans if 0 <= start < end - 2)


def _two(answer: str) -> bool:
    first, *inner = answer.split("******")
    last = inner.pop() if inner else ""
    said = [text.strip() for text in (first, *inner, last) if text.strip()]
    return all(map(str.strip, inner)) and len(said) == 2 and said[0] != said[1]


def _capitals(answer: str, capital_frequency: int, capital_relation: str) -> bool:
    from nltk.tokenize import NLTKWordTokenizer

    return _compared(sum(map(str.isupper, NLTKWordTokenizer().tokenize(answer))), capital_relation, capital_frequency)


def _begins(answer: str, prompt_to_repeat: str) -> bool:
    return answer.strip().lower().startswith(prompt_to_repeat.strip().lower())


def _is_english(answer: str) -> bool:
    return language(answer.lower()) == "en"


def _end(answer: str, end_phrase: str) -> bool:
    return answer.strip().strip('"').lower().endswith(end_phrase.strip().lower())


CHECKS: dict[str, Callable[..., bool]] = {
    "keywords:existence": _existence,
    "keywords:frequency": _frequency,
    "keywords:forbidden_words": _forbidden,
    "keywords:letter_frequency": _letters,
    "length_constraints:number_sentences": _sentences,
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_words": _words,
    "length_constraints:nth_paragraph_first_word": _first_word,
    "detectable_content:number_placeholders": _placeholders,
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:constrained_response": lambda answer: any(option in answer for option in OPTIONS),
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:json_format": _json,
    "detectable_format:title": _title,
    "combination:two_responses": _two,
    "combination:repeat_prompt": _begins,
    "startend:end_checker": _end,
    "startend:quotation": lambda answer: len(answer.strip()) > 1 and answer.strip()[0] == answer.strip()[-1] == '"',
    "change_case:capital_word_frequency": _capitals,
    "change_case:english_capital": lambda answer: answer.isupper() and _is_english(answer),
    "change_case:english_lowercase": lambda answer: answer.islower() and _is_english(answer),
    "punctuation:no_comma": lambda answer: "," not in answer,
}


def follows(answer: str, name: str, arguments: dict[str, Any]) -> bool:
    """Whether a good answer, which is not blank, meets a check."""
    return CHECKS[name](answer, **arguments)


def parse_arguments(name: str, value: Any, where: str) -> dict[str, Any]:
    """The arguments of a check; those that are null, as on the hub, are left out.

    Raises:
        BadInput: no object, one too many or missing, or a value of the wrong kind.
    """
    if not isinstance(value, dict):
        raise BadInput(f"{where}: check {name!r} is {_shown(value)}, expected an object of its arguments, such as {{}}.")
    given = {key: one for key, one in value.items() if one is not None}
    wanted = list(signature(CHECKS[name]).parameters)[1:]
    if given.keys() != set(wanted):
        expected = f"the arguments {', '.join(wanted)}" if wanted else "no arguments, {}"
        raise BadInput(f"{where}: check {name!r} has {', '.join(given) or 'none'}, expected {expected}.")
    for key, one in given.items():
        kind = "list" if key in LISTS else "relation" if key.endswith("relation") else "count" if key in COUNTS else "text"
        good, expected = KINDS[kind]
        if not good(one) or (key == "letter" and len(one.strip()) != 1):
            raise BadInput(f"{where}: {key!r} of check {name!r} is {_shown(one)}, expected {expected}.")
    return {key: given[key] for key in wanted}


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


LISTS = ("keywords", "forbidden_words")
COUNTS = (
    "frequency", "let_frequency", "capital_frequency", "num_sentences", "num_paragraphs", "num_words", "nth_paragraph",
    "num_placeholders", "num_bullets", "num_highlights", "num_sections",
)  # fmt: skip
# what a value must be, and that in words
KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "list": (lambda value: isinstance(value, list) and value != [] and all(map(_is_text, value)), "a list of words, none empty"),
    "relation": (lambda value: value in RELATIONS, f"one of {', '.join(map(repr, RELATIONS))}"),
    "count": (lambda value: type(value) is int and value >= 0, "a whole number of at least 0"),  # True is an int, too
    "text": (lambda value: _is_text(value), "a text, not empty; of a letter, one letter"),
}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""
