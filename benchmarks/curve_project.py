"""What a project's params.yaml says of how an adapter learns its documents, for benchmarks/curve.py."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Settings(NamedTuple):
    """What a project says."""

    name: str  # of the documents
    corpus: Any
    adapting: Any
    schedule: Any
    base: Path
    prompt: Any
    predict: Any
    locale: Any


class Continued(NamedTuple):
    """How an adapter is trained on when it has read."""

    rows: Any  # encoded ones of a version, and those that are held back
    validation: Any
    schedule: Any


def settings(params: dict[str, Any], learned: str, place: str) -> Settings:
    """The settings with which the `learn` stage makes an adapter.

    Args:
        learned: its name; "" for the only one.

    Raises:
        BadInput: no such adapter, or several; a section that is missing, or a wrong key of one.
    """
    from mbegu.asking.prompts import read_prompt
    from mbegu.asking.settings import PromptFile
    from mbegu.builds.references import check_references
    from mbegu.builds.values import parse_section
    from mbegu.errors import BadInput
    from mbegu.scoring.settings import Predict
    from mbegu.text.settings import Locale
    from mbegu.training.settings import Adapting, Corpus, Lora

    items = params.get("learned") or {}
    item = items.get(learned) if learned else next(iter(items.values())) if len(items) == 1 else None
    if item is None:
        raise BadInput(f"{place}: learned declares {', '.join(items) or 'none'}; choose one by --learned, or declare one.")
    check_references(params, place)
    read = section(params, "pretrain", ("method", "lora", "max_length", "replay"), place)
    guards = section(params, "curate", ("heldout_similarity", "heldout_overlap"), place)
    corpus = Corpus(
        Path(f"data/study/{item['study']}.jsonl"), Path("data/heldout.jsonl"), guards["heldout_similarity"],
        guards["heldout_overlap"], read["max_length"], "data/exams", str(item.get("general", "")), read["replay"],
    )  # fmt: skip
    asked = (params.get("predict") or {}) | (params.get("examine") or {})
    prompt = parse_section(params, "prompt", PromptFile, place)
    return Settings(
        params["studied"][item["study"]]["documents"], corpus, Adapting(read["method"], parse_section(read, "lora", Lora, place)),
        schedule_of(read, "pretrain", place), Path(params["base_model"]), read_prompt(*prompt),
        parse_section({"predict": asked}, "predict", Predict, place), parse_section(params, "locale", Locale, place),
    )  # fmt: skip


def schedule_of(read: dict[str, Any], name: str, place: str) -> Any:
    """The schedule among the settings of a section."""
    from mbegu.builds.values import parse_section
    from mbegu.training.settings import Schedule

    return parse_section({name: {key: read[key] for key in Schedule._fields if key in read}}, name, Schedule, place)


def continued(params: dict[str, Any], name: str, learned: str, known: Settings, place: str) -> Continued | None:
    """What an item of `continued` says; None for no name.

    Args:
        learned: the adapter under `learned` that it goes on from; "" for the only one.

    Raises:
        BadInput: no such item, or it goes on from something else; its version is not encoded, or for another base or prompt.
    """
    from mbegu.asking.prompts import read_saved_prompt, settled
    from mbegu.builds.declared import check_declared
    from mbegu.errors import BadInput
    from mbegu.models.loading import load_tokenizer
    from mbegu.models.manifest import verify
    from mbegu.training import checkpoints, trainer
    from mbegu.training.encoded import read_encoded

    if not name:
        return None
    check_declared("--continued", name, "continued", params, place)
    item, start = params["continued"][name], f"models/learned/{learned or next(iter(params['learned']))}"
    if item["start"] != start:
        raise BadInput(f"{place}: continued.{name} starts from {item['start']}; name an item that goes on from {start}.")
    path = Path(f"data/encoded/{item['version']}.arrow")
    rows, prompt = read_encoded(path)
    checkpoints.same_base(prompt, verify(known.base), path)
    tokenizer = load_tokenizer(known.base)
    if settled(read_saved_prompt(prompt), tokenizer) != settled(known.prompt, tokenizer):
        raise BadInput(f"{path}: encoded with another prompt than {place} has; encode it again with `dvc repro`.")
    read = section(params, "train", ("epochs",), place) | {key: item[key] for key in ("epochs", "seed")}
    schedule = schedule_of(read, "train", place)
    return Continued(*trainer.split(rows, schedule.validation), schedule)


def section(params: dict[str, Any], name: str, keys: Sequence[str], place: str) -> dict[str, Any]:
    """A section that has these keys.

    Raises:
        BadInput: it lacks one.
    """
    from mbegu.errors import BadInput

    found = params.get(name) or {}
    for key in keys:
        if key not in found:
            raise BadInput(f"{place}: no {name}.{key}; write one, as in examples/company_docs/params.yaml.")
    return dict(found)
