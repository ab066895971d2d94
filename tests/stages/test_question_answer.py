"""Chunks to grounded rows through the scripts, with a server that speaks OpenAI's protocol and with a local model."""

import json
import re

from root import ROOT
from stubs import completion, reply, serve  # noqa: F401

from mbegu.asking.recorded import read_recordings
from mbegu.rows.jsonl import read_lines
from mbegu.rows.ledger import read_ledger
from mbegu.rows.row import read_rows
from mbegu.sources.documents.chunks import KEYS
from mbegu.text.quotes import locate

TEMPLATES = "templates/grounded"
UNKNOWN = "I don't know"
UNANSWERED = "Nani hulipa ada ya mwanafunzi?"


def chunk(number, text):
    name = f"d{number // 2}.md"
    values = (f"c{number}", f"d{number // 2}", name, "Rules", f"Part {number}", None, 0, len(text), text)
    return dict(zip(KEYS, values, strict=True))


CHUNKS = [
    chunk(number, f"Rule {number}. The fee of branch {number} is {number + 2} % a year. በዓመት ይከፈላል። 😀") for number in range(6)
]


def says(body, _):
    """Answers as a good teacher would: questions about the passage's branch, then the sentence that holds the fee."""
    prompt = body["messages"][0]["content"]
    branch, fee = re.search(r"branch (\S+) is (\S+ %)", prompt).groups()
    if "question_1" in prompt:
        value = {"question_1": f"What is the fee of branch {branch}?", "question_2": "በዓመት ስንት ይከፈላል?"}
    elif "ስንት" in prompt:
        value = {"quote": "", "answer": UNKNOWN}
    else:
        value = {"quote": f"The fee of branch {branch} is {fee} a year.", "answer": f"{fee} a year."}
    return reply(completion(f"Here you are: {json.dumps(value, ensure_ascii=False)}"))


def teacher(tiny_base, kind, **endpoint):
    options = {"base_url": "http://127.0.0.1:9", "model": "m", "concurrency": 2, "retries": 0, "timeout": 20,
               "prompt_price": 0, "completion_price": 0} | endpoint  # fmt: skip
    return ["--base", tiny_base, "--teacher", tiny_base, "--kind", kind, "--local.quantization", "none", "--local.batch_size", 4,
            *(part for name, value in options.items() for part in (f"--openai.{name}", value)), "--recorded.file", "",
            "--recorded.missing", "error",
            "--templates", TEMPLATES, "--chat", "--constrained", "--tries", 2, "--memo", "memo"]  # fmt: skip


QUESTION = ["question", "--chunks", "chunks.jsonl", "--out", "questions.jsonl", "--ledger",
            "questions.ledger.jsonl", "--work", "w/q", "--count", 2, "--longest", 60, "--precision", 0.4, "--most_chunks", 0,
            "--unanswerable", 0,
            "--temperature", 0, "--max_new_tokens", 90]  # fmt: skip
ANSWER = ["answer", "--questions", "questions.jsonl", "--out", "rows.jsonl", "--ledger", "rows.ledger.jsonl", "--work", "w/a",
          "--longest", 60, "--keep_unknown", "--precision", 0.7, "--unanswerable", 0.4, "--validation", 0, "--temperature", 0,
          "--max_new_tokens", 90, "--languages", "en", "--currency", "none", "--disclaimer", "",
          "--unknown", "I don't know"]  # fmt: skip


def copy_templates(tmp_path):
    from shutil import copytree

    copytree(ROOT / TEMPLATES, tmp_path / TEMPLATES)


