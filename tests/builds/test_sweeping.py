import json
import re

import pytest
import yaml
from root import ROOT

from mbegu.builds.declared import read_params
from mbegu.builds.grid import arguments, flat, merged, read_grid, swept
from mbegu.builds.sweep import Outcome, best, from_files, page, scores, series, table
from mbegu.errors import BadInput
from mbegu.rows.row import row_id

PARAMS = {
    "versions": {"v1": {"extends": "none"}},
    "load": {"rows": 0, "source": "data/raw"},
    "train": {
        "learning_rate": 0.0005,
        "lora": {"r": 16, "targets": ["q_proj", "v_proj"]},
        "lr_scheduler": "linear",
        "gradient_checkpointing": False,
        "validation": 0.1,
    },
}
GRID = """fixed: {load.rows: 150}
configurations:
  low: {train.learning_rate: 5e-5, train.lora.r: 8}
  ሰላም-2: {train.learning_rate: 0.0003}
"""


def written(tmp_path, text: str):
    path = tmp_path / "sweep.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_grid_is_read_with_what_is_fixed_and_the_keys_that_are_swept(tmp_path):
    grid = read_grid(written(tmp_path, GRID), PARAMS)
    assert grid.fixed == {"load.rows": 150}
    assert grid.configurations == {
        "low": {"train.learning_rate": 5e-05, "train.lora.r": 8},
        "ሰላም-2": {"train.learning_rate": 0.0003},
    }
    assert swept(grid) == ["train.learning_rate", "train.lora.r"]
    whole = merged(PARAMS, grid.fixed | grid.configurations["low"])
    assert whole["train"] == {**PARAMS["train"], "learning_rate": 5e-05, "lora": {"r": 8, "targets": ["q_proj", "v_proj"]}}
    assert whole["load"] == {"rows": 150, "source": "data/raw"} and PARAMS["train"]["lora"]["r"] == 16


