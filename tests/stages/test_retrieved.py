"""Passages that a question finds: the stages index_chunks, raft, examine and grade, `mbegu ask --retrieve`, the app."""

import html
import json
import re
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from root import ROOT

from mbegu.retrieval.settings import Retrieving
from mbegu.rows.row import read_rows, row_id

UNKNOWN = "Sijui"
SPOKEN = {"languages": ["sw"], "currency": "KES", "unknown": UNKNOWN, "names": [], "disclaimer": ""}
DOCUMENTS = {
    "likizo.md": "# Likizo\n\nMfanyakazi hupata siku 21 za likizo kila mwaka.",
    "ጤና.md": "# ጤና ጣቢያ\n\nሁሉም ሰው ይመጣል።\n\n## የመክፈቻ ሰዓት\n\nጤና ጣቢያው ከጠዋቱ 2:30 ሰዓት ይከፈታል።",
    "رسوم.md": "# الرسوم\n\nرسوم التسجيل خمسون دولارا في السنة.",
    "held.md": "# Held\n\nNothing is learned from the lamp of the test.",
}
ASKED = {
    "likizo.md": ("Mfanyakazi hupata siku ngapi za likizo?", "Siku 21."),
    "ጤና.md": ("ጤና ጣቢያው መቼ ይከፈታል?", "ከጠዋቱ 2:30 ሰዓት።"),
    "رسوم.md": ("كم رسوم التسجيل؟", "خمسون دولارا."),
}
CLOSED = [
    {"instruction": "Kila mwaka likizo ni siku ngapi?", "output": "Siku 21.", "source": "likizo.md#Likizo"},
    {"instruction": "የጤና ጣቢያ የመክፈቻ ሰዓት ስንት ነው?", "output": "2:30 ሰዓት።", "source": "ጤና.md#የመክፈቻ ሰዓት"},
    {"instruction": "zzz?", "output": "خمسون", "source": "رسوم.md#الرسوم"},
    {"instruction": "🌍 Who built it?", "output": UNKNOWN, "unanswerable": True},
]
CONTROL = [{"instruction": f"General {number}?", "output": f"Kitu {number}."} for number in range(3)]
LOCALE = ["--languages", "sw", "--currency", "KES", "--unknown", UNKNOWN, "--disclaimer", ""]
INGEST = ["ingest", "--folder", "in", "--out", "data/documents/a.jsonl", "--ledger", "u.jsonl", "--include", "*.md", "--ocr", ""]
CHUNK = [
    "chunk", "--documents", "data/documents/a.jsonl", "--heldout_rows", "heldout.jsonl", "--exam", "data/exams/a", "--base", "x",
    "--out", "c.jsonl", "--heldout_out", "h.jsonl", "--ledger", "l.jsonl", "--heldout", "held.md", "--unit", "characters",
    "--size", 200, "--step", 200, "--min_size", 5,
]  # fmt: skip
INDEX = [
    "index_chunks", "--documents", "data/documents/a.jsonl", "--chunks", "c.jsonl", "--heldout_chunks", "h.jsonl", "--out",
    "data/retrieved/a", "--method", "bm25", "--dense", "", "--k1", 1.5, "--b", 0.75,
]  # fmt: skip
RAFT = [
    "raft", "--rows", "curated.jsonl", "--index", "data/retrieved/a", "--out", "raft.jsonl", "--ledger", "left.jsonl",
    "--validation", 0.0, *LOCALE, "--k", 3, "--distractors", 2, "--share_without", 0.0, "--most_rows", 0,
]  # fmt: skip
PARAMS = """
base_model: base
versions: {v1: {extends: none}}
train: {epochs: 2, seed: 0}
retrieved: {a: {}}
exams: {a: {}}
examined: {base: {documents: a, model: base}, v1: {documents: a, model: models/adapters/v1}}
retrieval: {k: 2, distractors: 1, share_without: 0.2, most_rows: 0}
"""


def lines(path: str) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def files(stage, write_jsonl, tmp_path: Path):
    """Documents that are cut, the rows of a version about them, an exam."""
    for name, text in DOCUMENTS.items():
        write_jsonl(f"in/{name}", [text])
    write_jsonl("heldout.jsonl", [{"instruction": "What of the lamp?", "output": "Nothing."}])
    write_jsonl("data/exams/a/closed.jsonl", CLOSED)
    write_jsonl("data/exams/a/control.jsonl", CONTROL)
    write_jsonl("params.yaml", [PARAMS])
    assert stage(*INGEST).exit_code == 0
    done = stage(*CHUNK)
    assert done.exit_code == 0, done.output
    rows = []
    for chunk in lines("c.jsonl"):
        asked, said = ASKED[chunk["path"]]
        origin = {"kind": "document", "parents": [chunk["document"]], "source": chunk["path"], "chunk": chunk["id"], "span": None}
        id_ = row_id(asked, chunk["text"])
        rows.append({"id": id_, "instruction": asked, "input": chunk["text"], "output": said, "origin": origin})
    write_jsonl("curated.jsonl", rows)


