"""What a user does with the pipeline: build, build again, edit, compare, interrupt."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from projects import ENVIRONMENT, commit, merge_params, repro, run

from mbegu.models.manifest import verify

pytestmark = pytest.mark.timeout(1800)  # whoever comes first waits for the build that all share


def stages_run(output: str) -> set[str]:
    return set(re.findall(r"Running stage '([^']+)'", output))


def test_the_build_gives_versions_adapters_scores_and_a_report(built):
    assert len((built / "data/versions/v1.jsonl").read_text().splitlines()) == 10
    assert len((built / "data/versions/v2.jsonl").read_text().splitlines()) == 14
    compared = json.loads((built / "metrics/compare.json").read_text())
    assert list(compared["models"]) == ["base", "v1", "v2", "v3"]
    assert list(compared["pairs"])[:3] == ["v1 against base", "v2 against base", "v2 against v1"]
    for found in (found for pair in compared["pairs"].values() for found in pair.values()):
        assert found["verdict"] == "not distinguishable"  # nothing else follows from three questions
    assert "not distinguishable at n=3 in any" in (built / "metrics/compare.md").read_text()
    page = (built / "report.html").read_text()
    revision = run("git", "log", "-1", "--format=%h", "--abbrev=12", "HEAD~1", cwd=built).stdout.strip()
    assert page.count("<svg") == 5 and f"<code>{revision}</code>" in page
    assert run("git", "status", "--short", cwd=built).stdout == ""
    for version in ("v1", "v2", "v3"):
        verify(built / "models/adapters" / version)


def test_both_adapters_load_with_peft_on_the_base(built):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    for version in ("v1", "v2"):
        base = AutoModelForCausalLM.from_pretrained(built / "models/base", dtype=torch.bfloat16)
        model = PeftModel.from_pretrained(base, built / "models/adapters" / version)
        assert model.get_nb_trainable_parameters()[1] > 135_000_000


def test_a_second_build_runs_nothing(built):
    output = run("dvc", "repro", cwd=built).stdout
    assert stages_run(output) == set()
    assert "Data and pipelines are up to date." in output


def test_a_version_trained_again_says_how_much_another_seed_changes_and_stands_in_no_table(project):
    merge_params(project, {
        "noise": {"v1-same": {"version": "v1", "seed": 0}, "v1-7": {"version": "v1", "seed": 7}},
        "models": {"v1-same": "models/noise/v1-same", "v1-7": "models/noise/v1-7"},
    })  # fmt: skip
    output = repro(cwd=project).stdout
    new = {f"{stage}@{name}" for stage in ("retrain", "predict", "score") for name in ("v1-same", "v1-7")}
    assert stages_run(output) == new | {"fingerprint", "compare", "report"}  # the first looks at new names
    adapters = [
        project / "models" / name / "adapter_model.safetensors" for name in ("adapters/v1", "noise/v1-same", "noise/v1-7")
    ]
    first, same, other = (path.read_bytes() for path in adapters)
    assert first == same != other
    compared = json.loads((project / "metrics/compare.json").read_text())
    assert list(compared["models"]) == ["base", "v1", "v2", "v3"] and compared["trainings"] == [2]  # equal ones say nothing
    assert compared["noise"]["loss_per_byte"]["spread"] > 0
    shares = {name: found["loss_per_byte"]["noise"] for name, found in compared["pairs"].items()}
    assert all(0 <= share <= 1 for share in shares.values()) and len(shares) == 6
    for page in ("metrics/compare.md", "report.html"):
        assert "2 trainings of 1 version say how much another seed changes" in (project / page).read_text()
    assert "v1-7" not in (project / "metrics/compare.md").read_text()
    assert "declares no" not in run("python", "-m", "mbegu", "check", cwd=project).stdout
    merge_params(project, {"models": {"v1-7": "models/noise/v1-8"}})
    assert "v1-8" in run("python", "-m", "mbegu", "check", cwd=project, check=False).stdout


def test_an_edited_seed_rebuilds_only_what_follows_from_it_and_the_diffs_show_it(project):
    seeds = project / "data/seeds/v2.jsonl"
    seeds.write_text(seeds.read_text().replace("How do I start", "How would you start", 1))
    version2 = {f"{stage}@v2" for stage in ("expand", "curate", "merge", "encode", "train", "predict", "score")}
    output = repro(cwd=project).stdout
    assert stages_run(output) == version2 | {"compare", "report"}
    assert "asked the teacher 1 times" in output
    assert "decides on a row that no longer exists" in output
    assert "heldout_loss" in run("dvc", "metrics", "diff", cwd=project).stdout
    run("dvc", "plots", "diff", "-o", "plots", cwd=project)
    page = (project / "plots/index.html").read_text()
    assert "vegaEmbed" in page and not re.findall(r"<script[^>]+src=|<link", page)  # Vega is inside: it opens offline
    commit(project, "Edited")
    output = run("python", "-m", "mbegu", "compare", "--rev", "HEAD~1", "--rev", "HEAD", cwd=project).stdout
    assert "**v2 at HEAD against v2 at HEAD~1**: not distinguishable at n=3 in any" in output
    assert "**base at HEAD against base at HEAD~1**" in output
    for revs, message in (
        (["HEAD"], "--rev stands 1 times; name two revisions"),
        (["HEAD~2", "HEAD"], "data/predictions/base.jsonl at HEAD~2: "),
        (["nowhere", "HEAD"], "data/predictions at nowhere: "),
    ):
        options = [part for rev in revs for part in ("--rev", rev)]
        done = run("python", "-m", "mbegu", "compare", *options, cwd=project, check=False)
        assert done.returncode == 1 and message in done.stdout and "Traceback" not in done.stdout, done.stdout


def test_a_held_out_row_in_the_seeds_with_two_words_changed_fails_the_build_with_one_message(project):
    row = json.loads((project / "data/heldout.jsonl").read_text().splitlines()[0])
    tokens = row["output"].split()
    tokens[3], tokens[-4] = "other", "words"
    copied = {"instruction": row["instruction"] + " Explain.", "input": row["input"], "output": " ".join(tokens)}
    with (project / "data/seeds/v1.jsonl").open("a") as file:
        file.write(json.dumps(copied) + "\n")
    done = repro("curate@v1", cwd=project, check=False)
    errors = [line for line in done.stdout.splitlines() if line.startswith("Error: ")]
    assert done.returncode != 0 and len(errors) == 1 and "Traceback" not in done.stdout, done.stdout
    for part in ("data/seeds/v1.jsonl:11: ", "data/heldout.jsonl:1: ", row["instruction"], "set curate.leakage to drop"):
        assert part in errors[0]


def test_a_score_key_rebuilds_only_scores_comparison_and_report(project):
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("digits: 4", "digits: 3"))
    assert "score.digits" in run("dvc", "params", "diff", cwd=project).stdout
    planned = run("dvc", "repro", "--dry", cwd=project).stdout  # what the key itself changes
    assert stages_run(planned) == {"score@base", "score@v1", "score@v2", "score@v3", "report"}  # which shows params.yaml
    downstream = run("dvc", "repro", "--dry", "--force", "--downstream", "score@base", cwd=project).stdout
    assert stages_run(downstream) == {"score@base", "compare", "report"}


def test_a_new_version_is_three_lines_and_a_seeds_file(project):
    params = project / "params.yaml"
    for section, line in {
        "versions": "{extends: v2, unreviewed: keep}",
        "seeds": "{extends: v2, bootstrap: 0, teacher: models/base}",
        "models": "models/adapters/v4",
    }.items():
        params.write_text(re.sub(f"(?m)^{section}:\n", f"{section}:\n  v4: {line}\n", params.read_text()))
    row = {"instruction": "Ni nini maana ya riba?", "input": "", "output": "Riba ni malipo ya kutumia pesa za mtu mwingine."}
    (project / "data/seeds/v4.jsonl").write_text(json.dumps(row) + "\n")
    names = run("dvc", "stage", "list", "--name-only", cwd=project).stdout.split()
    version4 = {f"{stage}@v4" for stage in ("expand", "curate", "merge", "encode", "train", "predict", "score")}
    assert version4 < set(names)
    output = repro("merge@v4", cwd=project).stdout
    assert stages_run(output) == {"fingerprint", "expand@v4", "curate@v4", "merge@v4"}  # the first looks at new names
    assert len((project / "data/versions/v4.jsonl").read_text().splitlines()) == 15


def test_an_unknown_key_fails_the_stage_with_one_line_that_names_it(project):
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("learning_rate:", "learnign_rate:"))
    done = repro("-s", "train@v1", cwd=project, check=False)
    assert done.returncode != 0
    assert "Error: No such option '--learnign_rate'. Did you mean '--learning_rate'?" in done.stdout
    assert "Traceback" not in done.stdout


def forget(project: Path, *outs: str) -> None:
    """Removes outs, DVC's cache of everything, and the memo: what follows must be made again."""
    for out in (*outs, ".dvc/cache", ".mbegu/memo"):
        shutil.rmtree(project / out, ignore_errors=True)