LOW = "{train.learning_rate: 0.1}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("configurations: {a: {train.lora.rr: 8}}", ":1: params.yaml has no 'train.lora.rr'; did you mean 'train.lora.r'?"),
        ("configurations:\n  a:\n    train.lora: 8\n", "sweep.yaml:3: params.yaml has no 'train.lora'"),
        ("configurations: {a: {train.lora.r: eight}}", "train.lora.r is text here and a number in params.yaml; write a number."),
        ("configurations: {a: {train.gradient_checkpointing: 1}}", "is a number here and true or false in params.yaml"),
        ("configurations: {a: {train.lora.targets: [[q]]}}", "is of no simple kind here and a list in params.yaml"),
        ("configurations: {a: {train.learning_rate: 2026-01-01}}", "is of no simple kind here"),
        (f"configurations:\n  a: {LOW}\n  a: {LOW}\n", 'sweep.yaml:3: found duplicate key "a"'),
        (f"configurations:\n  a: {LOW}\n  b: {LOW}\n", "sweep.yaml:3: b is the same configuration as a; remove one of them."),
        (f"configurations:\n  a b: {LOW}\n", "sweep.yaml:2: 'a b' can't name an experiment"),
        (f"configurations: {{a/b: {LOW}}}", "'a/b' can't name an experiment"),
        (f"configurations: {{-a: {LOW}}}", "'-a' can't name an experiment"),
        (f"configurations: {{a..b: {LOW}}}", "'a..b' can't name an experiment"),
        (f"configurations: {{8: {LOW}}}", "8 can't name an experiment"),
        ("configurations: {a: 8}", "sweep.yaml:1: a holds no keys with values; write `configurations:"),
        ("configurations: {a: {load.rows: 8}}", "a sets load.rows; validation losses would be over different rows"),
        ("configurations: {a: {train.validation: 0.2}}", "a sets train.validation; validation losses would be over"),
        (f"fixed: {{train.learning_rate: 0.1}}\nconfigurations: {{a: {LOW}}}", "which is under `fixed` too"),
        (f"fixt: {{}}\nconfigurations: {{a: {LOW}}}", "sweep.yaml:1: unknown key 'fixt'; did you mean 'fixed'?"),
        ("configurations: {}", "sweep.yaml: no configurations; write"),
        ("[a]", "sweep.yaml: expected keys with values below them"),
        ("configurations: {a: {", "sweep.yaml:1: "),
    ],
)  # fmt: skip
def test_a_broken_grid_is_refused_in_one_sentence(tmp_path, text, said):
    with pytest.raises(BadInput) as refused:
        read_grid(written(tmp_path, text), PARAMS)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_a_missing_or_foreign_file_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        read_grid(tmp_path / "sweep.yaml", PARAMS)
    (tmp_path / "sweep.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="is not UTF-8"):
        read_grid(tmp_path / "sweep.yaml", PARAMS)


def test_arguments_come_out_of_dvc_as_they_went_in_and_comments_stay(tmp_path):
    from dvc.utils.cli_parse import to_path_overrides
    from dvc.utils.hydra import apply_overrides

    values = {
        "train.learning_rate": 5e-05,
        "train.lora.targets": ["k_proj", "ሰላም, rafiki"],
        "train.lr_scheduler": 'constant: "1" = {x}',
        "train.gradient_checkpointing": True,
        "load.source": "",
    }
    path = tmp_path / "params.yaml"
    path.write_text(f"# units\n{yaml.safe_dump(PARAMS)}", encoding="utf-8")
    apply_overrides(str(path), to_path_overrides(arguments(values)[1::2])["params.yaml"])
    assert read_params(path) == merged(PARAMS, values)
    assert path.read_text(encoding="utf-8").startswith("# units\n")


def measured(size: int, shift: float = 0.0) -> list[dict]:
    rouge = [dict.fromkeys(("rouge1", "rouge2", "rougeL"), (row % 5 / 10 + shift, 1.0)) for row in range(size)]
    return [{**one, "heldout_loss": (20.0 - 30 * shift + row % 3, 10)} for row, one in enumerate(rouge)]


def run(name: str, losses: list[float], shift: float = 0.0, size: int = 30) -> Outcome:
    return Outcome(name, {"train.learning_rate": 0.0002, "train.lora.r": 8}, losses, measured(size, shift))


def test_best_is_by_validation_loss_after_training_even_if_another_answers_the_held_out_rows_better():
    tuned = run("tuned", [4.0, 3.0, 2.8])
    test_winner, early = run("test-winner", [4.0, 3.2, 3.1], 0.3), run("early", [4.0, 2.5, 3.5])
    assert best([test_winner, early, tuned]) is tuned  # `early` was lower once, but its adapter is of the last epoch
    assert best([tuned, run("same", [4.0, 2.8])]) is tuned
    assert best([run("diverged", [4.0, float("nan")]), run("none", []), tuned]) is tuned
    with pytest.raises(BadInput, match=r"no configuration has a validation loss; set train\.validation above 0"):
        best([run("diverged", [4.0, float("inf")]), run("none", [])])


def test_the_table_shows_params_losses_by_epoch_and_scores_with_intervals_that_hold_the_score():
    results = [run("a", [4.0, 3.123456], 0.1), run("b", [4.0, float("nan")])]
    header, first, second = table(results)
    assert header[:4] == ["Configuration", "learning_rate", "lora.r", "Validation loss ↓"]
    assert header[4:] == ["Held-out loss per token ↓", "ROUGE-1 F1 ↑", "ROUGE-2 F1 ↑", "ROUGE-L F1 ↑"]
    assert first[:4] == ["**a**", "0.0002", "8", "4.000 → 3.123"] and second[3] == "4.000 → nan"
    low, score, high = (float(re.findall(r"\d\.\d+", first[7])[place]) for place in (1, 0, 2))
    assert score == 0.3 and low < score < high
    assert scores(results[0])["heldout_loss"][0] == pytest.approx(1.8)
    lines = series(results)
    assert lines[0][:5] == ["configuration", "train.learning_rate", "train.lora.r", "validation_loss", "heldout_loss"]
    assert lines[1][:4] == ["a", 0.0002, 8, 3.123456] and len(lines[1]) == len(lines[2]) == len(lines[0])


def test_the_page_says_how_the_best_was_chosen_how_it_compares_and_what_was_reduced_or_failed():
    results = [run("next", [4.0, 3.0]), run("chosen", [4.0, 2.9], 0.3), run("last", [4.0, 3.4], 0.3)]
    text = page(results, {"load.rows": 150}, ["broken"])
    assert "**chosen** has the lowest validation loss after training, 2.900. The choice is by validation loss and not by" in text
    assert "over 30 held-out rows" in text
    assert "chosen against the next, next, on the held-out rows: better in" in text
    assert "All were built with load.rows: 150" in text and "Failed: broken." in text
    alone = page([run("only", [4.0, 3.0]), run("diverged", [4.0, float("nan")])], {}, [])
    assert "against" not in alone and "All were built" not in alone and "Failed" not in alone


def test_a_verdict_of_one_training_each_says_so_and_other_trainings_widen_it():
    results = [run("base", [4.0, 3.0]), run("ሰላም", [4.0, 2.9], 0.3)]  # the name of a configuration is no model's
    assert "This is said of these adapters; trained with other seeds" in page(results, {}, [])
    noisy = page(results, {}, [], [[measured(30), measured(30, 0.5), measured(30, -0.5)]])
    assert "not distinguishable at n=30 in any 4 metrics." in noisy and "these adapters" not in noisy
    assert "3 trainings of 1 version say how much another seed changes." in noisy


@pytest.mark.parametrize("count", [1, 3, 5, 8])
def test_held_out_rows_of_a_group_count_once_and_few_groups_tell_nothing(count):
    groups = [f"ሰነድ {row % count}" for row in range(30)]
    results = [run("next", [4.0, 3.0])._replace(groups=groups), run("chosen", [4.0, 2.9], 0.3)._replace(groups=groups)]
    text, few = page(results, {}, []), count < 8  # Holm's first step of four metrics asks for a p of 2/2^8
    assert f"The 30 questions fall into {count} group" in text
    assert ("not distinguishable" in text) == few and ("[-∞, ∞]" in text) == (count < 6)
    assert ("would show with about 8 groups." in text) == few
    assert ("With fewer than 8 of them nothing can be told apart." in text) == few
    assert not any("inf" in str(cell) for row in series(results) for cell in row)


def test_what_stands_in_groups_is_read_from_the_experiment_s_own_held_out_rows():
    question = {"instruction": "ወለድ ምንድን ነው?", "output": "KES 5", "group": "مجموعة"}
    id_ = row_id(question["instruction"], "")
    rows = json.dumps({"id": id_, "measures": {"rougeL": [0.5, 1.0]}}).encode()
    heldout = json.dumps(question, ensure_ascii=False).encode()
    assert from_files("a", {}, b"step,loss\n", rows, heldout)[4:] == (["مجموعة"], [id_])
    other = json.dumps({**question, "instruction": "Edited since?"}, ensure_ascii=False).encode()
    assert from_files("a", {}, b"step,loss\n", rows, other).groups == ()


def test_trainings_of_this_project_are_read_if_they_answered_the_same_rows(tmp_path, monkeypatch):
    from mbegu.builds.trials import again

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/scores").mkdir(parents=True)
    models = {"v1": "models/adapters/v1", "v1-1": "models/noise/v1-1", "v1-2": "models/noise/v1-2", "v1-3": "models/noise/v1-3"}
    for name, id_ in {"v1": "1", "v1-1": "1", "v1-2": "2"}.items():
        (tmp_path / f"data/scores/{name}.jsonl").write_text(json.dumps({"id": id_, "measures": {"rougeL": [0.5, 1.0]}}) + "\n")
    params = {"models": models, "noise": {name: {"version": "v1", "seed": 1} for name in list(models)[1:]}}
    found = again([run("a", [1.0])._replace(ids=["1"])], params)
    assert found == [[[{"rougeL": (0.5, 1.0)}]] * 2]
    assert again([run("a", [1.0])._replace(ids=["9"])], params) == []


def test_results_are_read_from_the_files_of_an_experiment_and_a_broken_one_is_named():
    rows = b'{"id": "0000000000000001", "measures": {"rougeL": [0.5, 1.0], "heldout_loss": [20, 10]}}\n'
    found = from_files("a", {}, b"step,loss\n0,4.5\n10,3.25\n", rows)
    assert found.validation == [4.5, 3.25] and found.measures == [{"rougeL": (0.5, 1.0), "heldout_loss": (20, 10)}]
    with pytest.raises(BadInput, match=r"a\.jsonl:1: "):
        from_files("a", {}, b"step,loss\n", b"{\n")


def test_the_example_s_sweep_fits_its_params():
    folder = ROOT / "examples/finance_qa"
    params = read_params(folder / "params.yaml")
    grid = read_grid(folder / "sweep.yaml", params)
    assert len(grid.configurations) == 4
    assert len({flat(merged(params, values))["train.learning_rate"] for values in grid.configurations.values()}) == 3
    assert {values["train.lora.r"] for values in grid.configurations.values()} == {8, 16, 32}
    assert len({values["train.batch_size"] for values in grid.configurations.values()}) > 1
