"""Recording as a workflow, in a project as `mbegu new` makes it, with a tiny base model."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_plan import WITHOUT_PYTHON

from mbegu.cli import main

SECTION = (
    "## {0}\n\nThe {0} is watered every {1} days, in the evening, and it rests for {2} weeks after each harvest. "
    "ውሃ ያስፈልጋል። Maji yanahitajika 🌱.\n\n"
)
SAYS = {"questions": {"question_1": "When is the {} watered, and how long does it rest?"}, "unanswerable": {}}


@pytest.fixture(scope="module")
def project(tmp_path_factory, tiny_base) -> Path:
    """A project of documents, with one replaced."""
    from mbegu.builds.scaffold import make

    folder = tmp_path_factory.mktemp("record") / "bustani"
    make(folder, "documents", ["en", "sw"], "KES")
    for file in (folder / "documents").glob("[!p]*"):
        file.unlink()
    (folder / "documents/planting.md").unlink()
    text = "".join(SECTION.format(name, number, number + 1) for number, name in enumerate(("kale", "bean", "leek"), 2))
    (folder / "documents/beds.md").write_text(text, encoding="utf-8")
    params = (folder / "params.yaml").read_text(encoding="utf-8")
    params = params.replace("base_model: models/base", f"base_model: {tiny_base}").replace(
        "teacher: models/base", f"teacher: {tiny_base}"
    )
    (folder / "params.yaml").write_text(params.replace(" 320 ", " 200 "), encoding="utf-8")
    return folder


@pytest.fixture
def record(monkeypatch, capfd):
    """Runs the command in a folder, as without `python` on its PATH: record(folder, "--out", path) -> its status, and all that
    was said, its stages' words too. In this process, as it starts stages in others."""
    for name in ("PATH", "PYTHONPATH", "PYTHONWARNINGS"):
        monkeypatch.setenv(name, WITHOUT_PYTHON[name])

    def run(folder, *options) -> SimpleNamespace:
        monkeypatch.chdir(folder)
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["record", *map(str, options)], prog_name="mbegu")
        said = capfd.readouterr()
        return SimpleNamespace(returncode=ended.value.code or 0, stdout=said.out, stderr=said.err)

    return run


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def filled(todo):
    """With the replies of a person."""
    for line in todo:
        about = line["about"]
        name = re.search(r"The (\w+) is watered", about["text"])[1]
        if about["task"] == "answer":
            line["answer"] = {"quote": f"The {name} is watered", "answer": f"The {name} is watered in the evening."}
        else:
            line["answer"] = {key: text.format(name) for key, text in SAYS[about["task"]].items()}
    return todo


def write(path, todo, end="\n"):
    path.write_bytes("".join(json.dumps(line, ensure_ascii=False) + end for line in todo).encode())
    return path


def test_a_recording_is_made_step_by_step_and_an_edited_document_asks_for_its_changed_chunks_alone(record, project):
    todo = project / "todo.jsonl"
    done = record(project, "--out", todo)
    assert "Questions: 3 requests, 0 recorded, 3 to ask\nUnanswerable: 3 requests, 0 recorded, 3 to ask" in done.stdout, (
        done.stderr
    )
    assert "answer@v1: what it asks is known once question@v1 has its replies" in done.stdout
    recording = project / "data/recordings/v1.jsonl"
    made_for = f"Note: data/recordings/v1.jsonl:1: none of {len(lines(recording))} replies is asked for"
    assert done.stderr.endswith(f"{made_for}; this recording was made for another project.\n")
    recording.unlink()
    asked = lines(todo)
    assert len(asked) == 6 and "6 requests without a reply" in done.stdout

    replies = filled(lines(todo))
    replies[0]["answer"] = {"question_1": "Who sells tractors nearby?"}
    replies[1]["about"]["version"] = 7
    replies[2]["answer"] = None
    stray = {"about": {"task": "questions", "version": 1, "text": "ሌላ"}, "answer": "?"}
    done = record(project, "--from", write(todo, [*replies[::-1], stray, replies[3]], "\r\n"))
    assert "Recorded 3 replies, 4 refused, 1 left open: data/recordings" in done.stdout, done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("Not recorded: ")]
    assert len(said) == 4
    for line, why in (
        (5, "answers version 7 of the template of task 'questions', but version 1 is asked"),
        (7, "nobody asks this (task 'questions')"),
        (8, f"answers what {todo}:3 answers; keep one."),
        (6, "question about something else"),
    ):
        assert any(f"{todo}:{line}: {why}" in one for one in said), said
    assert len(lines(project / "data/recordings/v1.jsonl")) == 3

    for _ in range(2):  # the questions, then the answers
        record(project, "--out", todo)
        assert ", 0 refused, 0 left open" in record(project, "--from", write(todo, filled(lines(todo)))).stdout
    beds = project / "documents/beds.md"
    beds.write_text(beds.read_text("utf-8").replace("The bean is watered every", "The bean is given water every"), "utf-8")
    before = {line["about"]["text"] for line in asked}
    done = record(project, "--out", todo)
    changed = {(line["about"]["task"], line["about"]["text"]) for line in lines(todo)}
    assert {task for task, _ in changed} == {"questions", "unanswerable"} and len(changed) == 2
    assert "Note: data/recordings/v1.jsonl:" in done.stderr and "nobody asks this (task 'questions'): 1 replies" in done.stderr
    assert all("given water" in text and text not in before for _, text in changed)


def test_what_can_not_be_recorded_is_one_line(record, project, tmp_path):
    for options, said in (
        (["v9"], "record: 'v9' asks no teacher; there are v1."),
        (["--out", "a", "--ask", "local"], "give one of --out, --from and --ask."),
        (["--from", "no.jsonl"], "no.jsonl: No such file or directory"),
    ):
        done = record(project, *options)
        assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith("Error: ") and said in done.stderr, done.stderr
    (tmp_path / "params.yaml").write_text("teacher: {kind: local}\nversions: {v1: {}}\n")
    assert "teacher.kind is 'local'; set it to recorded" in record(tmp_path).stderr


def test_a_local_teacher_s_replies_are_checked_and_say_who_wrote_them(record, project):
    before = len(lines(project / "data/recordings/v1.jsonl"))
    done = record(project, "--ask", "local")
    assert done.returncode == 0, done.stderr
    found = lines(project / "data/recordings/v1.jsonl")
    kept = int(re.search(r"Recorded (\d+) replies of teacher.local", done.stdout)[1])
    assert len(found) == before + kept and all(line["by"]["parameters"] for line in found if "by" in line)
    assert sum("by" in line for line in found) == kept
