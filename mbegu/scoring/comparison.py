"""All models on the same held-out questions: their scores, and which differences are more than chance."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.scoring.headings import HEADINGS, TESTED, TITLES, arrow
from mbegu.scoring.measures import Measures
from mbegu.scoring.scores import read_measures
from mbegu.scoring.significance import LEVEL, RESAMPLES, as_arrays, compare_pair, own_intervals, with_verdict

BASE = "base"
COLUMNS = 4  # comparisons that a table has room for
Models = dict[str, list[Measures]]  # by model: the measures of each question, all in the same order


def read_scores(folder: Path) -> dict[str, dict[str, float]]:
    """Metrics of each model, base first, then versions in natural order (v2 before v10).

    Raises:
        BadInput: no scores of the base model, or scores over different numbers of rows.
    """
    paths = sorted(folder.glob("*.json"), key=lambda path: (path.stem != BASE, _natural(path.stem)))
    scores = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    if BASE not in scores:
        raise BadInput(f"{folder}: no {BASE}.json here; build it with `dvc repro score@base`.")
    if len({metrics["rows"] for metrics in scores.values()}) > 1:
        raise BadInput(f"{folder}: scores over different held-out rows can't be compared; run `dvc repro`.")
    return scores


def _natural(name: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def read_models(folder: Path, names: Sequence[str]) -> tuple[list[str], Models]:
    """Ids of the questions, and each model's measures of them.

    Raises:
        BadInput: a file is missing, or models were scored on different questions.
    """
    found = {name: read_measures(folder / f"{name}.jsonl") for name in names}
    ids = found[names[0]][0]
    for name, (others, _) in found.items():
        if others != ids:
            raise BadInput(f"{folder}/{name}.jsonl: scores other questions than {names[0]}.jsonl; run `dvc repro`.")
    return ids, {name: measures for name, (_, measures) in found.items()}


def compare(models: Models) -> dict[str, Any]:
    """Intervals of each model's scores, and every pair of models compared.

    Returns:
        `rows`; `resamples`; `level` of the intervals; `intervals` by model and metric, [low, high]; `pairs`, by
        "NEW against OLD" with models in the order given, of what `significance.compare_pair` says. Numbers have 6 digits.
    """
    arrays = {model: as_arrays(rows, TESTED) for model, rows in models.items()}
    names = list(models)
    pairs = {
        pair_name(new, old): compare_pair(arrays[old], arrays[new], TESTED)
        for index, new in enumerate(names)
        for old in names[:index]
    }
    intervals = {model: own_intervals(found, TESTED) for model, found in arrays.items()}
    rows = len(next(iter(models.values())))
    return {"rows": rows, "resamples": RESAMPLES, "level": LEVEL, "intervals": _rounded(intervals), "pairs": _rounded(pairs)}


def pair_name(new: str, old: str) -> str:
    """The key of a comparison, read as a sentence: `better` means that `new` is better."""
    return f"{new} against {old}"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    if not isinstance(value, float):
        return value
    return round(value, 6) if abs(value) < float("inf") else None


def steps(names: Sequence[str]) -> list[tuple[str, str]]:
    """The comparisons that a table shows, (new, old): each model with the one before it, the last with the base."""
    found = [(names[index], names[index - 1]) for index in range(1, len(names))]
    if len(names) > 2:
        found.append((names[-1], names[0]))
    return found[-COLUMNS:]


def score_table(scores: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """Header and one line a metric that any model has: title with its better direction, then each model's value
    and its relative change against the first model."""
    lines = [["Metric", *scores]]
    first = next(iter(scores.values()))
    for heading in HEADINGS:
        if any(heading.name in metrics for metrics in scores.values()):
            cells = [_cell(metrics, first, heading.name) for metrics in scores.values()]
            lines.append([heading.title + arrow(heading), *cells])
    return [*lines, ["Held-out rows", *(f"{metrics['rows']:g}" for metrics in scores.values())]]


def _cell(metrics: Mapping[str, float], first: Mapping[str, float], name: str) -> str:
    if name not in metrics:
        return "–"
    change = f" ({100 * (metrics[name] / first[name] - 1):+.1f} %)" if metrics is not first and first.get(name) else ""
    return f"{metrics[name]:g}{change}"


def difference_table(comparison: Mapping[str, Any], shown: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Header and one line a tested metric: difference, interval and verdict of each comparison in `shown`."""
    found = {(new, old): comparison["pairs"][pair_name(new, old)] for new, old in shown}
    lines = [["Metric", *(f"{new} − {old}" for new, old in shown)]]
    for heading in HEADINGS:
        if any(heading.name in verdicts for verdicts in found.values()):
            cells = [describe(verdicts.get(heading.name)) for verdicts in found.values()]
            lines.append([heading.title + arrow(heading), *cells])
    return lines


