"""What goes wrong with public instruction sets: broken characters, pasted templates, poor answers, the same row again."""

import unicodedata
from typing import Any, NamedTuple

import regex
from datasketch import MinHash, MinHashLSH
from ftfy import TextFixerConfig, fix_encoding, fixes

from mbegu.rows.ledger import entry
from mbegu.rows.nearest import same_numbers
from mbegu.rows.row import Row, question, row_id
from mbegu.text import filters, reasons
from mbegu.text.words import fold, words

STAGE = "clean"
Entry = dict[str, Any]
Cleaned = tuple[list[Row], list[Entry]]

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
TOKEN = regex.compile(r"<\|[\w ]{1,40}\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</s>")
GRAM = 3  # words of a shingle
# A candidate too many costs one exact comparison, a miss a duplicate in the set: so candidates are sought well below the
# bound, and bands weighed for few misses. With 128 permutations a pair at 0.7 is then missed once in 1,200.
SOUGHT = 0.8
WEIGHTS = (0.1, 0.9)


class Limits(NamedTuple):
    """Bounds on answers."""

    min_words: int
    max_words: int
    max_repetition: float
    refusals: list[str]


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


def repair(rows: list[Row]) -> Cleaned:
    """Mends characters and unwraps templates; a row whose template can't be unwrapped is dropped.

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
        mended = unwrap({**row, **texts})
        if mended is None:
            ledger.append(entry(row, STAGE, "dropped", f"{reasons.TEMPLATE} in the text"))
            continue
        done += [] if all(mended[key] == texts[key] for key in texts) else ["prompt template"]
        if done:
            mended = _finished(mended, list(dict.fromkeys(done)))
            new = None if mended["id"] == row["id"] else mended["id"]
            ledger.append(
                entry(row, STAGE, "changed", f"{reasons.REPAIRED}: {', '.join(mended['origin']['repaired'])}", nearest=new)
            )
        kept.append(mended)
    return kept, ledger


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


def check_quality(rows: list[Row], limits: Limits) -> Cleaned:
    """Drops rows without words, with a model's control tokens, and poor answers: echoes, refusals, too short, too long,
    repetitive."""
    kept, ledger = [], []
    for row in rows:
        found = _problem(row, limits)
        if found is None:
            kept.append(row)
        else:
            ledger.append(entry(row, STAGE, "dropped", found[0], found[1]))
    return kept, ledger


def _problem(row: Row, limits: Limits) -> filters.Problem | None:
    """The first filter that bites."""
    text, output = f"{question(row)}\n{row['output']}", row["output"]
    return (
        filters.empty(row["instruction"])
        or filters.empty(output)
        or filters.control_token(text, TOKEN.findall(text))
        or filters.echoes(output, row["instruction"], row["input"])
        or filters.refuses(output, limits.refusals)
        or filters.length(output, limits.min_words, limits.max_words)
        or filters.repetitive(output, limits.max_repetition)
    )


def drop_duplicates(rows: list[Row]) -> Cleaned:
    """Keeps the first of rows that ask the same, whatever the later ones answer: none can tell which answer is right."""
    first: dict[str, Row] = {}
    ledger = []
    for row in rows:
        twin = first.setdefault(row["id"], row)
        if twin is not row:
            same = fold(twin["output"]) == fold(row["output"])
            place = twin["origin"].get("source", twin["id"])
            reason = reasons.DUPLICATE if same else f"{reasons.SAME_QUESTION} with another answer as {place}"
            ledger.append(entry(row, STAGE, "dropped", reason, 1.0, twin["id"]))
    return list(first.values()), ledger


def drop_near_duplicates(rows: list[Row], above: float, permutations: int) -> Cleaned:
    """Keeps the first of rows that say nearly the same: the same numbers in the question, and a Jaccard index of the word
    3-grams of question and answer above `above`.

    MinHash (Broder 1997) with locality-sensitive hashing finds candidates; each is then compared exactly. A pair
    just above the bound can be missed, the less likely the more `permutations`; one below it is never dropped.

    Args:
        above: 0.1 to 1; nothing is above 1.
        permutations: 16 or more.
    """
    index = MinHashLSH(SOUGHT * above, permutations, WEIGHTS)
    shingles = [_shingles(row) for row in rows]
    sketches = MinHash.generator(([" ".join(gram).encode() for gram in grams] for grams in shingles), num_perm=permutations)
    kept, ledger = [], []
    for position, (row, sketch) in enumerate(zip(rows, sketches, strict=True)):
        others = [other for other in index.query(sketch) if same_numbers(row, rows[other])]
        scored = [(_jaccard(shingles[position], shingles[other]), -other) for other in others]
        score, nearest = max(scored, default=(0.0, 0))
        if score > above:
            ledger.append(entry(row, STAGE, "dropped", reasons.NEAR_DUPLICATE, score, rows[-nearest]["id"]))
        else:
            index.insert(position, sketch)
            kept.append(row)
    return kept, ledger


def _shingles(row: Row) -> set[tuple[str, ...]]:
    tokens = words(f"{question(row)}\n{row['output']}")
    return {tuple(tokens[i : i + GRAM]) for i in range(max(1, len(tokens) - GRAM + 1))}


def _jaccard(first: set[tuple[str, ...]], second: set[tuple[str, ...]]) -> float:
    return len(first & second) / len(first | second)