def test_an_edited_chunk_is_the_only_one_that_is_asked_about_and_every_span_is_found(
    stage, write_jsonl, tiny_base, tmp_path, serve  # noqa: F811
):  # fmt: skip
    copy_templates(tmp_path)
    endpoint, seen = serve(says)
    options = teacher(tiny_base, "openai", base_url=endpoint.base_url)
    write_jsonl("chunks.jsonl", CHUNKS)
    done = stage(*QUESTION, *options, "--plan")
    assert "Questions: 6 requests, 0 memoized, 6 to ask" in done.stdout and not (tmp_path / "questions.jsonl").exists()
    done = stage(*QUESTION, *options)
    assert (
        "12 questions about 6 of 6 chunks, 0 in the ledger; asked the teacher 6 times, about 6 new or changed" in done.stdout
    ), done.output
    assert seen[0]["response_format"]["json_schema"]["schema"]["required"] == ["question_1"]
    done = stage(*ANSWER, *options)
    assert done.exit_code == 0, done.output
    rows = read_rows(tmp_path / "rows.jsonl", answered=True)
    quoted = [row for row in rows if row["origin"].get("span")]
    assert len(quoted) == 6 and all(locate(row["input"][slice(*row["origin"]["span"])], row["input"]) for row in quoted)
    assert [row["output"] for row in rows if "question_of" in row["origin"]] and all(
        row["output"] == UNKNOWN for row in rows if "question_of" in row["origin"]
    )

    before, asked = (tmp_path / "rows.jsonl").read_bytes(), len(seen)
    edited = [*CHUNKS[:2], chunk(2, "Rule 2. The fee of branch 2 is 9 % a year. So says the board. በዓመት ይከፈላል።"), *CHUNKS[3:]]
    write_jsonl("chunks.jsonl", edited)
    assert "asked the teacher 1 times, about 1 new or changed chunks" in stage(*QUESTION, *options).stdout
    assert "asked the teacher 2 times, about 2 new or changed questions" in stage(*ANSWER, *options).stdout
    assert len(seen) == asked + 3 and (tmp_path / "rows.jsonl").read_bytes() != before


def test_a_swahili_document_gets_its_rows_and_says_in_one_way_that_it_does_not_know(
    stage, write_jsonl, tiny_base, tmp_path, serve  # noqa: F811
):  # fmt: skip
    copy_templates(tmp_path)
    folder = ROOT / "tests/sources/documents/sw"
    asked = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
    answers = {row["question"]: row["answer"] for row in asked} | {UNANSWERED: "Sijui."}

    def speaks(body, _):
        prompt = body["messages"][0]["content"]
        passage = prompt.split("\n\nThe text above")[0]
        if "question_1" in prompt:
            about = [row["question"] for row in asked if f"## {row['heading']}\n" in passage]
            pair = [about[-1], UNANSWERED] if "## Ada\n" in passage else about[-2:]
            value = {f"question_{number}": text for number, text in enumerate(pair, 1)}
        else:
            value = {"quote": passage.split("\n")[-1], "answer": next(answers[text] for text in answers if text in prompt)}
        return reply(completion(json.dumps(value, ensure_ascii=False)))

    endpoint, _ = serve(speaks)
    options = teacher(tiny_base, "openai", base_url=endpoint.base_url)
    assert (
        stage("ingest", "--folder", folder, "--out", "d.jsonl", "--ledger", "u.jsonl", "--include", "*.md", "--ocr", "").exit_code
        == 0
    )
    write_jsonl("heldout.jsonl", [{"instruction": "Nini?", "output": "Hiki."}])
    done = stage("chunk", "--documents", "d.jsonl", "--heldout_rows", "heldout.jsonl", "--base", "no", "--out", "chunks.jsonl",
                 "--heldout_out", "h.jsonl", "--ledger", "l.jsonl", "--unit", "characters", "--size", 330, "--step", 330,
                 "--min_size", 80)  # fmt: skip
    assert done.stdout.startswith("9 chunks of 3 documents"), done.output
    done = stage(*QUESTION, *options, "--precision", 0.3)
    assert "18 questions about 9 of 9 chunks, 0 in the ledger" in done.stdout, done.output
    assert stage(*ANSWER, *options, "--unknown", "Sina taarifa hizo").exit_code == 0
    rows = read_rows(tmp_path / "rows.jsonl", answered=True)
    own = [row for row in rows if "question_of" not in row["origin"]]
    assert [row["output"] for row in own if row["instruction"] == UNANSWERED] == ["Sina taarifa hizo"]
    assert len(own) >= 14 and {row["output"] for row in rows if not row["origin"]["span"]} == {"Sina taarifa hizo"}


