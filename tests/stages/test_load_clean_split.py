"""The three stages that turn a public set into training and held-out rows."""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from root import ROOT

from mbegu.curating.leakage import decontaminate
from mbegu.curating.twins import check_heldout
from mbegu.rows.heldout import read_heldout
from mbegu.rows.ledger import read_ledger
from mbegu.rows.row import read_rows

DATA = ROOT / "examples/finance_qa/data/raw"
COLUMNS = ["--columns.instruction", "instruction", "--columns.input", "input", "--columns.output", "output"]
LOAD = [
    "--format", "auto", *COLUMNS, "--no-tool_calls", "--unreadable", 0.5, "--rows", 0, "--split", "train",
    "--out", "data/loaded.jsonl", "--ledger", "data/l.ledger",
]  # fmt: skip
CLEAN = [
    "--loaded", "data/loaded.jsonl", "--dropped", "data/l.ledger", "--out", "data/cleaned.jsonl", "--ledger", "data/c.ledger",
    "--funnel", "metrics/funnel.csv", "--metrics", "metrics/clean.json", "--min_words", 8, "--max_words", 300,
    "--max_repetition", 0.2, "--refusals", "as an ai", "--refusals", "i'm sorry", "--near_duplicate", 0.7, "--permutations", 128,
]  # fmt: skip
SPLIT = ["--rows", "data/cleaned.jsonl", "--always", DATA.parent / "questions.jsonl", "--fraction", 0.1,
         "--train", "data/train.jsonl", "--heldout", "data/heldout.jsonl", "--ledger", "data/s.ledger"]  # fmt: skip


def with_(options: list, **changed: object) -> list:
    """The options with some values changed; a dot in a name is written as two underlines."""
    given = list(options)
    for name, value in changed.items():
        given[given.index(f"--{name.replace('__', '.')}") + 1] = value
    return given


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_dirty_set_becomes_training_and_held_out_rows_with_every_record_accounted_for(stage, tmp_path):
    sets = [json.loads((DATA / name).read_text(encoding="utf-8")) for name in ("alpaca_finance.json", "dirty.json")]
    (tmp_path / "set.json").write_text(json.dumps([*sets[0], *sets[1]], ensure_ascii=False), encoding="utf-8")
    load = ["load", "--source", "set.json", *LOAD]
    assert stage(*load).stdout == "Loaded 336 of 340 records, 4 lines in the ledger: data/loaded.jsonl\n"
    done = stage("clean", *CLEAN)
    assert done.stdout == "Kept 313 of 336 rows, 13 repaired, 36 lines in the ledger: data/cleaned.jsonl\n"
    done = stage("split", *SPLIT)
    counts = "287 of 313 rows to train on, 26 held out beside 60 written ones, 0 in the ledger"
    assert done.stdout == f"{counts}: data/train.jsonl\n"

    ledgers = [read_ledger(tmp_path / f"data/{name}.ledger") for name in "lcs"]
    train, heldout = read_rows(tmp_path / "data/train.jsonl", answered=True), read_heldout(tmp_path / "data/heldout.jsonl")
    dropped = sum(line["action"] == "dropped" for ledger in ledgers for line in ledger)
    assert len(train) + len(heldout) - 60 + dropped == 340
    assert [row["id"] for row in heldout[:60]] == [row["id"] for row in read_heldout(DATA.parent / "questions.jsonl")]
    assert not {row["id"] for row in train} & {row["id"] for row in heldout}
    assert decontaminate(train, check_heldout(heldout, 0.7), 0.7, 0.5, "error", "curate") == (train, [])
    funnel = (tmp_path / "metrics/funnel.csv").read_text()
    assert funnel == (
        "filter,dropped,left\ncandidates,0,340\nempty,4,336\nrefusal,3,333\ntoo short,5,328\nduplicate,6,322\n"
        "same question,3,319\nnear-duplicate,6,313\nkept,0,313\n"
    )
    metrics = json.loads((tmp_path / "metrics/clean.json").read_text())
    assert metrics["candidates"] == 340 and metrics["kept"] == 313 and metrics["repaired"] == 13
    assert sum(metrics["dropped"].values()) == 27

    before = files(tmp_path)
    for again in (load, ["clean", *CLEAN], ["split", *SPLIT]):
        assert stage(*again).exit_code == 0
    assert files(tmp_path) == before


