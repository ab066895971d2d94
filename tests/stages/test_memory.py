"""What a stage holds of all rows is a few bytes each, however long they are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from root import ROOT

NOTE = "ሀ🌱" * 2500  # of an origin, which no filter reads
TEXT = f"{'ሀ🌱' * 100}\n" * 25  # of a document
BYTES = 4 * len(NOTE)  # of a note or a text in memory, which holds four of each character beside an emoji
COUNTS = {"clean": 1200, "curate": 1200, "chunk": 1200, "encode": 4200, "score": 4200}  # the last two take hundreds at a time
QUALITY = ["--min_words", 1, "--max_words", 40, "--max_repetition", 1, "--refusals", "as an ai"]
OUT = ["--out", "out", "--ledger", "ledger", "--funnel", "f.csv", "--metrics", "m.json"]
STAGES = {
    "clean": ["--loaded", "rows.jsonl", "--dropped", "dropped.jsonl", *OUT, *QUALITY, "--near_duplicate", 0.7,
              "--permutations", 16],
    "curate": ["--expanded", "rows.jsonl", "--dropped", "dropped.jsonl", "--unreviewed", "keep", "--reviews", "none", "--heldout",
               "heldout.jsonl", *OUT, "--warnings", "w.json", *QUALITY, "--heldout_similarity", 0.7, "--heldout_overlap", 0.5,
               "--leakage", "drop"],
    "chunk": ["--documents", "documents.jsonl", "--heldout_rows", "asked.jsonl", "--heldout", "held/*", "--base", "none", "--out",
              "out", "--heldout_out", "held", "--ledger", "ledger", "--unit", "characters", "--size", 9000, "--step", 9000,
              "--min_size", 9],
    "encode": ["--version", "rows.jsonl", "--out", "out", "--ledger", "ledger", "--metrics", "m.json", "--lengths", "l.csv",
               "--warnings", "w.json", "--template", ROOT / "templates/chat.jinja", "--chat", "--max_length", 60,
               "--on_truncation", "drop"],
    "score": ["--predictions", "predictions.jsonl", "--heldout", "questions.jsonl", "--following", "taught.jsonl", "--out", "out",
              "--rows", "ledger", "--rouge", "rougeL", "--digits", 4, "--languages", "am", "--currency", "none", "--unknown",
              "አላውቅም", "--disclaimer", ""],
}  # fmt: skip
SAID = {
    "clean": "Kept {two} of {all} rows, ",
    "curate": "Kept {two} of {all} candidates, ",
    "chunk": "{one} chunks of {two} documents, {one} of {one} held out, {one} in the ledger: ",
    "encode": "{two} rows, ",
    "score": "{all} answers, held-out loss ",
}
LINES = {"clean": 2, "score": 3}  # of the ledger for three rows, else 1; of score, the measures
# A stage on few rows, which imports what is to be imported, and then on many; prints the peak of the second. In a process of its
# own: of the tests' process, threads that another test left were counted too.
MEASURED = """
import os, runpy, sys, tracemalloc
script, *sys.argv[1:] = sys.argv[1:]
home = os.getcwd()
for folder in ("few", "many"):
    os.chdir(f"{home}/{folder}")
    if folder == "many":
        tracemalloc.start()  # imports take several times as long under it
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        assert not end.code, end.code
print(tracemalloc.get_traced_memory()[1])
"""


def write(folder: Path, count: int) -> None:
    """Rows: of three, one stays as it is, one is changed, one is dropped. Documents: of three, one is held out, one says what
    another does."""
    with open(folder / "rows.jsonl", "w", encoding="utf-8") as file:
        for number in range(count):
            kind = ("seed", "generated", "generated")[number % 3]
            answer = (f"ቁጥር {number}", f"{number}\x0bቁጥር", f"{number} " * 41)[number % 3]
            origin = {"kind": kind, "parents": [], "source": f"s:{number}", "note": NOTE}
            row = {"instruction": f"{number} ጥያቄ {number * number}", "output": answer, "origin": origin}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    line = {"id": "0", "stage": "load", "action": "dropped", "reason": "empty output", "score": None, "nearest": None,
            "row": {"origin": {"kind": "seed", "note": NOTE}}}  # fmt: skip
    (folder / "dropped.jsonl").write_text((json.dumps(line, ensure_ascii=False) + "\n") * count, encoding="utf-8")
    (folder / "heldout.jsonl").write_text('{"instruction": "ሌላ?", "output": "አይደለም።"}\n', encoding="utf-8")
    asked = '{"instruction": "ሌላ?", "input": "የተያዘ 0", "output": "አይደለም።"}\n'
    (folder / "asked.jsonl").write_text(asked, encoding="utf-8")
    anchors = [{"start": 0, "anchor": "", "page": None}]
    with open(folder / "documents.jsonl", "w", encoding="utf-8") as file:
        for number in range(count):
            path = f"{('held', 'trained', 'again')[number % 3]}/{number}.md"
            text = f"{'የተያዘ' if number % 3 == 0 else 'ቁጥር'} {number - number % 3}\n{TEXT}"
            one = {"id": path, "path": path, "title": "", "sha256": "", "text": text, "anchors": anchors}
            file.write(json.dumps(one, ensure_ascii=False) + "\n")


def write_answers(folder: Path, count: int) -> None:
    """Predictions and the held-out rows that they answer, with notes that no score reads; rows that teach the classifier."""
    from mbegu.rows.row import row_id

    files: dict[str, list] = {"questions": [], "predictions": [], "taught": []}
    for number in range(count):
        asked, answer = f"{number} ጥያቄ?", f"ቁጥር {number * number} 🌱"
        origin = {"kind": "document", "parents": [], "note": NOTE}
        files["questions"].append({"instruction": asked, "output": answer, "origin": origin})
        said = {"reference": answer, "prediction": f"{number} መልስ", "tokens": 2, "finish_reason": "stop", "reference_nll": 1.5}
        of = {"id": row_id(asked, ""), "instruction": NOTE, "input": "", "reference_tokens": 3}
        files["predictions"].append({**of, **said})
    files["taught"] += [{"instruction": f"{number} ሌላ ጥያቄ?", "output": f"ቁጥር {number}።"} for number in range(12)]
    for name, lines in files.items():
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_holds_no_rows(name, tiny_base, tmp_path):
    many = COUNTS[name]
    for folder, count in (("few", 9), ("many", many)):
        (tmp_path / folder).mkdir()
        (write_answers if name == "score" else write)(tmp_path / folder, count)
    base = ["--base", tiny_base] if name == "encode" else []
    command = [sys.executable, "-c", MEASURED, ROOT / f"stages/{name}.py", *STAGES[name], *base]
    done = subprocess.run([*map(str, command)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *_, said, peak = done.stdout.splitlines()
    assert said.startswith(SAID[name].format(one=many // 3, two=2 * many // 3, all=many))
    assert (tmp_path / "many/ledger").read_bytes().count(b"\n") == LINES.get(name, 1) * many // 3
    bound = many * BYTES / 6  # a third of the rows, or of their lines, is twice as much
    assert int(peak) < bound, f"{int(peak):,} bytes, at most {bound:,.0f}"
