"""What charts show."""

from mbegu.builds import sweep
from mbegu.pages import charts


def run(name: str, losses: list[float], size: int = 30) -> sweep.Outcome:
    rouge = [dict.fromkeys(("rouge1", "rouge2", "rougeL"), (row % 5 / 10, 1.0)) for row in range(size)]
    return sweep.Outcome(name, {}, losses, [{**one, "heldout_loss": (20.0 + row % 3, 10)} for row, one in enumerate(rouge)])


def test_a_sweep_has_a_curve_and_an_interval_for_each_configuration():
    outcomes = [run("a", [4.0, 3.0]), run("ሰላም", [4.0, 2.0]), run("one row", [4.0, 3.5], size=1)]
    labels = list(sweep.labels(outcomes).values())
    drawn = charts.sweep_chart(sweep.losses(outcomes), sweep.intervals(outcomes), labels)
    curve, panels = drawn["vconcat"]
    assert {(point["label"], point["epoch"]) for point in curve["data"]["values"]} >= {("a", 1), ("ሰላም (best)", 1)}
    assert {point["metric"] for point in panels["data"]["values"]} >= {"ROUGE-L F1", "Held-out loss per token"}
    assert all(point["low"] <= point["value"] <= point["high"] for point in panels["data"]["values"])
    svg = charts.svg(drawn)
    assert "validation loss" in svg and "ROUGE-L F1" in svg and "ሰላም (best)" in svg and "NaN" not in svg
    assert charts.png(svg).startswith(b"\x89PNG")


def test_a_picture_of_differences_colours_each_verdict():
    found = {"difference": 0.1, "low": 0.05, "high": 0.15, "verdict": "better"}
    pair = {"rougeL": found, "loss_per_byte": {**found, "low": None, "high": None, "verdict": "not distinguishable"}}
    picture = charts.difference_chart({"pairs": {"v1 against base": pair}}, [("v1", "base")])
    assert (
        "ROUGE-L F1 ↑" in picture and charts.VERDICTS["better"] in picture and charts.VERDICTS["not distinguishable"] in picture
    )
