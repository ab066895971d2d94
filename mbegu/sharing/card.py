"""The model card: metadata that a hub reads, and a page that says what was built, from what, and how good it is."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from mbegu.builds.home import home
from mbegu.errors import BadInput
from mbegu.scoring import comparison
from mbegu.scoring.headings import HEADINGS, TITLES, arrow
from mbegu.scoring.verdicts import bounds, describe
from mbegu.text import templates
from mbegu.text.markdown import blockquote, fenced, inline, table

STANDARD = {"rouge1": "rouge", "rouge2": "rouge", "rougeL": "rouge", "rougeLsum": "rouge"}  # ids at hf.co/metrics
LANGUAGE = re.compile(r"[a-z]{2,3}|code|multilingual")  # ISO 639-1 to 639-3, as ModelCardData asks for


class Publish(NamedTuple):
    """The section `publish` of params.yaml: what a build can't know of itself."""

    name: str  # of the model, without its version
    licence: str  # an identifier of hf.co/docs/hub/repositories-licenses, such as apache-2.0
    languages: list[str]
    tags: list[str]
    disclaimer: str  # Markdown
    limits: list[str]  # Markdown, a line each


def read_settings(params: Path) -> Publish:
    """The section `publish` of a params file.

    Raises:
        BadInput: no such file, not YAML, or as `parse_settings`.
    """
    try:
        values = yaml.safe_load(params.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{params}: does not exist; run this in the folder of a pipeline, or name its file by --params.") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{params}: not YAML ({' '.join(str(error).split())}).") from None
    return parse_settings(values.get("publish") if isinstance(values, dict) else None, str(params))


def parse_settings(section: Any, where: str) -> Publish:
    """Checks the section `publish`.

    Raises:
        BadInput: it is missing, or a key is unknown, missing or of another type.
    """
    if not isinstance(section, dict):
        raise BadInput(f"{where}: no section 'publish'; write one with {', '.join(Publish._fields)}.")
    for key in section:
        if key not in Publish._fields:
            raise BadInput(f"{where}: unknown key publish.{key}; expected {', '.join(Publish._fields)}.")
    for key in Publish._fields:
        _check(key, section.get(key), f"{where}: publish.{key}")
    settings = Publish(**section)
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", settings.licence):
        raise BadInput(f"{where}: publish.licence is {settings.licence!r}; expected a hub's identifier, such as apache-2.0.")
    for language in settings.languages:
        if not LANGUAGE.fullmatch(language):
            raise BadInput(f"{where}: publish.languages has {language!r}; expected ISO 639 codes, such as en or sw.")
    return settings


def _check(key: str, value: Any, where: str) -> None:
    listed = Publish.__annotations__[key] == list[str]
    if not isinstance(value, list if listed else str) or (listed and not all(isinstance(one, str) for one in value)):
        expected = "a list of texts" if listed else "a text"
        raise BadInput(f"{where} is {value!r}; expected {expected} (in quotes if YAML reads it as something else, such as no).")
    if key in ("name", "licence", "languages") and not value:
        raise BadInput(f"{where} is empty; a hub needs it.")


def page(facts: Mapping[str, Any], settings: Publish) -> str:
    """The whole README.md.

    Args:
        facts: what `facts.gather` found.
    """
    scores = score_table(facts["compared"], facts["version"])
    filters = {"inline": inline, "fenced": fenced, "quoted": blockquote, "literal": repr, "table": table}
    body = templates.page(home() / "templates/model_card.md.jinja", {**facts, "settings": settings, "scores": scores}, filters)
    return f"---\n{metadata(facts, settings).to_yaml()}\n---\n\n{body}\n"


def metadata(facts: Mapping[str, Any], settings: Publish) -> ModelCardData:
    """What a hub indexes."""
    adapter = facts["adapter"]
    return ModelCardData(
        license=settings.licence,
        language=settings.languages,
        base_model=facts["base"]["name"],
        base_model_relation="adapter" if adapter else "finetune",
        library_name="peft" if adapter else "transformers",
        pipeline_tag="text-generation",
        tags=[*settings.tags, *(["lora"] if adapter else []), "mbegu"],
        model_name=f"{settings.name} {facts['version']}",
        eval_results=_eval_results(facts, settings),
    )


def _eval_results(facts: Mapping[str, Any], settings: Publish) -> list[EvalResult]:
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
                dataset_name=f"Held-out questions of {settings.name}",
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