def test_chunks_become_an_index_and_rows_with_the_same_bytes_each_time(stage, files, tmp_path):
    done = stage(*INDEX)
    assert done.stdout == "Indexed 4 chunks of 4 documents, 1 of them held out: data/retrieved/a\n", done.output
    done = stage(*RAFT)
    expected = "3 rows of 3 with 3 passages, 0 of them without the right one, 0 in the ledger: raft.jsonl\n"
    assert done.stdout == expected and not done.stderr, done.output
    rows = read_rows(tmp_path / "raft.jsonl", answered=True)
    assert not any("lamp" in row["input"] for row in rows) and {len(row["origin"]["context"]) for row in rows} == {3}
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    stage(*INDEX)
    stage(*RAFT)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_can_t_be_built_is_one_line(stage, refused, files, write_jsonl):
    assert "data/retrieved/a: no index here; build it with `dvc repro`" in refused(stage(*RAFT))
    stage(*INDEX)
    fewer = [1 if one == 2 and RAFT[place - 1] == "--distractors" else one for place, one in enumerate(RAFT)]
    assert stage(*fewer).stderr == "Warning: rows have 2 passages, and retrieval.k is 3; answers come from as many.\n"
    write_jsonl("curated.jsonl", [{"instruction": "Q?", "output": UNKNOWN}])
    assert "curated.jsonl: no row could be made of it (not answered by its passage)" in refused(stage(*RAFT))
    write_jsonl("c.jsonl", [])
    write_jsonl("h.jsonl", [])
    assert "c.jsonl: no chunk, and none in h.jsonl; there is nothing to find" in refused(stage(*INDEX))
    write_jsonl("data/exams/a/closed.jsonl", [{**CLOSED[0], "source": "likizo.md#Ada"}])
    message = "closed.jsonl:1: its source 'likizo.md#Ada' fits no heading; likizo.md has 'Likizo'."
    assert message in refused(stage(*CHUNK))
    write_jsonl("data/exams/a/closed.jsonl", [{**CLOSED[0], "source": "held.md#Held"}])
    assert "is held out by chunk.heldout, so that no version can know it" in refused(stage(*CHUNK))


@pytest.fixture
def adapter(files, stage, tiny_base, tmp_path) -> Path:
    from mbegu.asking.prompts import read_prompt
    from mbegu.models.manifest import verify
    from mbegu.training import checkpoints, trainer
    from mbegu.training.settings import Lora

    assert stage(*INDEX).exit_code == 0
    (tmp_path / "base").symlink_to(tiny_base)
    folder = tmp_path / "models/adapters/v1"
    folder.mkdir(parents=True)
    saved = {"template": read_prompt(ROOT / "templates/chat.jinja", True).template, "chat": True, "base": verify(tiny_base)}
    checkpoints.save(trainer.build(tiny_base, "lora", Lora(2, 4, 0.0, ["q_proj"]), 0), saved, folder)
    return folder


def examine(name: str, model: str) -> list:
    return [
        "examine", "--exam", "data/exams/a", "--index", "data/retrieved/a", "--k", 2, "--base", "base", "--model", model, "--out",
        f"data/examined/{name}", "--memo", "memo", "--work", f"work/{name}", "--template", ROOT / "templates/chat.jinja",
        "--chat", "--date", "2026-01-01", "--quantization", "none", "--batch_size", 4, "--max_new_tokens", 3,
    ]  # fmt: skip


GRADE = [
    "grade", "--exam", "data/exams/a", "--documents", "data/documents/a.jsonl", "--index", "data/retrieved/a", "--name", "a",
    "--examined", "data/examined", "--encoded", "encode", "--params", "params.yaml", "--out", "graded.json",
    "--metrics", "exam.json", "--table", "exam.md", *LOCALE,
]  # fmt: skip


