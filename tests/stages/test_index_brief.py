"""The stages index and brief: from messages, facts and briefs to rows; and `mbegu ask --brief`, which puts a brief as they do."""

import json
from pathlib import Path

import pytest
from root import ROOT

from mbegu.rows.heldout import read_heldout
from mbegu.rows.row import read_rows
from mbegu.text.context import without_context

FACTS = [
    {"id": "s1", "channel": "duka", "name": "Simu Zemo", "price": 24500, "features": ["128GB"], "phone": "0900 00 11 21",
     "handle": "@duka7"},
    {"id": "s2", "channel": "duka", "name": "Kofia ya jua", "price": 300, "phone": "0900 00 11 21", "handle": "@duka7"},
    {"id": "h1", "channel": "suq", "name": "هاتف جديد", "price": 900},
]  # fmt: skip


def message(number: int, text: str, label: str = "ad", channel: str = "duka") -> dict:
    return {"id": f"{channel}/{number}", "channel": channel, "message": number, "date": None, "text": text, "media": None,
            "forwarded": None, "label": label, "probability": 0.9, "by": "classifier"}  # fmt: skip


MESSAGES = [
    message(1, "Karibuni dukani kwetu leo", "other"),
    message(2, "📱 Simu Zemo imefika!\n24,500 birr tu\n[phone] @handle"),
    message(3, "Kofia ya jua kwa 300 birr ☀️ piga [phone]"),
    message(5, "هاتف جديد وصل اليوم بسعر 900 birr", channel="suq"),
]


def brief(id_: str, product: str, mentions: list[str], text: str, heldout: bool = False) -> dict:
    return {
        "id": id_, "channel": "duka", "product": product, "audience": "Wanafunzi", "tone": "", "must_mention": mentions,
        "brief": text, "reference": f"{text} Karibu! {id_}", "heldout": heldout,
    }  # fmt: skip


BRIEFS = [
    brief("b1", "s1", ["Zemo", "24,500"], "Tangaza simu Zemo kwa wanafunzi."),
    brief("b2", "s2", ["kofia", "300"], "Uza kofia za jua kwa watalii wa pwani wanaokuja mwezi huu kutoka mbali.", True),
]
INDEX = [
    "--messages", "m.jsonl", "--facts", "f.jsonl", "--out", "data/index/market", "--method", "bm25", "--dense", "",
    "--k1", 1.5, "--b", 0.75,
]  # fmt: skip
BRIEF = [
    "--briefs", "b.jsonl", "--messages", "m.jsonl", "--index", "data/index/market", "--out", "v1.jsonl", "--ledger", "l.jsonl",
    "--heldout", "h.jsonl", "--metrics", "r.json", "--heldout_similarity", 0.7, "--heldout_overlap", 0.5, "--languages", "sw",
    "--currency", "ETB", "--unknown", "Sijui", "--disclaimer", "", "--templates", ROOT / "templates/ad", "--facts", 1,
    "--history", 1, "--longest", 200, "--ads", "--most_ads", 0,
]  # fmt: skip
PARAMS = f"""
release: v1
base_model: base
campaigns: {{v1: {{briefs: b.jsonl, messages: market, index: market}}}}
brief: {{templates: {ROOT / "templates/ad"}, facts: 1, history: 1, longest: 200, ads: true, most_ads: 0}}
"""


@pytest.fixture
def files(write_jsonl):
    write_jsonl("f.jsonl", FACTS)
    write_jsonl("m.jsonl", MESSAGES)
    write_jsonl("b.jsonl", BRIEFS)
    write_jsonl("params.yaml", [PARAMS])


def run(stage) -> str:
    built = stage("index", *INDEX)
    assert built.stdout == "Indexed 7 documents, 3 facts and 4 messages: data/index/market\n", built.output
    done = stage("brief", *BRIEF)
    assert done.exit_code == 0, done.output
    return done.stdout


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_messages_facts_and_briefs_become_rows_with_the_same_bytes_each_time(stage, files, tmp_path):
    said = run(stage)
    assert said.startswith("4 rows of 2 briefs and 3 ads, 1 held out, 0 in the ledger, recall at 1 "), said
    rows = read_rows(tmp_path / "v1.jsonl", answered=True)
    assert [row["origin"]["source"] for row in rows] == ["b.jsonl:1", "duka/2", "duka/3", "suq/5"]
    assert rows[1]["output"] == "📱 Simu Zemo imefika!\n24,500 birr tu\n0900 00 11 21 @duka7"
    assert rows[1]["input"].startswith(
        'Advertise "Simu Zemo".\nMention: Simu Zemo, 24,500 birr, 0900 00 11 21, @duka7\n\nContext:\n- Simu'
    )
    assert rows[1]["origin"]["context"] == ["s1"] and rows[0]["origin"]["context"] == ["s1", "duka/2"]
    (held,) = read_heldout(tmp_path / "h.jsonl")
    assert (held["mentions"], held["group"], held["checks"]) == (["kofia", "300"], "duka", {})
    figures = json.loads((tmp_path / "r.json").read_text())
    assert figures["rows"] == 4 and set(figures["brief"]["all"]) >= {"recall_at_1", "recall_at_10", "mrr"}
    before = bytes_of(tmp_path)
    run(stage)
    assert bytes_of(tmp_path) == before


