"""A judge and people: whose decisions count, what they make of a win rate, and how often its interval holds."""

import importlib.util
import json

import numpy as np
import pytest
from click.testing import CliRunner
from root import ROOT

from mbegu.errors import BadInput
from mbegu.pages.judged import in_words
from mbegu.rows.judgements import Judgement, append
from mbegu.rows.row import row_id
from mbegu.scoring.calibration import calibrate, decided, read_verdicts
from mbegu.scoring.duels import Duel, blinded
from mbegu.scoring.powered import alone, powered

ANSWERS = ["በቁጠባ ሂሳብ።", "في حساب توفير.", "Kwenye akiba.", "👩‍👩‍👧\u200b", ""]
NAN = float("nan")


def prediction(number: int, model: str, more: str = "") -> dict:
    instruction = f"Question {number}: ገንዘቤን የት ላስቀምጥ?"
    return {
        "id": row_id(instruction, ""), "instruction": instruction, "input": "", "reference": "ማጣቀሻ",
        "prediction": f"{model} {ANSWERS[number % len(ANSWERS)]}{more}", "tokens": 3, "finish_reason": "stop",
        "reference_nll": 1.0, "reference_tokens": 2,
    }  # fmt: skip


DUELS = [Duel("v2:base", prediction(number, "v2"), prediction(number, "base")) for number in range(20)]


def verdict(number: int, *orders: str) -> dict:
    said = "unreadable" if "unreadable" in orders else orders[0] if orders[0] == orders[1] else "tie"
    return {"id": DUELS[number].first["id"], "pair": "v2:base", "orders": list(orders), "verdict": said, "answers": ["", ""]}


def by_person(duel: Duel, winner: str, reviewer: str = "Abebe") -> Judgement:
    shown = blinded([duel])[0]
    return shown.by(reviewer, {shown.left.model: "left", shown.right.model: "right"}.get(winner, "neither"))


WINS = [verdict(number, "first", "first") for number in range(20)]


# people's decisions


def test_a_decision_counts_for_the_model_whichever_side_it_stood_on():
    one = by_person(DUELS[0], "v2")
    turned = Judgement(one.id, one.right, one.left, {"left": "right", "right": "left"}[one.verdict], "Lulit")
    found = decided(DUELS, [one, turned, by_person(DUELS[1], "base"), by_person(DUELS[2], "neither")])
    assert found.points[:4] == [[1.0, 1.0], [0.0], [0.5], []]
    assert (found.reviewers, found.other_answers) == (2, 0)


def test_the_later_decision_of_a_reviewer_counts_and_one_on_other_answers_does_not():
    retrained = Duel("v2:base", prediction(0, "v2", " አዲስ"), DUELS[0].second)
    decisions = [by_person(DUELS[0], "v2"), by_person(DUELS[0], "base"), by_person(retrained, "v2"), by_person(DUELS[4], "v2")]
    found = decided(DUELS[:3], decisions)
    assert found.points == [[0.0], [], []] and found.other_answers == 2


# the estimate


def test_it_is_the_judge_s_mean_plus_what_people_differ_by():
    people, judge = [1, 0, 1, 1, 0, 1, 0.5, 1, *[NAN] * 4], [1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1]
    found = powered(people, judge)
    known = np.array(people[:8]), np.array(judge[:8], float)
    weight = np.cov(*known)[0, 1] / ((1 + 8 / 4) * np.var(judge, ddof=1))
    assert found.weight == pytest.approx(weight) and 0 < weight < 1
    assert found.rate == pytest.approx(weight * 0.75 + (known[0] - weight * known[1]).mean())
    assert found.low < found.rate < found.high and found.units == 8


def test_without_a_question_left_to_the_judge_it_is_people_s_mean():
    people = [1, 0, 1, 1, 0, 1, 0.5, 1]
    assert powered(people, [0.0] * 8) == powered(people, people) == alone(people)
    assert alone(people).rate == pytest.approx(np.mean(people))


def test_a_judge_that_says_nothing_of_people_or_the_reverse_does_not_count():
    people = [1, 0] * 10 + [NAN] * 20
    for judge in ([1.0] * 40, [0.0, 1.0] * 20):
        found = powered(people, judge)
        assert (found.weight, found.rate) == (0.0, 0.5)


