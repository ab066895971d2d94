"""What models know of the documents that they were trained on, with retrieval and without, and what they forgot of all else.

Three ways to ask: closed-book questions as they are; the same with the passages that they find; general questions, whose loss
against the base's is what tuning made a model forget.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from mbegu.retrieval.recall import TOP
from mbegu.rows.exams import CLOSED, CONTROL, RETRIEVED
from mbegu.rows.row import Row
from mbegu.scoring.clusters import clusters
from mbegu.scoring.comparison import BASE, Models, Trained, compare, pair_name, rounded
from mbegu.scoring.headings import HEADINGS, arrow
from mbegu.scoring.measures import Measures, ratio
from mbegu.scoring.significance import as_arrays, compare_pair
from mbegu.scoring.verdicts import bounds, in_words, units

NAMES = {CLOSED: "closed book", RETRIEVED: "with retrieval", CONTROL: "general questions"}
OF_DOCUMENTS = {"facts_f1": True, "wrong_numbers": False, "abstention_f1": True}
TESTED = {CLOSED: OF_DOCUMENTS, RETRIEVED: OF_DOCUMENTS, CONTROL: {"loss_per_byte": False, "repetition": False}}
FACTS = ("facts_f1", "facts_precision", "facts_recall")
TITLES = {heading.name: heading.title + arrow(heading) for heading in HEADINGS}


def of_documents(measures: Sequence[Measures], rows: Sequence[Row]) -> list[Measures]:
    """Measures of closed-book answers: facts are asked for by questions with a source only, numbers may be wrong in any."""
    return [
        found if row["source"] else {name: pair for name, pair in found.items() if name not in FACTS}
        for found, row in zip(measures, rows, strict=True)
    ]


class Examined(NamedTuple):
    """Who was examined."""

    models: Sequence[str]  # in their order, those apart that were trained with another seed only to know how much that changes
    trainings: Sequence[Sequence[str]]  # of each version trained more than once, the models that are its trainings
    weights: Mapping[str, str | None]  # as `comparison.Trained`


def steps(names: Sequence[str]) -> list[tuple[str, str]]:
    """The comparisons that are told, (new, old): each model with the one before it, and each with the first, the base."""
    before = [(new, old) for old, new in pairwise(names)]
    return before + [(new, names[0]) for new in names[2:]]


def grade(
    ways: Mapping[str, Models], questions: Mapping[str, Sequence[Row]], shown: Sequence[tuple[str, str]], who: Examined
) -> dict[str, Any]:
    """Scores and comparisons of models in each way, and of each model with retrieval against itself without.

    Args:
        ways: by way, each model's measures of its questions, all in one order.
        questions: by way; those of one document are a group (`clusters`).
        shown: comparisons, (new, old).

    Returns:
        `ways`, each what `comparison.compare` says with `scores` by model and metric; `retrieval`, by model, what
        `significance.compare_pair` says of what passages change.
    """
    found: dict[str, Any] = {}
    for way, measured in ways.items():
        models = {name: measured[name] for name in who.models}
        again = [[measured[name] for name in version] for version in who.trainings]
        compared = compare(models, clusters(questions[way]), shown, Trained(who.weights, again), TESTED[way])
        found[way] = {"scores": {model: _scores(rows, way) for model, rows in models.items()}, **compared}
    return {"ways": found, "retrieval": {model: _with_passages(ways, questions[CLOSED], model) for model in who.models}}


def _scores(rows: Sequence[Measures], way: str) -> dict[str, float]:
    names = [*TESTED[way], *(name for name in FACTS if way != CONTROL and name not in TESTED[way])]
    return {name: round(score, 6) for name in names if (score := ratio(rows, name)) is not None}


def _with_passages(ways: Mapping[str, Models], questions: Sequence[Row], model: str) -> Any:
    groups = clusters(questions)
    closed, retrieved = (as_arrays(ways[way][model], OF_DOCUMENTS, groups) for way in (CLOSED, RETRIEVED))
    found = compare_pair(closed, retrieved, OF_DOCUMENTS, None, 0)  # one adapter: no training noise between them
    return rounded(found)


def metrics(graded: Mapping[str, Any]) -> dict[str, Any]:
    """The scores alone, by model and way, for `dvc metrics`."""
    found: dict[str, Any] = {}
    for way, compared in graded["ways"].items():
        for model, scores in compared["scores"].items():
            found.setdefault(model, {})[way] = {name: round(score, 4) for name, score in scores.items()}
    return {"retrieval": graded["recall"], **found}


def table(graded: Mapping[str, Any]) -> list[list[str]]:
    """Header and a line a model and way: each score with its 95 % interval; on a model's first line what it forgot and cost."""
    lines = [
        ["Model", "Asked", *(TITLES[name] for name in OF_DOCUMENTS), "Control loss ↓", "Rows", "Training tokens", "of answers"]
    ]
    for model in graded["ways"][CLOSED]["scores"]:
        for way in (CLOSED, RETRIEVED):
            cells = [_cell(graded["ways"][way], model, name) for name in OF_DOCUMENTS]
            once = [_forgotten(graded, model), *_cost(graded["cost"].get(model))] if way == CLOSED else [""] * 4
            lines.append([model if way == CLOSED else "", NAMES[way], *cells, *once])
    return lines


