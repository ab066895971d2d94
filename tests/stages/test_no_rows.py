"""What a project is told whose version has no row."""

import pytest

from mbegu.curating.advice import without_rows


def line(stage: str, reason: str, action: str = "dropped") -> dict:
    return {"id": "0", "stage": stage, "action": action, "reason": reason, "score": None, "nearest": None, "row": {}}


@pytest.fixture
def data(write_jsonl):
    def write(folder: str, *lines: dict) -> None:
        write_jsonl(f"data/{folder}/v1.ledger.jsonl", list(lines))

    return write


def merged(stage, refused, write_jsonl) -> str:
    for name in ("data/versions/none.jsonl", "data/curated/v1.jsonl"):
        write_jsonl(name, [])
    line = refused(
        stage("merge", "--previous", "data/versions/none.jsonl", "--curated", "data/curated/v1.jsonl", "--out",
              "data/versions/v1.jsonl", "--ledger", "data/versions/v1.ledger.jsonl", "--near_duplicate", 1)
    )  # fmt: skip
    return line.removeprefix("Error: data/curated/v1.jsonl: no row is left for data/versions/v1.jsonl: ")


def test_documents_without_rows_hear_of_their_teacher_and_never_of_seeds(stage, refused, write_jsonl, data):
    elsewhere = line("question", "question about something else")
    beyond = [line("question", "beyond the number of chunks")] * 20
    data("questions", *[elsewhere] * 9, line("question", "question cut off"), *beyond)
    data("expanded", line("answer", "the teacher does not know"), line("answer", "x", "changed"))
    data("curated", line("curate", "too short: 2 words"), line("curate", "too short: 1 words"))
    data("versions", line("merge", "duplicate"))  # of an earlier build
    assert merged(stage, refused, write_jsonl) == (
        "all 13 candidates were dropped: 9 as 'question about something else' (data/questions/v1.ledger.jsonl), "
        "2 as 'too short' (data/curated/v1.ledger.jsonl), 1 as 'the teacher does not know' (data/expanded/v1.ledger.jsonl), "
        "1 for other reasons; ask a better teacher (section teacher of params.yaml), or ask more leniently (sections question "
        "and answer)."
    )


def test_drafts_that_wait_are_to_be_reviewed(stage, refused, write_jsonl, data):
    data("curated", line("curate", "not reviewed"))
    assert merged(stage, refused, write_jsonl) == (
        "all 1 candidates were dropped: 1 as 'not reviewed' (data/curated/v1.ledger.jsonl); "
        "review the drafts (`mbegu review v1`)."
    )


def test_without_any_candidate_rows_are_to_be_written(stage, refused, write_jsonl):
    assert merged(stage, refused, write_jsonl).startswith("there was no candidate; write rows into data/seeds/v1.jsonl, or ")


def test_what_people_wrote_and_a_filter_dropped_is_to_be_mended(data, tmp_path):
    data("curated", line("curate", "refusal: samahani"), line("curate", "refusal: ይቅርታ"))
    (path,) = tmp_path.glob("data/*/v1.ledger.jsonl")
    assert without_rows("v1", [path]).endswith("; mend or add rows, or loosen what dropped them.")