def test_what_can_t_be_built_is_one_line(stage, files, refused, write_jsonl):
    assert "no index here; build it with `dvc repro`" in refused(stage("brief", *BRIEF))
    run(stage)
    write_jsonl("b.jsonl", BRIEFS[:1])
    assert "b.jsonl: no brief is held out, so nothing could be scored" in refused(stage("brief", *BRIEF))
    write_jsonl("b.jsonl", BRIEFS[1:])
    arguments = ["--no-ads" if one == "--ads" else one for one in BRIEF]
    assert "b.jsonl: no row is left to train on; hold fewer briefs out" in refused(stage("brief", *arguments))
    write_jsonl("b.jsonl", [BRIEFS[0], {**BRIEFS[1], "product": "h1"}])
    assert "b.jsonl:2: unknown product 'h1' of duka. It is one of suq." in refused(stage("brief", *BRIEF))
    write_jsonl("f.jsonl", [])
    write_jsonl("m.jsonl", [])
    assert "f.jsonl: no fact, and no message in m.jsonl; there is nothing to find" in refused(stage("index", *INDEX))
    write_jsonl("f.jsonl", [FACTS[0], FACTS[0]])
    assert "f.jsonl:2: product 's1' stands there twice" in refused(stage("index", *INDEX))
    arguments = ["dense" if one == "bm25" else one for one in INDEX]
    write_jsonl("f.jsonl", FACTS)
    assert "index.dense: '' holds no sentence encoder" in refused(stage("index", *arguments))


@pytest.fixture
def project(stage, files, tiny_base, tmp_path) -> None:
    """Built, with an adapter of the release."""
    from mbegu.asking.prompts import read_prompt
    from mbegu.models.manifest import verify
    from mbegu.training import checkpoints, trainer
    from mbegu.training.settings import Lora

    run(stage)
    (tmp_path / "base").symlink_to(tiny_base)
    prompt = read_prompt(ROOT / "templates/chat.jinja", True)
    (tmp_path / "models/adapters/v1").mkdir(parents=True)
    model = trainer.build(tiny_base, "lora", Lora(2, 4, 0.0, ["q_proj"]), 0)
    saved = {"template": prompt.template, "chat": prompt.chat, "base": verify(tiny_base)}
    checkpoints.save(model, saved, tmp_path / "models/adapters/v1")


TYPED = "brief: Tangaza simu Zemo kwa wanafunzi.\nmust_mention: [Zemo, '24,500']\naudience: Wanafunzi\nproduct: s1\n"
ASK = ["ask", "--brief", "brief.yaml", "--channel", "duka", "--max_new_tokens", 3, "--quantization", "none"]


def test_ask_writes_the_ad_of_a_brief_and_names_its_sources(mbegu, project, write_jsonl, tmp_path):
    from mbegu.pages.app import ask, brief

    write_jsonl("brief.yaml", [TYPED])
    done = mbegu(*ASK)
    assert done.exit_code == 0, done.output
    assert done.stderr.endswith("Sources:\n  s1  Simu Zemo\n  duka/2  📱 Simu Zemo imefika! 24,500 birr tu [phone] @handle\n")
    assert "Sources" not in done.stdout
    put = brief.put(Path("brief.yaml"), "duka", Path("params.yaml"))
    row = read_rows(tmp_path / "v1.jsonl", answered=True)[0]
    assert (put.asked.instruction, put.asked.input) == (row["instruction"], row["input"])  # as the model was trained
    write_jsonl("brief.yaml", [TYPED.replace("product: s1", "product: s2")])
    done = mbegu(*ASK, "--compare", "--adapter", "models/adapters/v1", "--base", "base")
    assert done.stdout.splitlines()[0].split() == ["base", "|", "v1"]
    assert done.stderr.endswith("Warning: s2 is not among them; name the product in the brief's words.\n")
    assert ask.Typed(put.asked.instruction, without_context(put.asked.input), 3).input.endswith("Mention: Zemo, 24,500")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (TYPED.replace("audience", "audiance"), "brief.yaml: unknown key 'audiance'. Did you mean 'audience'?"),
        (TYPED.replace("s1", "s9"), "brief.yaml: unknown product 's9' of duka."),
        (TYPED.replace("must_mention: [Zemo, '24,500']", ""), "brief.yaml: 'must_mention' is missing or empty"),
        (TYPED.replace("'24,500'", "24500"), "expected a list of texts"),
        ("- brief", "brief.yaml: expected keys with values below them"),
        ("brief: [", "brief.yaml:"),
    ],
)
def test_a_wrong_brief_is_one_line(stage, files, mbegu, refused, write_jsonl, typed, message):
    run(stage)
    write_jsonl("brief.yaml", [typed])
    assert message in refused(mbegu(*ASK))


def test_ask_says_what_goes_together(stage, files, mbegu, refused, write_jsonl):
    assert refused(mbegu("ask")) == "Error: Missing argument 'QUESTION'."
    assert refused(mbegu("ask", "ሰላም?")) == "Error: Missing option '--adapter'."
    assert "A --brief stands in place of a QUESTION" in refused(mbegu(*ASK, "ሰላም?"))
    assert "--brief and --channel belong together" in refused(mbegu(*ASK[:3]))
    assert "brief and --channel belong together" in refused(mbegu("ask", "Q", "--channel", "duka", "--adapter", "a"))
    assert "no index here; build it with `dvc repro`" in refused(mbegu(*ASK))
    run(stage)
    assert "brief.yaml: no such file" in refused(mbegu(*ASK))
    write_jsonl("brief.yaml", [TYPED])
    assert "unknown channel 'dukas'. Did you mean 'duka'?" in refused(mbegu(*ASK[:4], "dukas"))
    write_jsonl("params.yaml", [PARAMS.replace("release: v1", "release: v2")])
    assert "params.yaml: its release 'v2' is of no campaign; it declares v1." in refused(mbegu(*ASK))