def describe(verdict: Mapping[str, Any] | None) -> str:
    """A difference in one cell: "+0.042 [+0.012, +0.071] better"; ≈ is not distinguishable."""
    if verdict is None:
        return "–"
    mark = {"not distinguishable": "≈"}.get(verdict["verdict"], verdict["verdict"])
    return f"{_signed(verdict['difference'])} {bounds((verdict['low'], verdict['high']), _signed)} {mark}"


def bounds(ends: Sequence[float | None], write: Callable[[float], str]) -> str:
    """An interval as text; an end that too few questions leave open is None."""
    low, high = ends
    return f"[{'-∞' if low is None else write(low)}, {'∞' if high is None else write(high)}]"


def _signed(value: float) -> str:
    return f"{value:+.3g}" if value else "0"


def sentences(comparison: Mapping[str, Any], shown: Sequence[tuple[str, str]]) -> list[str]:
    """What each comparison in `shown` says, in words."""
    return [f"**{new} against {old}**: {in_words(comparison['pairs'][pair_name(new, old)])}" for new, old in shown]


def in_words(verdicts: Mapping[str, Mapping[str, Any]]) -> str:
    """Verdicts as one sentence: what is better, what is worse, and how many questions the rest would need."""
    if not verdicts:
        return "nothing to compare."
    parts = []
    for word in ("better", "worse"):
        names = with_verdict(verdicts, word)
        if names:
            parts.append(f"{word} in {_listed([TITLES[name] for name in names])}")
    open_ = with_verdict(verdicts, "not distinguishable")
    if open_:
        questions = max(verdict["n"] for verdict in verdicts.values())
        parts.append(f"not distinguishable at n={questions} in {'any' if not parts else 'the other'} {_metrics(open_)}")
    needed = sorted((verdicts[name]["n_needed"], TITLES[name]) for name in open_ if verdicts[name]["n_needed"])
    hint = f" A difference of this size in {needed[0][1]} would show with about {needed[0][0]:,} questions." if needed else ""
    return "; ".join(parts) + "." + hint


def _metrics(names: Sequence[str]) -> str:
    return TITLES[names[0]] if len(names) == 1 else f"{len(names)} metrics"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def markdown(lines: list[list[str]]) -> str:
    """A table in Markdown, columns padded so that it reads as plain text too."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    padded = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    rule = "-|-".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in [padded[0], *padded[1:]]).replace("\n", f"\n|-{rule}-|\n", 1) + "\n"


def page(scores: Mapping[str, Mapping[str, float]], comparison: Mapping[str, Any], shown: Sequence[tuple[str, str]]) -> str:
    """Verdicts in words, the table of differences, and the table of scores, in Markdown."""
    note = (
        f"Difference [interval] verdict. The intervals of a column hold together with {comparison['level']:.0%} "
        f"(paired bootstrap and permutation test, {comparison['resamples']:,} resamples, Holm); "
        f"≈ is not distinguishable at n={comparison['rows']}."
    )
    words = "\n".join(f"- {sentence}" for sentence in sentences(comparison, shown))
    tables = [markdown(difference_table(comparison, shown)), markdown(score_table(scores))]
    return f"{words}\n\n{tables[0]}\n{note}\n\n{tables[1]}\nChange against the base model in brackets.\n"