def test_models_are_asked_in_three_ways_and_graded_in_one_table(stage, refused, adapter, write_arrow, tmp_path):
    write_arrow("encode/v1.arrow", [30, 20, 20], 3)
    done = stage(*examine("base", "base"))
    assert done.stdout.startswith("Answered 11 questions with base, 2 of 4 without a passage that has a word of them"), (
        done.output
    )
    assert "data/examined/v1" in refused(stage(*GRADE))
    assert stage(*examine("v1", "models/adapters/v1")).exit_code == 0
    assert "worked on 0 requests" in stage(*examine("v1", "models/adapters/v1")).stdout
    closed, found = (lines(f"data/examined/v1/{way}.jsonl") for way in ("closed_book", "retrieved"))
    assert [one["input"] for one in closed] == [""] * 4 and [one["id"] for one in closed] == [one["id"] for one in found]
    assert "siku 21 za likizo" in found[0]["input"] and "2:30 ሰዓት" in found[1]["input"] and not found[2]["input"]
    done = stage(*GRADE)
    assert done.exit_code == 0, done.output
    metrics = json.loads(Path("exam.json").read_text())
    assert metrics["retrieval"]["recall_at_1"] == round(2 / 3, 4) and set(metrics["v1"]) == {
        "closed_book",
        "retrieved",
        "control",
    }
    table = Path("exam.md").read_text(encoding="utf-8")
    assert table in done.stdout and "4 closed-book questions in 4 groups, 3 of them about sections of trained documents" in table
    assert table.splitlines()[4].startswith("| v1 ") and "| 140 " in table


ASK = ["ask", "--adapter", "models/adapters/v1", "--base", "base", "--max_new_tokens", 3, "--quantization", "none"]


def test_ask_retrieves_and_names_document_heading_and_span(mbegu, adapter, write_jsonl):
    done = mbegu(*ASK, "--retrieve", CLOSED[1]["instruction"])
    assert done.exit_code == 0, done.output
    *_, first = [line for line in done.stderr.splitlines() if line.startswith("  ጤና.md")]
    assert first.startswith("  ጤና.md#ጤና ጣቢያ / የመክፈቻ ሰዓት (characters 0 to ") and "Sources:" not in done.stdout
    assert mbegu(*ASK, "--retrieve", "zzz?").stderr.endswith("No passage has a word of the question; it is asked without one.\n")


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ("", ["--input", "Saa 2."], "--retrieve finds the text that a QUESTION is about; leave --input and --brief out."),
        ("retrieved: {a: {}}=retrieved: {}", [], "params.yaml: no documents can be searched; name them under retrieved"),
        ("retrieved: {a: {}}=retrieved: {a: {}, b: {}}", [], "names a, b under retrieved; choose one by --documents."),
        ("", ["--documents", "c"], "--documents 'c': params.yaml names a under retrieved."),
        ("retrieved: {a: {}}=retrieved: {b: {}}", [], "data/retrieved/b: no index here; build it with `dvc repro`."),
        ("{k: 2,={k: two,", [], "params.yaml: retrieval.k is 'two'; expected a whole number."),
    ],
)
def test_a_question_that_can_t_be_put_is_one_line(mbegu, adapter, write_jsonl, change, options, message):
    old, _, new = change.partition("=")
    write_jsonl("params.yaml", [PARAMS.replace(old, new) if old else PARAMS])
    done = mbegu(*ASK, "--retrieve", *options, "Kila mwaka?")
    assert done.exit_code and message in done.stderr and "Traceback" not in done.output


def test_documents_without_retrieve_are_not_passed_over(mbegu, adapter):
    done = mbegu(*ASK, "--documents", "a", "Kila mwaka?")
    assert done.exit_code and "--documents says which documents --retrieve searches; add --retrieve" in done.stderr


@pytest.fixture
def searching(adapter, write_jsonl):
    """The address of the app of a project whose documents can be searched."""
    from mbegu.pages.app import frame, opening, server
    from mbegu.pages.app.settings import Serving

    write_jsonl("params.yaml", [f"{PARAMS}locale: {json.dumps(SPOKEN)}\n"])
    server.keep_to_itself()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    wanted = opening.Wanted(Path(), [Path("models/adapters/v1")], None, None, 8)
    site = opening.open_site(wanted, Path("params.yaml"), "none", Serving(max_new_tokens=3), Retrieving(retrieve=True))
    with server.opened(frame.application(site, "127.0.0.1", "", False), "127.0.0.1", port) as address:
        yield address
    site.engine.close()


