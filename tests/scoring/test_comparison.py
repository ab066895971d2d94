import json

import pytest

from mbegu.errors import BadInput
from mbegu.rows.row import row_id
from mbegu.rows.tables import write_json
from mbegu.scoring import comparison, verdicts
from mbegu.scoring.flips import all_flips, flips
from mbegu.text import markdown


def scores(**values: float) -> dict:
    return {"rougeL": 0.2, "heldout_loss": 2.0, "unfinished": 0, "rows": 3} | values


def measured(values: list[float], metric: str = "rougeL") -> list[dict]:
    return [{metric: (value, 1.0), "loss_per_byte": (1 - value, 2.0)} for value in values]


LOW, HIGH = [0.1 + 0.01 * (n % 5) for n in range(40)], [0.3 + 0.01 * (n % 7) for n in range(40)]


def test_versions_stand_in_the_declared_order_after_the_base_with_their_change(tmp_path):
    for name, value in {"v10": 0.4, "v2": 0.3, "base": 0.2, "v3": 9.9}.items():
        write_json(tmp_path / f"{name}.json", scores(rougeL=value))
    assert list(comparison.read_scores(tmp_path, ["v10", "base", "v2"])) == ["base", "v10", "v2"]
    found = comparison.read_scores(tmp_path, ["v2", "v10", "base"])
    assert list(found) == ["base", "v2", "v10"]  # v3 is left over
    table = verdicts.score_table(found)
    assert ["ROUGE-L F1 ↑", "0.2", "0.3 (+50.0 %)", "0.4 (+100.0 %)"] in table
    assert ["Unfinished ↓", "0", "0", "0"] in table  # no percentage of nothing
    lines = markdown.table(table).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1].startswith("|-")


def test_scores_that_cannot_be_compared_are_refused(tmp_path):
    write_json(tmp_path / "v1.json", scores())
    with pytest.raises(BadInput, match=r"no base.json here; build it with `dvc repro score@base`"):
        comparison.read_scores(tmp_path, ["v1", "base"])
    with pytest.raises(BadInput, match=r"models: v1, ሁለት; add `base: models/base` in params.yaml"):
        comparison.read_scores(tmp_path, ["v1", "ሁለት"])
    write_json(tmp_path / "base.json", scores(rows=4))
    with pytest.raises(BadInput, match="different held-out rows"):
        comparison.read_scores(tmp_path, ["base", "v1"])
    (tmp_path / "v1.json").unlink()
    with pytest.raises(BadInput, match=r"no v1.json here; build it with `dvc repro score@v1`"):
        comparison.read_scores(tmp_path, ["base", "v1"])


def test_models_scored_on_different_questions_are_refused(write_jsonl, tmp_path):
    for name, id_ in {"base": "1", "v1": "2"}.items():
        write_jsonl(f"{name}.jsonl", [{"id": id_, "measures": {"rougeL": [0.5, 1]}}])
    with pytest.raises(BadInput, match=r"v1\.jsonl: scores other questions than base\.jsonl; run `dvc repro`"):
        comparison.read_models(tmp_path, ["base", "v1"])


def test_every_two_models_are_compared_and_each_verdict_follows_from_its_interval():
    compared = comparison.compare({"base": measured(LOW), "v1": measured(HIGH), "v2": measured(HIGH)})
    assert list(compared["pairs"]) == ["v1 against base", "v2 against base", "v2 against v1"]
    better = compared["pairs"]["v1 against base"]
    assert better["rougeL"]["verdict"] == better["loss_per_byte"]["verdict"] == "better"
    assert better["rougeL"]["low"] > 0 > better["loss_per_byte"]["high"]
    same = compared["pairs"]["v2 against v1"]["rougeL"]
    assert (same["verdict"], same["difference"], same["low"], same["high"]) == ("not distinguishable", 0, 0, 0)
    assert verdicts.in_words(compared["pairs"]["v2 against v1"]) == "not distinguishable at n=40 in any 2 metrics."
    once = " This is said of these adapters; trained with other seeds they may differ otherwise."
    assert verdicts.in_words(better) == "better in Held-out loss per byte and ROUGE-L F1." + once
    assert json.loads(json.dumps(compared)) == compared
    low, high = compared["intervals"]["base"]["rougeL"]
    assert low < 0.12 < high


def test_the_tables_show_each_step_and_the_last_version_against_the_base():
    models = {name: measured(values) for name, values in {"base": LOW, "v1": HIGH, "v2": HIGH}.items()}
    compared, shown = comparison.compare(models), verdicts.steps(list(models))
    assert shown == [("v1", "base"), ("v2", "v1"), ("v2", "base")]
    header, *lines = verdicts.difference_table(compared, shown)
    assert header == ["Metric", "v1 − base", "v2 − v1", "v2 − base"]
    cells = dict(zip(header, next(line for line in lines if line[0] == "ROUGE-L F1 ↑"), strict=True))
    assert cells["v1 − base"].startswith("+0.2") and cells["v1 − base"].endswith("] better")
    assert cells["v2 − v1"] == "0 [0, 0] ≈"
    page = verdicts.page({name: scores() for name in models}, compared, shown, {})
    assert "- **v1 against base**: better in" in page and "hold together with 95%" in page
    assert verdicts.steps([f"v{n}" for n in range(9)])[-1] == ("v8", "v0")
    assert verdicts.describe({"difference": 0.1, "low": None, "high": None, "verdict": "not distinguishable"}) == "+0.1 [-∞, ∞] ≈"


