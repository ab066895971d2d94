"""Questions and answers about documents in Swahili and Amharic: how many good ones pass, and how many about something else."""

import json
from itertools import product
from pathlib import Path

import pytest

from mbegu.metrics.faithfulness import k_precision
from mbegu.sources.documents.overlap import overlaps
from mbegu.sources.documents.readers import read_document

DOCUMENTS = Path(__file__).parent / "documents"
QUESTION, ANSWER = 0.3, 0.7  # `precision` of the sections question and answer


def sections(folder: Path) -> dict[tuple[str, str], str]:
    """Text by document and heading."""
    found = {}
    for path in folder.glob("*.md"):
        document = read_document(folder, path.name)[0]
        starts = [anchor["start"] for anchor in document["anchors"]]
        for anchor, end in zip(document["anchors"], [*starts[1:], len(document["text"])], strict=True):
            found[path.name, anchor["anchor"]] = document["text"][anchor["start"] : end]
    return found


def counted(pairs: list[tuple[str, str]], least: float) -> tuple[int, int, int]:
    """Pairs of text and passage that pass by whole words, that pass, and all."""
    return (sum(k_precision(*pair) >= least for pair in pairs), sum(overlaps(*pair, least) for pair in pairs), len(pairs))


@pytest.mark.parametrize(
    ("language", "good", "of_another", "of_none", "answers", "wrong"),
    [
        ("sw", (21, 25, 29), (5, 6, 232), (6, 6, 96), (22, 26, 29), (0, 0, 29)),
        ("am", (12, 26, 29), (2, 5, 232), (1, 1, 96), (6, 22, 29), (0, 0, 29)),
    ],
)
def test_most_good_questions_and_answers_pass_and_hardly_more_of_the_others(language, good, of_another, of_none, answers, wrong):
    texts = sections(DOCUMENTS / language)
    rows = [json.loads(line) for line in (DOCUMENTS / language / "questions.jsonl").read_text("utf-8").splitlines()]
    others = (DOCUMENTS / language / "other.txt").read_text("utf-8").splitlines()
    own = [(row, texts[row["document"], row["heading"]]) for row in rows]
    elsewhere = [(row["question"], text) for row in rows for (name, _), text in texts.items() if name != row["document"]]
    assert counted([(row["question"], text) for row, text in own], QUESTION) == good
    assert counted(elsewhere, QUESTION) == of_another
    assert counted(list(product(others, texts.values())), QUESTION) == of_none
    assert counted([(row["answer"], text) for row, text in own], ANSWER) == answers
    assert counted([(row["wrong"], text) for row, text in own], ANSWER) == wrong


def test_a_question_word_counts_neither_for_nor_against():
    passage = "Zahanati hufungwa saa moja jioni. 🌱"
    assert overlaps("Zahanati inafungwa lini?", passage, 0.3) and not overlaps("Nani, lini na wapi?", passage, 0.3)
    assert not overlaps("", passage, 0.3) and not overlaps("Gani?", passage, 0.3) and overlaps("", passage, 0.0)
    assert overlaps("متى تغلق المدرسة؟", "تُغلق مدرسة القرية عند الظهر.", 0.5)


def test_the_least_share_is_never_below_what_was_asked_for():
    passage = "Wanafunzi huvaa viatu vyeusi."
    assert overlaps("Mwanafunzi avae kofia", passage, 0.3) is False  # one of three
    assert overlaps("Mwanafunzi ana viatu", passage, 0.6) and not overlaps("Mwanafunzi ana viatu", passage, 0.7)
