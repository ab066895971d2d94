"""Decisions of several reviewers at once, files broken by hand, and what may not be decided."""

import errno
import json
import multiprocessing
from pathlib import Path

import pytest

from mbegu.errors import BadInput
from mbegu.rows import reviews
from mbegu.rows.row import row_id
from mbegu.sources.telegram import decisions, labels

TEXTS = ["Akiba ni nini?", "ወለድ ምንድን ነው? 🌱", "ما هي الفائدة\u200f؟", "What is a \u200dfund?"]


def row(text: str, output: str = "A draft, ረቂቅ.") -> dict:
    origin = {"kind": "generated", "parents": []}
    return {"id": row_id(text, ""), "instruction": text, "input": "", "output": output, "origin": origin}


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def decide_all(path: Path, name: str) -> None:
    for number in range(40):
        reviews.append(path, reviews.decision(row(f"{name} asks {number}: ሰላም?"), "accept", name))


def label_all(path: Path, name: str) -> None:
    for number in range(40):
        decisions.append(path, {"channel": name, "message": number}, "ad", name)


@pytest.mark.parametrize("work", [decide_all, label_all])
def test_what_reviewers_decide_at_the_same_time_is_all_kept(tmp_path, work):
    path = tmp_path / "v1.jsonl"
    context = multiprocessing.get_context("spawn")
    people = [context.Process(target=work, args=(path, name)) for name in ("Achieng", "Wanjiru", "ሰላም")]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert [one.exitcode for one in people] == [0, 0, 0]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 120
    assert len(reviews.read_reviews(path) if work is decide_all else labels.read_decisions(path)) == 120


@pytest.mark.parametrize("text", TEXTS)
def test_a_later_decision_on_a_row_counts_and_both_are_kept(tmp_path, text):
    path, draft = tmp_path / "v1.jsonl", row(text)
    reviews.append(path, reviews.decision(draft, "accept", "Achieng"))
    reviews.append(path, reviews.decision(draft, "reject", "Wanjiru", reason="Not so"))
    assert [line["reviewer"] for line in lines(path)] == ["Achieng", "Wanjiru"]
    (counts,) = reviews.read_reviews(path).values()
    assert (counts["decision"], counts["reviewer"], counts["source"]) == ("reject", "Wanjiru", f"{path}:2")
    found = reviews.newest(path, "Achieng", [draft])
    assert found is not None
    reviews.undo(path, found[0])  # one's own, and no other's
    assert [line["reviewer"] for line in lines(path)] == ["Wanjiru"]
    assert reviews.read_reviews(path)[draft["id"]]["decision"] == "reject"


def test_undo_takes_the_line_of_that_decision_alone_and_leaves_the_others_to_the_byte(tmp_path):
    path = tmp_path / "v1.jsonl"
    by_hand = '{ "decision":"accept",  "instruction": "By hand, በእጅ?" }'
    path.write_text(f"{by_hand}\n\n", encoding="utf-8")
    line = reviews.decision(row(TEXTS[1]), "accept", "Achieng")
    for _ in range(2):
        reviews.append(path, line)
    assert reviews.undo(path, reviews.newest(path, "Achieng", [row(TEXTS[1])])[0])
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3
    assert reviews.undo(path, line)
    assert path.read_text(encoding="utf-8") == f"{by_hand}\n\n"
    assert not reviews.undo(path, line)  # somebody else was faster


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("{'decision': 'accept'}", r"v1\.jsonl:2: not valid JSON .*single quotes"),
        ('{"decision": "perhaps", "instruction": "ሰላም?"}', r"v1\.jsonl:2: decision 'perhaps'; expected one of"),
        ("<<<<<<< HEAD", r"v1\.jsonl:2: .*a mark of a merge that git left to you"),
        ("=======", r"v1\.jsonl:2: .*a mark of a merge"),
        (">>>>>>> of-wanjiru", r"v1\.jsonl:2: .*a mark of a merge"),
    ],
)
def test_a_broken_file_of_decisions_is_told_by_line_and_left_as_it_is(tmp_path, broken, message):
    path = tmp_path / "v1.jsonl"
    reviews.append(path, reviews.decision(row(TEXTS[0]), "accept", "Achieng"))
    text = f"{path.read_text(encoding='utf-8')}{broken}\n"
    path.write_text(text, encoding="utf-8")
    for attempt in (
        lambda: reviews.append(path, reviews.decision(row(TEXTS[1]), "accept", "Wanjiru")),
        lambda: reviews.undo(path, lines_of(path)),
        lambda: reviews.read_reviews(path),
    ):
        with pytest.raises(BadInput, match=message):
            attempt()
        assert path.read_text(encoding="utf-8") == text


