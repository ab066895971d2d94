"""All charts: Vega-Lite, drawn offline as SVG text."""

from collections.abc import Mapping, Sequence
from typing import Any

import vl_convert

from mbegu.scoring.headings import HEADINGS, TITLES, arrow

WIDTH, HEIGHT = 440, 240
BOLD = {"title": None, "labelFontWeight": "bold"}
DARK = "#333333"
VERDICTS = {"better": "#1a7f37", "worse": "#c62828", "not distinguishable": "#888888"}


def loss_chart(points: list[dict[str, Any]]) -> str:
    """Loss over optimizer steps, a panel a version. Points: {"version", "split", "step", "loss"}, split being "training" (a thin
    line) or "validation" (a thick one with dots, so that print without colours tells them apart)."""
    x = {"field": "step", "type": "quantitative", "title": "optimizer step", "axis": {"tickMinStep": 1}}
    y = {"field": "loss", "type": "quantitative", "title": "loss, nats a token", "scale": {"zero": False}}
    legend = {"orient": "top", "title": None, "symbolType": "stroke", "symbolSize": 400}
    scale = {"domain": ["training", "validation"], "range": ["#8a94a6", "#0b4f8a"]}
    colour = {"field": "split", "type": "nominal", "scale": scale, "legend": legend}
    encoding = {"x": x, "y": y, "color": colour}
    styles: list[tuple[str, dict[str, Any]]] = [
        ("training", {"strokeWidth": 1.5}),
        ("validation", {"strokeWidth": 3, "point": {"size": 60}}),
    ]
    lines = [
        {"transform": [{"filter": {"field": "split", "equal": split}}], "mark": {"type": "line"} | mark, "encoding": encoding}
        for split, mark in styles
    ]
    order = list(dict.fromkeys(point["version"] for point in points))
    facet = {"field": "version", "type": "nominal", "sort": order, "header": BOLD}
    spec = {"width": 210, "height": 150, "layer": lines}
    return svg(
        {"data": {"values": points}, "facet": facet, "columns": 2, "spec": spec, "resolve": {"scale": {"x": "independent"}}}
    )


def funnel_chart(rows: list[dict[str, Any]]) -> str:
    """Candidates left after each filter. Rows, in the order of the filters: {"version", "filter", "left"}."""
    order = list(dict.fromkeys(row["filter"] for row in rows))
    encoding = {
        "x": {"field": "left", "type": "quantitative", "title": "candidates left"},
        "y": {"field": "filter", "type": "nominal", "sort": order, "title": None},
        "yOffset": {"field": "version"},
        "color": {"field": "version", "type": "nominal"},
    }
    return svg({"data": {"values": rows}, "mark": "bar", "encoding": encoding, "height": {"step": 22}})


def fertility_chart(rows: list[dict[str, Any]]) -> str:
    """Tokens a word by script. Rows: {"script", "when", "tokens_per_word"}, `when` being "before" or "after"."""
    encoding = {
        "x": {"field": "tokens_per_word", "type": "quantitative", "title": "tokens a word"},
        "y": {"field": "script", "type": "nominal", "title": None},
        "yOffset": {"field": "when", "sort": ["before", "after"]},
        "color": {"field": "when", "type": "nominal", "sort": ["before", "after"], "title": None},
    }
    return svg({"data": {"values": rows}, "mark": "bar", "encoding": encoding, "height": {"step": 22}})


def length_chart(rows: list[dict[str, Any]]) -> str:
    """Histogram of row lengths. Rows: {"version", "tokens"}."""
    encoding = {
        "x": {"field": "tokens", "type": "quantitative", "bin": {"maxbins": 24}, "title": "tokens a row"},
        "y": {"aggregate": "count", "type": "quantitative", "title": "rows", "stack": None},
        "color": {"field": "version", "type": "nominal"},
    }
    return svg({"data": {"values": rows}, "mark": {"type": "bar", "opacity": 0.55}, "encoding": encoding})


def difference_chart(comparison: Mapping[str, Any], shown: Sequence[tuple[str, str]]) -> str:
    """Differences with their intervals, a panel a metric, a line a comparison (new, old) in `shown`; coloured is what is
    better or worse, and an end that too few questions leave open (None) is an arrow to the edge."""
    points = []
    for new, old in shown:
        for name, found in comparison["pairs"][f"{new} against {old}"].items():
            numbers = {"value": found["difference"], "low": found["low"], "high": found["high"], "verdict": found["verdict"]}
            points.append({"metric": name, "label": f"{new} − {old}", **numbers})
    scale = {"domain": list(VERDICTS), "range": list(VERDICTS.values())}
    colour = {"field": "verdict", "type": "nominal", "scale": scale, "legend": {"orient": "top", "title": None}}
    mark = {"type": "rule", "strokeDash": [3, 3], "color": "#888"}
    x = {"field": "zero", "type": "quantitative", "title": None}
    zero = {"data": {"values": [{"zero": 0}]}, "mark": mark, "encoding": {"x": x}}
    return _metric_panels(points, [f"{new} − {old}" for new, old in shown], colour, [zero])


def score_chart(intervals: Mapping[str, Any], scores: Mapping[str, Mapping[str, float]]) -> str:
    """Scores with their 95 % intervals, a panel a metric, a line a model."""
    points = [
        {"metric": name, "label": model, "value": scores[model][name], "low": bounds[0], "high": bounds[1]}
        for model, found in intervals.items()
        for name, bounds in found.items()
        if name in scores[model]
    ]
    return _metric_panels(points, list(intervals), {"value": DARK}, [])


