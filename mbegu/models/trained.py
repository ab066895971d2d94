"""What stands beside an adapter and beside a base: how it was asked in training, on which base; which tokens were added."""

import json
from pathlib import Path
from typing import Any

from mbegu.errors import BadInput

PROMPT_FILE = "prompt.json"
VOCABULARY = "vocabulary.json"


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


def added_tokens(base: Path) -> list[int]:
    """Ids of the tokens that were added to a base model's own, in order; none where nobody added any."""
    path = base / VOCABULARY
    return list(json.loads(path.read_text(encoding="utf-8"))["added"]) if path.is_file() else []