def test_training_again_without_any_cache_gives_the_same_bytes(real_project):
    before = (real_project / "models/adapters/v2/SHA256SUMS").read_text()
    forget(real_project, "models/adapters/v2")
    output = run("dvc", "repro", "-s", "train@v2", cwd=real_project).stdout
    assert stages_run(output) == {"train@v2"}
    assert (real_project / "models/adapters/v2/SHA256SUMS").read_text() == before


def test_a_bootstrapped_version_is_the_previous_one_and_what_passed_every_filter(real_project):
    funnel = json.loads((real_project / "metrics/funnel/v3.json").read_text())
    expanded = (real_project / "data/expanded/v3.jsonl").read_text().splitlines()
    ledger = (real_project / "data/expanded/v3.ledger.jsonl").read_text().splitlines()
    assert funnel["candidates"] == len(expanded) + len(ledger) > 0
    assert funnel["kept"] + sum(funnel["dropped"].values()) == funnel["candidates"]
    for row in map(json.loads, (real_project / "data/curated/v3.jsonl").read_text().splitlines()):
        assert row["origin"]["kind"] == "generated" and row["origin"]["parents"]
    shutil.rmtree(real_project / "data/expanded")
    output = run("dvc", "repro", "-f", "-s", "expand@v3", cwd=real_project).stdout
    assert "asked the teacher 0 times" in output
    assert (real_project / "data/expanded/v3.jsonl").read_text().splitlines() == expanded


