"""Where training starts: at the base as it is, or at an adapter that has read a corpus and is trained on (`train.start`)."""

import json
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput
from mbegu.models.manifest import verify
from mbegu.models.trained import PROMPT_FILE, read_adapter_prompt
from mbegu.training.settings import Lora

CONFIG = "adapter_config.json"
# of train.lora, and as peft writes them
KEYS = {"r": "r", "alpha": "lora_alpha", "targets": "target_modules", "use_rslora": "use_rslora"}


def identity(start: Path, base: Path, method: str, lora: Lora) -> str | None:
    """What a run depends on beside its base: the identity of the adapter that it starts at, None for the base itself.

    Raises:
        BadInput: `start` is neither, its manifest does not hold, it was trained on another base, or has another form than
            the adapter that `method` and `lora` ask for.
    """
    if start.resolve() == base.resolve():
        return None
    found = verify(start)
    if not (start / PROMPT_FILE).is_file():
        raise BadInput(f"train.start: {start} is neither the base ({base}) nor an adapter that Mbegu trained; name one of them.")
    read_adapter_prompt(start, verify(base))
    if method == "full" or not (start / CONFIG).is_file():
        raise BadInput(
            f"train.start: {start} and train.method {method} do not go together: only an adapter can be trained on, as one; "
            f"set method to lora or qlora and start to an adapter, or start to {base}."
        )
    _check_form(start, lora)
    return found


def _check_form(start: Path, lora: Lora) -> None:
    config = json.loads((start / CONFIG).read_text(encoding="utf-8"))
    wanted = lora._asdict()
    for key, name in KEYS.items():
        found, given = config.get(name, False), wanted[key]
        if isinstance(given, list):
            found, given = sorted(found), sorted(given)
        if found != given:
            raise BadInput(
                f"train.lora.{key}: {given} here and {found} in {start}, where train.start says to go on; make them the same "
                f"(pretrain.lora.{key})."
            )


def load(model: Any, start: Path) -> None:
    """Puts an adapter's weights into a model that has one of the same form, in place of the initial ones."""
    from peft import load_peft_weights, set_peft_model_state_dict

    found: Any = set_peft_model_state_dict(model, load_peft_weights(str(start), device="cpu"))
    unknown = found.unexpected_keys
    if unknown:
        raise BadInput(f"train.start: {start} has weights that this base has no place for, first {unknown[0]}; train it again.")
