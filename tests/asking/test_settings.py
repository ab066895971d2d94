"""The choice of the teacher: what each kind loads, and what it remembers."""

import json
import subprocess
import sys

import pytest
from root import ROOT

HEAVY = ("torch", "transformers", "peft", "bitsandbytes", "llguidance", "datasets")
COMMAND = f"""
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as ended:
    print("code", ended.code or 0, [name for name in {HEAVY!r} if name in sys.modules])
"""
OPTIONS = {
    "--seeds": "seeds.jsonl", "--previous": "none.jsonl", "--base": "no", "--teacher": "no", "--out": "out.jsonl",
    "--ledger": "ledger.jsonl", "--memo": "memo", "--work": "work", "--template": ROOT / "templates/chat.jinja",
    "--local.quantization": "nf4", "--local.batch_size": 4, "--openai.base_url": "http://127.0.0.1:9/v1", "--openai.model": "m",
    "--openai.concurrency": 1, "--openai.retries": 0, "--openai.timeout": 1, "--openai.prompt_price": 0,
    "--openai.completion_price": 0, "--recorded.file": "recorded.jsonl", "--recorded.missing": "error",
    "--max_new_tokens": 4, "--target": 0,
    "--validation": 0.1, "--method": "self-instruct", "--domain": "saving", "--templates": ROOT / "templates/self-instruct",
    "--requests": 2, "--patience": 1, "--demonstrations": 3, "--machine": 1, "--instances": 2, "--temperature": 0, "--top_p": 1,
    "--repetition_penalty": 1, "--instruction_tokens": 12, "--instance_tokens": 8, "--min_words": 1, "--max_words": 50,
    "--novelty": 0.7, "--topics": "map", "--languages": "en",
    "--currency": "KES", "--unknown": "I don't know", "--disclaimer": "", "--names": "CIC",
}  # fmt: skip
ANSWERED = [{"instruction": f"Akiba namba {number} ni nini?", "output": "Pesa."} for number in range(4)]


def expand(folder, *changes):
    """Runs the script as DVC does and gives what it printed; the last line names the heavy libraries that it loaded."""
    options = [str(part) for pair in OPTIONS.items() for part in pair]
    command = [sys.executable, "-c", COMMAND, str(ROOT / "stages/expand.py"), *options, "--chat", "--instance_chat", *changes]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize("text", ["ቁጠባ ምንድን ነው?", "ما هو الادخار؟", "Save 🌱 how\u200bmuch?"])
def test_a_recorded_teacher_drafts_and_loads_no_torch(tmp_path, write_jsonl, text):
    write_jsonl("seeds.jsonl", [*ANSWERED, {"instruction": text}])
    write_jsonl("none.jsonl", [])
    decoding = {"max_new_tokens": 4, "temperature": 0.0, "top_p": 1.0, "repetition_penalty": 1.0}
    request = {"teacher": {"kind": "other"}, "prompt": text, "chat": True, "decoding": decoding}
    write_jsonl("recorded.jsonl", [{"request": request, "answer": {"text": f"«{text}»"}}])
    for _ in range(2):
        said, errors = expand(tmp_path, "--kind", "recorded")
        assert said == [
            "Drafted 1 of 5 rows, bootstrapped 0 from 0 candidates, read 1 replies of a recording: out.jsonl", "code 0 []",
        ], errors  # fmt: skip
    row = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[4])
    assert row["output"] == f"«{text}»" and row["origin"]["recording"] == "recorded.jsonl:1"
    assert row["origin"]["teacher"] == {"kind": "recorded", "by": "other"}


def test_a_remote_teacher_is_planned_and_refused_without_torch(tmp_path, write_jsonl, monkeypatch):
    monkeypatch.delenv("MBEGU_TEACHER_API_KEY", raising=False)
    write_jsonl("seeds.jsonl", [*ANSWERED, {"instruction": "Nini?"}])
    write_jsonl("none.jsonl", [])
    said, errors = expand(tmp_path, "--kind", "openai", "--target", "2", "--plan")
    assert said[0] == "Drafts: 1 requests, 0 memoized, 1 to ask" and said[-1] == "code 0 []", errors
    said, errors = expand(tmp_path, "--kind", "openai")
    assert said == ["code 1 []"] and "the environment variable MBEGU_TEACHER_API_KEY is not set" in errors


def test_what_reads_a_teacher_s_replies_loads_no_torch():
    modules = ["sources.documents.questions", "sources.documents.answers", "scoring.judging", "asking.forecast"]
    code = "".join(f"import mbegu.{name}; " for name in modules) + f"import sys; print(set({HEAVY!r}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "set()\n"


def recorded(about, text):
    return {"about": {"version": 1, **about}, "answer": {"text": text}}


def test_what_a_recording_lacks_stops_expand_or_is_a_line_of_its_ledger(tmp_path, write_jsonl):
    write_jsonl("seeds.jsonl", [*ANSWERED, {"instruction": "ቁጠባ ምንድን ነው?"}, {"instruction": "Nini?"}])
    write_jsonl("none.jsonl", [])
    lines = [
        recorded({"task": "draft", "instruction": "ቁጠባ ምንድን ነው?", "input": ""}, "ገንዘብ ማስቀመጥ።"),
        recorded(
            {"task": "instructions", "round": 0, "request": 0}, "Je, mkopo wa nyumba ni nini?\n2. Bima ya afya hulipa nini?"
        ),
        recorded({"task": "classification", "instruction": "Je, mkopo wa nyumba ni nini?"}, "No"),
        recorded({"task": "classification", "instruction": "Bima ya afya hulipa nini?"}, "No"),
        recorded({"task": "input-first", "instruction": "Je, mkopo wa nyumba ni nini?"}, "Output: Ni deni 🌱."),
    ]
    write_jsonl("recorded.jsonl", lines)
    said, errors = expand(tmp_path, "--kind", "recorded", "--target", "9")
    assert said == ["code 1 []"] and "1 of 2 requests are not recorded (1 of task draft), the first begins 'Nini?'" in errors
    said, errors = expand(tmp_path, "--kind", "recorded", "--target", "9", "--survey", "survey.jsonl")
    assert said[:2] == ["Drafts: 2 requests, 1 recorded, 1 to ask", "Bootstrap: 6 requests, 4 recorded, 2 to ask; later requests "
                        "depend on their answers"], errors  # fmt: skip
    said, errors = expand(tmp_path, "--kind", "recorded", "--target", "9", "--recorded.missing", "skip")
    assert said[0].startswith("Drafted 1 of 6 rows, bootstrapped 1 from 3 candidates, read 5 replies"), errors
    ledger = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
    assert [line["reason"] for line in ledger] == ["not recorded", "not recorded: instructions", "not recorded: instance"]
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert rows[-1]["output"] == "Ni deni 🌱." and rows[-1]["origin"]["recording"] == "recorded.jsonl:5" and len(rows) == 6
