"""`mbegu review --pairs`: two models' answers beside each other, without names, decision by decision."""

import json

import pytest

from mbegu.pages.beside import beside
from mbegu.rows.judgements import read_judgements
from mbegu.rows.row import row_id

QUESTIONS = ["What is a fund?", "ገንዘቤን የት ላስቀምጥ?", "ما هو الصندوق؟", "Nini maana ya riba?", "👩‍👩‍👧?", "How much is 5 %?"]
SAYS = {"base": "an answer of one kind", "v2": "an answer of another kind"}


@pytest.fixture(autouse=True)
def project(write_jsonl, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    write_jsonl("params.yaml", ["models: {base: b, v1: b, v2: b}\njudged: {v2-base: {new: v2, old: base}, broken: {new: v2}}"])
    for model in SAYS:
        write_jsonl(f"data/predictions/{model}.jsonl", predictions(model))


def predictions(model: str, more: str = "") -> list[dict]:
    fixed = {"input": "", "reference": "ማጣቀሻ", "tokens": 3, "finish_reason": "stop", "reference_nll": 1.0, "reference_tokens": 2}
    return [
        {"id": row_id(text, ""), "instruction": text, **fixed, "prediction": f"{SAYS[model]}: {text}{more}"} for text in QUESTIONS
    ]


def said(folder) -> list[str]:
    """The model that each decision prefers."""
    found = read_judgements(folder / "data/judgements/v2-base.jsonl")
    return [{"left": one.left.model, "right": one.right.model}.get(one.verdict, "neither") for one in found]


def review(mbegu, *options, typed, reviewer="ዓለሙ"):
    return mbegu("review", "--pairs", "v2-base", "--reviewer", reviewer, *options, typed=typed)


def test_a_sitting_is_blind_and_goes_on_where_it_stopped(mbegu, tmp_path):
    done = review(mbegu, typed="l\nr\nq\n")
    assert done.exit_code == 0 and "2 decided, 0 skipped, 4 left: data/judgements/v2-base.jsonl" in done.stdout
    assert done.stderr == "Next: `mbegu review --pairs v2-base` again, 4 without a decision yet.\n"
    assert "[l]eft [r]ight [n]either [u]ndo [q]uit" in done.stdout
    shown = done.stdout.replace("data/judgements/v2-base.jsonl", "")
    assert "v2" not in shown and "base" not in shown
    assert "Reference: ማጣቀሻ" in shown and "Left:" in shown
    done = review(mbegu, typed="n\n" * 4)
    assert "1 of 4" in done.stdout and "4 decided, 0 skipped, 0 left" in done.stdout
    assert said(tmp_path)[2:] == ["neither"] * 4
    assert "Nothing to review in v2-base: you decided on every question." in review(mbegu, typed="").stdout
    assert "6 decided" in review(mbegu, typed="l\n" * 6, reviewer="Lulit").stdout  # another person decides on all anew


def test_what_is_chosen_is_the_answer_that_stood_there(mbegu, tmp_path):
    done = review(mbegu, typed="l\n" * 6)
    texts = done.stdout.split("[q]uit: ")
    for text, model in zip(texts, said(tmp_path), strict=False):
        shown = [name for name in SAYS if SAYS[name] in text]
        assert len(shown) == 2
        assert min(shown, key=lambda name: text.index(SAYS[name])) == model  # the left one comes first, in columns and below
    lines = (tmp_path / "data/judgements/v2-base.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["reviewer"] for line in lines] == ["ዓለሙ"] * 6
    assert len(set(said(tmp_path))) == 2  # not always on the same side


def test_undo_reaches_into_earlier_sittings_but_not_into_another_reviewer_s(mbegu, tmp_path):
    review(mbegu, typed="l\nq\n", reviewer="Lulit")
    review(mbegu, typed="l\nr\nq\n")
    before = said(tmp_path)
    done = review(mbegu, typed="u\nu\nu\nq\n")
    assert "holds no decision of ዓለሙ on these answers" in done.stdout
    assert said(tmp_path) == before[:1]
    review(mbegu, typed="l\nq\n")
    assert "1 of 6" in review(mbegu, "--undo", typed="n\nq\n").stdout
    assert said(tmp_path) == [before[0], "neither"]


def test_a_decision_is_not_one_on_what_a_later_training_answers(mbegu, write_jsonl, tmp_path):
    review(mbegu, typed="l\n" * 6)
    write_jsonl("data/predictions/v2.jsonl", predictions("v2", more=" Retrained."))
    assert "1 of 6" in review(mbegu, typed="q\n").stdout
    assert len(said(tmp_path)) == 6


def test_a_mistake_is_one_line(mbegu, refused, write_jsonl, tmp_path):
    for pair, message in (
        ("v9", "params.yaml: declares no judged pair 'v9'; it declares v2-base, broken."),
        ("broken", "params.yaml: judged.broken is {'new': 'v2'}; name two models, such as {new: v2, old: base}."),
    ):
        assert message in refused(mbegu("review", "--pairs", pair, "--reviewer", "A"))
    write_jsonl("data/judgements/v2-base.jsonl", ["{}"])
    assert "data/judgements/v2-base.jsonl:1: 'verdict' is missing" in refused(review(mbegu, typed=""))
    (tmp_path / "data/predictions/v2.jsonl").unlink()
    assert "data/predictions/v2.jsonl: No such file" in refused(review(mbegu, typed=""))


@pytest.mark.parametrize(
    "text", ["ወለዱ ሰባት በመቶ ነው። " * 9, "Weka akiba " * 20, "日本語" * 30, "👩‍👩‍👧 \u200b\u200d " * 20, "[bold]x[/bold] " * 9]
)
def test_two_columns_hold_all_of_both_texts(text):
    shown = beside(text, "short", 80)
    lines = shown.split("\n")
    assert lines[0].split() == ["Left:", "Right:"] and lines[1].endswith("short")
    assert "".join(shown.split()).replace("Left:Right:", "", 1).replace("short", "", 1) == "".join(text.split())


def test_texts_stand_below_each_other_where_lines_are_turned_around_or_narrow():
    arabic = "ضع مالك في حساب توفير."
    assert beside(arabic, "one", 200) == f"Left:\n{arabic}\n\nRight:\none"
    assert beside("one", "two \u202eowt", 200) == "Left:\none\n\nRight:\ntwo \u202eowt"
    assert beside("one", "two", 40) == "Left:\none\n\nRight:\ntwo"


def test_a_terminal_obeys_no_answer():
    shown = beside("\x1b[2J\x9b1A\rone", "two\u2028lines\r\nmore", 80)
    assert not {"\x1b", "\x9b", "\r", "\u2028"} & set(shown)
    assert [line.split()[-1] for line in shown.split("\n")] == ["Right:", "two", "lines", "more"]
