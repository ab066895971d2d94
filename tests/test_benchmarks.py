"""Benchmarks, run small: they count no wrong decision, both of their sides find the same, and they print all of their figures."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner
from root import ROOT


@pytest.fixture
def here(monkeypatch):
    """Runs a benchmark in this process, which spares the import of torch: here("sets", "--rows", 9) -> what it prints."""

    def run(name: str, *options: object) -> str:
        monkeypatch.setenv("OMP_NUM_THREADS", "1")  # some set it, which would last
        spec = importlib.util.spec_from_file_location(f"{name}_benchmark", ROOT / f"benchmarks/{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return CliRunner().invoke(module.main, [str(option) for option in options], catch_exceptions=False).stdout

    return run


@pytest.mark.parametrize("kind", ["passages", "templates", "copies", "unrelated"])
def test_no_row_of_a_generated_set_is_wrongly_dropped_or_kept_and_none_leaks(here, kind):
    found = json.loads(here("sets", "--run", "--set", kind, "--rows", 400))
    assert (found["wrongly dropped"], found["wrongly kept"], found["leaked pairs"]) == (0, 0, 0)
    assert found["heldout"] > 10 and found["kept"] == found["rows"] - (found["rows"] // 5 if kind == "copies" else 0)


@pytest.fixture
def faults(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import faults

    return faults


STAGES = {
    "fingerprint": {"cmd": "python stages/fingerprint.py", "outs": [{"path": "data/fingerprints", "md5": "0"}]},
    "expand@v1": {"cmd": "python stages/expand.py --memo .mbegu/memo", "outs": [{"path": "data/expanded/v1.jsonl", "md5": "1"}]},
    "merge@v1": {"cmd": "python stages/merge.py", "outs": [{"path": "data/versions/v1.jsonl", "md5": "2"}]},
    "merge@v2": {"cmd": "python stages/merge.py", "outs": [{"path": "data/versions/v2.jsonl", "md5": "2"}]},
    "train@v1": {"cmd": "python stages/train.py --save_steps 1", "outs": [{"path": "models/adapters/v1", "md5": "3.dir"}]},
}


def test_a_trial_of_faults_depends_on_its_name_and_the_seed_and_kinds_of_stages_take_turns(faults):
    struck = {name: faults.plan(STAGES, 0, name) for name in faults.names(12, 2)}
    assert len(struck) == 12 + 2 * 5
    assert {(stage.partition("@")[0], victim) for stage, victim, _ in list(struck.values())[:12]} == {
        (kind, victim) for kind in ("expand", "fingerprint", "merge", "train") for victim in ("dvc", "stage", "worker")
    }
    assert struck["memo-0"][0] == "expand@v1" and struck["checkpoint-1"][0] == "train@v1"
    again = faults.plan(STAGES, 0, "kill-7")
    assert again[:2] == struck["kill-7"][:2] and again[2].random() == struck["kill-7"][2].random()
    assert again[2].random() != faults.plan(STAGES, 1, "kill-7")[2].random()


def test_the_table_of_faults_sums_what_trials_found_and_any_number_fails_it(faults):
    none, some = faults.Found(True, []), faults.Found(False, [], "", 1, 2, 3, 4, 5)
    clean = {"kill-0": none, "kill-1": none, "cache-0": none}
    assert faults.is_clean(clean) and not faults.is_clean(clean | {"kill-2": some})
    assert faults.table(clean | {"kill-2": some}, {"disk": "skipped, no right to mount a tmpfs"}).splitlines()[2:] == [
        "| SIGKILL | 3 | 2 | 0 | 1 | 2 | 3 | 4 | 5 |",
        "| full disk: skipped, no right to mount a tmpfs |" + " – |" * 8,
        "| bytes turned in DVC's cache | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 0 |",
    ]


def test_a_fault_turns_bytes_and_not_the_time_and_a_build_without_one_of_its_rows_is_found_out(faults, tmp_path):
    from random import Random

    import fault_build

    for folder in ("whole", "struck"):
        for entry in STAGES.values():
            for path in fault_build.outs(entry):
                (tmp_path / folder / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / folder / path).write_text('{"a": "ሰላም"}\n{"a": "😀"}\n', encoding="utf-8")
    whole, struck = tmp_path / "whole", tmp_path / "struck"
    hashes = {path: fault_build.hash_of(whole / path) for entry in STAGES.values() for path in fault_build.outs(entry)}
    built = fault_build.Built(whole, STAGES, {}, hashes, [])
    assert faults.is_clean({"kill-0": fault_build.judged(built, struck, [(True, "said")])})
    row = struck / "data/versions/v2.jsonl"
    row.write_text('{"a": "😀"}\n', encoding="utf-8")
    before = (struck / "models/adapters/v1").stat()
    fault_build.turn(Random(0), struck / "models/adapters/v1")
    assert (struck / "models/adapters/v1").stat().st_mtime_ns == before.st_mtime_ns
    found = fault_build.judged(built, struck, [(True, f"{fault_build.TRACEBACK}:"), (False, "")])
    assert (found.unended, found.lost, found.wrong, found.tracebacks) == (1, 1, 2, 1)
    fault_build.forget(struck, built, "merge@v2", memory=True)
    assert fault_build.partial(built, struck, "merge@v2") == [] and not row.exists()


def benchmark(name: str, *options: object) -> str:
    command = [sys.executable, ROOT / f"benchmarks/{name}.py", *map(str, options)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_rouge_is_what_it_was_in_every_pair():
    found = benchmark("rouge", "--pairs", 60, "--repeats", 1)
    assert found.count("equal to 1e-12: True") == 4 and "False" not in found
    assert len(re.findall(r"^60 (?:ASCII|Amharic) pairs, .* times what it was$", found, re.MULTILINE)) == 4


def test_the_growth_of_data_stages_is_a_table_a_file_and_a_picture(tmp_path):
    files = ["--json", tmp_path / "scale.json", "--svg", tmp_path / "scale.svg"]
    printed = benchmark("scale", "--rows", 40, "--rows", 60, "--workers", 0, *files)
    found = json.loads((tmp_path / "scale.json").read_text())
    stages = ["ingest", "chunk", "load", "clean", "curate", "score"]
    assert [(point["stage"], point["rows"]) for point in found] == [(name, rows) for rows in (40, 60) for name in stages]
    assert len(printed.splitlines()) == 2 + len(found) and all(point["megabytes"] > 5 for point in found)
    assert (tmp_path / "scale.svg").read_text().startswith("<svg")
    assert "| score | here | 40 |" in printed
    few = benchmark("scale", "--rows", 40, "--workers", 0, "--without", "score", "--without", "chunk")
    assert "| load | here | 40 |" in few and "| ingest |" in few and "| score |" not in few and "| chunk |" not in few


def test_answers_are_generated_by_both_sides(here):
    found = here("generation", "--questions", 5, "--rows", 4, "--max_new_tokens", 8)
    assert re.findall(r"^(before|now) .*: 5 answers of ", found, re.MULTILINE) == ["before", "now"]
    assert re.search(r"^\d+\.\d times as fast, .*; \d of 5 answers equal$", found, re.MULTILINE)


def test_the_benchmark_of_the_app_prints_every_figure_beside_its_target(tiny_base, tmp_path):
    from test_merged import make_adapter

    shutil.copytree(tiny_base, tmp_path / "models/base")
    make_adapter(tiny_base, tmp_path / "models/adapters/v1")
    locale = {"languages": ["am"], "currency": "ETB", "unknown": "አላውቅም", "names": [], "disclaimer": ""}
    params = {"base_model": "models/base", "models": {"base": "models/base", "v1": "models/adapters/v1"}, "locale": locale}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/heldout.jsonl").write_text(json.dumps({"instruction": "ሰላም?", "output": "እሺ"}) + "\n")
    command = [
        sys.executable, ROOT / "benchmarks/app.py", "--project", tmp_path, "--visitors", "2", "--questions", "1", "--tokens", "3",
        "--rows", "20", "--quantization", "none",
    ]  # fmt: skip
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    figures = [line.rsplit(": ", 1) for line in done.stdout.splitlines()]
    assert [label for label, _ in figures] == [
        "first token against generate alone, times", "switch of the adapter, s", figures[2][0], "page of 20 rows opens, s",
    ]  # fmt: skip
    assert figures[2][0].startswith("tokens/s of 2 visitors against one (")
    missed = [value for _, value in figures if value.endswith("MISSED")]
    assert done.returncode == bool(missed) and all(value.endswith(("as wanted", "MISSED")) for _, value in figures), done.stderr


def test_a_recipe_is_better_only_where_the_interval_over_lineages_says_so():
    spec = importlib.util.spec_from_file_location("recipe", ROOT / "benchmarks/recipe.py")
    recipe = importlib.util.module_from_spec(spec)
    sys.modules["recipe"] = recipe  # for the annotations of its NamedTuples
    spec.loader.exec_module(recipe)
    roots = [root for root in "abcdefgh" for _ in range(3)]
    old = [2.0 + place / 10 for place in range(24)]
    lower = [loss - 0.1 - place / 1000 for place, loss in enumerate(old)]
    apart = [loss + (0.5 if root in "aceg" else -0.5) for loss, root in zip(old, roots, strict=True)]
    tried = {name: recipe.Tried(losses, 100, 1.0) for name, losses in (("first", old), ("lower", lower), ("apart", apart))}
    lines = {name: recipe.line(recipe.Recipe(name), one, tried["first"], roots, 2) for name, one in tried.items()}
    assert lines["first"] == "| first | 3.1500 | – | 100 | 1 |"
    assert lines["lower"].endswith("better | 100 | 1 |") and "-0.1115 [" in lines["lower"]
    assert "≈ | 100 | 1 |" in lines["apart"]


@pytest.fixture
def read_project(tiny_base, tmp_path):
    """A project whose documents are studied, with an exam, a tiny base and the settings of `learn`."""
    shutil.copytree(tiny_base, tmp_path / "base")
    shutil.copy(ROOT / "templates/chat.jinja", tmp_path)
    study = [{"id": f"t{n}", "text": f"የመሩ ክፍያ {n} ብር ነው። Ada {n} 🌱", "origin": {"view": "facts"}} for n in range(24)]
    closed = [{"instruction": f"ክፍያው ስንት ነው {n}?", "output": f"{n} ብር", "source": "a.md#ሀ"} for n in range(3)]
    control = [{"instruction": f"ما هذا {n}؟", "output": f"Kitu {n}"} for n in range(3)]
    general = [{"instruction": f"Jina la {n}?", "output": f"صفر {n} and a word"} for n in range(9)]
    texts = {"data/study/s.jsonl": study, "data/exams/a/closed.jsonl": closed, "data/exams/a/control.jsonl": control,
             "data/heldout.jsonl": [{"instruction": "Why so?", "output": "So."}], "data/general.jsonl": general}  # fmt: skip
    for name, rows in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    params = yaml.safe_load((ROOT / "examples/company_docs/params.yaml").read_text())
    kept = {key: params[key] for key in ("pretrain", "curate", "prompt", "predict", "examine", "locale")}
    kept["pretrain"] |= {"method": "lora", "batch_size": 4, "validation": 0.0, "replay": 0.1, "max_length": 64}
    kept["pretrain"]["lora"] |= {"r": 2, "targets": ["q_proj"]}
    kept["predict"] |= {"quantization": "none", "batch_size": 4}
    kept |= {"prompt": {"template": "chat.jinja", "chat": True}, "examine": {"max_new_tokens": 3}, "base_model": "base"}
    kept |= {"release": "v1", "versions": {"v1": {}}, "documents": {"a": "in"}}
    kept |= {
        "studied": {"s": {"documents": "a", "teacher": "base"}},
        "learned": {"s": {"study": "s", "general": "data/general.jsonl"}},
    }
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    return tmp_path


@pytest.fixture
def curve(read_project, monkeypatch):
    """Runs the benchmark on that project: curve("--epochs", 1) -> click's result."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.chdir(read_project)  # which the benchmark leaves
    import curve

    def run(*options: object):
        arguments = ["--project", read_project, "--out", read_project / "curve.json", *options]
        return CliRunner().invoke(curve.main, [str(part) for part in arguments])

    return run


