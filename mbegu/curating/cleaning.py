"""What can be mended of public instruction sets: broken characters, pasted templates, a model's reasoning before its answer."""

import unicodedata
from collections.abc import Iterable
from functools import partial

import regex
from ftfy import TextFixerConfig, fix_encoding, fixes

from mbegu.curating.pasted import unwrap
from mbegu.curating.settings import CLEAN
from mbegu.executors import Mapped, local
from mbegu.rows.ledger import Entry, Sieved, entry
from mbegu.rows.row import Row, row_id
from mbegu.rows.shelf import Rows, keep, like
from mbegu.text import reasons
from mbegu.text.reasoning import Spoken, without_reasoning
from mbegu.text.trimming import trim

# Lost bytes are not guessed at: only what was UTF-8 and read as something else is repaired.
MOJIBAKE = TextFixerConfig(replace_lossy_sequences=False, explain=False)
BREAK = regex.compile(r"&lt;br\s*/?&gt;", regex.IGNORECASE)
ENTITY = regex.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
BARE = regex.compile(rf"<|&(?!{ENTITY.pattern[1:]})")  # what an escaped text does not hold
# An entity that is not spoken of: neither escaped once more, as `&amp;nbsp;` is, nor in quotes or parentheses
SIGN = regex.compile(rf"(?<![`\"'“‘«(])(?!&amp;{ENTITY.pattern[1:]}){ENTITY.pattern}")
LINE_ENDS = str.maketrans({"\v": "\n", "\f": "\n"} | dict.fromkeys("\x1c\x1d\x1e\x1f", " "))  # controls that part words
ENTITIES = "html entities"  # a repair that is made once
KEYS = ("instruction", "input", "output")


def is_escaped(rows: Iterable[Row], mapped: Mapped = local) -> bool:
    """Whether a set as a whole is escaped: two rows or more hold HTML entities, and fewer hold a bare "&" or a "<".

    A single text shows nothing of the set that holds it, nor does one that speaks of entities.
    """
    entities = bare = 0
    for entity, other in mapped(_signs, rows):
        entities, bare = entities + entity, bare + other
    return entities > max(1, bare)


def _signs(row: Row) -> tuple[bool, bool]:
    """Whether a row holds an HTML entity, and what an escaped text does not hold."""
    text = "\n".join(row[key] for key in KEYS)
    return bool(SIGN.search(text)), bool(BARE.search(text))


def unescape(text: str) -> str:
    """HTML entities that end with a semicolon as what they stand for, `&nbsp;` as a blank, an escaped <br> as a line end.

    Once: a text about `&nbsp;` is escaped as `&amp;nbsp;`. A text with a "<" of its own is left alone: it is code, in which
    entities are meant (ftfy's rule).
    """
    return text if "<" in text else fixes.unescape_html(BREAK.sub("\n", text.replace("&nbsp;", " ")))


def fix_mojibake(text: str) -> str:
    """UTF-8 that was read as cp1252 or the like, read aright (ftfy). Text of any script that is right stays as it is."""
    return fix_encoding(text, MOJIBAKE)


def remove_controls(text: str) -> str:
    r"""Without control characters and byte order marks, every line end \n, also where a vertical tab or a form feed stood.

    Joiners and direction marks stay.
    """
    return fixes.remove_control_chars(fixes.fix_line_breaks(text).translate(LINE_ENDS))


# Inputs that say that there is none, folded and in small letters, without brackets around them
NO_INPUT = {"no input", "noinput", "no_input", "no-input", "no input needed", "no input required", "not applicable", "n/a",
            "none", "null", "nil", "nan", "empty", "-", "--", "—", "…", "..."}  # fmt: skip
AROUND = " \t\r\n<>[](){}."
LONGEST = 2000  # characters of an address
# Inputs that stand somewhere else, where no model can read them: an address alone, a picture or file that was attached
ADDRESS = regex.compile(r"<?(?:https?|ftp)://[^\s<>]+>?|www\.[^\s<>]+\.[^\s<>]+", regex.IGNORECASE)
PICTURE = regex.compile(
    r"!\[[^\]]*\]\([^)]*\)|<img\b[^>]*>|<image>|\S+\.(?:png|jpe?g|gif|webp|svg|bmp|pdf|mp[34]|wav)"
    r"|[<\[(](?:(?:see|an?|the|attached)\s+)*(?:image|picture|photo|file|attachment|video|audio)s?(?:\s+attached)?[>\])]",
    regex.IGNORECASE,
)


