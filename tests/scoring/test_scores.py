import json
import math
import random
from pathlib import Path

import pytest

from mbegu.errors import BadInput
from mbegu.metrics import following
from mbegu.metrics.chrf import chrf
from mbegu.metrics.following import learn
from mbegu.metrics.modules import Diversity, FactualAccuracy, Likelihood, Overlap, Rouge
from mbegu.rows.shelf import shelved
from mbegu.scoring import measures, predictions, scores
from mbegu.scoring.settings import Score
from mbegu.text.settings import Locale

TAUGHT = [
    {"instruction": f"What does fund {n} pay in a year?", "input": "", "output": f"Fund {n} pays {n} percent a year."}
    for n in range(12)
]
SCORE, CLASSIFIER = Score(["rouge1", "rougeL"], Path("taught.jsonl"), 6), learn(TAUGHT)
LOCALE = Locale(["en"], "KES", "I don't know", "", ["CIC"])


def prediction(id_: str, answer: str, reference: str = "a b", **changes) -> dict:
    return {"id": id_, "instruction": "Q", "input": "", "reference": reference, "prediction": answer, "tokens": 3,
            "finish_reason": "stop", "reference_nll": 2.0, "reference_tokens": 4} | changes  # fmt: skip


def heldout(id_: str, reference: str = "a b", **fields) -> dict:
    return {"id": id_, "instruction": "Q", "input": "", "output": reference, "checks": {}, "unanswerable": False} | fields


def score(predictions: list[dict], rows: list[dict]) -> dict:
    return scores.summarize(
        [*measures.measure(predictions, rows, SCORE, CLASSIFIER, LOCALE)], [one["prediction"] for one in predictions], 6
    )


def test_scores_are_means_over_rows_and_loss_is_a_mean_over_tokens_and_over_bytes():
    reference = "ሰላም ለእናንተ"
    longer = prediction("2", "", reference, reference_nll=4.0, reference_tokens=8, finish_reason="length")
    metrics = score([prediction("1", "a b"), longer], [heldout("1"), heldout("2", reference)])
    expected = {"rouge1": 0.5, "rougeL": 0.5, "heldout_loss": 0.5, "perplexity": 1.648721, "answer_words": 1.0,
                "length_ratio": 0.5, "unfinished": 0.5, "empty": 0.5, "exact_match": 0.5, "rows": 2}  # fmt: skip
    assert expected == {name: metrics[name] for name in expected}
    size = 3 + len(reference.encode())
    assert metrics["loss_per_byte"] == pytest.approx(6 / size, abs=1e-6)
    assert metrics["perplexity_per_byte"] == pytest.approx(math.exp(6 / size), abs=1e-6)


PAIRS = [
    ("KES 5,000 at 10% ፤ ሰላም", "KES 5,000 at 12% ፤ ሰላም"),
    ("", "Sijui 🌱"),
    ("مرحبا " * 9, "مرحبا بالعالم"),
    ("a\nb c", "b c\na"),
]


def test_the_stage_reports_what_each_metric_computes():
    texts = {"predictions": [pair[0] for pair in PAIRS], "references": [pair[1] for pair in PAIRS]}
    metrics = score(
        [prediction(str(n), *pair) for n, pair in enumerate(PAIRS)], [heldout(str(n), pair[1]) for n, pair in enumerate(PAIRS)]
    )
    found = Rouge(keep_in_memory=True).compute(**texts, rouge_types=["rouge1", "rougeL"])
    found |= Overlap(keep_in_memory=True).compute(**texts) | Diversity(keep_in_memory=True).compute(**texts)
    facts = FactualAccuracy(keep_in_memory=True).compute(**texts, questions=["Q"] * 4, locale=LOCALE)
    found |= {"facts_f1": facts["f1"], "facts_recall": facts["recall"], "wrong_numbers": facts["wrong_number_rate"]}
    found |= Likelihood(keep_in_memory=True).compute(predictions=[2.0] * 4, references=texts["references"], tokens=[4] * 4)
    found |= {"chrf": sum(chrf(*pair) for pair in PAIRS) / 4}
    for name in set(found) & set(metrics):
        assert metrics[name] == pytest.approx(found[name], abs=1e-6), name
    assert len(set(found) & set(metrics)) == 16


