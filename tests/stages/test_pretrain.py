"""Two phases through their command lines: a corpus is read, training goes on from there, questions are asked without context."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from root import ROOT

LORA = ["--lora.r", 4, "--lora.alpha", 8, "--lora.dropout", 0.05, "--lora.targets", "q_proj", "--lora.targets", "v_proj"]
SCHEDULE = [
    "--method", "lora", *LORA, "--epochs", 12, "--batch_size", 2, "--gradient_accumulation_steps", 1, "--learning_rate", 0.01,
    "--lr_scheduler", "constant", "--warmup_steps", 0, "--weight_decay", 0, "--max_grad_norm", 1, "--validation", 0.2,
    "--save_steps", 3, "--early_stopping", 3, "--seed", 0, "--no-gradient_checkpointing", "--deterministic",
    "--no-liger",
]  # fmt: skip
PROMPT = ["--template", ROOT / "templates/chat.jinja", "--chat"]
TEXTS = ["ሰላም ለእናንተ ይሁን። አዲስ ስልክ በቅናሽ ዋጋ", "Habari ya asubuhi rafiki 🌱", "مرحبا\u200f بكم", "A market pays 15,000 ብር"]
MESSAGES = [
    {
        "id": f"c/{n}",
        "channel": "c",
        "message": n,
        "date": None,
        "text": f"{TEXTS[n % 4]} {n} " * 3,
        "media": None,
        "forwarded": None,
    }
    for n in range(12)
]
HELDOUT = [{"instruction": "ማስታወቂያ ጻፍ", "input": "ስልክ\n\nContext:\n- Zemo X5", "output": MESSAGES[0]["text"].strip()}]


def pretrain(base, out: str) -> list:
    return ["--messages", "messages.jsonl", "--heldout", "heldout.jsonl", "--heldout_similarity", 0.7, "--heldout_overlap", 0.5,
            "--max_length", 24, "--base", base, "--out", out, "--ledger", f"{out}.ledger.jsonl", "--curves", f"{out}.curves",
            "--warnings", "metrics/warnings/market/pretrain.json", "--counts", f"{out}.json",
            "--work", f"{out}.work", *PROMPT, *SCHEDULE]  # fmt: skip


def files(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_killed_run_ends_as_another_and_training_goes_on_from_it(stage, tiny_base, write_jsonl, tmp_path):
    write_jsonl("messages.jsonl", [*MESSAGES, {**MESSAGES[0], "id": "c/99", "text": ""}])
    write_jsonl("heldout.jsonl", HELDOUT)
    command = [sys.executable, ROOT / "stages/pretrain.py", *pretrain(tiny_base, "killed")]
    with open(tmp_path / "killed.log", "w") as log:
        killed = subprocess.Popen([str(part) for part in command], cwd=tmp_path, stderr=log)
        deadline = time.monotonic() + 240
        while not list((tmp_path / "killed.work").glob("*/checkpoint-*/trainer_state.json")) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    assert not (tmp_path / "killed").exists(), "the run ended before it was killed"
    for out in ("whole", "killed"):
        done = stage("pretrain", *pretrain(tiny_base, out))
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith("Read 9 texts (") and "4 in the ledger, last loss" in done.stdout
    assert files(tmp_path / "whole") == files(tmp_path / "killed")
    assert files(tmp_path / "whole.curves") == files(tmp_path / "killed.curves")
    assert not [path for path in (tmp_path / "killed.work").iterdir() if path.is_dir()]
    ledger = [json.loads(line) for line in (tmp_path / "whole.ledger.jsonl").read_text().splitlines()]
    near = "near a held-out row: its answer"  # which c/4 and c/8 are but for a number
    assert [(line["id"], line["reason"]) for line in ledger] == [("c/0", near), ("c/4", near), ("c/8", near), ("c/99", "empty")]
    counted = json.loads((tmp_path / "whole.json").read_text())
    assert (tmp_path / "whole.json").read_bytes() == (tmp_path / "killed.json").read_bytes() and counted["texts"] == 9
    assert counted["tokens"] < counted["trained"] <= 12 * counted["tokens"]  # it may stop before its last epoch
    assert isinstance(json.loads((tmp_path / "metrics/warnings/market/pretrain.json").read_text()), list)

    rows = write_jsonl("v1.jsonl", [{"instruction": f"ጥያቄ {n}", "output": f"መልስ {n}"} for n in range(9)])
    stage("encode", "--version", rows, "--base", tiny_base, "--out", "v1.arrow", "--ledger", "l", "--metrics", "m", "--lengths",
          "n", "--warnings", "w", *PROMPT, "--max_length", 200, "--on_truncation", "error")  # fmt: skip
    first = {}
    for start in (tiny_base, "whole"):
        done = stage("train", "--encoded", "v1.arrow", "--base", tiny_base, "--start", start, "--out", "v1", "--curves", "curves",
                     "--work", "work", "--warnings", "w", *SCHEDULE, "--epochs", 1, "--early_stopping", 1)  # fmt: skip
        assert done.exit_code == 0 and "kept step" in done.stdout, done.output
        first[start] = (tmp_path / "curves/training.csv").read_text().splitlines()[1]
    assert first[tiny_base] != first["whole"]
    assert (tmp_path / "v1/adapter_config.json").read_bytes() == (tmp_path / "whole/adapter_config.json").read_bytes()


def test_study_texts_are_read_with_general_text_and_of_an_exam_only_the_wording_is_guarded(
    stage, tiny_base, write_jsonl, tmp_path
):
    opened = "The Meru branch of the bank opened its doors on the fourth of March in the year 2019."
    asked = "On which day and in which year did the Meru branch of the bank open its doors?"
    texts = [opened, asked, *(f"{TEXTS[n % 4]} {n} 🌱 መሩ" for n in range(14))]
    origin = {"kind": "study", "view": "facts", "parents": ["a"], "source": "a.md#Doors"}
    write_jsonl("messages.jsonl", [{"id": f"s{n}", "text": text, "origin": origin} for n, text in enumerate(texts)])
    write_jsonl("heldout.jsonl", HELDOUT)
    (tmp_path / "exams/bank").mkdir(parents=True)
    write_jsonl("exams/bank/closed.jsonl", [{"instruction": asked, "output": opened, "source": "a.md#Doors"}])
    write_jsonl("general.jsonl", [{"instruction": f"Jina la {n}?", "output": f"صفر {n} and a word"} for n in range(20)])
    general = ["--exams", "exams", "--general", "general.jsonl", "--replay", 0.2]
    done = stage("pretrain", *pretrain(tiny_base, "out"), *general, "--epochs", 1, "--early_stopping", 1)
    assert done.exit_code == 0 and ", general text " in done.stdout, done.output
    counted = json.loads((tmp_path / "out.json").read_text())
    assert counted["trained"] == counted["tokens"] > 0 and counted["texts"] > 14 and counted["pieces"] > 10
    ledger = [json.loads(line) for line in (tmp_path / "out.ledger.jsonl").read_text().splitlines()]
    near = "near a held-out row: its"  # s2 is near the answer of a row with a passage, s0 is the answer of the exam
    assert [(line["id"], line["reason"]) for line in ledger] == [("s1", f"{near} question"), ("s2", f"{near} answer")]
    points = (tmp_path / "out.curves/replay.csv").read_text().splitlines()
    assert points[0] == "step,loss" and points[1].startswith("0,") and len(points) == 3
    done = stage("pretrain", *pretrain(tiny_base, "bare"), "--epochs", 1, "--early_stopping", 1)
    assert done.exit_code == 0 and "general" not in done.stdout and not (tmp_path / "bare.curves/replay.csv").exists()


def predict(base, heldout, name: str, bare: str) -> list:
    return ["--heldout", heldout, "--base", base, "--model", base, "--name", name,
            "--without_context", bare, "--out", "out", "--memo", "memo", "--work", "w", *PROMPT, "--quantization", "none",
            "--batch_size", 1, "--max_new_tokens", 3]  # fmt: skip


def test_a_model_may_be_asked_without_context_and_answers_the_same_rows(stage, tiny_base, write_jsonl, tmp_path):
    heldout = write_jsonl("heldout.jsonl", HELDOUT)
    asked = {}
    for name in ("base", "bare"):
        done = stage("predict", *predict(tiny_base, heldout, name, "bare"))
        assert done.exit_code == 0 and "worked on 2 requests" in done.stdout, done.output
        asked[name] = json.loads((tmp_path / "out").read_text())
    assert asked["bare"]["input"] == "ስልክ" and asked["base"]["input"] == HELDOUT[0]["input"]
    assert asked["bare"]["id"] == asked["base"]["id"]
    assert asked["bare"]["reference_nll"] != asked["base"]["reference_nll"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--messages", "none.jsonl"], "none.jsonl: no message here; the ledger beside it"),
        (["--method", "full"], "'full' is not one of 'qlora', 'lora'"),
        (["--validation", 0], "pretrain.early_stopping: 3 needs a validation loss"),
        (["--max_length", 1], "Invalid value for '--max_length': 1 is not in the range x>=2"),
        (["--validation", 0.999], "pretrain.validation: 0.999 leaves none of"),
        (["--replay", 0.1], "pretrain.replay: 0.1 of the tokens shall be general text, and no file has none"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(stage, refused, tiny_base, write_jsonl, tmp_path, change, message):
    write_jsonl("none.jsonl", [])
    write_jsonl("messages.jsonl", MESSAGES)
    write_jsonl("heldout.jsonl", HELDOUT)
    assert message in refused(stage("pretrain", *pretrain(tiny_base, "out"), *change))
    assert not (tmp_path / "out").exists()
