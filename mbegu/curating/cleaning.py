"""What can be mended of public instruction sets: broken characters, pasted templates, a model's reasoning before its answer."""

import unicodedata

import regex
from ftfy import TextFixerConfig, fix_encoding, fixes

from mbegu.curating.settings import CLEAN
from mbegu.rows.ledger import Sieved, entry
from mbegu.rows.row import Row, row_id
from mbegu.text import reasons
from mbegu.text.reasoning import without_reasoning
from mbegu.text.words import fold

# Lost bytes are not guessed at: only what was UTF-8 and read as something else is repaired.
MOJIBAKE = TextFixerConfig(replace_lossy_sequences=False, explain=False)
BREAK = regex.compile(r"&lt;br\s*/?&gt;", regex.IGNORECASE)
# A heading of the common prompt templates, at the start of a line and with a colon or alone on it.
HEADING = regex.compile(
    r"^[ \t]*#{2,4}[ \t]*(Instruction|Question|Input|Context|Response|Answer)[ \t]*(?::|$)", regex.MULTILINE | regex.IGNORECASE
)
PARTS = {"question": "instruction", "context": "input", "answer": "response"}  # the same part by another name
ORDERS = (["instruction"], ["instruction", "response"], ["instruction", "input"], ["instruction", "input", "response"])
PREAMBLE = regex.compile(r"\s*(?:Below is an? (?:instruction|question)\b.*)?", regex.DOTALL | regex.IGNORECASE)


def unescape(text: str) -> str:
    """HTML entities that end with a semicolon as what they stand for, `&nbsp;` as a blank, an escaped <br> as a line end.

    A text with a "<" of its own is left alone: it is code, in which entities are meant (ftfy's rule).
    """
    while "<" not in text:
        found = fixes.unescape_html(BREAK.sub("\n", text.replace("&nbsp;", " ")))
        if found == text:
            break
        text = found
    return text


def fix_mojibake(text: str) -> str:
    """UTF-8 that was read as cp1252 or the like, read aright (ftfy). Text of any script that is right stays as it is."""
    return fix_encoding(text, MOJIBAKE)


def remove_controls(text: str) -> str:
    r"""Without control characters and byte order marks, every line end \n. Joiners and direction marks stay."""
    return fixes.remove_control_chars(fixes.fix_line_breaks(text))


REPAIRS = (("html entities", unescape), ("mojibake", fix_mojibake), ("control characters", remove_controls))


def unwrap(row: Row) -> Row | None:
    """A row without the prompt template that was pasted into it, or None if its question and answer can't be told."""
    before, *headed = HEADING.split(row["output"])
    output = headed[1] if not before.strip() and headed and _part(headed[0]) == "response" else row["output"]
    if HEADING.search(row["input"]) or HEADING.search(output):
        return None
    preamble, *parts = HEADING.split(row["instruction"])
    if not parts:
        return {**row, "output": output}
    names, texts = [_part(name) for name in parts[::2]], [text.strip() for text in parts[1::2]]
    given = dict(zip(names, texts, strict=True))
    conflict = [given.get("input", ""), row["input"]], [given.get("response", ""), output]
    if names not in ORDERS or not PREAMBLE.fullmatch(preamble) or any(_differ(*pair) for pair in conflict):
        return None
    return {**row, "instruction": given["instruction"], "input": given.get("input") or row["input"], "output": output}


def _part(heading: str) -> str:
    return PARTS.get(heading.lower(), heading.lower())


def _differ(first: str, second: str) -> bool:
    return bool(fold(first) and fold(second) and fold(first) != fold(second))


def repair(rows: list[Row]) -> Sieved:
    """Mends characters, takes reasoning out of answers and unwraps templates; a row whose template can't be unwrapped, or whose
    answer is nothing but reasoning, is dropped.

    Returns:
        The rows, a mended one with its new id and what was done in `origin.repaired`; and the ledger, in which a
        changed line's `nearest` is that new id if it is another.
    """
    kept, ledger = [], []
    for row in rows:
        texts, done = {}, []
        for key in ("instruction", "input", "output"):
            texts[key], found = _mend(row[key])
            done += found
        spoken = without_reasoning(texts["output"])
        if spoken.unclosed or (spoken.reasoned and not spoken.text):
            ledger.append(entry(row, CLEAN, "dropped", reasons.ONLY_REASONING))
            continue
        texts["output"] = spoken.text
        done += ["reasoning"] if spoken.reasoned else []
        mended = unwrap({**row, **texts})
        if mended is None:
            ledger.append(entry(row, CLEAN, "dropped", f"{reasons.TEMPLATE} in the text"))
            continue
        done += [] if all(mended[key] == texts[key] for key in texts) else ["prompt template"]
        if done:
            mended = _finished(mended, list(dict.fromkeys(done)))
            new = None if mended["id"] == row["id"] else mended["id"]
            ledger.append(
                entry(row, CLEAN, "changed", f"{reasons.REPAIRED}: {', '.join(mended['origin']['repaired'])}", nearest=new)
            )
        kept.append(mended)
    return Sieved(kept, ledger)


def _mend(text: str) -> tuple[str, list[str]]:
    """Text with every repair, and the names of those that changed it; one may bare what another mends."""
    done: list[str] = []
    before = None
    while text != before:
        before = text
        for name, function in REPAIRS:
            found = unicodedata.normalize("NFC", function(text))
            done += [name] if found != text else []
            text = found
    return text, done


def _finished(row: Row, done: list[str]) -> Row:
    texts = {key: row[key].strip() for key in ("instruction", "input", "output")}
    id_ = row_id(texts["instruction"], texts["input"])
    return {**row, **texts, "id": id_, "origin": {**row["origin"], "repaired": done}}