def test_checks_and_abstention_are_scored_where_rows_ask_for_them():
    rows = [
        heldout("1", checks={"max_words": 3, "mention": ["CMA"]}),
        heldout("2", "I don't know.", unanswerable=True),
        heldout("3"),
    ]
    metrics = score([prediction("1", "The KRA"), prediction("2", "I don't know."), prediction("3", "Sijui.")], rows)
    assert (metrics["checks"], metrics["checks_strict"]) == (0.5, 0.0)
    expected = {"abstention_precision": 0.5, "abstention_recall": 1.0, "abstention_f1": pytest.approx(2 / 3, abs=1e-5)}
    assert {name: metrics[name] for name in expected} == expected
    without = score([prediction("3", "Sijui.")], [heldout("3")])
    assert without["abstained"] == 1
    assert not {"checks", "abstention_precision", "abstention_f1", "abstention_recall"} & set(without)


def test_a_reference_without_a_word_is_in_no_mean():
    metrics = score([prediction("1", "a b"), prediction("2", "x", "።")], [heldout("1"), heldout("2", "።")])
    assert (metrics["rouge1"], metrics["rows"]) == (1.0, 2)


@pytest.mark.parametrize("answer", ["", "\u200b", "🌱", "word " * 20_000, "ሰላም።" * 20_000, "9" * 100_000, "\ud83c broken"])
def test_any_answer_is_scored(answer):
    metrics = score([prediction("1", answer)], [heldout("1")])
    assert all(math.isfinite(value) for value in metrics.values())


def test_measures_are_read_back_as_they_were(tmp_path):
    from mbegu.rows.jsonl import write_lines

    rows = [*measures.measure([prediction("1", "a b KES 5")], [heldout("1")], SCORE, CLASSIFIER, LOCALE)]
    write_lines(tmp_path / "m.jsonl", scores.measure_lines(["1"], rows))
    ids, found = scores.read_measures(tmp_path / "m.jsonl")
    assert ids == ["1"]
    assert found[0].keys() == rows[0].keys()
    assert all(found[0][name] == pytest.approx(rows[0][name], abs=1e-6) for name in rows[0])