def test_what_is_left_out_of_a_set_is_said_once_and_is_in_the_ledger(stage, write_jsonl, tmp_path):
    rows = [{"instruction": f"ጥያቄ {n}", "input": "", "output": "መልስ", "system": "Be kind.", "score": 5} for n in range(3)]
    write_jsonl("set/train.jsonl", rows)
    write_jsonl("set/notes.md", [])
    done = stage("load", "--source", "set", *LOAD)
    assert done.stdout == "Loaded 3 of 3 records, 1 lines in the ledger: data/loaded.jsonl\n"
    assert done.stderr.splitlines() == [
        "Note: set/notes.md: left out: it ends in none of .json, .jsonl, .csv, .parquet, .tsv, .ndjson",
        "Note: set: columns left out: 'system' (in 3 records), 'score' (in 3 records). "
        "load.context: [system] would put one before the input, load.columns maps others.",
    ]
    (line,) = read_ledger(tmp_path / "data/l.ledger")
    assert (line["action"], line["row"]["origin"]["source"]) == ("left out", "set/notes.md")
    done = stage("load", "--source", "set", *LOAD, "--context", "system")
    assert "'score' (in 3 records)" in done.stderr and "'system' (in" not in done.stderr
    assert read_rows(tmp_path / "data/loaded.jsonl", answered=True)[0]["input"] == "Be kind."


def test_the_bytes_do_not_depend_on_the_hash_seed(tmp_path):
    """MinHash and sets of shingles meet here: their order must not show."""
    found = []
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        for name, options in (("load", ["--source", DATA / "dirty.json", *LOAD]), ("clean", CLEAN)):
            command = list(map(str, [sys.executable, ROOT / "stages" / f"{name}.py", *options]))
            environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
            subprocess.run(command, cwd=tmp_path / seed, env=environment, check=True)
        found.append(files(tmp_path / seed))
    assert found[0] == found[1] and len(found[0]) == 6


def test_a_written_held_out_row_is_not_trained_on(stage, write_jsonl, tmp_path):
    rows = [{"instruction": f"ጥያቄ {number}?", "output": "መልስ"} for number in range(20)]
    always = write_jsonl("always.jsonl", [{**rows[0], "checks": {"max_words": 3}}, {"instruction": "Nje?", "output": "Ndiyo."}])
    done = stage("split", *with_(SPLIT, rows=write_jsonl("rows.jsonl", rows), always=always, fraction=0.3))
    ledger = read_ledger(tmp_path / "data/s.ledger")
    assert len(ledger) == 1 and ledger[0]["row"]["instruction"] == "ጥያቄ 0?" and "1 in the ledger" in done.stdout
    heldout = read_heldout(tmp_path / "data/heldout.jsonl")
    assert heldout[0]["checks"] == {"max_words": 3} and heldout[1]["instruction"] == "Nje?"
    train = read_rows(tmp_path / "data/train.jsonl", answered=True)
    assert len(train) + len(heldout) - 2 + 1 == 20 and "ጥያቄ 0?" not in [row["instruction"] for row in train]


def test_without_written_rows_the_drawn_ones_are_all(stage, write_jsonl, tmp_path):
    rows = write_jsonl("rows.jsonl", [{"instruction": f"q{number}", "output": "a"} for number in range(40)])
    empty = write_jsonl("none.jsonl", [])
    assert "beside 0 written ones" in stage("split", *with_(SPLIT, rows=rows, always=empty, fraction=0.5)).stdout
    assert len(read_heldout(tmp_path / "data/heldout.jsonl")) + len(read_rows(tmp_path / "data/train.jsonl", answered=True)) == 40


SPLITS_REFUSED = [
    ({"fraction": 0}, "rows.jsonl: its 2 rows leave none on the held-out side"),
    ({"fraction": 0.9999999}, "rows.jsonl: its 2 rows leave none on the training side"),
    ({"fraction": 1}, "--fraction"),
    ({"always": "nowhere.jsonl"}, "nowhere.jsonl: No such file or directory"),
    ({"rows": "nowhere.jsonl"}, "nowhere.jsonl: No such file or directory"),
    ({"rows": "twice.jsonl"}, "twice.jsonl:2: asks the same as"),
]


@pytest.mark.parametrize(("changed", "message"), SPLITS_REFUSED)
def test_a_split_that_cannot_be(changed, message, stage, refused, write_jsonl, tmp_path):
    rows = [{"instruction": name, "output": "a"} for name in "qr"]
    write_jsonl("none.jsonl", [])
    write_jsonl("twice.jsonl", [rows[0], rows[0]])
    options = with_(SPLIT, rows=write_jsonl("rows.jsonl", rows), always="none.jsonl")
    assert message in refused(stage("split", *with_(options, **changed)))
    assert not (tmp_path / "data").exists()


CLEANS_REFUSED = [
    ({"min_words": 301}, "clean.min_words 301 is above clean.max_words 300"),
    ({"min_words": 100}, "loaded.jsonl: none of its 1 rows is left; the last went as too short"),
    ({"near_duplicate": 0}, "--near_duplicate"),
    ({"permutations": 8}, "--permutations"),
    ({"loaded": "nowhere.jsonl"}, "nowhere.jsonl: No such file or directory"),
    ({"dropped": "nowhere.ledger"}, "nowhere.ledger: No such file or directory"),
]


