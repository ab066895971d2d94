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
def graded(write_jsonl, write_arrow, tmp_path: Path) -> dict:
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
    write_arrow("encode/v1.arrow", [500, 600, 400], 40)
    ways, questions = examining.measured(tmp_path / "examined", who, exam, tmp_path / "exam", LOCALE)
    shown = exams.steps(who.models)
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
        header[:3] == ["Model", "Asked", "Facts F1 ↑"] and lines[2][-3:] == ["3", "3,000", "120"] and lines[0][-3:] == ["–"] * 3
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


COSTLY = {
    "train": {"epochs": 2, "start": "models/base", "validation": 0.0},
    "noise": {"v1-1": {"version": "v1", "seed": 1}},
    "continued": {
        "far": {"version": "v1", "start": "models/learned/read", "epochs": 0.25, "seed": 0},
        "further": {"version": "v1", "start": "models/continued/far", "epochs": 1, "seed": 0},
        "longer": {"version": "v1", "start": "models/base", "epochs": 3, "seed": 0},
    },
}
FOLDERS = {
    "base": None, "v1": "models/adapters/v1", "v1-1": "models/noise/v1-1", "far": "models/continued/far",
    "further": "models/continued/further", "longer": "models/continued/longer", "read": "models/learned/read",
    "elsewhere": "../x/models/adapters/other",
}  # fmt: skip


def cost(tmp_path: Path, params: dict) -> dict[str, int]:
    found = examining.costs(exams.Examined(list(FOLDERS), [], FOLDERS), tmp_path, params)
    return {name: one["tokens"] for name, one in found.items()}


def test_what_a_model_cost_is_all_that_it_was_trained_on_in_every_phase_and_epoch(write_arrow, tmp_path):
    write_arrow("v1.arrow", [300, 700], 200)
    write_json(tmp_path / "read.learned.json", {"texts": 9, "pieces": 9, "tokens": 50, "trained": 5000})
    assert cost(tmp_path, COSTLY) == {
        "v1": 2000, "v1-1": 2000, "far": 5250, "further": 6250, "longer": 3000, "read": 5000,
    }  # fmt: skip
    from_corpus = COSTLY | {"train": COSTLY["train"] | {"start": "models/pretrained/market"}}
    write_json(tmp_path / "market.pretrained.json", {"trained": 70})
    assert cost(tmp_path, from_corpus)["v1"] == 2070


def test_rows_held_back_for_validation_cost_nothing(write_arrow, tmp_path):
    from mbegu.rows.lineage import side

    sizes = [10 + n for n in range(40)]
    write_arrow("v1.arrow", sizes, 3)
    trained = [size for n, size in enumerate(sizes) if side([f"r{n}"], 0.4) == "training"]
    folders = {"base": None, "v1": "models/adapters/v1"}
    found = examining.costs(exams.Examined(list(folders), [], folders), tmp_path, {"train": {"epochs": 1, "validation": 0.4}})
    assert 0 < len(trained) < 40
    assert found == {"v1": {"rows": len(trained), "tokens": sum(trained), "answer_tokens": 3 * len(trained)}}


def test_a_count_of_what_was_read_that_is_not_there_is_one_line_and_no_smaller_sum(write_arrow, tmp_path):
    write_arrow("v1.arrow", [300], 200)
    with pytest.raises(BadInput, match=r"read\.learned\.json: not there, and what models/learned/read has read is not known"):
        cost(tmp_path, COSTLY)


def test_another_seed_of_a_continued_model_is_a_training_of_it():
    items = {
        "deep": {"version": "v1", "start": "models/learned/s", "epochs": 0.25, "seed": 0},
        "deep-1": {"version": "v1", "start": "models/learned/s", "epochs": 0.25, "seed": 1},
    }
    examined = {name: {"documents": "a", "model": f"models/continued/{name}"} for name in items}
    params = PARAMS | {"noise": {}, "continued": items, "examined": PARAMS["examined"] | examined}
    who = examining.who(params, "a", Path("params.yaml"))
    assert who.trainings == [["deep", "deep-1"]] and "deep-1" not in who.models and "deep" in who.models


def test_each_model_is_compared_with_the_one_before_it_and_with_the_base_however_many_there_are():
    shown = exams.steps(["base", *"abcdef"])
    assert shown[:6] == [("a", "base"), ("b", "a"), ("c", "b"), ("d", "c"), ("e", "d"), ("f", "e")]
    assert shown[6:] == [(name, "base") for name in "bcdef"]
    assert exams.steps(["base"]) == [] and exams.steps(["base", "a"]) == [("a", "base")]