def without_placeholder(text: str) -> str:
    """An input, "" if it only says that there is none."""
    return "" if {text.strip(), text.strip(AROUND).casefold()} & NO_INPUT else text


def stands_elsewhere(text: str) -> bool:
    """Whether an input is nothing but an address, a picture or a file that the row does not hold."""
    bare = text.strip()
    return len(bare) <= LONGEST and bool(ADDRESS.fullmatch(bare) or PICTURE.fullmatch(bare))


REPAIRS = (("mojibake", fix_mojibake), ("control characters", remove_controls))


def repair(rows: Rows, mapped: Mapped = local) -> Sieved[Rows]:
    """Mends characters, unescapes a set that is escaped, unwraps templates and takes reasoning out of answers; drops rows whose
    template can't be unwrapped, whose answer is nothing but reasoning, or whose input stands elsewhere.

    Returns:
        The rows, a mended one with its new id and what was done in `origin.repaired`; and the ledger, in which a
        changed line's `nearest` is that new id if it is another.
    """
    kept, ledger = like(rows), like(rows)
    repaired = mapped(partial(_repaired, is_escaped(rows, mapped)), rows)
    for position, (mended, line) in zip(range(len(rows)), repaired, strict=True):
        if line is None:
            keep(kept, rows, position)
            continue
        ledger.append(line)
        if mended:
            kept.append(mended)
    return Sieved(kept, ledger)


def _repaired(escaped: bool, row: Row) -> tuple[Row | None, Entry | None]:
    """A row that was mended, and the ledger's line of one that was mended or goes; neither of one that stays as it is."""
    mended, done = _mended(row, escaped and ENTITIES not in row["origin"].get("repaired", ()))
    if mended is None:
        return None, entry(row, CLEAN, "dropped", f"{reasons.TEMPLATE} in the text")
    spoken = without_reasoning(mended["output"])
    if why := _hopeless(mended["input"], spoken):
        return None, entry(row, CLEAN, "dropped", why)
    if spoken.text != mended["output"]:
        mended, done = {**mended, "output": spoken.text}, [*done, "reasoning"]
    if not done:
        return None, None
    mended = _finished(mended, list(dict.fromkeys(done)))
    new = None if mended["id"] == row["id"] else mended["id"]
    what = f"{reasons.REPAIRED}: {', '.join(mended['origin']['repaired'])}"
    return mended, entry(row, CLEAN, "changed", what, nearest=new)


def _hopeless(input_: str, spoken: Spoken) -> str | None:
    """Why a row can't be mended, if it can't; `spoken` is its answer."""
    if stands_elsewhere(input_):
        return f"{reasons.INPUT_ELSEWHERE}: an address or a file"
    return reasons.ONLY_REASONING if spoken.unclosed or (spoken.reasoned and not spoken.text) else None


def _mended(row: Row, escaped: bool) -> tuple[Row | None, list[str]]:
    """A row with its repairs, and their names; None if its template can't be unwrapped."""
    texts, done = {}, []
    for key in KEYS:
        texts[key], found = _mend(row[key], escaped)
        done += found
    texts["input"], given = without_placeholder(texts["input"]), texts["input"]
    done += ["placeholder input"] if texts["input"] != given else []
    unwrapped = unwrap({**row, **texts})
    if unwrapped and any(unwrapped[key] != texts[key] for key in KEYS):
        done.append("prompt template")
    return unwrapped, done


def _mend(text: str, escaped: bool) -> tuple[str, list[str]]:
    """Text with every repair, and the names of those that changed it; one may bare what another mends."""
    done: list[str] = []
    if escaped:
        found = unicodedata.normalize("NFC", unescape(text))
        done += [ENTITIES] if found != text else []
        text = found
    before = None
    while text != before:
        before = text
        for name, function in REPAIRS:
            found = unicodedata.normalize("NFC", function(text))
            done += [name] if found != text else []
            text = found
    return text, done


def _finished(row: Row, done: list[str]) -> Row:
    texts = {key: trim(row[key]) for key in KEYS}
    id_ = row_id(texts["instruction"], texts["input"])
    return {**row, **texts, "id": id_, "origin": {**row["origin"], "repaired": done}}