def processes_in(project: Path) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if (path / "cwd").readlink() == project and "State:\tZ" not in (path / "status").read_text():
                found.append(int(path.name))
        except OSError:
            continue
    return found


def stage_process(project: Path, dvc: int) -> int | None:
    for process in processes_in(project):
        if process != dvc and b"stages/" in Path(f"/proc/{process}/cmdline").read_bytes():
            return process
    return None


def command_lines(project: Path) -> list[str]:
    return [Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ") for process in processes_in(project)]


def wait_for(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


KILLED = [
    ("base", "dvc"), ("expand@v3", "dvc"), ("curate@v2", "dvc"), ("merge@v2", "dvc"), ("encode@v2", "dvc"),
    ("train@v2", "dvc"), ("predict@v2", "dvc"), ("score@v2", "stage"), ("compare", "dvc"), ("report", "dvc"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "victim"), KILLED)
def test_a_kill_in_the_middle_of_any_stage_leaves_no_orphan_and_the_next_build_is_the_same(request, name, victim):
    project = request.getfixturevalue("real_project" if name == "base" else "project")  # the real base is fetched and converted
    lock = (project / "dvc.lock").read_text()
    forget(project)  # else DVC restores what the lock names, and nothing runs
    dvc = subprocess.Popen(
        ["dvc", "repro", "-f", "-s", name], cwd=project, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: stage_process(project, dvc.pid) or dvc.poll() is not None, 60)
    if name == "train@v2":  # half-way: when the first checkpoint is there
        wait_for(lambda: list((project / ".mbegu/train/v2").glob("*/checkpoint-1/trainer_state.json")), 120)
    stage = stage_process(project, dvc.pid)
    assert stage, f"{name} ended before it could be killed"
    os.kill(dvc.pid if victim == "dvc" else stage, signal.SIGKILL)
    dvc.wait()
    assert wait_for(lambda: not processes_in(project), 10), f"{name} left an orphan: {command_lines(project)}"
    assert stages_run(run("dvc", "repro", "-s", name, cwd=project).stdout) == {name}
    assert (project / "dvc.lock").read_text() == lock