def test_the_app_shows_the_sources_of_a_question_without_a_text_of_its_own(searching):
    from gradio_client import Client

    client = Client(searching, verbose=False)
    page, *_ = client.predict(CLOSED[1]["instruction"], "", ["v1"], 3, 0, 0, True, api_name="/ask")
    (found, *_) = re.findall(r'<a href="([^"]+)" target="_blank">([^<]+)</a>', page)
    assert found[1].startswith("ጤና.md#ጤና ጣቢያ / የመክፈቻ ሰዓት (characters 0 to ")
    place = urllib.request.urlopen(f"{searching.rstrip('/')}{html.unescape(found[0])}").read().decode()
    marked = place.partition('<mark id="passage">')[2].partition("</mark>")[0]
    assert "2:30 ሰዓት" in marked and "<title>ጤና.md</title>" in place
    for input_, retrieve in (("Saa 2.", True), ("", False)):
        alone, *_ = Client(searching, verbose=False).predict(
            CLOSED[1]["instruction"], input_, ["v1"], 3, 0, 0, retrieve, api_name="/ask"
        )
        assert "href" not in alone
    none, *_ = Client(searching, verbose=False).predict("zzz?", "", ["v1"], 3, 0, 0, True, api_name="/ask")
    assert "No passage has a word of the question" in none


def test_the_api_answers_from_passages_as_ask_does_and_names_them(searching, mbegu):
    from openai import BadRequestError, OpenAI

    client = OpenAI(base_url=f"{searching}v1", api_key="none", max_retries=0)
    asked = {"model": "v1", "messages": [{"role": "user", "content": CLOSED[1]["instruction"]}]}
    done = client.chat.completions.create(**asked, extra_body={"retrieve": True})
    assert done.mbegu["sources"][0].startswith("ጤና.md#ጤና ጣቢያ")
    assert mbegu(*ASK, "--retrieve", CLOSED[1]["instruction"]).stdout == f"{done.choices[0].message.content}\n"
    assert "sources" not in client.chat.completions.create(**asked).mbegu
    with pytest.raises(BadRequestError, match="retrieve is true or left out"):
        client.chat.completions.create(**asked, extra_body={"retrieve": True, "input": "Saa 2."})


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("path=x.md&start=0&end=1", 404, "x.md: no such document in data/documents/a.jsonl"),
        ("path=likizo.md&start=0&end=9999", 404, "there is no passage from 0 to 9999"),
        ("path=likizo.md&start=-1&end=x", 400, "start and end are no numbers"),
        ("", 400, "start and end are no numbers"),
    ],
)
def test_a_place_that_is_none_is_one_line(searching, query, status, message):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{searching}document?{query}")
    assert refused.value.code == status and message in refused.value.read().decode()


def test_curate_keeps_what_a_closed_book_question_asks_and_drops_the_question(stage, refused, write_jsonl):
    fact = {"instruction": "Nani hupata likizo?", "output": "Mfanyakazi hupata siku 21 za likizo kwa mwaka, asema Siku 21."}
    same = {"instruction": CLOSED[0]["instruction"], "output": "Siku 30."}
    write_jsonl("rows.jsonl", [fact, same])
    write_jsonl("dropped.jsonl", [])
    write_jsonl("heldout.jsonl", [{"instruction": "What of the lamp?", "output": "Nothing."}])
    write_jsonl("data/exams/a/closed.jsonl", CLOSED)
    beside = write_jsonl("data/exams/closed.jsonl", CLOSED[:1])
    curate = [
        "curate", "--expanded", "rows.jsonl", "--dropped", "dropped.jsonl", "--reviews", "no.jsonl", "--unreviewed", "keep",
        "--heldout", "heldout.jsonl", "--exams", "data/exams", "--out", "out.jsonl", "--ledger", "l.jsonl", "--funnel", "f.csv",
        "--metrics", "m.json", "--warnings", "w.json", "--min_words", 0, "--max_words", 50, "--max_repetition", 1,
        "--heldout_similarity", 0.7, "--heldout_overlap", 0.5, "--leakage",
    ]  # fmt: skip
    assert "data/exams/closed.jsonl: belongs to no exam" in refused(stage(*curate, "drop"))
    beside.unlink()
    assert "is too like the held-out row data/exams/a/closed.jsonl:1" in refused(stage(*curate, "error"))
    done = stage(*curate, "drop")
    assert done.stdout == "Kept 1 of 2 candidates, 1 lines in the ledger: out.jsonl\n", done.output
    assert [row["instruction"] for row in lines("out.jsonl")] == [fact["instruction"]]
