"""The label stage, and the command that puts its queue to a person."""

import json
import os
import subprocess
import sys

import pytest
from root import ROOT
from telegram.messages import corpus, label_of

FILES = {"messages": "data/messages/soko.jsonl", "labels": "data/labels/soko.jsonl", "reviews": "data/labels/soko.reviews.jsonl",
         "out": "data/labelled/soko.jsonl", "queue": "data/labelled/soko.queue.jsonl",
         "ledger": "data/labelled/soko.ledger.jsonl", "metrics": "metrics/corpus/soko/label.json"}  # fmt: skip
LABEL = [*(part for name, path in FILES.items() for part in (f"--{name}", path)),
         "--folds", "5", "--uncertain", "0.2", "--most_queued", "50"]  # fmt: skip


@pytest.fixture
def labelled(write_jsonl):
    """A corpus of four scripts, half of which is labelled."""
    messages = corpus()
    write_jsonl(FILES["messages"], messages)
    write_jsonl(FILES["labels"], [label_of(message) for message in messages if message["message"] % 24 < 12])
    return messages


def lines(folder, name: str) -> list:
    return [json.loads(line) for line in (folder / FILES[name]).read_text(encoding="utf-8").splitlines()]


def outs(folder) -> dict[str, bytes]:
    return {name: (folder / FILES[name]).read_bytes() for name in ("out", "queue", "ledger", "metrics")}


def test_every_message_comes_out_with_its_label_and_the_same_bytes_twice(stage, labelled, tmp_path):
    done = stage("label", *LABEL)
    assert done.exit_code == 0, done.output
    found = lines(tmp_path, "out")
    assert [{key: line[key] for key in labelled[0]} for line in found] == labelled
    assert list(found[0])[len(labelled[0]) :] == ["label", "probability", "by"]
    metrics = json.loads((tmp_path / FILES["metrics"]).read_text())
    assert metrics["labelled"] == metrics["measured"] == 48 and metrics["absent"] == 0 and metrics["f1"] > 0.7
    assert metrics["messages"] == 96 and metrics["queued"] == len(lines(tmp_path, "queue"))
    assert all(not isinstance(value, dict) for value in metrics.values())
    assert done.stdout.startswith(f"{metrics['ads']} of 96 messages are ads, F1 {metrics['f1']} on 48 labels out of fold, ")
    before = outs(tmp_path)
    command = [sys.executable, str(ROOT / "stages/label.py"), *LABEL]
    subprocess.run(command, check=True, cwd=tmp_path, env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)})
    assert outs(tmp_path) == before


def test_reviews_win_and_labels_of_absent_messages_are_in_the_ledger(stage, labelled, tmp_path, write_jsonl):
    hand = lines(tmp_path, "labels")
    write_jsonl(FILES["labels"], [*hand, {"channel": "ሌላ", "id": 1, "label": "ad"}])
    write_jsonl(
        FILES["reviews"], [{**hand[0], "label": "other", "reviewer": "Hiwot"}, {**hand[0], "id": 999, "reviewer": "Hiwot"}]
    )
    assert stage("label", *LABEL).exit_code == 0
    assert [(line["action"], line["row"]["source"]) for line in lines(tmp_path, "ledger")] == [
        ("changed", f"{FILES['labels']}:1"), ("dropped", f"{FILES['labels']}:49"), ("dropped", f"{FILES['reviews']}:2"),
    ]  # fmt: skip
    (line,) = (line for line in lines(tmp_path, "out") if line["by"] == "review")
    assert (line["channel"], line["message"], line["label"]) == (hand[0]["channel"], hand[0]["id"], "other")
    assert json.loads((tmp_path / FILES["metrics"]).read_text())["absent"] == 2


PROBLEMS = {
    "contradiction": ("labels", [{"channel": "soko", "id": 0, "label": name} for name in ("ad", "other")], "soko.jsonl:2: calls"),
    "none is there": ("labels", [{"channel": "soko", "id": 999, "label": "ad"}], "soko.jsonl: 0 different messages"),
    "one kind": ("labels", [{"channel": "soko", "id": 2 * n, "label": "ad"} for n in range(9)], "and 0 other, expected"),
    "no corpus": ("messages", [], "messages/soko.jsonl: no message here"),
    "a reviewer's slip": ("reviews", [{"channel": "soko", "id": 1, "label": "add"}], "reviews.jsonl:1: label 'add'"),
}  # fmt: skip