def test_a_teacher_of_prose_leaves_every_chunk_in_the_ledger(stage, write_jsonl, tiny_base, tmp_path, serve):  # noqa: F811
    copy_templates(tmp_path)
    endpoint, _ = serve(lambda body, _: reply(completion("What a delightful passage!")))
    write_jsonl("chunks.jsonl", CHUNKS[:2])
    done = stage(*QUESTION, *teacher(tiny_base, "openai", base_url=endpoint.base_url))
    assert done.exit_code == 0 and "0 questions about 0 of 2 chunks, 2 in the ledger; asked the teacher 4 times" in done.stdout
    lines = read_ledger(tmp_path / "questions.ledger.jsonl")
    assert {line["reason"] for line in lines} == {"reply without JSON"} and lines[0]["row"]["problem"]
    assert list(read_lines(tmp_path / "questions.jsonl", ())) == []


def test_a_local_model_held_to_the_grammar_gives_rows_and_the_same_bytes_again(stage, write_jsonl, tiny_base, tmp_path):
    copy_templates(tmp_path)
    write_jsonl("chunks.jsonl", [chunk(number, f"Fee {number}. ሰላም") for number in range(6)])
    options = [*teacher(tiny_base, "local"), "--max_new_tokens", 400, "--longest", 300, "--precision", 0, "--temperature", 1]
    found = []
    for _ in range(2):
        for name in (QUESTION, ANSWER):
            done = stage(*name, *options)
            assert done.exit_code == 0, done.output
        found.append((tmp_path / "rows.jsonl").read_bytes() + (tmp_path / "rows.ledger.jsonl").read_bytes())
        for row in read_rows(tmp_path / "rows.jsonl", answered=True):
            span = row["origin"].get("span")
            assert row["output"] == UNKNOWN or row["input"][slice(*span)]
    assert found[0] == found[1] and b'"span": [' in found[0]


def test_a_missing_template_or_file_is_one_line(stage, refused, write_jsonl, tiny_base):
    write_jsonl("chunks.jsonl", CHUNKS[:1])
    assert "templates/grounded" in refused(stage(*QUESTION, *teacher(tiny_base, "local")))
    assert "questions.jsonl" in refused(stage(*ANSWER, *teacher(tiny_base, "local")))


def recording(folder, name, asked):
    """Records a good teacher's replies to what a survey says is not recorded."""
    from mbegu.asking.recording import add, line_of

    lines = []
    for _, one in read_lines(folder / asked, ("request", "recorded", "refused")):
        about = one["request"]["about"]
        found = re.search(r"branch (\d+) is (\S+ %)", about["text"])
        branch, fee = found.groups()
        value = {"questions": {"question_1": f"What is the fee of branch {branch}?", "question_2": "በዓመት ስንት ይከፈላል?"},
                 "unanswerable": {"question_1": f"Nani aliamua ada ya tawi {branch} 🌱?"},
                 "answer": {"quote": f"{fee} a year.", "answer": f"{fee} a year."}}[about["task"]]  # fmt: skip
        lines += [] if one["recorded"] else [line_of(about, value)]
    add(folder / name, lines)
    return len(lines)