def row(instruction: str) -> dict:
    return {"id": row_id(instruction, ""), "instruction": instruction, "input": "", "output": "A"}


def test_flips_name_the_questions_that_changed_and_the_new_rows_nearest_to_them():
    heldout = [row("How is a fund taxed?"), row("ወለድ ምንድን ነው?"), row("Same?")]
    ids = [value["id"] for value in heldout]
    models = {"v1": measured([0.2, 0.5, 0.4]), "v2": measured([0.6, 0.3, 0.4])}
    versions = {"v1": [row("How is a bond taxed?")], "v2": [row("How is a bond taxed?"), row("How is a trust taxed?"), row("🌱")]}
    gained, lost = all_flips(ids, models, [("v2", "v1")], heldout, versions)
    assert (gained["pair"], gained["id"], gained["change"], gained["old"]) == (["v2", "v1"], ids[0], 0.4, 0.2)
    assert [near["instruction"] for near in gained["nearest"]] == ["How is a trust taxed?"]  # not the row that v1 had
    assert gained["nearest"][0]["similarity"] == 0.8
    assert (lost["id"], lost["change"], lost["nearest"]) == (ids[1], -0.2, [])
    assert flips(ids, models["v1"], models["v1"]) == []


def test_questions_of_a_group_are_resampled_as_one_and_n_counts_groups():
    models = {"base": measured(LOW), "v1": measured(HIGH)}
    alone = comparison.compare(models)
    groups = [f"channel {number % 4}" for number in range(40)]
    grouped = comparison.compare(models, groups)
    assert "groups" not in alone and grouped["groups"] == 4 and grouped["rows"] == 40
    one, other = (found["pairs"]["v1 against base"]["rougeL"] for found in (alone, grouped))
    assert one["difference"] == other["difference"] and (one["n"], other["n"]) == (40, 4)
    assert (one["verdict"], other["verdict"]) == ("better", "not distinguishable")  # four swaps of signs show nothing
    assert comparison.compare(models, [""] * 40) == alone
    turned = comparison.compare(models, shown=[("base", "v1")])["pairs"]
    assert list(turned) == ["v1 against base", "base against v1"] and turned["base against v1"]["rougeL"]["verdict"] == "worse"
    mixed = comparison.compare(models, ["one"] * 10 + [""] * 30)
    assert mixed["groups"] == 31  # a question of no group stands alone
    note = verdicts.dependence(grouped)
    clusters = " The 40 questions fall into 4 groups; whole groups are resampled and swapped, and n counts them."
    assert note == clusters + " With fewer than 7 of them nothing can be told apart." and other["n_needed"] == 7
    said = verdicts.sentences(grouped, [("v1", "base")])
    assert said[0].endswith(" would show with about 7 groups."), said
    assert verdicts.dependence(alone) == ""


def test_a_table_sets_each_model_with_context_beside_itself_without():
    models = {"base": measured(LOW), "base-bare": measured(LOW), "v1": measured(HIGH), "v1-bare": measured(LOW)}
    compared = comparison.compare(models)
    rates = {name: scores(rougeL=0.2 if name != "v1" else 0.33, loss_per_byte=0.4) for name in models}
    table = verdicts.context_table(compared, rates, {"base": "base-bare", "v1": "v1-bare"})
    assert table[0] == ["Metric", "Context", "base", "v1"]
    without, with_ = [line for line in table if line[0] == "ROUGE-L F1 ↑"]
    assert without[1:3] == ["without", with_[2]] and with_[1] == "with" and with_[3].startswith("0.33 [")
    assert "with    |" in verdicts.page(rates, compared, [("v1", "base")], {"base": "base-bare", "v1": "v1-bare"})
    assert verdicts.context_table(compared, rates, {}) == []


def test_trainings_of_a_version_widen_every_comparison_of_what_is_trained():
    models = {"base": measured(LOW), "v1": measured(HIGH), "v2": measured([value + 0.01 for value in HIGH])}
    again = [[models["v1"], measured([value - 0.2 for value in HIGH]), measured([value + 0.2 for value in HIGH])]]
    alone, noisy = comparison.compare(models), comparison.compare(models, trained=comparison.Trained(again=again))
    assert noisy["trainings"] == [3] and noisy["noise"]["rougeL"]["spread"] == pytest.approx(0.2)
    for pair in alone["pairs"]:
        before, after = alone["pairs"][pair]["rougeL"], noisy["pairs"][pair]["rougeL"]
        assert before["difference"] == after["difference"] and after["low"] < before["low"] and after["high"] > before["high"]
        assert before["noise"] is None and after["noise"] > 0.9 and after["verdict"] == "not distinguishable"
    assert "of these adapters" in verdicts.sentences(alone, [("v1", "base")])[0]
    assert "3 trainings of 1 version say" in verdicts.trainings(noisy) and verdicts.trainings(alone) == ""
    assert alone["intervals"] == noisy["intervals"]