def sweep_chart(losses: list[dict[str, Any]], scores: list[dict[str, Any]], order: list[str]) -> dict[str, Any]:
    """For `svg`: validation loss by epoch, and a panel a score with a line a configuration.

    Args:
        losses: {"label", "epoch", "loss"}, a label being a configuration's.
        scores: {"label", "metric", "value", "low", "high"}.
        order: of the labels.
    """
    colour = {"field": "label", "type": "nominal", "sort": order, "title": None}
    encoding = {
        "x": {"field": "epoch", "type": "ordinal", "title": "epochs trained", "axis": {"labelAngle": 0}},
        "y": {"field": "loss", "type": "quantitative", "title": "validation loss, nats a token", "scale": {"zero": False}},
        "color": colour,
    }
    mark = {"type": "line", "point": True}
    curve = {"data": {"values": losses}, "width": 440, "height": 200, "mark": mark, "encoding": encoding}
    points = [{**score, "metric": TITLES[score["metric"]]} for score in scores]
    facet = {"sort": list(TITLES.values()), "title": None}
    return {"vconcat": [curve, _panels(points, order, {**colour, "legend": None}, facet)]}


def _metric_panels(points: list[dict[str, Any]], order: list[str], colour: dict[str, Any], layers: list[dict[str, Any]]) -> str:
    """A picture of nothing else, by `metric` in the order of the tables, with their titles."""
    titles = {heading.name: heading.title + arrow(heading) for heading in HEADINGS}
    present = {point["metric"] for point in points}
    values = [{**point, "metric": titles[point["metric"]]} for point in points]
    facet = {
        "sort": [titles[heading.name] for heading in HEADINGS if heading.name in present],
        "header": BOLD,
    }
    return svg(_panels(values, order, colour, facet, layers))


def _panels(
    points: list[dict[str, Any]], order: list[str], colour: dict[str, Any], facet: dict[str, Any],
    layers: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:  # fmt: skip
    """Points with intervals, a panel a `metric`; scales differ, so each panel has its own."""
    x: dict[str, Any] = {
        "type": "quantitative",
        "scale": {"zero": False, "nice": False, "padding": 8},
        "title": None,
        "axis": {"tickCount": 4},
    }
    both: dict[str, Any] = {"y": {"field": "label", "type": "nominal", "sort": order, "title": None}, "color": colour}
    bar = {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}, **both}}
    dot = {"mark": {"type": "point", "filled": True, "size": 60}, "encoding": {"x": {"field": "value", **x}, **both}}
    arrows = [
        {
            "transform": [{"filter": f"datum.open_{end}"}],
            "mark": {"type": "point", "filled": True, "shape": f"triangle-{side}", "size": 90},
            "encoding": both | {"x": {"field": end, **x}},
        }
        for end, side in (("low", "left"), ("high", "right"))
    ]
    metrics = dict.fromkeys(point["metric"] for point in points)
    return {
        "data": {"values": [point for metric in metrics for point in _closed(points, metric)]},
        "facet": {"field": "metric", "type": "nominal", **facet},
        "columns": 2,
        "spec": {"width": 210, "height": {"step": 20}, "layer": [*layers, bar, *arrows, dot]},
        "resolve": {"scale": {"x": "independent"}},
    }


def _closed(points: list[dict[str, Any]], metric: str) -> list[dict[str, Any]]:
    """The points of a panel; an end that is open lies beyond all numbers there, and `open_low` or `open_high` tells so."""
    here = [point for point in points if point["metric"] == metric]
    known = [number for point in here for number in (point["value"], point["low"], point["high"]) if number is not None]
    known += [0.0] * ("verdict" in here[0])
    reach = (max(known) - min(known) or abs(known[0]) or 1.0) / 4
    edges = {"low": min(known) - reach, "high": max(known) + reach}
    return [
        {
            **point,
            **{end: edge for end, edge in edges.items() if point[end] is None},
            **{f"open_{end}": point[end] is None for end in edges},
        }
        for point in here
    ]


def scale_chart(points: list[dict[str, Any]]) -> str:
    """What stages need for more and more rows. Points: {"stage", "where", "rows", "seconds", "megabytes"}; a column of panels a
    stage, the upper for seconds, the lower for memory, both axes logarithmic: on a straight line of 45 degrees time is linear."""
    rows = {"field": "rows", "type": "quantitative", "scale": {"type": "log"}, "axis": {"format": "~s", "tickCount": 3}}
    columns = []
    for stage in dict.fromkeys(point["stage"] for point in points):
        panels = [
            {
                "title": stage,
                "width": 130,
                "height": 110,
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "x": rows,
                    "y": {"field": field, "type": "quantitative", "title": title, "scale": {"type": "log"}},
                    "color": {"field": "where", "type": "nominal", "title": None, "legend": {"orient": "top"}},
                },
            }
            for field, title in (("seconds", "seconds"), ("megabytes", "MB"))
        ]
        columns.append({"vconcat": panels, "data": {"values": [point for point in points if point["stage"] == stage]}})
    return svg({"hconcat": columns})


def svg(spec: dict[str, Any]) -> str:
    """A Vega-Lite chart as text."""
    size = {} if spec.keys() & {"facet", "hconcat", "vconcat"} else {"width": WIDTH, "height": HEIGHT}
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", **size, **spec}
    return str(vl_convert.vegalite_to_svg(whole))


def png(drawn: str) -> bytes:
    """What `svg` drew as pixels, two a unit, for where SVG is not shown."""
    return bytes(vl_convert.svg_to_png(drawn, scale=2))