def test_a_recording_outlives_a_better_sentence_and_loses_what_a_new_version_or_an_edit_asks_anew(
    stage, refused, write_jsonl, tmp_path
):  # fmt: skip
    copy_templates(tmp_path)
    write_jsonl("chunks.jsonl", CHUNKS)
    write_jsonl("recordings/other.jsonl", [])
    options = [*teacher("no", "recorded"), "--recorded.file", "recordings"]
    question = [*QUESTION, *options, "--unanswerable", 1]

    def lacking():
        done = stage(*question, "--survey", "survey.jsonl")
        assert done.exit_code == 0, done.output
        found = [one for _, one in read_lines(tmp_path / "survey.jsonl", ("request", "recorded", "refused"))]
        return sorted((one["request"]["about"]["task"], one["request"]["about"]["text"]) for one in found if not one["recorded"])

    assert "recordings: 6 of 6 requests are not recorded (6 of task questions)" in refused(stage(*question))
    assert len(lacking()) == 12 == recording(tmp_path, "recordings/v1.jsonl", "survey.jsonl")
    done = stage(*question)
    assert done.stdout.startswith(
        "18 questions about 6 of 6 chunks, 6 of them without an answer there, 0 in the ledger; read 12"
    ), done.output
    assert stage(*ANSWER, *options, "--survey", "survey.jsonl").stdout.startswith("Answers: 12 requests, 0 recorded, 12 to ask")
    assert recording(tmp_path, "recordings/v1.jsonl", "survey.jsonl") == 12
    done = stage(*ANSWER, *options, "--unanswerable", 0)
    assert done.stdout.startswith("Answered 18 of 18 questions, 0 in the ledger, made 0 unanswerable; read 12 replies"), (
        done.output
    )
    rows = read_rows(tmp_path / "rows.jsonl", answered=True)
    unknown = [row for row in rows if row["output"] == UNKNOWN]
    assert len(unknown) == 6 and all(row["origin"]["answerable"] is False and row["origin"]["span"] is None for row in unknown)
    places = {row["origin"]["recording"] for row in rows}
    assert {row["origin"]["teacher"]["by"] for row in rows} == {"people"} and "recordings/v1.jsonl:1" in places

    template = tmp_path / TEMPLATES / "questions.jinja"
    better = template.read_text().replace("Only ask what", "Please only ask what")
    template.write_text(better)
    assert lacking() == []
    template.write_text(better.replace("version: 1", "version: 2"))
    assert lacking() == [("questions", chunk["text"]) for chunk in CHUNKS]
    template.write_text(better)
    edited = chunk(2, "Rule 2. The fee of branch 2 is 9 % a year. በዓመት ይከፈላል።")
    write_jsonl("chunks.jsonl", [*CHUNKS[:2], edited, *CHUNKS[3:]])
    assert lacking() == [("questions", edited["text"]), ("unanswerable", edited["text"])]
    done = stage(*question, "--recorded.missing", "skip")
    assert "15 questions about 5 of 6 chunks, 5 of them without an answer there, 2 in the ledger" in done.stdout, done.output
    assert {line["reason"] for line in read_ledger(tmp_path / "questions.ledger.jsonl")} == {"not recorded"}


def test_a_recorded_reply_that_fails_its_check_is_in_the_survey_and_in_the_ledger(stage, write_jsonl, tmp_path):
    copy_templates(tmp_path)
    write_jsonl("chunks.jsonl", CHUNKS[:1])
    about = {"task": "questions", "version": 1, "text": CHUNKS[0]["text"]}
    write_jsonl("recordings/v1.jsonl", [{"about": about, "answer": {"value": {"question_1": "Where does the sun rise today?"}}}])
    question = [*QUESTION, *teacher("no", "recorded"), "--recorded.file", "recordings"]
    assert stage(*question, "--survey", "survey.jsonl").exit_code == 0
    (one,) = [one for _, one in read_lines(tmp_path / "survey.jsonl", ("request", "recorded", "refused"))]
    assert one["recorded"] and one["refused"].startswith("question about something else: question 1 is about something else")
    assert "0 questions about 0 of 1 chunks, 1 in the ledger; read 1 replies of a recording" in stage(*question).stdout


def test_the_recording_of_the_sample_is_about_all_of_its_chunks_and_no_other(stage, tmp_path):
    sample = ROOT / "templates/project/documents"
    given = ["ingest", "--folder", sample / "documents", "--out", "d.jsonl", "--ledger", "u.jsonl", "--ocr", ""]
    assert stage(*given, "--include", "*.md", "--include", "*.html", "--include", "*.txt").exit_code == 0
    done = stage("chunk", "--documents", "d.jsonl", "--heldout_rows", sample / "data/heldout.jsonl", "--base", "no", "--out",
                 "chunks.jsonl", "--heldout_out", "h.jsonl", "--ledger", "l.jsonl", "--unit", "characters", "--size", 320,
                 "--step", 320, "--min_size", 80, "--heldout", "pests.txt")  # fmt: skip
    assert done.exit_code == 0, done.output
    copy_templates(tmp_path)
    options = [*teacher("no", "recorded"), "--recorded.file", sample / "data/recordings"]
    done = stage(*QUESTION, *options, "--count", 6, "--unanswerable", 1, "--longest", 110, "--precision", 0.3)
    assert "questions about 11 of 11 chunks, 11 of them without an answer there, 0 in the ledger" in done.stdout, done.output
    done = stage(*ANSWER, *options, "--longest", 200, "--no-keep_unknown", "--unanswerable", 0)
    assert ", 0 in the ledger, made 0 unanswerable" in done.stdout, done.output
    about = {line.about["text"] for line in read_recordings(sample / "data/recordings").values()}
    assert about == {chunk["text"] for _, chunk in read_lines(tmp_path / "chunks.jsonl", KEYS)}