def test_a_good_judge_narrows_the_interval():
    generator = np.random.default_rng(0)
    truth = (generator.random(200) < 0.6).astype(float)
    people = np.where(np.arange(200) < 40, truth, NAN)
    judge = np.where(generator.random(200) < 0.9, truth, 1 - truth)
    with_judge, without = powered(people, judge), alone(people)
    assert with_judge.high - with_judge.low < 0.8 * (without.high - without.low)


def test_a_few_decisions_that_all_agree_leave_a_width():
    found = powered([1.0] * 8 + [NAN] * 32, [1.0] * 40)
    assert found.rate == 1.0 and found.low < 0.9


@pytest.mark.parametrize("count", range(1, 6))
def test_fewer_than_six_groups_say_nothing_of_the_others(count):
    people, judge = [1.0] * count + [NAN] * 20, [1.0] * (count + 20)
    assert powered(people, judge)[1:3] == (0.0, 1.0)
    groups = [f"ሰነድ {number % count}" for number in range(20)]
    assert alone([1.0] * 20, groups)[1:3] == (0.0, 1.0)
    assert alone([1.0] * 20, [f"ሰነድ {number % 6}" for number in range(20)]).low > 0.0


def benchmark():
    spec = importlib.util.spec_from_file_location("judge_benchmark", ROOT / "benchmarks/judge.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("better", [0.5, 0.8, 0.95])
@pytest.mark.parametrize(("people", "size", "right"), [(12, 1, 0.9), (30, 1, 0.6), (30, 4, 0.8), (80, 4, 0.5)])
def test_the_interval_holds_in_95_of_100_builds_however_wrong_the_judge(people, size, right, better):
    (by_judge, by_people, both), (_, of_people, of_both) = benchmark().held(200, (people, size, right, better))
    assert both > 0.9 and by_people > 0.9  # 200 trials at 95 % give less once in 500 settings
    assert of_both < 1.15 * of_people  # a bad judge costs next to nothing
    if (size, better) == (1, 0.5):
        assert by_judge < 0.9  # it prefers the first model, and no number of its own questions shows that


# what a page says


def test_a_judge_without_people_has_an_interval_and_is_not_calibrated():
    mixed = [
        *WINS[:10],
        *[verdict(number, "first", "second") for number in range(10, 14)],
        *[verdict(number, "second", "second") for number in range(14, 20)],
    ]
    found = calibrate(mixed, decided(DUELS, []))
    assert found["judged"]["rate"] == 0.6 and 0.2 < found["judged"]["low"] < 0.5 < 0.7 < found["judged"]["high"] < 1
    assert found["orders"]["rate"] == 0.8 and "people" not in found
    said = in_words(found, "v2-base")
    assert said.startswith("Win rate (a tie is half a win): 60 % [")
    assert "not distinguishable; about " in said and "questions would show a difference of this size" in said
    assert "The judge is not calibrated: no person has decided on these answers. `mbegu review --pairs v2-base`" in said


def test_a_clear_preference_is_better_and_said_of_these_adapters():
    found = calibrate(WINS, decided(DUELS, []))
    assert found["judged"] | {"rate": 1.0, "high": 1.0, "verdict": "better", "n": 20} == found["judged"]
    assert "better. This is said of these adapters" in in_words(found, "x")
    assert "adapters" not in in_words(calibrate(WINS, decided(DUELS, []), trained=0), "x")
    assert (
        calibrate([verdict(number, "second", "second") for number in range(20)], decided(DUELS, []))["judged"]["verdict"]
        == "worse"
    )


@pytest.mark.parametrize("count", range(1, 8))
def test_groups_are_resampled_whole_and_few_of_them_tell_nothing(count):
    found = calibrate(WINS, decided(DUELS, []), [f"ሰነድ {number % count}" for number in range(20)])
    assert found["groups"] == found["judged"]["n"] == count
    few = count < 6
    assert (found["judged"]["low"], found["judged"]["verdict"]) == (
        (0.0, "not distinguishable") if few else (found["judged"]["low"], "better")
    )
    said = in_words(found, "x")
    assert f"The 20 questions fall into {count} groups, which are resampled whole." in said
    assert ("With fewer than 6 groups nothing can be told apart." in said) == few
    assert ("about 6 groups would show a difference of this size" in said) == few


def test_an_unreadable_verdict_is_left_out_of_the_judge_s_own_rate():
    verdicts = [verdict(0, "unreadable", "first"), *WINS[1:]]
    found = calibrate(verdicts, decided(DUELS, [by_person(DUELS[0], "base")]))
    assert found["judged"]["n"] == 19 and found["agreement"] is None and found["people"]["questions"] == 1
    nothing = calibrate([verdict(number, "unreadable", "unreadable") for number in range(20)], decided(DUELS, []))
    assert nothing["judged"] is None and "not calibrated" in in_words(nothing, "x")


def test_people_correct_a_judge_that_prefers_the_first_model():
    decisions = [by_person(duel, "base" if number % 2 else "v2") for number, duel in enumerate(DUELS[:12])]
    decisions.append(by_person(DUELS[0], "v2", "Lulit"))
    found = calibrate(WINS, decided(DUELS, decisions))
    assert found["people"] | {"questions": 12, "decisions": 13, "reviewers": 2, "rate": 0.5} == found["people"]
    assert found["agreement"]["rate"] == 0.5 and found["judged"]["verdict"] == "better"
    assert found["corrected"] | {"rate": 0.5, "weight": 0.0, "verdict": "not distinguishable"} == found["corrected"]
    said = in_words(found, "v2-base")
    assert "2 people decided on 12 of 20 questions. The judge agrees with 50 % [" in said
    assert "Corrected by people, the win rate is 50 % [" in said and "not calibrated" not in said


def test_decisions_on_too_few_questions_correct_nothing():
    found = calibrate(WINS, decided(DUELS, [by_person(duel, "base") for duel in DUELS[:5]]))
    assert (found["corrected"]["low"], found["corrected"]["high"]) == (0.0, 1.0)
    assert "That is 5 questions, too few to correct the judge by. `mbegu review --pairs v2-base` goes on until" in in_words(
        found, "v2-base"
    )
    of_others = calibrate(WINS, decided(DUELS[:1], [by_person(DUELS[4], "v2")]))
    assert "1 decision on answers that these models do not give any more count for nothing." in in_words(of_others, "x")


# the stage


@pytest.fixture
def stage(tmp_path, monkeypatch, write_jsonl):
    monkeypatch.chdir(tmp_path)
    write_jsonl("judged.jsonl", WINS)
    for model in ("v2", "base"):
        write_jsonl(f"predictions/{model}.jsonl", [prediction(number, model) for number in range(20)])
    heldout = [
        {"instruction": f"Question {number}: ገንዘቤን የት ላስቀምጥ?", "output": "ማጣቀሻ", "group": f"ሰነድ {number % 7}"}
        for number in range(20)
    ]
    write_jsonl("heldout.jsonl", heldout)
    (tmp_path / "params.yaml").write_text("base_model: models/base\nmodels: {base: models/base, v2: models/adapters/v2}\n")
    spec = importlib.util.spec_from_file_location("calibrate_script", ROOT / "stages/calibrate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    options = {"verdicts": "judged.jsonl", "judgements": "judgements.jsonl", "predictions": "predictions",
               "heldout": "heldout.jsonl", "params": "params.yaml", "pair": "v2:base", "out": "calibrated.json"}  # fmt: skip
    return lambda: CliRunner().invoke(module.main, [part for name, value in options.items() for part in (f"--{name}", value)])


def test_the_stage_reads_both_and_says_how_many_people_decided_on(stage, tmp_path):
    assert stage().stdout == "0 of 20 questions decided on by people too: calibrated.json\n"
    for number in range(10):
        append(tmp_path / "judgements.jsonl", by_person(DUELS[number], "v2" if number % 3 else "base"))
    done = stage()
    assert done.stdout == "10 of 20 questions decided on by people too: calibrated.json\n", done.output
    found = json.loads((tmp_path / "calibrated.json").read_text())["v2:base"]
    assert found | {"rows": 20, "groups": 7} == found and found["corrected"]["n"] == 7
    assert found["judged"]["trained"] == 1  # of the two, only v2 has a seed
    before = (tmp_path / "calibrated.json").read_bytes()
    stage()
    assert (tmp_path / "calibrated.json").read_bytes() == before


def test_the_stage_names_what_is_wrong(stage, tmp_path, write_jsonl, refused):
    write_jsonl("judgements.jsonl", ["{}"])
    assert "judgements.jsonl:1: 'verdict' is missing or empty" in refused(stage())
    (tmp_path / "judgements.jsonl").unlink()
    write_jsonl("judged.jsonl", WINS[1:])
    assert "judged.jsonl: judges other questions than v2:base answer; run `dvc repro`." in refused(stage())
    with pytest.raises(BadInput, match="No such file"):
        read_verdicts(tmp_path / "nowhere.jsonl", DUELS)