def test_the_learning_curve_has_a_point_for_the_base_and_each_number_of_epochs_with_its_tokens(curve, read_project):
    done = curve("--epochs", 0.5, "--epochs", 2, "--epochs", 1, "--texts", 16, "--questions", 2)
    assert done.exit_code == 0, done.output
    found = json.loads((read_project / "curve.json").read_text())
    assert (found["documents"], found["questions"], found["general"]) == ("a", 2, 2)
    assert [one["epochs"] for one in found["points"]] == [0.0, 0.5, 1.0, 2.0]
    tokens = [one["tokens"] for one in found["points"]]
    assert tokens[0] == 0 < tokens[1] and tokens[1] * 2 == tokens[2] and tokens[2] * 2 == tokens[3]
    assert all(one["control_loss"] > 0 and 0 <= one["facts_f1"] <= 1 for one in found["points"])
    assert found["points"][0]["control_loss"] != found["points"][3]["control_loss"]
    lines = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 4 and f"{tokens[3]:,}" in lines[-1] and "Facts F1" in lines[0]


def test_a_point_of_the_curve_that_is_trained_to_answer_counts_both_phases(curve, refused, read_project):
    from mbegu.asking.prompts import read_prompt
    from mbegu.models.manifest import verify
    from mbegu.training.encoded import write_encoded

    ids = [[(7 * row + place) % 250 + 1 for place in range(8)] for row in range(6)]
    rows = [{"id": str(row), "roots": [str(row)], "input_ids": own, "completion_start": 4} for row, own in enumerate(ids)]
    base = read_project / "base"
    write_encoded(read_project / "data/encoded/q.arrow", rows, read_prompt(read_project / "chat.jinja", True), verify(base))
    params = yaml.safe_load((read_project / "params.yaml").read_text(encoding="utf-8"))
    params["train"] = yaml.safe_load((ROOT / "examples/company_docs/params.yaml").read_text())["train"] | {"validation": 0.0}
    params["versions"] |= {"q": {}}
    params["continued"] = {"then": {"version": "q", "start": "models/learned/s", "epochs": 2, "seed": 1}}
    (read_project / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    points = []
    for more in ((), ("--continued", "then")):
        done = curve("--epochs", 1, "--texts", 8, "--questions", 2, *more)
        assert done.exit_code == 0, done.output
        points.append(json.loads((read_project / "curve.json").read_text())["points"])
    (base_before, read), (base_after, answering) = points
    assert base_before == base_after and answering["tokens"] == read["tokens"] + 2 * 6 * 8
    assert answering["control_loss"] != read["control_loss"]
    assert "--continued names 'x', which continued does not; there is then" in refused(curve("--continued", "x"))
    other = read_prompt(read_project / "chat.jinja", True, system="ሰላም")
    write_encoded(read_project / "data/encoded/q.arrow", rows, other, verify(base))
    assert "q.arrow: encoded with another prompt than params.yaml has" in refused(curve("--continued", "then"))
    params["continued"] = {"other": {"version": "q", "start": "base", "epochs": 2, "seed": 1}}
    (read_project / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    said = refused(curve("--continued", "other"))
    assert "params.yaml: continued.other starts from base; name an item that goes on from models/learned/s." in said


def test_a_project_without_what_a_curve_needs_is_one_line(curve, refused, read_project):
    assert "params.yaml: learned declares s; choose one by --learned" in refused(curve("--learned", "x"))
    assert "no such folder" in refused(curve("--project", read_project / "none"))
    params = yaml.safe_load((read_project / "params.yaml").read_text(encoding="utf-8"))
    lacking = {**params, "pretrain": {key: value for key, value in params["pretrain"].items() if key != "replay"}}
    (read_project / "params.yaml").write_text(yaml.safe_dump(lacking, allow_unicode=True), encoding="utf-8")
    assert "params.yaml: no pretrain.replay; write one" in refused(curve())
    (read_project / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    shutil.rmtree(read_project / "data/exams")
    assert "data/exams/a: no closed-book questions" in refused(curve())


def test_requests_to_endpoints_are_answered_and_a_killed_run_asks_only_for_the_rest():
    command = [sys.executable, ROOT / "benchmarks/endpoints.py", "--requests", "600", "--concurrency", "8"]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, capture_output=True, text=True)
    assert re.search(r"(?m)^\| 60 \|", done.stdout) and re.search(r"(?m)^\| 600 \|", done.stdout)
    kept, asked, twice = re.search(r"held (\d+) of 600, the second run asked (\d+); (\d+) were asked twice", done.stdout).groups()
    assert int(kept) + int(asked) == 600 and 200 - 16 <= int(kept) < 600
    assert int(twice) <= 16  # what was in flight: 8 to each of two


def test_a_step_is_timed_with_freed_memory_kept_and_given_back(tiny_base, monkeypatch):
    from click.testing import CliRunner

    from mbegu.training import trainer

    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.setattr(trainer, "keep_freed_memory", trainer.keep_freed_memory)  # which the benchmark replaces
    import heap

    for way in ("given back", "kept"):
        done = CliRunner().invoke(heap.main, ["--base", str(tiny_base), "--tokens", "9", "--steps", "2", "--only", way])
        seconds, memory = map(float, done.stdout.split()[-2:])
        assert done.exit_code == 0 and 0 < seconds < 60 and 0 < memory < 64, done.output


def test_two_processes_are_timed_against_one(here):
    found = here("processes", "--steps", 1, "--layers", 1)
    assert re.findall(r"^\| (lora|full) \| [\d.]+ \| [\d.]+ \| \d+% \|$", found, re.MULTILINE) == ["lora", "full"]
