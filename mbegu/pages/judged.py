"""What a judge and people say of two models, in words."""

from collections.abc import Mapping
from typing import Any

from mbegu.scoring.fewest import fewest
from mbegu.scoring.verdicts import OF_THESE


def in_words(found: Mapping[str, Any] | None, name: str) -> str:
    """What `calibration.calibrate` found, as sentences.

    Args:
        found: None where nothing was calibrated yet.
        name: of the pair under `judged`.
    """
    wanted = f"`mbegu review --pairs {name}` puts the answers to a person."
    if found is None or found["judged"] is None:
        return f"The judge is not calibrated: nobody has compared it with people. {wanted}"
    parts = [_by_judge(found)]
    if "people" in found:
        parts += _by_people(found, name)
    else:
        parts.append(f"The judge is not calibrated: no person has decided on these answers. {wanted}")
    if found["other_answers"]:
        parts.append(
            f"{_count(found['other_answers'], 'decision')} on answers that these models do not give any more count for nothing."
        )
    return " ".join(parts)


def _by_judge(found: Mapping[str, Any]) -> str:
    judged, unit = found["judged"], _unit(found)
    needed = judged["n_needed"]
    hint = (
        f"; about {needed:,} {unit} would show a difference of this size"
        if judged["verdict"] == "not distinguishable" and needed
        else ""
    )
    whose = (
        f" The {found['rows']} questions fall into {found['groups']} groups, which are resampled whole."
        if "groups" in found
        else ""
    )
    few = f" With fewer than {fewest(1)} {unit} nothing can be told apart." if judged["n"] < fewest(1) else ""
    alone = OF_THESE if judged["verdict"] != "not distinguishable" and judged["trained"] else ""
    return f"Win rate (a tie is half a win): {_rate(judged)}, {judged['verdict']}{hint}.{whose}{few}{alone}"


def _by_people(found: Mapping[str, Any], name: str) -> list[str]:
    people, agreement, corrected, unit = found["people"], found["agreement"], found["corrected"], _unit(found)
    parts = [f"{_count(people['reviewers'], 'person', 'people')} decided on {people['questions']} of {found['rows']} questions."]
    if agreement:
        parts.append(f"The judge agrees with {_rate(agreement)} of it.")
    if corrected["n"] < fewest(1):
        more = f"`mbegu review --pairs {name}` goes on until there are at least {fewest(1)}."
        return [*parts, f"That is {corrected['n']} {unit}, too few to correct the judge by. {more}"]
    of_people = f"of people's decisions alone, {_rate(people)}"
    return [*parts, f"Corrected by people, the win rate is {_rate(corrected)}, {corrected['verdict']}; {of_people}."]


def _unit(found: Mapping[str, Any]) -> str:
    return "groups" if "groups" in found else "questions"


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or one + 's'}"


def _rate(found: Mapping[str, Any]) -> str:
    return f"{_percent(found['rate'])} [{_percent(found['low'])}, {_percent(found['high'])}]"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"
