"""Vega-Lite charts as SVG text, drawn offline."""

from typing import Any

import vl_convert

WIDTH, HEIGHT = 440, 240


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


def length_chart(rows: list[dict[str, Any]]) -> str:
    """Histogram of row lengths. Rows: {"version", "tokens"}."""
    encoding = {
        "x": {"field": "tokens", "type": "quantitative", "bin": {"maxbins": 24}, "title": "tokens a row"},
        "y": {"aggregate": "count", "type": "quantitative", "title": "rows", "stack": None},
        "color": {"field": "version", "type": "nominal"},
    }
    return _svg({"data": {"values": rows}, "mark": {"type": "bar", "opacity": 0.55}, "encoding": encoding})


def _svg(spec: dict[str, Any]) -> str:
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "width": WIDTH, "height": HEIGHT, **spec}
    return str(vl_convert.vegalite_to_svg(whole))
