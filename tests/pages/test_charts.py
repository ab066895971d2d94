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


def points(picture: str) -> int:
    return picture.count('aria-roledescription="point"')


def test_an_interval_without_an_end_has_an_arrow_at_the_edge():
    closed = {"difference": 0.1, "low": -0.05, "high": 0.15, "verdict": "not distinguishable"}
    shown = [("ሁለት", "base")]

    def drawn(**change) -> str:
        pair = {"rougeL": {**closed, **change}, "chrf": closed}
        return charts.difference_chart({"pairs": {"ሁለት against base": pair}}, shown)

    whole = drawn()
    assert points(drawn(low=None)) == points(whole) + 1 and points(drawn(low=None, high=None)) == points(whole) + 2
    nothing = drawn(difference=0.0, low=None, high=None)
    assert points(nothing) == points(whole) + 2 and "NaN" not in nothing and "Infinity" not in nothing
    scores = charts.score_chart(
        {"base": {"rougeL": [None, 0.3]}, "v1": {"rougeL": [0.1, 0.3]}}, {"base": {"rougeL": 0.2}, "v1": {"rougeL": 0.2}}
    )
    assert points(scores) == 3 and "NaN" not in scores


def test_what_is_not_distinguishable_has_no_colour():
    alike = {"difference": 0.1, "low": -0.05, "high": 0.15, "verdict": "not distinguishable"}
    picture = charts.difference_chart({"pairs": {"v1 against base": {"rougeL": alike}}}, [("v1", "base")])
    better, worse = (picture.count(charts.VERDICTS[word]) for word in ("better", "worse"))
    assert better == worse < picture.count(charts.VERDICTS["not distinguishable"])  # each stands in the legend


def test_the_loss_chart_has_a_panel_a_version_and_tells_the_splits_apart_without_colours():
    losses = [
        {"version": version, "split": split, "step": step, "loss": 3.0 - step / 10}
        for version in ("v1", "ሁለት 🌱", "الثالث")
        for split in ("training", "validation")
        for step in range(0, 12, 1 if split == "training" else 6)
    ]
    picture = charts.loss_chart(losses)
    assert all(name in picture for name in ("v1", "ሁለት 🌱", "الثالث", "training", "validation"))
    assert picture.count(">optimizer step</text>") == 3 and points(picture) == 3 * 2  # dots of the validation alone
    assert 'stroke-width="1.5"' in picture and 'stroke-width="3"' in picture
    one = charts.loss_chart([point for point in losses if point["version"] == "v1" and point["split"] == "training"])
    assert points(one) == 0 and "NaN" not in one


def test_how_stages_grow_has_two_panels_a_stage_and_a_line_a_place():
    places = [
        {"stage": stage, "where": where, "rows": rows, "seconds": rows / 500, "megabytes": 60 + rows / 100}
        for stage in ("load", "clean")
        for where in ("here", "Ray, 2")
        for rows in (1000, 10_000)
    ]
    picture = charts.scale_chart(places)
    assert points(picture) == 2 * len(places) and "NaN" not in picture
    assert all(name in picture for name in ("load", "clean", "here", "Ray, 2", "seconds", "MB"))
