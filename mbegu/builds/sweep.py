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
from mbegu.scoring.headings import HEADINGS, TITLES, arrow
from mbegu.scoring.measures import Measures, ratio
from mbegu.scoring.scores import read_measures
from mbegu.scoring.significance import LEVEL, as_arrays, compare_pair, own_intervals
from mbegu.scoring.verdicts import in_words
from mbegu.text import markdown

METRICS = {"heldout_loss": False, "rouge1": True, "rouge2": True, "rougeL": True}  # whether higher is better


class Result(NamedTuple):
    """What came out of one configuration."""

    name: str
    params: Params  # the swept ones, also those that the configuration leaves as they are
    validation: list[float]  # loss before training and after each epoch
    measures: list[Measures]  # of each held-out row


def from_files(name: str, params: Params, validation: bytes, rows: bytes) -> Result:
    """From the files of an experiment: the train stage's validation.csv, and what the score stage measured of each row.

    Raises:
        BadInput: a broken file.
    """
    losses = [float(line["loss"]) for line in csv.DictReader(io.StringIO(validation.decode()))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.jsonl")
        path.write_bytes(rows)
        return Result(name, params, losses, read_measures(path)[1])


def best(results: Sequence[Result]) -> Result:
    """The one with the lowest validation loss at the end of training, which is where its adapter is from; the first of equals.

    Raises:
        BadInput: none has one.
    """
    if not any(map(_trained, results)):
        raise BadInput("sweep: no configuration has a validation loss; set train.validation above 0, or lower learning rates.")
    return min(filter(_trained, results), key=lambda result: result.validation[-1])


def _trained(result: Result) -> bool:
    """Whether it has a validation loss that can be compared; one that diverged has not."""
    return bool(result.validation) and math.isfinite(result.validation[-1])


def scores(result: Result) -> dict[str, tuple[float, float, float]]:
    """Metric, low and high end of its 95 % bootstrap interval over the held-out rows, by name; those that were measured."""
    intervals = own_intervals(as_arrays(result.measures, METRICS), METRICS)
    return {name: (ratio(result.measures, name) or 0.0, *bounds) for name, bounds in intervals.items()}


def table(results: Sequence[Result]) -> list[list[str]]:
    """Header, and a line a configuration: its parameters, validation loss by epoch, scores with intervals."""
    measured = {result.name: scores(result) for result in results}
    names = [name for name in METRICS if any(name in found for found in measured.values())]
    keys = list(results[0].params)
    marks = {heading.name: heading.title + arrow(heading) for heading in HEADINGS}
    lines = [["Configuration", *(key.removeprefix(SWEPT) for key in keys), "Validation loss ↓", *(marks[name] for name in names)]]
    chosen = best(results).name
    for result in results:
        label = f"**{result.name}**" if result.name == chosen else result.name
        losses = " → ".join(f"{loss:.3f}" for loss in result.validation) or "–"
        cells = [_cell(measured[result.name].get(name)) for name in names]
        lines.append([label, *(f"{result.params[key]}" for key in keys), losses, *cells])
    return lines


def _cell(score: tuple[float, float, float] | None) -> str:
    return f"{score[0]:.3f} [{score[1]:.3f}, {score[2]:.3f}]" if score else "–"


def series(results: Sequence[Result]) -> list[list[Any]]:
    """Header and lines of the same table for other programs, numbers with 6 digits."""
    measured = [scores(result) for result in results]
    names = [name for name in METRICS if any(name in found for found in measured)]
    ends = [column for name in names for column in (name, f"{name}_low", f"{name}_high")]
    lines: list[list[Any]] = [["configuration", *results[0].params, "validation_loss", *ends]]
    for result, found in zip(results, measured, strict=True):
        last = [round(result.validation[-1], 6)] if result.validation else [""]
        numbers = [number for name in names for number in found.get(name, ("", "", ""))]
        rounded = [round(number, 6) if isinstance(number, float) else number for number in numbers]
        lines.append([result.name, *result.params.values(), *last, *rounded])
    return lines


def page(results: Sequence[Result], fixed: Params, failed: Sequence[str]) -> str:
    """The table in Markdown, which configuration is best and why, and what the numbers are of."""
    chosen = best(results)
    notes = [
        f"**{chosen.name}** has the lowest validation loss after training, {chosen.validation[-1]:.3f}. The choice is by "
        "validation loss and not by the held-out rows: a configuration that is chosen by them looks better on them than it is.",
        f"Validation loss in nats a token: before training → after each epoch. [ ] is the {LEVEL:.0%} bootstrap interval of one "
        f"configuration's score over {len(chosen.measures)} held-out rows.",
    ]
    others = [result for result in results if result is not chosen and _trained(result)]
    if others:
        following = best(others)
        pair = [as_arrays(result.measures, METRICS) for result in (following, chosen)]
        said = in_words(compare_pair(pair[0], pair[1], METRICS))
        notes.append(f"{chosen.name} against the next, {following.name}, on the held-out rows: {said}")
    if fixed:
        values = ", ".join(f"{key}: {value}" for key, value in fixed.items())
        notes.append(f"All were built with {values}; a build without that gives other numbers.")
    if failed:
        notes.append(f"Failed: {', '.join(failed)}.")
    return f"{markdown.table(table(results))}\n" + "\n\n".join(notes) + "\n"


def chart(results: Sequence[Result]) -> dict[str, Any]:
    """Vega-Lite: validation loss by epoch, and a panel a score with a row a configuration."""
    chosen = best(results).name
    labels = {result.name: f"{result.name} (best)" if result.name == chosen else result.name for result in results}
    losses = [
        {"label": labels[result.name], "epoch": epoch, "loss": loss}
        for result in results
        for epoch, loss in enumerate(result.validation)
        if math.isfinite(loss)
    ]
    points = [
        {"metric": TITLES[name], "label": labels[result.name], "value": value, "low": low, "high": high}
        for result in results
        for name, (value, low, high) in scores(result).items()
        if math.isfinite(high - low)  # which one held-out row does not give
    ]
    colour = {"field": "label", "type": "nominal", "sort": list(labels.values()), "title": None}
    y = {"field": "label", "type": "nominal", "sort": list(labels.values()), "title": None}
    x = {"type": "quantitative", "scale": {"zero": False}, "title": None, "axis": {"tickCount": 4}}
    both = {"y": y, "color": {**colour, "legend": None}}
    rule = {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}, **both}}
    dot = {"mark": {"type": "point", "filled": True, "size": 60}, "encoding": {"x": {"field": "value", **x}, **both}}
    curve = {
        "data": {"values": losses},
        "width": 440,
        "height": 200,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "epoch", "type": "ordinal", "title": "epochs trained", "axis": {"labelAngle": 0}},
            "y": {"field": "loss", "type": "quantitative", "title": "validation loss, nats a token", "scale": {"zero": False}},
            "color": colour,
        },
    }
    panels = {
        "data": {"values": points},
        "facet": {"field": "metric", "type": "nominal", "sort": [TITLES[name] for name in METRICS], "title": None},
        "columns": 2,
        "spec": {"width": 210, "height": {"step": 20}, "layer": [rule, dot]},
        "resolve": {"scale": {"x": "independent"}},
    }
    return {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "vconcat": [curve, panels]}