def lines_of(path: Path) -> dict:
    return dict(json.loads(path.read_text(encoding="utf-8").splitlines()[0]))


def test_a_full_disk_leaves_the_decisions_as_they_were(tmp_path, monkeypatch):
    path = tmp_path / "v1.jsonl"
    reviews.append(path, reviews.decision(row(TEXTS[0]), "accept", "Achieng"))
    before = path.read_bytes()
    real = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        real(self, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        reviews.append(path, reviews.decision(row(TEXTS[1]), "accept", "Achieng"))
    monkeypatch.undo()
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == ["v1.jsonl"]
    reviews.append(path, reviews.decision(row(TEXTS[1]), "accept", "Achieng"))  # and the folder is not locked for ever
    assert len(lines(path)) == 2


@pytest.mark.parametrize(
    ("draft", "kind", "output", "said"),
    [
        ("", "accept", "", "The teacher wrote no word; edit the draft or reject it."),
        (" … ", "accept", "", "The teacher wrote no word"),
        ("Same, ያው.", "edit", "Same, ያው.", "Not changed; accept it, reject it or edit it."),
        ("Same.", "edit", " \u200b\n", "Not changed"),
        ("A.", "edit", "TODO", "'output' is 'TODO', a placeholder"),
        ("A.", "edit", "Lost \ufffd", "'output' holds U+FFFD"),
        ("A.", "accept", "", None),
        ("", "reject", "", None),
        ("A.", "edit", "ሌላ مختلف 🌱", None),
    ],
)
def test_what_may_not_be_decided_is_told_before_it_is_written(draft, kind, output, said):
    found = reviews.objection(row("Q?", draft), kind, output)
    assert found is said is None or (said is not None and said in str(found))


def test_progress_counts_each_row_once(tmp_path):
    path, drafts = tmp_path / "v1.jsonl", [row(text) for text in TEXTS]
    reviews.append(path, reviews.decision(drafts[0], "accept", "A"))
    reviews.append(path, reviews.decision(drafts[0], "reject", "B"))
    reviews.append(path, reviews.decision(drafts[1], "edit", "B", output="Other."))
    assert reviews.progress(drafts, reviews.read_reviews(path)) == {"accept": 0, "edit": 1, "reject": 1, "waiting": 2}


@pytest.mark.parametrize("more", [{"output": "ሰላም \ud83c"}, {"reason": "\udc00"}, {"reviewer": "A\ud800"}])
def test_half_a_character_is_refused_before_anything_is_written(tmp_path, more):
    path = tmp_path / "v1.jsonl"
    reviews.append(path, reviews.decision(row(TEXTS[0]), "accept", "Achieng"))
    before = path.read_bytes()
    with pytest.raises(BadInput, match=rf"'{next(iter(more))}' holds half a character \('\\u"):
        reviews.append(path, reviews.decision(row(TEXTS[1]), "edit", "Achieng", "ሌላ 🌱") | more)
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == ["v1.jsonl"]


def test_undo_on_a_line_without_its_question_is_one_clear_line(tmp_path):
    path = tmp_path / "v1.jsonl"
    path.write_text('{"decision":"accept"}\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"v1\.jsonl:1: 'instruction' is missing or empty; write its text\."):
        reviews.newest(path, "Achieng", [row(TEXTS[0])])