def _cell(compared: Mapping[str, Any], model: str, name: str) -> str:
    ends = compared["intervals"][model].get(name)
    return f"{compared['scores'][model][name]:.3f} {bounds(ends, lambda end: f'{end:.3f}')}" if ends else "–"


def _cost(cost: Mapping[str, Any] | None) -> list[str]:
    return [f"{cost[key]:,}" for key in ("rows", "tokens", "answer_tokens")] if cost else ["–"] * 3


def _forgotten(graded: Mapping[str, Any], model: str) -> str:
    """Loss on general questions in nats a byte, and its change against the base in percent with an interval."""
    control = graded["ways"].get(CONTROL)
    if control is None:
        return "–"
    loss = f"{control['scores'][model]['loss_per_byte']:.3f}"
    change = forgotten(control, model)
    return loss if change is None else f"{loss} ({change[0]:+.1f} % {bounds(change[1:], lambda end: f'{end:+.1f}')})"


def forgotten(control: Mapping[str, Any], model: str) -> tuple[float, float | None, float | None] | None:
    """By how many percent of the base's loss a model's is larger, with an interval; None of the base."""
    found = control["pairs"].get(pair_name(model, BASE), {}).get("loss_per_byte")
    if model == BASE or found is None:
        return None
    loss = control["scores"][BASE]["loss_per_byte"]
    low, high = (None if found[end] is None else 100 * found[end] / loss for end in ("low", "high"))
    return 100 * found["difference"] / loss, low, high


def sentences(graded: Mapping[str, Any], shown: Sequence[tuple[str, str]]) -> list[str]:
    """What the comparisons say, in words, in Markdown."""
    said = []
    for way, compared in graded["ways"].items():
        pairs, unit = compared["pairs"], units(compared)
        said += [f"**{new} against {old}, {NAMES[way]}**: {in_words(pairs[pair_name(new, old)], unit)}" for new, old in shown]
    unit = units(graded["ways"][CLOSED])
    for model, found in graded["retrieval"].items():
        said.append(f"**{model} with retrieval against itself without**: {in_words(found, unit)}")
    return said


def note(graded: Mapping[str, Any]) -> str:
    """What the table counts, and how often retrieval finds the section that answers."""
    asked, recalled = graded["questions"], graded["recall"]
    finds = ", ".join(f"{recalled[f'recall_at_{k}']:.0%}".replace("%", " %") + f" among the first {k}" for k in TOP if recalled)
    groups = graded["ways"][CLOSED].get("groups", asked["closed"])
    return (
        f"{asked['closed']} closed-book questions in {groups} groups, {asked['sourced']} of them about sections of trained "
        f"documents and {asked['closed'] - asked['sourced']} that no document answers; {asked['control']} general ones. Facts F1 "
        "counts the former alone. Each score with the 95 % interval of resampled groups; loss on general questions in nats a "
        f"byte, with its change against the base. {f'Retrieval finds the section: {finds}.' if finds else ''}"
    ).strip()
