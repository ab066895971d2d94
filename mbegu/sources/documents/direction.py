"""Lines as a page draws them, from left to right, in the order in which Hebrew, Arabic and their like are read.

The inverse of the Unicode Bidirectional Algorithm (UAX 9) for what a page can show: numbers and words from left to right keep
their order, all else in a line from right to left is turned around, and its brackets with it.
"""

import unicodedata
from collections.abc import Sequence

import regex

RIGHT = regex.compile(r"[\p{bc=R}\p{bc=AL}]")
LEFT = regex.compile(r"\p{bc=L}")
STRONG = regex.compile(r"[\p{bc=L}\p{bc=R}\p{bc=AL}]")
ARABIC = regex.compile(r"\p{bc=AL}")
PHRASE = regex.compile(r"[\p{bc=R}\p{bc=AL}](?:[^\p{bc=L}]*[\p{bc=R}\p{bc=AL}])?")  # from right to left, in a line from the left
WIDE = regex.compile(r"\S {4,}\S")  # between columns, which a page from right to left counts from the right
WORDS = r"\p{bc=L}(?:(?:(?!\s\s)[^\p{bc=R}\p{bc=AL}\p{bc=AN}])*[\p{bc=L}\p{bc=EN}])?"
EMOJI = r"\p{Extended_Pictographic}(?:[\ufe0f\u200d\p{EMod}\p{Extended_Pictographic}])*"
NUMBER = r"\p{bc=ET}*[\p{bc=EN}\p{bc=AN}]+(?:[\p{bc=CS}\p{bc=ES}][\p{bc=EN}\p{bc=AN}]+)*\p{bc=ET}*"
AMONG_ARABIC = r"[\p{bc=EN}\p{bc=AN}]+(?:\p{bc=CS}[\p{bc=EN}\p{bc=AN}]+)*"  # there, signs and ranges go from right to left
TOKENS, ARABIC_TOKENS = (regex.compile(rf"{WORDS}|{EMOJI}|{number}|(?s:.)") for number in (NUMBER, AMONG_ARABIC))
# A full stop that is drawn as if its line went from left to right.
STRAY = regex.compile(r"(\s*)([.,:;!?؟،؛…]+)\s*(\S.*?[^.,:;!?؟،؛…\s])(\s*)")
PAIR = regex.compile(r"[(\[{«‹][^()\[\]{}«»‹›]*[)\]}»›]")
MIRRORED = str.maketrans("()[]{}«»‹›<>", ")(][}{»«›‹><")
FORMS = regex.compile(r"[\ufb50-\ufdef\ufdf2\ufe80-\ufefc]+")  # letters as they are drawn, not as they are written
# Letters that only end words, and the Arabic article, which begins them: as they are read, and turned around.
FORWARD = regex.compile(r"\p{L}[ךםןףץةى]\b|\bال\p{L}")
BACKWARD = regex.compile(r"\b[ךםןףץةى]\p{L}|\p{L}لا\b")


def logical(page: Sequence[str]) -> list[str]:
    """The lines of a page in reading order, those from right to left indented from the right.

    A page that already reads right as it stands keeps its order: some programs draw the letters as they are written.
    """
    text = "\n".join(page)
    if not RIGHT.search(text) or len(FORWARD.findall(text)) > len(BACKWARD.findall(text)):
        return [_written(line) for line in page]
    width, from_right = max(map(len, page)), _from_right(text)
    return [_written(_read(line, width, from_right)) for line in page]


def _from_right(text: str) -> bool:
    """Whether a text begins and ends with a letter from right to left, or has most of them."""
    strong = STRONG.findall(text)
    return bool(strong) and (all(RIGHT.match(strong[end]) for end in (0, -1)) or len(RIGHT.findall(text)) > len(strong) / 2)


def _read(line: str, width: int, page_from_right: bool) -> str:
    in_columns = WIDE.search(line) or not LEFT.search(line)
    if page_from_right if in_columns else _from_right(line):
        return _turned(line.ljust(width)).rstrip()
    return PHRASE.sub(lambda found: _turned(found[0]), line)


def _turned(line: str) -> str:
    """A line the other way round. Files hold a bracket as it is drawn or as it is read; the one that gives pairs is taken."""
    tokens = (ARABIC_TOKENS if ARABIC.search(line) else TOKENS).findall(line)[::-1]
    mirrored = "".join(token.translate(MIRRORED) if len(token) == 1 else token for token in tokens)
    paired = max(mirrored, "".join(tokens), key=lambda text: len(PAIR.findall(text)))
    stray = STRAY.fullmatch(paired)
    return f"{stray[1]}{stray[3]}{stray[2]}{stray[4]}" if stray else paired


def _written(line: str) -> str:
    return FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), line)
