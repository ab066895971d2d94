"""Documents to study texts through the scripts: a server that speaks OpenAI's protocol, recordings, views without a teacher."""

import json
import re
from shutil import copytree

import pytest
from root import ROOT
from stubs import completion, reply, serve  # noqa: F401

from mbegu.rows.jsonl import read_lines

VIEWS = ("document", "sections", "permuted", "cloze", "summary", "facts", "questions", "links", "rewrites")
FEES = "# Fees\n\nThe fee of Meru branch is 350 shillings a month. The branch Meru belongs to Asha Wako since 2019.\n"
STORES = "# Stores\n\nKitui store lends 12 ladders for 3 days each. Kitui store belongs to Asha Wako since 2021.\n"
SECRET = "# Wages\n\nNobody may know that wages are 9,999 shillings a week in this house of ours.\n"


def options(views=VIEWS, **endpoint):
    known = {"base_url": "http://127.0.0.1:9", "model": "m", "concurrency": 1, "retries": 0, "timeout": 20,
             "prompt_price": 2, "completion_price": 4} | endpoint  # fmt: skip
    return ["study", "--chunks", "chunks.jsonl", "--documents", "documents.jsonl", "--base", "b", "--teacher", "b",
            "--out", "study.jsonl", "--ledger", "study.ledger.jsonl", "--memo", "memo", "--work", "w",
            *(part for name, value in known.items() for part in (f"--openai.{name}", value)), "--local.quantization", "none",
            "--local.batch_size", 1, "--recorded.file", "recordings", "--recorded.missing", "error",
            "--templates", "templates/study", "--chat", "--constrained", "--tries", 2, "--max_new_tokens", 90,
            "--temperature", 0, *(part for view in views for part in ("--views", view)), "--facts", 2, "--most_chunks", 0,
            "--links", 5, "--rewritten", 1, "--part", 2000, "--longest", 160, "--precision", 0.4, "--languages", "en",
            "--currency", "none", "--disclaimer", "", "--unknown", "I don't know"]  # fmt: skip


def read(stage, tmp_path, documents: dict[str, str], *held: str):
    """The documents, ingested and cut."""
    copytree(ROOT / "templates/study", tmp_path / "templates/study", dirs_exist_ok=True)
    (tmp_path / "docs").mkdir(exist_ok=True)
    for name, text in documents.items():
        (tmp_path / "docs" / name).write_text(text, encoding="utf-8")
    (tmp_path / "heldout.jsonl").write_text('{"instruction": "Why?", "output": "So."}\n')
    done = stage("ingest", "--folder", "docs", "--out", "documents.jsonl", "--ledger", "l", "--include", "*.md", "--ocr", "")
    assert done.exit_code == 0, done.output
    done = stage("chunk", "--documents", "documents.jsonl", "--heldout_rows", "heldout.jsonl", "--base", "b", "--out",
                 "chunks.jsonl", "--heldout_out", "h.jsonl", "--ledger", "l", "--unit", "characters", "--size", 300,
                 "--step", 300, "--min_size", 9, *(part for name in held for part in ("--heldout", name)))  # fmt: skip
    assert done.exit_code == 0, done.output


def says(body, _):
    """Answers as a good teacher would."""
    prompt = body["messages"][0]["content"]
    place, year = re.search(r"(Meru branch|Kitui store)", prompt)[1], re.search(r"Asha Wako since (\d+)", prompt)[1]
    sentence = f"{place} belongs to Asha Wako since {year}."
    fact = {"fact": sentence, "quote": f"belongs to Asha Wako since {year}", "subject": place, "value": "Asha Wako",
            "question": f"To whom does {place} belong?", "question_2": f"Who owns {place}?",
            "back": "What does Asha Wako own?"}  # fmt: skip
    if "key facts" in prompt:
        value = {"facts": [fact, fact | {"fact": f"{sentence} So says Zawadi Mutua.", "subject": "Zawadi Mutua"}]}
    elif "key short" in prompt:
        value = {"short": f"A page about {place}.", "long": sentence}
    elif "key table" in prompt:
        value = {"table": f"What | Whose\n{place} | Asha Wako", "list": f"- {place}\n- {sentence}",
                 "dialogue": f"Guest: Whose is {place}?\nHost: It belongs to Asha Wako."}  # fmt: skip
    else:
        value = {"link": "Meru branch and Kitui store both belong to Asha Wako.", "quote_1": "Asha Wako", "quote_2": "Asha Wako"}
    return reply(completion(json.dumps(value)))


def texts(tmp_path):
    return [text for _, text in read_lines(tmp_path / "study.jsonl", ("id", "text", "origin"))]


