"""Which comparisons a project shows: those that params.yaml names, or each model with the one before it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mbegu.builds import declared
from mbegu.errors import BadInput
from mbegu.scoring.verdicts import steps


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
