"""A small project as a build leaves it, without a model: for pages that show what is there."""

import json
from pathlib import Path
from typing import Any

import yaml

from mbegu.rows.jsonl import write_lines
from mbegu.rows.ledger import entry
from mbegu.rows.row import row_id
from mbegu.rows.tables import write_json
from mbegu.scoring import comparison, measures, scores
from mbegu.scoring.settings import Score
from mbegu.text.settings import Locale

HIT = "<script>window.hit = 1</script><img src=x onerror='window.hit=1'> ${window.hit=1} {{hit}}"
LONG = "አዲስ" * 120  # without a blank: it must wrap on a phone
HELDOUT = [
    ("How much is KES 5,000 at 10% a year?", "Interest of KES 500, says Equity.", "banks"),
    ("ወለድ ምንድን ነው?", "ለተበደሩት ገንዘብ የሚከፈል ክፍያ ነው።", "banks"),
    ("ما هي الفائدة على القرض؟", "مبلغ يدفع مقابل استخدام المال.", ""),
    ("Akiba ni nini? 🌱 zero\u200dwidth", "Fedha unazoweka kando.", ""),
    (f"What of {HIT}?", "It is text.", ""),
]
ANSWERS = {
    "base": ["It is KES 700.", LONG, "لا أعرف", "Sijui.", "No."],
    "v1": ["Interest of KES 500, not KES 900, says Equity.", "ክፍያ ነው።", "مبلغ يدفع مقابل استخدام المال.", "Fedha.", HIT],
    "v2": ["KES 500 of KES 5,000.", "ለተበደሩት ገንዘብ የሚከፈል ክፍያ ነው።", "مبلغ من المال.", "Fedha unazoweka.", "It is text."],
}
SEEDS = [
    ("What is a money market fund?", "A pool of short deposits and bills."),
    ("ብድር ለመውሰድ ምን ያስፈልጋል?", "መታወቂያ እና ገቢ።"),
    ("ما هو الرهن العقاري؟", "قرض بضمان عقار."),
    (f"Is {HIT} markup?", "No, it is text."),
]
DRAFTS = [
    ("How does one open a savings account?", "Bring an ID to a branch."),
    ("የቁጠባ ሂሳብ እንዴት ይከፈታል?", "መታወቂያ ይዘው ይሂዱ።"),
    ("كيف أفتح حسابا للادخار؟", "أحضر بطاقة الهوية."),
    (f"Who says {HIT}?", f"A row says {HIT}."),
    ("Hisa ni nini hasa?", "Sehemu ya umiliki wa kampuni."),
]
LOCALE = {
    "languages": ["en"],
    "currency": "KES",
    "unknown": "I don't know",
    "names": ["Equity"],
    "disclaimer": "Can be **wrong**.",
}
CURATE = {
    "min_words": 2, "max_words": 90, "max_repetition": 0.3, "refusals": [], "heldout_similarity": 0.7, "heldout_overlap": 0.5,
    "leakage": "error",
}  # fmt: skip
# the fingerprint of a build is the reviews: what decides is what a build reads
PIPELINE = """
stages:
  curate:
    cmd: exec python curate.py
    deps: [data/reviews/v2.jsonl]
    outs: [{data/curated.txt: {cache: false}}]
  merge:
    cmd: cp data/curated.txt data/merged.txt
    deps: [data/curated.txt]
    outs: [{data/merged.txt: {cache: false}}]
"""
CURATING = """
import pathlib, time
lines = pathlib.Path("data/reviews/v2.jsonl").read_text(encoding="utf-8").splitlines()
for number, _ in enumerate(lines, 1):
    print(f"looked at {number} decisions", flush=True)
    time.sleep(0.2)
pathlib.Path("data/curated.txt").write_text(f"{len(lines)} decisions\\n")
"""


def row(text: str, output: str, kind: str = "seed", **origin: Any) -> dict[str, Any]:
    return {
        "id": row_id(text, ""), "instruction": text, "input": "", "output": output,
        "origin": {"kind": kind, "parents": [], "source": "data/seeds/v1.jsonl:1", **origin},
    }  # fmt: skip


def make_project(folder: Path, models: dict[str, str] | None = None) -> Path:
    """Writes the files of two versions of four seeds and five drafts, answered, scored and compared."""
    params = {
        "home": ".", "base_model": "models/base", "versions": {"v1": {"extends": "none"}, "v2": {"extends": "v1"}},
        "seeds": {"v1": {}, "v2": {}}, "models": models or {name: f"models/{name}" for name in ANSWERS}, "locale": LOCALE,
        "curate": CURATE, "merge": {"near_duplicate": 0.85}, "publish": {"name": "Nyuki <b>ንብ</b> النحل"},
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "curate.py").write_text(CURATING)
    _write_rows(folder / "data")
    _write_scores(folder)
    return folder


def _write_rows(data: Path) -> None:
    seeds = [row(*pair, source=f"data/seeds/v1.jsonl:{number}") for number, pair in enumerate(SEEDS, 1)]
    write_lines(data / "seeds/v1.jsonl", [{"instruction": text, "output": output} for text, output in SEEDS])
    write_lines(data / "versions/v1.jsonl", seeds)
    parents = [one["id"] for one in seeds[:2]]
    made = [row(*pair, kind="generated", parents=parents, source="data/seeds/v1.jsonl:1") for pair in DRAFTS]
    write_lines(data / "expanded/v2.jsonl", made)
    kept = {**made[0], "origin": {**made[0]["origin"], "kind": "reviewed", "review": "data/reviews/v2.jsonl:1"}}
    write_lines(data / "versions/v2.jsonl", [*seeds[:3], kept])
    refused = entry(row("What can't you say?", "As an AI, I can't.", "generated"), "curate", "dropped", "refusal: as an ai")
    write_lines(data / "curated/v2.ledger.jsonl", [refused, entry(made[4], "curate", "dropped", "not reviewed")])
    lines = [{"instruction": text, "output": output, "group": group} for text, output, group in HELDOUT]
    write_lines(data / "heldout.jsonl", lines)
    write_lines(data / "reviews/v2.jsonl", [])


def _write_scores(folder: Path) -> None:
    from mbegu.rows.heldout import read_heldout

    heldout = read_heldout(folder / "data/heldout.jsonl")
    ids, found, sums = [one["id"] for one in heldout], {}, {}
    for model, answers in ANSWERS.items():
        lines = [
            {"id": one["id"], "instruction": one["instruction"], "input": "", "reference": one["output"], "prediction": answer,
             "tokens": 5, "finish_reason": "length" if answer == LONG else "stop", "reference_nll": 2.0, "reference_tokens": 4}
            for one, answer in zip(heldout, answers, strict=True)
        ]  # fmt: skip
        write_lines(folder / f"data/predictions/{model}.jsonl", lines)
        found[model] = [*measures.measure(lines, heldout, Score(["rouge1", "rougeL"], Path(), 4), None, Locale(**LOCALE))]
        write_lines(folder / f"data/scores/{model}.jsonl", scores.measure_lines(ids, found[model]))
        sums[model] = scores.summarize(found[model], answers, 4)
    write_json(folder / "metrics/compare.json", {"models": sums, **comparison.compare(found)})


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