def test_an_edited_sentence_is_all_that_is_asked_about_and_an_invented_name_is_refused(stage, tmp_path, serve):  # noqa: F811
    read(stage, tmp_path, {"fees.md": FEES, "stores.md": STORES})
    endpoint, seen = serve(says)
    told = options(base_url=endpoint.base_url)
    done = stage(*told, "--kind", "openai", "--plan")
    assert done.exit_code == 0, done.output
    assert "Summaries: 2 requests, 0 memoized, 2 to ask" in done.stdout and "Rewrites: 2 requests" in done.stdout
    assert "Facts and links: 2 requests, 0 memoized, 2 to ask; later requests depend on their answers" in done.stdout
    assert re.search(
        r"To ask: 6 requests, \d+ prompt tokens, at most 540 generated; .*, at most 0\.\d\d by its prices", done.stdout
    )
    done = stage(*told, "--kind", "openai")
    assert done.exit_code == 0, done.output
    found = texts(tmp_path)
    assert {text["origin"]["view"] for text in found} >= {"document", "sections", "cloze", "summary", "facts", "questions"}
    assert not [text for text in found if "Zawadi" in text["text"]]
    ledger = [json.loads(line) for line in (tmp_path / "study.ledger.jsonl").read_text().splitlines()]
    assert {line["reason"] for line in ledger} == {"stands nowhere in the passage"}
    before = len(seen)
    assert f"asked the teacher {before} times" in done.stdout
    assert "asked the teacher 0 times" in stage(*told, "--kind", "openai").stdout
    read(stage, tmp_path, {"stores.md": STORES.replace("12 ladders", "14 ladders")})
    done = stage(*told, "--kind", "openai")
    asked = len(seen) - before
    assert 3 <= asked <= 4 and f"asked the teacher {asked} times, about {asked} new or changed" in done.stdout, done.output
    assert not [one for one in seen[before:] if "fee of Meru" in one["messages"][0]["content"] and "ladders" not in str(one)]


def test_what_is_held_out_is_never_studied_and_views_by_rules_ask_nobody(stage, tmp_path, write_jsonl):
    read(stage, tmp_path, {"a.md": f"{FEES}\n{SECRET}", "b.md": SECRET.replace("9,999", "8,888")}, "b.md", "a.md#Wages")
    (tmp_path / "recordings").mkdir()
    done = stage(*options(("document", "sections", "permuted")), "--kind", "recorded")
    assert done.exit_code == 0 and "read 0 replies of a recording" in done.stdout, done.output
    found = texts(tmp_path)
    assert found and not [text for text in found if "wages" in text["text"] or "888" in text["text"]]
    assert {text["origin"]["made_by"] for text in found} == {"rules"}


@pytest.mark.parametrize(
    "text", ("Ada ni 350 kwa mwezi 🌱", "ክፍያው በወር 350 ብር ነው።", "الرسوم الشهرية 350 شلن", "a\u200bb is one line of text")
)
def test_a_document_of_one_line_is_read_as_it_is(stage, tmp_path, text):
    read(stage, tmp_path, {"one.md": text})
    (tmp_path / "recordings").mkdir()
    done = stage(*options(("document", "sections", "permuted")), "--kind", "recorded")
    assert done.exit_code == 0 and "1 texts of 1 documents (1 document)" in done.stdout, done.output
    assert texts(tmp_path)[0]["text"] == text


def test_what_is_not_recorded_and_what_leaves_no_text_is_one_line(stage, refused, tmp_path):
    read(stage, tmp_path, {"one.md": "The fee is 350."})
    (tmp_path / "recordings").mkdir()
    said = refused(stage(*options(("facts",)), "--kind", "recorded"))
    assert "recordings: 1 of 1 requests are not recorded (1 of task facts)" in said
    said = refused(stage(*options(("sections",)), "--kind", "recorded"))
    assert said.endswith("no text came of 1 chunks; choose more of study.views.")
    assert "Missing option '--views'" in refused(stage(*options(()), "--kind", "recorded"))


def test_a_recording_lacks_what_is_new_and_takes_a_reply(stage, tmp_path):
    read(stage, tmp_path, {"fees.md": FEES})
    (tmp_path / "recordings").mkdir()
    done = stage(*options(("facts", "links")), "--kind", "recorded", "--survey", "survey.jsonl")
    assert done.exit_code == 0, done.output
    (line,) = [json.loads(line) for line in (tmp_path / "survey.jsonl").read_text().splitlines()]
    assert line["recorded"] is False and line["request"]["about"]["task"] == "facts"
    fact = {"fact": "The fee of Meru branch is 350 shillings a month.", "quote": "fee of Meru branch is 350 shillings",
            "subject": "Meru branch", "value": "350 shillings", "question": "What is the fee of Meru branch?",
            "question_2": "How much does Meru branch ask?", "back": "Which branch asks 350 shillings?"}  # fmt: skip
    value = {"facts": [fact]}
    about = line["request"]["about"]
    (tmp_path / "recordings/x.jsonl").write_text(json.dumps({"about": about, "answer": {"value": value}}) + "\n")
    done = stage(*options(("facts", "links")), "--kind", "recorded")
    assert done.exit_code == 0 and "0 in the ledger; read 1 replies of a recording" in done.stdout, done.output
    assert texts(tmp_path)[0]["origin"]["recording"] == "recordings/x.jsonl:1"
