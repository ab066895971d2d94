"""What stands beside an adapter: how it was asked in training, and on which base."""

import json
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput

PROMPT_FILE = "prompt.json"


def read_adapter_prompt(adapter: Path, base_identity: str) -> dict[str, Any]:
    """How an adapter was asked in training: `template`, `chat` and `base`.

    Raises:
        BadInput: it was trained on another base model.
    """
    try:
        saved = json.loads((adapter / PROMPT_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{adapter}: no {PROMPT_FILE} here; this is not an adapter that Mbegu trained.") from None
    if saved["base"] != base_identity:
        raise BadInput(
            f"{adapter}: trained on another base model ({saved['base'][:12]}, here {base_identity[:12]}); "
            "train it again with `dvc repro`, or fetch its base with `dvc pull models/base`."
        )
    return dict(saved)
