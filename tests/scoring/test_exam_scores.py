"""The table of what models know: closed-book and with retrieval, and what they forgot; groups of documents, training noise."""

from pathlib import Path

import pytest

from mbegu.builds import examining
from mbegu.errors import BadInput
from mbegu.pages.exams import page
from mbegu.rows.exams import read_exam
from mbegu.rows.jsonl import write_lines
from mbegu.rows.tables import write_json
from mbegu.scoring import exams
from mbegu.scoring.verdicts import steps
from mbegu.text.settings import Locale

LOCALE = Locale(["en", "sw", "am"], "KES", unknown="Sijui", disclaimer="", names=[])
CLOSED = [
    {"instruction": f"ዋጋው ስንት ነው? {number}", "output": f"KES {1000 + number}.", "source": f"d{number % 8}.md#ዋጋ"}
    for number in range(24)
] + [{"instruction": f"Nani {number}?", "output": "Sijui", "unanswerable": True, "group": f"u{number}"} for number in range(8)]
CONTROL = [{"instruction": f"ما هذا {number}؟ 🌍", "output": f"Kitu {number}"} for number in range(12)]
PARAMS = {
    "base_model": "models/base",
    "noise": {"v1-1": {"version": "v1", "seed": 1}},
    "train": {"epochs": 2},
    "examined": {
        "v1": {"documents": "a", "model": "models/adapters/v1"},
        "v1-1": {"documents": "a", "model": "models/noise/v1-1"},
        "base": {"documents": "a", "model": "models/base"},
        "other": {"documents": "b", "model": "models/adapters/other"},
    },
}


def answer(row: dict, said: str, nll: float) -> dict:
    return {"id": row["id"], "instruction": row["instruction"], "input": "", "reference": row["output"], "prediction": said,
            "tokens": 3, "finish_reason": "stop", "reference_nll": nll, "reference_tokens": 4}  # fmt: skip


@pytest.fixture
def graded(write_jsonl, tmp_path: Path) -> dict:
    """The base knows nothing and says what is wrong; v1 knows every fact, with passages also what it does not; it forgot 10 %."""
    write_jsonl("exam/closed.jsonl", CLOSED)
    write_jsonl("exam/control.jsonl", CONTROL)
    exam = read_exam(tmp_path / "exam")
    who = examining.who(PARAMS, "a", Path("params.yaml"))
    for model in ("base", "v1", "v1-1"):
        knows = model != "base"
        for way in exams.NAMES:
            rows = exam.control if way == exams.CONTROL else exam.closed
            said = [
                row["output"] if knows and (row["source"] or way == exams.RETRIEVED) else f"KES {7 * number}."
                for number, row in enumerate(rows)
            ]
            loss = 2.2 if model == "v1" else 2.21 if knows else 2.0
            write_lines(tmp_path / f"examined/{model}/{way}.jsonl", [answer(*one, loss) for one in zip(rows, said, strict=True)])
    write_json(tmp_path / "encode/v1.json", {"rows": 9, "tokens": 1500, "trained_tokens": 120})
    ways, questions = examining.measured(tmp_path / "examined", who, exam, tmp_path / "exam", LOCALE)
    shown = steps(who.models)
    return exams.grade(ways, questions, shown, who) | {
        "shown": shown,
        "questions": examining.counts(exam),
        "recall": {"recall_at_1": 0.5, "recall_at_3": 0.75, "recall_at_5": 1.0, "recall_at_10": 1.0, "mrr": 0.7},
        "cost": examining.costs(who, tmp_path / "encode", PARAMS | {"train": {"epochs": 2}}),
    }


def test_models_are_those_of_the_documents_the_base_first_and_other_seeds_are_noise():
    who = examining.who(PARAMS, "a", Path("params.yaml"))
    assert who.models == ["base", "v1"] and who.trainings == [["v1", "v1-1"]]
    assert who.weights["base"] is None and who.weights["v1"] == "models/adapters/v1"
    with pytest.raises(
        BadInput, match=r"params\.yaml: examined names other for b; add `base: \{documents: b, model: models/base\}`"
    ):
        examining.who(PARAMS, "b", Path("params.yaml"))


def test_facts_are_of_questions_with_a_source_and_abstention_of_all(graded):
    closed, retrieved = graded["ways"][exams.CLOSED], graded["ways"][exams.RETRIEVED]
    assert closed["scores"]["v1"]["facts_f1"] == 1.0 and closed["scores"]["base"]["facts_f1"] == 0.0
    assert closed["scores"]["v1"]["abstention_f1"] == 0.0 and retrieved["scores"]["v1"]["abstention_f1"] == 1.0
    assert closed["rows"] == 32 and closed["groups"] == 16  # eight documents, and eight questions of their own
    assert closed["trainings"] == [2]
    assert closed["pairs"]["v1 against base"]["facts_f1"]["verdict"] == "better"
    assert graded["retrieval"]["v1"]["abstention_f1"]["verdict"] == "better"
    assert graded["retrieval"]["base"]["facts_f1"]["verdict"] == "not distinguishable"


def test_forgetting_is_the_change_of_the_loss_on_general_questions_against_the_base(graded):
    control = graded["ways"][exams.CONTROL]
    change, low, high = exams.forgotten(control, "v1")
    assert round(change, 1) == 10.0 and low <= change <= high
    assert exams.forgotten(control, "base") is None


def test_the_table_has_a_line_a_model_and_way_with_what_it_cost(graded):
    header, *lines = exams.table(graded)
    assert [line[:2] for line in lines] == [
        ["base", "closed book"], ["", "with retrieval"], ["v1", "closed book"], ["", "with retrieval"],
    ]  # fmt: skip
    assert (
        header[:3] == ["Model", "Asked", "Facts F1 ↑"] and lines[2][-3:] == ["9", "3,000", "120"] and lines[0][-3:] == ["–"] * 3
    )
    assert "(+10.0 %" in lines[2][5] and lines[2][2].startswith("1.000 [")
    text = page(graded)
    assert "32 closed-book questions in 16 groups, 24 of them about sections of trained documents and 8 that no document" in text
    assert "50 % among the first 1, 75 % among the first 3" in text
    assert "**v1 against base, closed book**: better in Facts F1" in text
    assert "**v1 with retrieval against itself without**: better in" in text
    assert exams.metrics(graded)["v1"][exams.CLOSED]["facts_f1"] == 1.0


def test_answers_to_other_questions_are_one_line(graded, write_jsonl, tmp_path):
    write_jsonl("exam/closed.jsonl", CLOSED[1:])
    who = examining.who(PARAMS, "a", Path("params.yaml"))
    with pytest.raises(
        BadInput, match=r"does not answer the rows of exam, which changed since: 1 answers are to rows that are gone"
    ):
        examining.measured(tmp_path / "examined", who, read_exam(tmp_path / "exam"), Path("exam"), LOCALE)


def test_what_a_model_cost_is_that_of_the_rows_that_trained_it_last(tmp_path):
    write_json(tmp_path / "v1.json", {"rows": 10, "tokens": 1000, "trained_tokens": 400})
    params = {"train": {"epochs": 2}, "continued": {"far": {"version": "v1", "start": "models/learned/v1", "epochs": 0.25}}}
    folders = {"base": None, "v1": "models/adapters/v1", "far": "models/continued/far", "v1-read": "models/learned/v1"}
    found = examining.costs(exams.Examined(list(folders), [], folders), tmp_path, params)
    assert {name: one["tokens"] for name, one in found.items()} == {"v1": 2000, "far": 250}
