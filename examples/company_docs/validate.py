"""Checks the documents, the held-out rows and their agreement; exits with 1 at the first kind of fault.

    python validate.py
"""

import difflib
import json
import re
import sys
from pathlib import Path

from extract import blocks, folded
from make_pdf_docx import TARGETS, parse

HERE = Path(__file__).resolve().parent
DOCUMENTS = HERE / "documents"
PAGE = re.compile(r"^(Jabali Solar Ltd \| .*|Page \d+ of \d+)$", re.M)


def texts():
    return {str(p.relative_to(DOCUMENTS)): blocks(p) for p in sorted(DOCUMENTS.rglob("*")) if p.is_file()}


def lost_words(source, target, found):
    """Words of the source that the built file does not give back in the same order."""
    _, content = parse((HERE / "sources" / f"{source}.txt").read_text(encoding="utf-8"))
    wanted = [c if isinstance(c, str) else " ".join(" ".join(row) for row in c) for _, c in content]
    wanted = folded(" ".join(wanted)).split()
    got = folded(PAGE.sub(" ", "\n".join(found)).replace("|", " ")).split()
    same = difflib.SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks()
    return len(wanted) - sum(m.size for m in same)


def grams(text, n=8):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


def row_faults(row, held):
    size = len(row["input"].split())
    if not 60 <= size <= 180:
        yield f"a passage of {size} words: {row['instruction']}"
    if not any(folded(row["input"]) in text for text in held.values()):
        yield f"a passage that is in no held-out document: {row['instruction']}"
    if (row["output"] == "I don't know") != row.get("unanswerable", False):
        yield f"unanswerable and answer disagree: {row['instruction']}"
    digits = set(re.findall(r"\d[\d,.]*\d|\d", row["output"])) - set(re.findall(r"\d[\d,.]*\d|\d", row["input"]))
    if digits:
        yield f"numbers {digits} of the answer are not in the passage: {row['instruction']}"


def main():
    faults, found = [], texts()
    words = {name: len(folded(" ".join(parts)).split()) for name, parts in found.items()}
    for name, count in words.items():
        print(f"{count:6,}  {name}")
    print(f"{sum(words.values()):6,}  words in {len(words)} documents")
    for source, target in TARGETS.items():
        lost = lost_words(source, target, found[target])
        print(f"{target}: {lost} words lost or out of order")
        faults += [f"{target} loses {lost} words"] if lost else []
    names = (HERE / "heldout_documents.txt").read_text(encoding="utf-8").split()
    joined = {name: folded(" ".join(parts)) for name, parts in found.items()}
    held = {name: joined[name] for name in names}
    rows = [json.loads(line) for line in (HERE / "heldout.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        faults += row_faults(row, held)
    if len({row["instruction"] for row in rows}) < len(rows):
        faults.append("a question stands twice")
    for name in names:
        print(f"{name}: {sum(folded(r['input']) in held[name] for r in rows)} held-out rows")
    print(f"{len(rows)} rows, {sum(r.get('unanswerable', False) for r in rows)} unanswerable")
    guarded = set().union(*(grams(row["input"]) for row in rows))
    for name in joined.keys() - held.keys():
        shared = guarded & grams(joined[name])
        faults += [f"{name} shares {len(shared)} 8-grams with held-out passages: {sorted(shared)[:2]}"] if shared else []
    print(*[f"Error: {fault}" for fault in faults] or ["No faults"], sep="\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
