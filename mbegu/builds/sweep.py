"""A sweep: several configurations of one build, side by side, and which of them is best.

The choice is by validation loss, over rows that training holds back. The held-out rows only describe: a
configuration chosen by them would look better than it is.
"""

import csv
import io
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.builds.grid import SWEPT, Params
from mbegu.errors import BadInput
from mbegu.rows.heldout import read_heldout
from mbegu.scoring.clusters import clusters
from mbegu.scoring.comparison import Trained, compare, pair_name
from mbegu.scoring.fewest import LEVEL
from mbegu.scoring.headings import HEADINGS, arrow
from mbegu.scoring.measures import Measures, ratio
from mbegu.scoring.scores import read_measures
from mbegu.scoring.significance import as_arrays, own_intervals
from mbegu.scoring.verdicts import bounds, dependence, in_words, trainings, units
from mbegu.text import markdown

METRICS = {"heldout_loss": False, "rouge1": True, "rouge2": True, "rougeL": True}  # whether higher is better


class Outcome(NamedTuple):
    """What came out of one configuration."""

    name: str
    params: Params  # the swept ones, also those that the configuration leaves as they are
    validation: list[float]  # loss before training and after each epoch
    measures: list[Measures]  # of each held-out row
    groups: Sequence[str] = ()  # of each, or nothing
    ids: Sequence[str] = ()


def from_files(name: str, params: Params, validation: bytes, rows: bytes, heldout: bytes = b"") -> Outcome:
    """From the files of an experiment: the train stage's validation.csv, what the score stage measured of each row, and the
    held-out rows, which say what stands in groups.

    Raises:
        BadInput: a broken file.
    """
    losses = [float(line["loss"]) for line in csv.DictReader(io.StringIO(validation.decode()))]
    with tempfile.TemporaryDirectory() as folder:
        path, questions = Path(folder, f"{name}.jsonl"), Path(folder, "heldout")
        path.write_bytes(rows)
        questions.write_bytes(heldout)
        ids, measures = read_measures(path)
        known = {row["id"]: row for row in read_heldout(questions)} if heldout else {}
        groups = clusters([known[id_] for id_ in ids]) if set(ids) <= set(known) else ()
        return Outcome(name, params, losses, measures, groups, ids)


def best(outcomes: Sequence[Outcome]) -> Outcome:
    """The one with the lowest validation loss at the end of training, which is where its adapter is from; the first of equals.

    Raises:
        BadInput: none has one.
    """
    if not any(map(_trained, outcomes)):
        raise BadInput("sweep: no configuration has a validation loss; set train.validation above 0, or lower learning rates.")
    return min(filter(_trained, outcomes), key=lambda outcome: outcome.validation[-1])


def _trained(outcome: Outcome) -> bool:
    """Whether it has a validation loss that can be compared; one that diverged has not."""
    return bool(outcome.validation) and math.isfinite(outcome.validation[-1])


def scores(outcome: Outcome) -> dict[str, tuple[float, float, float]]:
    """Metric, low and high end of its 95 % bootstrap interval over the held-out rows, by name; those that were measured."""
    intervals = own_intervals(as_arrays(outcome.measures, METRICS, outcome.groups), METRICS)
    return {name: (ratio(outcome.measures, name) or 0.0, *bounds) for name, bounds in intervals.items()}