@pytest.mark.parametrize(("changed", "message"), CLEANS_REFUSED)
def test_a_cleaning_that_cannot_be(changed, message, stage, refused, write_jsonl):
    write_jsonl("data/loaded.jsonl", [{"instruction": "What is it?", "output": "It is an answer of ten words, more or less."}])
    write_jsonl("data/l.ledger", [])
    assert stage("clean", *CLEAN).exit_code == 0
    assert message in refused(stage("clean", *with_(CLEAN, **changed)))


LOADS_REFUSED = [
    ({"columns__instruction": "instrucion"}, "no column 'instrucion'; there are 'input', 'instruction', 'output'. Did you"),
    ({"columns__output": ""}, "no column ''"),
    ({"rows": -1}, "--rows"),
    ({"format": "xml"}, "--format"),
    ({"split": "validation"}, "no split 'validation'"),
    ({"source": "nowhere.csv"}, "'nowhere.csv': no such file or folder"),
    ({"source": "data/nowhere"}, "'data/nowhere': no such file or folder"),
    ({"source": "rows.json", "format": "parquet"}, "rows.json: not readable as parquet"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "message"), LOADS_REFUSED)
def test_a_load_that_cannot_be(changed, message, stage, refused, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "rows.json").write_text('[{"instruction": "q", "input": "", "output": "a"}]')
    options = ["--source", "rows.json", *LOAD]
    assert stage("load", *options).exit_code == 0
    assert message in refused(stage("load", *with_(options, **changed)))


class Hub(BaseHTTPRequestHandler):
    """As much of a hub as a set of one file needs."""

    lines = b"".join(json.dumps({"q": f"ጥያቄ {number}", "a": "መልስ"}).encode() + b"\n" for number in range(5))
    commit = "a" * 40

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = self.path.split("?")[0]
        if path in ("/api/datasets/owner/name", f"/api/datasets/owner/name/revision/{self.commit}"):
            self.answer(json.dumps({"id": "owner/name", "sha": self.commit, "siblings": [], "tags": []}).encode())
        elif path == f"/api/datasets/owner/name/tree/{self.commit}":
            file = {"type": "file", "path": "train.jsonl", "size": len(self.lines), "oid": "b" * 40}
            self.answer(json.dumps([file]).encode())
        elif path == f"/datasets/owner/name/resolve/{self.commit}/train.jsonl":
            self.answer(self.lines)
        else:
            self.answer(None)

    def answer(self, body: bytes | None) -> None:
        self.send_response(404 if body is None else 200)
        if body is None:
            self.send_header("X-Error-Code", "EntryNotFound" if "owner/name" in self.path else "RepoNotFound")
        self.send_header("ETag", '"b"')
        self.send_header("X-Repo-Commit", self.commit)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def load_from_hub(tmp_path: Path, source: str, split: str, **environment: str) -> subprocess.CompletedProcess:
    """In a process of its own: the hub's address is read from the environment when its library is imported."""
    options = [
        "--source",
        source,
        *with_(LOAD, columns__instruction="q", columns__input="", columns__output="a", rows=3, split=split),
    ]
    command = [sys.executable, ROOT / "stages/load.py", *options]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING_FACE"))}
    environment = kept | {"HF_HOME": str(tmp_path / "hub"), "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(list(map(str, command)), cwd=tmp_path, env=environment, capture_output=True, text=True)


def test_the_first_rows_of_a_set_on_a_hub(hub, tmp_path):
    done = load_from_hub(tmp_path, "owner/name", "train", HF_ENDPOINT=hub)
    assert done.stdout == "Loaded 3 of 3 records, 0 lines in the ledger: data/loaded.jsonl\n", done.stderr
    rows = read_rows(tmp_path / "data/loaded.jsonl", answered=True)
    assert [row["instruction"] for row in rows] == ["ጥያቄ 0", "ጥያቄ 1", "ጥያቄ 2"]
    assert [row["origin"]["source"] for row in rows] == [f"owner/name:{number}" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("name", "split", "environment", "reason"),
    [
        ("owner/name", "nope", {}, "Bad split: nope. Available splits: ['train']"),
        ("owner/none", "train", {}, "Dataset 'owner/none' doesn't exist on the Hub or cannot be accessed"),
        ("owner/name", "train", {"HF_HUB_OFFLINE": "1"}, "OfflineModeIsEnabled"),
    ],
)
def test_a_set_on_a_hub_that_cannot_be_read(name, split, environment, reason, hub, tmp_path):
    done = load_from_hub(tmp_path, name, split, HF_ENDPOINT=hub, **environment)
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith(f"Error: {name}: can't be read from the hub (") and reason in done.stderr
    assert "download its files and name their folder" in done.stderr and not (tmp_path / "data").exists()
