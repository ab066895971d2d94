"""A comparison in words and tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mbegu.scoring.comparison import pair_name
from mbegu.scoring.fewest import fewest
from mbegu.scoring.headings import HEADINGS, TITLES, arrow
from mbegu.scoring.significance import with_verdict
from mbegu.text.markdown import table

OF_THESE = " This is said of these adapters; trained with other seeds they may differ otherwise."
COLUMNS = 4  # comparisons that a table has room for


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
    """A difference in one cell: "+0.042 [+0.012, +0.071] better, 40 %"; ≈ is not distinguishable, the percentage how much of the
    variance is training noise."""
    if verdict is None:
        return "–"
    mark = {"not distinguishable": "≈"}.get(verdict["verdict"], verdict["verdict"])
    noise = f", {verdict['noise']:.0%}".replace("%", " %") if verdict.get("noise") else ""
    return f"{_signed(verdict['difference'])} {bounds((verdict['low'], verdict['high']), _signed)} {mark}{noise}"


def bounds(ends: Sequence[float | None], write: Callable[[float], str]) -> str:
    """An interval as text; an end that too few questions leave open is None."""
    low, high = ends
    return f"[{'-∞' if low is None else write(low)}, {'∞' if high is None else write(high)}]"


def _signed(value: float) -> str:
    return f"{value:+.3g}" if value else "0"


def sentences(comparison: Mapping[str, Any], shown: Sequence[tuple[str, str]]) -> list[str]:
    """What each comparison in `shown` says, in words."""
    pairs, unit = comparison["pairs"], units(comparison)
    return [f"**{new} against {old}**: {in_words(pairs[pair_name(new, old)], unit)}" for new, old in shown]


def units(comparison: Mapping[str, Any]) -> str:
    """What `n` of its verdicts counts."""
    return "groups" if "groups" in comparison else "questions"


def in_words(verdicts: Mapping[str, Mapping[str, Any]], unit: str = "questions") -> str:
    """Verdicts as one sentence: what is better, what is worse, and how many questions, or groups of them, the rest would need."""
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
    hint = f" A difference of this size in {needed[0][1]} would show with about {needed[0][0]:,} {unit}." if needed else ""
    return f"{'; '.join(parts)}.{hint}{_of_one_training(verdicts)}"


def _of_one_training(verdicts: Mapping[str, Mapping[str, Any]]) -> str:
    """What a verdict is about where nothing is known of training noise, else nothing."""
    called = [found for found in verdicts.values() if found["verdict"] != "not distinguishable"]
    if any(found.get("noise", 0.0) is None for found in called):
        return OF_THESE
    return ""


def _metrics(names: Sequence[str]) -> str:
    return TITLES[names[0]] if len(names) == 1 else f"{len(names)} metrics"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def context_table(
    comparison: Mapping[str, Any], scores: Mapping[str, Mapping[str, float]], bare: Mapping[str, str]
) -> list[list[str]]:
    """Header and two lines a tested metric, without what retrieval found and with it: each model's score and its interval.

    Args:
        bare: by model, the name of the same model without context; a table of nothing if there is none.
    """
    if not bare:
        return []
    lines = [["Metric", "Context", *bare]]
    for heading in HEADINGS:
        for context, names in (("without", list(bare.values())), ("with", list(bare))):
            found = [comparison["intervals"].get(name, {}).get(heading.name) for name in names]
            if any(found):
                cells = [
                    f"{scores[name][heading.name]:.3g} {bounds(ends, lambda end: f'{end:.3g}')}" if ends else "–"
                    for name, ends in zip(names, found, strict=True)
                ]
                lines.append([heading.title + arrow(heading), context, *cells])
    return lines


def dependence(comparison: Mapping[str, Any]) -> str:
    """What is to be said where questions are not independent, else nothing."""
    if "groups" not in comparison:
        return ""
    groups, tests = comparison["groups"], max(map(len, comparison["pairs"].values()), default=1)
    few = f" With fewer than {fewest(tests)} of them nothing can be told apart." if groups < fewest(tests) else ""
    return (
        f" The {comparison['rows']} questions fall into {groups} groups; whole groups are resampled and swapped, and n counts "
        f"them.{few}"
    )


def trainings(comparison: Mapping[str, Any], *, beside: bool = True) -> str:
    """What is to be said of training noise: how much of it is known, and where what is assumed of it does not hold.

    Args:
        beside: whether it stands beside a table of differences.
    """
    if "noise" not in comparison:
        return ""
    counts = comparison["trainings"]
    unequal = [TITLES[name] for name, found in comparison["noise"].items() if (found["unequal"] or 1.0) < 1 - comparison["level"]]
    doubt = f" Versions differ in it in {_listed(unequal)}, so that intervals of these may be too narrow." if unequal else ""
    share = "; the percentage is that share of a difference's variance" if beside else ""
    versions = f"{len(counts)} version{'s' if len(counts) > 1 else ''}"
    return f" {sum(counts)} trainings of {versions} say how much another seed changes{share}.{doubt}"


def page(
    scores: Mapping[str, Mapping[str, float]],
    comparison: Mapping[str, Any],
    shown: Sequence[tuple[str, str]],
    bare: Mapping[str, str],
) -> str:
    """Verdicts in words, the tables of differences, of context and of scores, in Markdown."""
    note = (
        f"Difference [interval] verdict. The intervals of a column hold together with {comparison['level']:.0%} "
        f"(paired bootstrap and permutation test, {comparison['resamples']:,} resamples, Holm); "
        f"≈ is not distinguishable at n={comparison.get('groups', comparison['rows'])}."
        f"{dependence(comparison)}{trainings(comparison)}"
    )
    words = "\n".join(f"- {sentence}" for sentence in sentences(comparison, shown))
    tables = [table(difference_table(comparison, shown)), table(score_table(scores))]
    context = (
        f"{table(context_table(comparison, scores, bare))}\nScore [95 % interval], without and with context.\n\n" if bare else ""
    )
    return f"{words}\n\n{tables[0]}\n{note}\n\n{context}{tables[1]}\nChange against the base model in brackets.\n"