def table(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """Header, and a line a configuration: its parameters, validation loss by epoch, scores with intervals."""
    measured = {outcome.name: scores(outcome) for outcome in outcomes}
    names = [name for name in METRICS if any(name in found for found in measured.values())]
    keys = list(outcomes[0].params)
    marks = {heading.name: heading.title + arrow(heading) for heading in HEADINGS}
    lines = [["Configuration", *(key.removeprefix(SWEPT) for key in keys), "Validation loss ↓", *(marks[name] for name in names)]]
    chosen = best(outcomes).name
    for outcome in outcomes:
        label = f"**{outcome.name}**" if outcome.name == chosen else outcome.name
        losses = " → ".join(f"{loss:.3f}" for loss in outcome.validation) or "–"
        cells = [_cell(measured[outcome.name].get(name)) for name in names]
        lines.append([label, *(f"{outcome.params[key]}" for key in keys), losses, *cells])
    return lines


def _cell(score: tuple[float, float, float] | None) -> str:
    if score is None:
        return "–"
    ends = [end if math.isfinite(end) else None for end in score[1:]]
    return f"{score[0]:.3f} {bounds(ends, '{:.3f}'.format)}"


def series(outcomes: Sequence[Outcome]) -> list[list[Any]]:
    """Header and lines of the same table for other programs, numbers with 6 digits."""
    measured = [scores(outcome) for outcome in outcomes]
    names = [name for name in METRICS if any(name in found for found in measured)]
    ends = [column for name in names for column in (name, f"{name}_low", f"{name}_high")]
    lines: list[list[Any]] = [["configuration", *outcomes[0].params, "validation_loss", *ends]]
    for outcome, found in zip(outcomes, measured, strict=True):
        last = [round(outcome.validation[-1], 6)] if outcome.validation else [""]
        numbers = [number for name in names for number in found.get(name, ("", "", ""))]
        rounded = [round(number, 6) if isinstance(number, float) and math.isfinite(number) else "" for number in numbers]
        lines.append([outcome.name, *outcome.params.values(), *last, *rounded])
    return lines


def labels(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """What a chart calls each configuration: its name, and which is best."""
    chosen = best(outcomes).name
    return {outcome.name: f"{outcome.name} (best)" if outcome.name == chosen else outcome.name for outcome in outcomes}


def losses(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """{"label", "epoch", "loss"} for a chart, without what diverged."""
    return [
        {"label": label, "epoch": epoch, "loss": loss}
        for outcome, label in zip(outcomes, labels(outcomes).values(), strict=True)
        for epoch, loss in enumerate(outcome.validation)
        if math.isfinite(loss)
    ]


def intervals(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """{"label", "metric", "value", "low", "high"} for a chart; without a score of one held-out row, which has no interval."""
    return [
        {"metric": name, "label": label, "value": value, "low": low, "high": high}
        for outcome, label in zip(outcomes, labels(outcomes).values(), strict=True)
        for name, (value, low, high) in scores(outcome).items()
        if math.isfinite(high - low)
    ]


def page(
    outcomes: Sequence[Outcome], fixed: Params, failed: Sequence[str], again: Sequence[Sequence[Sequence[Measures]]] = ()
) -> str:
    """The table in Markdown, which configuration is best and why, and what the numbers are of.

    Args:
        again: of each version trained more than once, each training's measures of the same held-out rows.
    """
    chosen = best(outcomes)
    notes = [
        f"**{chosen.name}** has the lowest validation loss after training, {chosen.validation[-1]:.3f}. The choice is by "
        "validation loss and not by the held-out rows: a configuration that is chosen by them looks better on them than it is.",
        f"Validation loss in nats a token: before training → after each epoch. [ ] is the {LEVEL:.0%} bootstrap interval of one "
        f"configuration's score over {len(chosen.measures)} held-out rows.",
    ]
    others = [outcome for outcome in outcomes if outcome is not chosen and _trained(outcome)]
    if others:
        following = best(others)
        notes.append(
            f"{chosen.name} against the next, {following.name}, on the held-out rows: {_against(chosen, following, again)}"
        )
    if fixed:
        values = ", ".join(f"{key}: {value}" for key, value in fixed.items())
        notes.append(f"All were built with {values}; a build without that gives other numbers.")
    if failed:
        notes.append(f"Failed: {', '.join(failed)}.")
    return f"{markdown.table(table(outcomes))}\n" + "\n\n".join(notes) + "\n"


def _against(chosen: Outcome, other: Outcome, again: Sequence[Sequence[Sequence[Measures]]]) -> str:
    """The verdict, and what it rests on."""
    pair = {outcome.name: outcome.measures for outcome in (other, chosen)}
    compared = compare(pair, chosen.groups, trained=Trained({name: name for name in pair}, again), tested=METRICS)
    said = in_words(compared["pairs"][pair_name(chosen.name, other.name)], units(compared))
    return said + dependence(compared) + trainings(compared, beside=False)
