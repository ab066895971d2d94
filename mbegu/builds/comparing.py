"""Which comparisons a project shows: each model with the one before it, or those that params.yaml names. What it trains again."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from mbegu.builds import declared
from mbegu.errors import BadInput
from mbegu.scoring.verdicts import steps

TRAINED = {PurePosixPath("models") / name for name in ("adapters", "pretrained", "learned", "noise", "continued")}


def shown(params: Mapping[str, Any], models: Sequence[str], place: Path) -> list[tuple[str, str]]:
    """The comparisons of tables and pages, (new, old), as `compared: [[new, old], …]` names them.

    Raises:
        BadInput: no list of pairs, or a pair that names no model.
    """
    wanted = params.get("compared") or []
    if not isinstance(wanted, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in wanted):
        raise BadInput(f"{place}: compared is {wanted!r}; expected pairs of models, such as [[v2, v1], [v2, base]], or [].")
    declared.check_names([name for pair in wanted for name in pair], "models", params, place)
    return [(new, old) for new, old in wanted] or steps(models)


def bare(params: Mapping[str, Any], place: Path) -> dict[str, str]:
    """By model, the name under which the same model is asked without context (`predict.without_context`).

    Raises:
        BadInput: a name there that is no model's.
    """
    models = params.get("models") or {}
    without = (params.get("predict") or {}).get("without_context") or []
    for name in without:
        declared.check_declared("predict.without_context", name, "models", params, place)
    return {
        name: other for other in without for name, folder in models.items() if name not in without and folder == models.get(other)
    }


def again(params: Mapping[str, Any]) -> dict[str, str]:
    """By model that was trained with another seed only to know how much that changes: the version that it trains, or the first of
    the models' items of `continued` that say the same but for the seed."""
    return _noise(params) | _continued(params)


def _noise(params: Mapping[str, Any]) -> dict[str, str]:
    return {
        model: item["version"]
        for model, folder in (params.get("models") or {}).items()
        for name, item in (params.get("noise") or {}).items()
        if _is_at(folder, "noise", name) and isinstance(item, dict) and {"version", "seed"} <= {*item}
    }


def _continued(params: Mapping[str, Any]) -> dict[str, str]:
    items = params.get("continued") or {}
    firsts: dict[tuple[str, ...], str] = {}
    found: dict[str, str] = {}
    for name in items:
        models = [model for model, folder in (params.get("models") or {}).items() if _is_at(folder, "continued", name)]
        if models and isinstance(items[name], dict):
            first = firsts.setdefault(tuple(str(items[name].get(key)) for key in ("version", "start", "epochs")), name)
            found |= dict.fromkeys(models, first) if first != name else {}
    return found


def _is_at(folder: object, kind: str, name: str) -> bool:
    return PurePosixPath(str(folder)) == PurePosixPath("models", kind, name)


def once(models: Iterable[str], params: Mapping[str, Any]) -> list[str]:
    """Models without those that were trained again only to know how much chance there is: what tables compare."""
    others = again(params)
    return [model for model in models if model not in others]


def trained_on(folder: PurePosixPath, params: Mapping[str, Any]) -> tuple[str, Any, str]:
    """The version on whose rows a model was trained last, for how many epochs, and from which start; "" for no version."""
    train, kind = params.get("train") or {}, folder.parent.name
    epochs, start = train.get("epochs", 1), train.get("start", "")
    if kind == "adapters":
        return folder.name, epochs, start
    item = (params.get(kind) or {}).get(folder.name) if kind in ("noise", "continued") else None
    if not isinstance(item, dict):
        return "", 0, ""
    return item.get("version", ""), item.get("epochs", epochs), item.get("start", start)


def version_of(model: str, params: Mapping[str, Any]) -> str:
    """The version on whose rows a model was trained last; "" for a base, or one of another kind."""
    return str(trained_on(PurePosixPath(str((params.get("models") or {}).get(model, ""))), params)[0])


def trainings(params: Mapping[str, Any]) -> list[list[str]]:
    """Of each model that was trained again, those that are its trainings, itself first, as long as it is a model; of those with
    one seed the first."""
    others, models = again(params), params.get("models") or {}
    found = []
    for name in dict.fromkeys(others.values()):  # which names one training: `references` refuses two of one name
        itself = PurePosixPath("models/adapters", name), PurePosixPath("models/continued", name)
        first = [model for model, folder in models.items() if PurePosixPath(str(folder)) in itself]
        trained = [*first[:1], *(model for model, of in others.items() if of == name)]
        found.append(list({_seed(model, params): model for model in trained[::-1]}.values())[::-1])
    return found


def repeated(params: Mapping[str, Any]) -> list[str]:
    """Models that were trained with a seed that another training of their version has: they are the same, and say nothing of
    chance."""
    told = {model for trained in trainings(params) for model in trained}
    return [model for model in again(params) if model not in told]


def _seed(model: str, params: Mapping[str, Any]) -> Any:
    folder = PurePosixPath(str((params.get("models") or {})[model]))
    items = params.get(folder.parent.name) if folder.parent.name in ("noise", "continued") else None
    return ((items or {}).get(folder.name) or params.get("train") or {}).get("seed")


def weights(params: Mapping[str, Any]) -> dict[str, str | None]:
    """By model, the folder of what was trained of it; None for a base, whose scores no seed changes."""
    models = params.get("models") or {}
    return {model: str(folder) if _is_trained(folder, params) else None for model, folder in models.items()}


def _is_trained(folder: object, params: Mapping[str, Any]) -> bool:
    path = PurePosixPath(str(folder))
    return path.parent in TRAINED and str(folder) != params.get("base_model")
