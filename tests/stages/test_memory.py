"""What a stage holds of all rows is a few bytes each, however long they are."""

import json
import tracemalloc
from pathlib import Path

import pytest

NOTE = "ሀ🌱" * 2500  # of an origin, which no filter reads
COUNT = 1200
BYTES = COUNT * 4 * len(NOTE)  # of the notes as text in memory, which holds four of each character beside an emoji
QUALITY = ["--min_words", 1, "--max_words", 40, "--max_repetition", 1, "--refusals", "as an ai"]
OUT = ["--out", "out", "--ledger", "ledger", "--funnel", "f.csv", "--metrics", "m.json"]
STAGES = {
    "clean": ["--loaded", "rows.jsonl", "--dropped", "dropped.jsonl", *OUT, *QUALITY, "--near_duplicate", 0.7,
              "--permutations", 16],
    "curate": ["--expanded", "rows.jsonl", "--dropped", "dropped.jsonl", "--unreviewed", "keep", "--reviews", "none", "--heldout",
               "heldout.jsonl", *OUT, "--warnings", "w.json", *QUALITY, "--heldout_similarity", 0.7, "--heldout_overlap", 0.5,
               "--leakage", "drop"],
}  # fmt: skip


def write(folder: Path, count: int) -> None:
    """Rows: of three, one stays as it is, one is changed, one is dropped."""
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


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_holds_no_rows(name, stage, tmp_path):
    write(tmp_path, 9)
    assert stage(name, *STAGES[name]).exit_code == 0  # imports what is to be imported
    write(tmp_path, COUNT)
    tracemalloc.start()
    try:
        done = stage(name, *STAGES[name])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert done.exit_code == 0 and done.stdout.startswith(f"Kept {2 * COUNT // 3} of {COUNT} ")
    assert (tmp_path / "ledger").read_bytes().count(b"\n") == (2 if name == "clean" else 1) * COUNT // 3
    assert peak < BYTES / 6, f"{peak:,} bytes of {BYTES:,}"  # a third of the rows, or of their lines, is twice as much