CHANGES = {
    "a new row": ([heldout("1"), heldout("2", instruction="New?")], "1 of 2 rows have no answer, first 'New?'"),
    "an edited question": ([heldout("3", instruction="Edited?")], "1 of 1 rows have no answer, first 'Edited?'"),
    "an edited reference": ([heldout("1", "new")], "the reference to 'Q' was edited"),
    "a row is gone": ([], "1 answers are to rows that are gone"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_predictions_of_other_rows_or_older_references_are_refused(write_jsonl, name):
    path = write_jsonl("p.jsonl", [prediction("1", "a")])
    given = predictions.read_predictions(path)
    predictions.check_same_rows(given, [heldout("1")], path, path)
    rows, problem = CHANGES[name]
    with pytest.raises(BadInput) as error:
        predictions.check_same_rows(given, rows, path, path)
    assert f"which changed since: {problem}; run `dvc repro`." in str(error.value)


def test_rows_in_another_order_are_refused(write_jsonl):
    path = write_jsonl("p.jsonl", [prediction("1", "a"), prediction("2", "a")])
    with pytest.raises(BadInput, match="another order"):
        predictions.check_same_rows(predictions.read_predictions(path), [heldout("2"), heldout("1")], path, path)


def test_broken_predictions_are_refused(write_jsonl):
    lacking = {key: value for key, value in prediction("1", "a").items() if key != "reference_nll"}
    with pytest.raises(BadInput, match=r"p\.jsonl:1: reference_nll missing"):
        predictions.read_predictions(write_jsonl("p.jsonl", [lacking]))
    with pytest.raises(BadInput, match="no predictions"):
        predictions.read_predictions(write_jsonl("p.jsonl", []))
    with pytest.raises(BadInput, match="answers row 1 more than once"):
        predictions.read_predictions(write_jsonl("p.jsonl", [prediction("1", "a"), prediction("1", "b")]))
    with pytest.raises(BadInput, match=r"p.jsonl:1: half of a surrogate pair"):
        predictions.read_predictions(write_jsonl("p.jsonl", ['{"id": "\\ud83c"}']))


def test_with_too_few_rows_to_learn_from_there_is_no_instruction_following_score():
    rows = [*measures.measure([prediction("1", "a b")], [heldout("1")], SCORE, None, LOCALE)]
    assert "ifs" not in rows[0] and "rouge1" in rows[0]


ANSWERS = [
    "ሰላም ለእናንተ ይሁን። 15,000 ብር",
    "🙂 👩\u200d🌾 zero\u200bwidth",
    "مرحبا \u202bשלום\u202c بكم",
    "KES 5,000 a b",
    "",
    "Habari? Na bei?",
]


def many(count: int) -> tuple[list[dict], list[dict]]:
    """Predictions and held-out rows; every third without losses, as of an endpoint."""
    ids, draw = [str(number) for number in range(count)], random.Random(3)
    texts = [f"{ANSWERS[number % 6]} {ANSWERS[draw.randrange(6)]} {number}" for number in range(count)]
    losses = [{"reference_nll": None, "reference_tokens": 0}, {"reference_nll": 7, "reference_tokens": 3}]
    found = [
        prediction(id_, text, text[::-1], **(losses[number % 3] if number % 3 < 2 else {"reference_nll": draw.random() * 9}))
        for number, (id_, text) in enumerate(zip(ids, texts, strict=True))
    ]
    marks = [{}, {"unanswerable": True}, {"checks": {"max_words": 4}}, {"mentions": ["15,000 ብር"]}]
    return found, [heldout(one["id"], one["reference"], **marks[number % 4]) for number, one in enumerate(found)]


def test_rows_on_the_disk_give_the_bytes_of_those_in_memory(monkeypatch):
    found, rows = many(60)
    verdicts = [*measures.measure(found, rows, SCORE, CLASSIFIER, LOCALE)]
    monkeypatch.setattr(following, "BATCH", 7)
    on_disk = shelved(measures.measure(shelved(found), shelved(rows), SCORE, CLASSIFIER, LOCALE))
    ids, texts = [one["id"] for one in found], [one["prediction"] for one in found]
    assert [*map(repr, on_disk)] == [*map(repr, verdicts)]
    assert [*map(json.dumps, scores.measure_lines(iter(ids), on_disk))] == [*map(json.dumps, scores.measure_lines(ids, verdicts))]
    metrics = scores.summarize(verdicts, texts, 12)
    assert json.dumps(scores.summarize(on_disk, iter(texts), 12)) == json.dumps(metrics)
    sums = {name: measures.ratio(verdicts, name) for name in dict.fromkeys(name for row in verdicts for name in row)}
    assert [*metrics][: len(sums)] == [*sums]
    assert {name: metrics[name] for name in sums} == {name: round(value or 0.0, 12) for name, value in sums.items()}
    with_loss = [row for row in verdicts if "heldout_loss" in row]
    assert len(with_loss) == 40 and {"ifs", "script", "mentions", "checks", "abstention_recall"} <= {*metrics}


@pytest.mark.parametrize("held", [list, shelved])
def test_rows_that_changed_are_told_of_lists_and_of_shelves(held):
    found, rows = many(9)
    path = Path("p.jsonl")

    def problem(given: list, asked: list) -> str:
        with pytest.raises(BadInput) as error:
            predictions.check_same_rows(held(given), held(asked), path, path)
        return str(error.value).split("since: ")[1]

    predictions.check_same_rows(held(found), held(rows), path, path)
    assert problem(found[2:], rows).startswith("2 of 9 rows have no answer, first 'Q'")
    assert problem(found, rows[:7]).startswith("2 answers are to rows that are gone")
    assert problem(found, [*rows[:8], {**rows[8], "output": "ሌላ 🌱"}]).startswith("the reference to 'Q' was edited")
    assert problem(found, [*rows[:7], rows[8], rows[7]]).startswith("the rows stand in another order")
