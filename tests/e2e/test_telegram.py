"""A project begun from a channel's export: built on a tiny model, built again, and after one message more."""

import json
import re
from pathlib import Path

import pytest
import yaml
from projects import commit, merge_params, repro, run

from mbegu.models.manifest import verify

pytestmark = pytest.mark.timeout(1200)


def stages_run(output: str) -> set[str]:
    return set(re.findall(r"Running stage '([^']+)'", output))


def bytes_of(project: Path) -> dict[str, str]:
    """Path and hash of every out of the lock, but for the pages that name the revision."""
    lock = yaml.safe_load((project / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    outs = [out for entry in lock.values() for out in entry.get("outs", [])]
    return {out["path"]: out["md5"] for out in outs if not out["path"].startswith("report.")}


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path) -> Path:
    """A project as `mbegu new --from telegram` begins it, with few steps, built and committed."""
    folder = tmp_path_factory.mktemp("telegram")
    run("python", "-m", "mbegu", "new", "market", "--from", "telegram", "--currency", "KES", cwd=folder)
    project = folder / "market"
    few = {"epochs": 1, "batch_size": 4}
    merge_params(
        project,
        {
            "base": {"source": "path", "path": str(tiny_base)},
            "prompt": {"template": "templates/question-answer.jinja", "chat": False},
            "pretrain": few | {"method": "lora"},
            "train": few | {"method": "lora"},
            "predict": {"max_new_tokens": 8, "quantization": "none"},
        },
    )
    commit(project, "The sample")
    repro(cwd=project)
    commit(project, "v1")
    return project


def test_the_build_holds_what_its_stages_promise(market):
    messages = [json.loads(line) for line in (market / "data/labelled/market.jsonl").read_text("utf-8").splitlines()]
    assert len(messages) >= 20 and {message["label"] for message in messages} == {"ad", "other"}
    assert "0700 000 112" not in (market / "data/messages/market.jsonl").read_text("utf-8")  # masked by default
    heldout = [json.loads(line) for line in (market / "data/heldout.jsonl").read_text("utf-8").splitlines()]
    assert len(heldout) == 4 and all(row["mentions"] and row["group"] == "garden_corner" for row in heldout)
    assert all("\nContext:\n- " in row["input"] for row in heldout)
    compared = json.loads((market / "metrics/compare.json").read_text("utf-8"))
    assert list(compared["models"]) == ["base", "pretrained", "v1", "v1-bare"] and compared["groups"] == 1
    assert "| without" in (market / "metrics/compare.md").read_text("utf-8")
    page = (market / "report.html").read_text("utf-8")
    assert "Without and with context" in page and "Ads told from other messages: market" in page and "phase one: market" in page
    for adapter in ("pretrained/market", "adapters/v1"):
        verify(market / "models" / adapter)


def test_a_second_build_runs_nothing_and_one_message_more_runs_what_depends_on_it(market):
    assert stages_run(repro(cwd=market).stdout) <= {"fingerprint"}
    before = bytes_of(market)
    export = market / "data/exports/garden_corner/result.json"
    chat = json.loads(export.read_text(encoding="utf-8"))
    chat["messages"].append({**chat["messages"][-1], "id": 99, "text": "Sow the onions now 🧅 and thin them in a month."})
    export.write_text(json.dumps(chat, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    ran = stages_run(repro(cwd=market).stdout)
    assert {"ingest_telegram@market", "label@market", "index@market", "brief@v1", "pretrain@market"} <= ran
    assert "base" not in ran
    run("git", "checkout", "-q", "data/exports", cwd=market)
    repro(cwd=market)
    assert bytes_of(market) == before


def test_an_ad_is_written_from_a_brief_with_its_sources(market):
    brief = "product: g05\naudience: everybody\ntone: lively\nmust_mention: [Watering can]\nbrief: Announce the watering cans.\n"
    (market / "brief.yaml").write_text(brief, encoding="utf-8")
    try:
        command = [
            "python",
            "-m",
            "mbegu",
            "ask",
            "--brief",
            "brief.yaml",
            "--channel",
            "garden_corner",
            "--quantization",
            "none",
        ]
        done = run(*command, "--max_new_tokens", "8", "--quantization", "none", cwd=market)
        assert "g05" in done.stdout and "Watering can" in done.stdout and "Traceback" not in done.stdout
    finally:
        (market / "brief.yaml").unlink()


def test_the_project_s_own_checks_pass_and_nothing_is_left_over(market):
    assert "Note" not in run("python", "-m", "mbegu", "check", "--current", cwd=market).stdout
    assert run("python", "-m", "mbegu", "tidy", cwd=market).stdout == "Nothing is left over.\n"
