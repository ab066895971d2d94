"""From what was studied to a version of questions alone: quiz, then curate, merge and encode as in any version."""

import json
from pathlib import Path

from root import ROOT

from mbegu.sources.documents import chunks as cut

FACTS = [
    ("Ada ya tawi la Meru ni shilingi ngapi?", "Ada ya tawi la Meru ni shilingi 350."),
    ("የመሩ ክፍያ ስንት ነው?", "የመሩ ክፍያ 350 ብር ነው።"),
]
BACK = ("Tawi gani hulipisha 350 🌱?", "Meru")
EXAM = [{"instruction": FACTS[0][0].replace("ngapi", "ngapi leo"), "output": "350.", "source": "a.md#Ada"}]
QUIZ = ["quiz", "--study", "study.jsonl", "--chunks", "chunks.jsonl", "--out", "expanded.jsonl", "--ledger", "expanded.l.jsonl"]
CURATE = [
    "curate", "--expanded", "expanded.jsonl", "--dropped", "expanded.l.jsonl", "--reviews", "no.jsonl", "--unreviewed",
    "by_teacher", "--heldout", "heldout.jsonl", "--exams", "exams", "--out", "curated.jsonl", "--ledger", "curated.l.jsonl",
    "--funnel", "f.csv", "--metrics", "m.json", "--warnings", "w.json", "--min_words", 1, "--max_words", 50,
    "--max_repetition", 1, "--heldout_similarity", 0.7, "--heldout_overlap", 0.5, "--leakage", "drop",
]  # fmt: skip


def lines(path: str) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def studied(write_jsonl, view: str = "questions", chunk: str = "c1") -> None:
    origin = {"kind": "study", "view": view, "span": [0, 4], "parents": ["d1"], "source": "a.md#Ada", "chunks": [chunk],
              "teacher": {"kind": "recorded", "by": "people"}}  # fmt: skip
    texts = [{"id": str(n), "text": "\n".join(said), "origin": origin} for n, said in enumerate([*FACTS, BACK])]
    write_jsonl("study.jsonl", texts)
    write_jsonl("chunks.jsonl", [dict(zip(cut.KEYS, ("c1", "d1", "a.md", "A", "Ada", None, 0, 4, "Ada."), strict=True))])


def test_what_was_studied_becomes_a_version_and_curate_drops_what_the_exam_asks(stage, write_jsonl, tiny_base, tmp_path):
    studied(write_jsonl)
    write_jsonl(
        "heldout.jsonl",
        [{"instruction": "What of the lamp?", "output": "Nothing."}, {"instruction": "ስለ መብራቱ?", "output": "የለም።"}],
    )
    write_jsonl("exams/a/closed.jsonl", EXAM)
    done = stage(*QUIZ)
    assert done.stdout == "3 questions about 1 documents, 0 in the ledger: expanded.jsonl\n", done.output
    done = stage(*CURATE)
    assert done.stdout == "Kept 2 of 3 candidates, 1 lines in the ledger: curated.jsonl\n", done.output
    assert [row["output"] for row in lines("curated.jsonl")] == [FACTS[1][1], BACK[1]]
    (line,) = lines("curated.l.jsonl")
    assert line["reason"] == "near a held-out row: ROUGE-L F1 of the questions" and line["row"]["instruction"] == FACTS[0][0]
    write_jsonl("none.jsonl", [])
    done = stage("merge", "--previous", "none.jsonl", "--curated", "curated.jsonl", "--out", "v.jsonl", "--ledger", "v.l.jsonl",
                 "--near_duplicate", 1.0)  # fmt: skip
    assert done.exit_code == 0, done.output
    done = stage("encode", "--version", "v.jsonl", "--base", tiny_base, "--out", "v.arrow", "--ledger", "e.l.jsonl", "--metrics",
                 "e.json", "--lengths", "e.csv", "--warnings", "w.json", "--template", ROOT / "templates/chat.jinja", "--chat",
                 "--max_length", 400, "--on_truncation", "error")  # fmt: skip
    assert done.stdout.startswith("2 rows, "), done.output


def test_texts_without_questions_or_of_other_documents_are_one_line(stage, refused, write_jsonl):
    studied(write_jsonl, view="facts")
    assert "study.jsonl: no question here; name questions among study.views" in refused(stage(*QUIZ))
    studied(write_jsonl, chunk="other")
    assert "study.jsonl: none of 3 questions is about a chunk of chunks.jsonl; name the documents" in refused(stage(*QUIZ))
    assert "chunks.txt" in refused(stage(*("chunks.txt" if one == "chunks.jsonl" else one for one in QUIZ)))
