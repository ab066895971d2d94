import pytest

from mbegu import comparison, history, lineage, scoring
from mbegu.errors import BadInput
from mbegu.tables import write_json


def test_overfitting_is_reported_only_when_validation_rises_while_training_falls():
    training = [(1, 3.0), (2, 2.8), (3, 2.0), (4, 1.8)]
    sentence = history.overfitting(training, [(0, 3.1), (2, 2.5), (4, 2.6)])
    assert "validation loss rose from 2.500 to 2.600 while training loss fell from 2.900 to 1.900" in sentence
    assert history.overfitting(training, [(0, 3.1), (2, 2.5), (4, 2.4)]) is None
    assert history.overfitting([(1, 2.0), (2, 2.0), (3, 3.0), (4, 3.0)], [(0, 3.1), (2, 2.5), (4, 2.6)]) is None
    assert history.overfitting(training, []) is None


def test_curves_take_training_and_validation_apart():
    log = [{"step": 0, "eval_loss": 3.0}, {"step": 1, "loss": 2.0}, {"step": 1, "train_runtime": 9}]
    assert history.curves(log) == ([(1, 2.0)], [(0, 3.0)])


def test_a_row_belongs_to_the_human_rows_behind_it():
    assert lineage.roots({"id": "a", "origin": {"parents": []}}) == ["a"]
    assert lineage.roots({"id": "c", "origin": {"parents": ["a", "b"]}}) == ["a", "b"]


def test_a_row_is_on_the_side_of_all_its_roots_or_on_none():
    names = [f"{n:x}" for n in range(400)]
    held = [name for name in names if lineage.in_validation(name, 0.3)]
    free = [name for name in names if name not in held]
    assert lineage.side(held[:3], 0.3) == "validation"
    assert lineage.side(free[:3], 0.3) == "training"
    assert lineage.side([held[0], free[0]], 0.3) == "neither"


def test_about_a_tenth_is_validation_and_a_row_never_changes_sides():
    names = [f"{n:x}" for n in range(4000)]
    held = [name for name in names if lineage.in_validation(name, 0.1)]
    assert 320 < len(held) < 480
    assert all(lineage.in_validation(name, 0.2) for name in held)
    assert not any(lineage.in_validation(name, 0) for name in names)


def prediction(id_: str, answer: str, reference: str = "a b") -> dict:
    return {"id": id_, "instruction": "Q", "input": "", "reference": reference, "prediction": answer, "tokens": 3,
            "finish_reason": "stop", "reference_nll": 2.0, "reference_tokens": 4}  # fmt: skip


def test_scores_are_means_over_rows_and_loss_is_a_mean_over_tokens():
    longer = prediction("2", "", "ሰላም ለእናንተ") | {"reference_nll": 4.0, "reference_tokens": 8, "finish_reason": "length"}
    metrics = scoring.score([prediction("1", "a b"), longer], ("rouge1", "rougeL"), 4)
    assert metrics == {"rouge1": 0.5, "rougeL": 0.5, "heldout_loss": 0.5, "perplexity": 1.6487, "answer_words": 1.0,
                       "length_ratio": 0.5, "unfinished": 1, "empty": 1, "rows": 2}  # fmt: skip


def test_predictions_of_other_rows_or_older_references_are_refused(write_jsonl):
    path = write_jsonl("p.jsonl", [prediction("1", "a")])
    answers = scoring.read_predictions(path)
    heldout = [{"id": "1", "output": "a b"}]
    scoring.check_same_rows(answers, heldout, path, path)
    for changed in ([{"id": "2", "output": "a b"}], [{"id": "1", "output": "new"}], heldout * 2, []):
        with pytest.raises(BadInput, match="which changed since; run `dvc repro`"):
            scoring.check_same_rows(answers, changed, path, path)


def test_broken_predictions_are_refused(write_jsonl):
    lacking = {key: value for key, value in prediction("1", "a").items() if key != "reference_nll"}
    with pytest.raises(BadInput, match=r"p\.jsonl:1: reference_nll missing"):
        scoring.read_predictions(write_jsonl("p.jsonl", [lacking]))
    with pytest.raises(BadInput, match="no predictions"):
        scoring.read_predictions(write_jsonl("p.jsonl", []))


def scores(**values: float) -> dict:
    return {"rougeL": 0.2, "heldout_loss": 2.0, "unfinished": 0, "rows": 3} | values


def test_versions_stand_in_natural_order_after_the_base_with_their_change(tmp_path):
    for name, value in {"v10": 0.4, "v2": 0.3, "base": 0.2}.items():
        write_json(tmp_path / f"{name}.json", scores(rougeL=value))
    compared = comparison.compare(comparison.read_scores(tmp_path))
    assert list(compared) == ["base", "v2", "v10"]
    assert compared["v2"]["rougeL_change"] == 50.0
    assert "unfinished_change" not in compared["v2"]  # no percentage of nothing
    table = comparison.table(compared)
    assert ["ROUGE-L F1 ↑", "0.2", "0.3 (+50.0 %)", "0.4 (+100.0 %)"] in table
    lines = comparison.markdown(table).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1].startswith("|-")


def test_scores_that_cannot_be_compared_are_refused(tmp_path):
    write_json(tmp_path / "v1.json", scores())
    with pytest.raises(BadInput, match=r"no base.json here"):
        comparison.read_scores(tmp_path)
    write_json(tmp_path / "base.json", scores(rows=4))
    with pytest.raises(BadInput, match="different held-out rows"):
        comparison.read_scores(tmp_path)
