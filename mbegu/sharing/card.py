"""The model card: metadata that a hub reads, and a page that says what was built, from what, and how good it is."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from mbegu.builds.declared import read_params
from mbegu.builds.home import home
from mbegu.builds.values import check_filled, parse_section
from mbegu.errors import BadInput
from mbegu.scoring import comparison
from mbegu.scoring.headings import HEADINGS, TITLES, arrow
from mbegu.scoring.verdicts import bounds, dependence, describe, trainings
from mbegu.text import templates
from mbegu.text.markdown import blockquote, fenced, inline, table
from mbegu.text.settings import Locale

STANDARD = {"rouge1": "rouge", "rouge2": "rouge", "rougeL": "rouge", "rougeLsum": "rouge"}  # ids at hf.co/metrics
LANGUAGE = re.compile(r"[a-z]{2,3}|code|multilingual")  # ISO 639-1 to 639-3, as ModelCardData asks for


class Publish(NamedTuple):
    """The section `publish` of params.yaml: what a build can't know of itself."""

    name: str  # of the model, without its version
    licence: str  # an identifier of hf.co/docs/hub/repositories-licenses, such as apache-2.0
    tags: list[str]
    limits: list[str]  # Markdown, a line each


class Settings(NamedTuple):
    """The sections that a card reads."""

    publish: Publish
    locale: Locale


def read_settings(params: Path) -> Settings:
    """The sections of a params file.

    Raises:
        BadInput: no such file, not YAML, or as `parse_settings`.
    """
    return parse_settings(read_params(params), str(params))


def parse_settings(sections: dict[str, Any], where: str) -> Settings:
    """Checks the sections `publish` and `locale`.

    Raises:
        BadInput: one is missing, or a key is unknown, missing, empty where a hub needs it, or of another type or form.
    """
    publish, locale = parse_section(sections, "publish", Publish, where), parse_section(sections, "locale", Locale, where)
    check_filled(publish, "publish", ("name", "licence"), where)
    check_filled(locale, "locale", ("languages",), where)
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", publish.licence):
        raise BadInput(f"{where}: publish.licence is {publish.licence!r}; expected a hub's identifier, such as apache-2.0.")
    for language in locale.languages:
        if not LANGUAGE.fullmatch(language):
            raise BadInput(f"{where}: locale.languages has {language!r}; expected ISO 639 codes, such as en or sw.")
    return Settings(publish, locale)


def page(facts: Mapping[str, Any], settings: Settings) -> str:
    """The whole README.md.

    Args:
        facts: what `facts.gather` found.
    """
    compared = facts["compared"]
    tested = {"scores": score_table(compared, facts["version"]), "notes": dependence(compared) + trainings(compared)}
    filters: templates.Filters = {"inline": inline, "fenced": fenced, "quoted": blockquote, "literal": repr, "table": table}
    body = templates.page(home() / "templates/model_card.md.jinja", {**facts, "settings": settings, **tested}, filters)
    return f"---\n{metadata(facts, settings).to_yaml()}\n---\n\n{body}\n"


def metadata(facts: Mapping[str, Any], settings: Settings) -> ModelCardData:
    """What a hub indexes."""
    adapter = facts["adapter"]
    return ModelCardData(
        license=settings.publish.licence,
        language=settings.locale.languages,
        base_model=facts["base"]["name"],
        base_model_relation="adapter" if adapter else "finetune",
        library_name="peft" if adapter else "transformers",
        pipeline_tag="text-generation",
        tags=[*settings.publish.tags, *(["lora"] if adapter else []), "mbegu"],
        model_name=f"{settings.publish.name} {facts['version']}",
        eval_results=_eval_results(facts, settings),
    )


def _eval_results(facts: Mapping[str, Any], settings: Settings) -> list[EvalResult]:
    compared, version = facts["compared"], facts["version"]
    dataset = {"rows": compared["rows"], "sha256": facts["heldout"]["sha256"]}
    found = []
    for name, (low, high) in compared["intervals"][version].items():
        if name not in compared["models"][version]:
            continue
        interval = {"low": low, "high": high, "level": compared["level"]}
        found.append(
            EvalResult(
                task_type="text-generation",
                dataset_type="json",
                dataset_name=f"Held-out questions of {settings.publish.name}",
                dataset_split="test",
                dataset_args=dataset,
                metric_type=STANDARD.get(name, name),
                metric_name=TITLES[name],
                metric_value=compared["models"][version][name],
                metric_args={"interval": interval},
            )
        )
    return found


def score_table(compared: Mapping[str, Any], version: str) -> list[list[str]]:
    """Header and one line a tested metric: the base model's score, the version's, both with intervals, and the difference."""
    pair = compared["pairs"][comparison.pair_name(version, comparison.BASE)]
    models = (comparison.BASE, version)
    lines = [["Metric", "base model", version, "difference"]]
    for heading in HEADINGS:
        if heading.tested and any(heading.name in compared["intervals"][model] for model in models):
            cells = [_score(compared, model, heading.name) for model in models]
            lines.append([heading.title + arrow(heading), *cells, describe(pair.get(heading.name))])
    return lines


def _score(compared: Mapping[str, Any], model: str, name: str) -> str:
    if name not in compared["models"][model] or name not in compared["intervals"][model]:
        return "–"
    interval = bounds(compared["intervals"][model][name], "{:.3g}".format)
    return f"{compared['models'][model][name]:g} {interval}"


def check(text: str) -> None:
    """Reads a card back with `huggingface_hub` and compares, without any network.

    Raises:
        ValueError: its metadata are no mapping, or its model index breaks the library's rules.
        AssertionError: something was lost on the way, which is a bug of ours.
    """
    card = ModelCard(text)
    if not card.data.get("eval_results") or str(card) != text:
        raise AssertionError("the card changes when huggingface_hub reads and writes it")