@pytest.mark.parametrize("problem", PROBLEMS)
def test_bad_input_is_one_line_and_nothing_is_written(stage, labelled, tmp_path, write_jsonl, refused, problem):
    name, content, message = PROBLEMS[problem]
    write_jsonl(FILES[name], content)
    assert message in refused(stage("label", *LABEL))
    assert not (tmp_path / FILES["out"]).exists()


@pytest.fixture
def queued(stage, labelled, write_jsonl):
    """All that nobody labelled is put to a reviewer."""
    write_jsonl("params.yaml", ["telegram: {soko: exports}"])
    given = [*LABEL]
    given[given.index("--uncertain") + 1] = "0.5"
    assert stage("label", *given).exit_code == 0
    return given


def decided(folder) -> list[tuple]:
    return [(line["channel"], line["id"], line["label"], line["reviewer"]) for line in lines(folder, "reviews")]


def test_each_decision_is_on_disk_before_the_next_and_wins_in_the_next_build(queued, stage, mbegu, tmp_path):
    queue = lines(tmp_path, "queue")
    done = mbegu("label", "soko", "--reviewer", "ሕይወት", typed="a\ns\no\nq\n")
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith(f"2 decided, 1 skipped, {len(queue) - 3} left: {FILES['reviews']}\n")
    assert done.stderr == f"Next: `mbegu label soko` again, {len(queue) - 2} without a decision yet.\n"
    first = queue[0]
    assert f"1 of {len(queue)}   {first['id']}\n{first['probability']:.2f} to be an ad\n{first['text']}\n" in done.stdout
    wanted = [(queue[place]["channel"], queue[place]["message"], label, "ሕይወት") for place, label in ((0, "ad"), (2, "other"))]
    assert decided(tmp_path) == wanted
    mbegu("label", "soko", "--reviewer", "ሕይወት", typed="o\n")  # the terminal goes away
    assert len(decided(tmp_path)) == 3

    assert stage("label", *queued).exit_code == 0
    by = {line["id"]: (line["label"], line["by"]) for line in lines(tmp_path, "out")}
    assert by[first["id"]] == ("ad", "review") and by[queue[2]["id"]] == ("other", "review")
    assert not {queue[place]["id"] for place in (0, 1, 2)} & {line["id"] for line in lines(tmp_path, "queue")}


def test_undo_reaches_into_earlier_sittings_and_builds_but_not_to_another_reviewer(queued, stage, mbegu, tmp_path):
    queue = lines(tmp_path, "queue")
    mbegu("label", "soko", "--reviewer", "Wanjiru", typed="a\nq\n")
    mbegu("label", "soko", "--reviewer", "Hiwot", typed="a\nu\no\nq\n")
    assert [line[2:] for line in decided(tmp_path)] == [("ad", "Wanjiru"), ("other", "Hiwot")]
    assert stage("label", *queued).exit_code == 0  # the queue holds neither of the two any more
    done = mbegu("label", "soko", "--reviewer", "Hiwot", "--undo", typed="u\na\nq\n")
    assert f"   {queue[1]['id']}\n" in done.stdout
    nothing = f"Nothing to undo: {FILES['reviews']} holds no decision of Hiwot on these messages."
    assert nothing in done.stdout and [line[2:] for line in decided(tmp_path)] == [("ad", "Wanjiru"), ("ad", "Hiwot")]


def test_an_empty_queue_an_unknown_name_and_a_stage_that_has_not_run(queued, mbegu, tmp_path, write_jsonl, refused):
    write_jsonl(FILES["queue"], [])
    done = mbegu("label", "soko", "--reviewer", "A")
    assert done.stdout.startswith("Nothing to review in soko: the classifier is sure enough")
    assert done.stderr.startswith("Next: `dvc repro`, and commit the decisions; `mbegu label soko --undo`")
    assert refused(mbegu("label", "ገበያ")) == "Error: params.yaml: declares no corpus 'ገበያ'; it declares soko."
    (tmp_path / FILES["out"]).unlink()
    assert refused(mbegu("label", "soko")) == f"Error: {FILES['out']}: no such file; `dvc repro label@soko` builds it."
