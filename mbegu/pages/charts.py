"""Vega-Lite charts as SVG text, drawn offline."""

from collections.abc import Mapping, Sequence
from typing import Any

import vl_convert

from mbegu.scoring.headings import HEADINGS, arrow

WIDTH, HEIGHT = 440, 240
VERDICTS = {"better": "#1a7f37", "worse": "#c62828", "not distinguishable": "#888888"}


def loss_chart(points: list[dict[str, Any]]) -> str:
    """Loss over optimizer steps. Points: {"version", "split": "training" or "validation", "step", "loss"}."""
    encoding = {
        "x": {"field": "step", "type": "quantitative", "title": "optimizer step"},
        "y": {"field": "loss", "type": "quantitative", "title": "loss, nats a token", "scale": {"zero": False}},
        "color": {"field": "version", "type": "nominal"},
        "strokeDash": {
            "field": "split",
            "type": "nominal",
            "legend": {"symbolType": "stroke", "symbolStrokeColor": "gray", "symbolSize": 400},
        },
    }
    return _svg({"data": {"values": points}, "mark": "line", "encoding": encoding})


def funnel_chart(rows: list[dict[str, Any]]) -> str:
    """Candidates left after each filter. Rows, in the order of the filters: {"version", "filter", "left"}."""
    order = list(dict.fromkeys(row["filter"] for row in rows))
    encoding = {
        "x": {"field": "left", "type": "quantitative", "title": "candidates left"},
        "y": {"field": "filter", "type": "nominal", "sort": order, "title": None},
        "yOffset": {"field": "version"},
        "color": {"field": "version", "type": "nominal"},
    }
    return _svg({"data": {"values": rows}, "mark": "bar", "encoding": encoding, "height": {"step": 22}})


def length_chart(rows: list[dict[str, Any]]) -> str:
    """Histogram of row lengths. Rows: {"version", "tokens"}."""
    encoding = {
        "x": {"field": "tokens", "type": "quantitative", "bin": {"maxbins": 24}, "title": "tokens a row"},
        "y": {"aggregate": "count", "type": "quantitative", "title": "rows", "stack": None},
        "color": {"field": "version", "type": "nominal"},
    }
    return _svg({"data": {"values": rows}, "mark": {"type": "bar", "opacity": 0.55}, "encoding": encoding})


def difference_chart(comparison: Mapping[str, Any], shown: Sequence[tuple[str, str]]) -> str:
    """Differences with their intervals, a panel a metric, a line a comparison (new, old) in `shown`."""
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
    return _panels(points, [f"{new} − {old}" for new, old in shown], colour, [zero])


def score_chart(intervals: Mapping[str, Any], scores: Mapping[str, Mapping[str, float]]) -> str:
    """Scores with their 95 % intervals, a panel a metric, a line a model."""
    points = [
        {"metric": name, "label": model, "value": scores[model][name], "low": bounds[0], "high": bounds[1]}
        for model, found in intervals.items()
        for name, bounds in found.items()
        if name in scores[model]
    ]
    return _panels(points, list(intervals), {"field": "label", "type": "nominal", "legend": None}, [])


def _panels(points: list[dict[str, Any]], order: list[str], colour: dict[str, Any], layers: list[dict[str, Any]]) -> str:
    """Points with intervals, by `metric` in the order of the tables; scales differ, so each panel has its own."""
    titles = {heading.name: heading.title + arrow(heading) for heading in HEADINGS}
    present = {point["metric"] for point in points}
    values = [{**point, "metric": titles[point["metric"]]} for point in points]
    x = {"type": "quantitative", "scale": {"zero": False}, "title": None, "axis": {"tickCount": 4}}
    y = {"field": "label", "type": "nominal", "sort": order, "title": None}
    both = {"y": y, "color": colour}
    bar = {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}, **both}}
    dot = {"mark": {"type": "point", "filled": True, "size": 60}, "encoding": {"x": {"field": "value", **x}, **both}}
    spec = {"width": 210, "height": {"step": 20}, "layer": [*layers, bar, dot]}
    header = {"title": None, "labelFontWeight": "bold"}
    names = [titles[heading.name] for heading in HEADINGS if heading.name in present]
    facet = {"field": "metric", "type": "nominal", "sort": names, "header": header}
    whole = {"data": {"values": values}, "facet": facet, "columns": 2, "spec": spec, "resolve": {"scale": {"x": "independent"}}}
    return _svg(whole)


def _svg(spec: dict[str, Any]) -> str:
    size = {} if "facet" in spec else {"width": WIDTH, "height": HEIGHT}
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", **size, **spec}
    return str(vl_convert.vegalite_to_svg(whole))
