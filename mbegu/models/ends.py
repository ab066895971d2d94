"""What ends a turn: the end tokens that a tokenizer, a generation config and a chat template name, which need not agree."""

import json
from pathlib import Path
from typing import Any

ANSWER = "mbegu-probe"


def all_ends(tokenizer: Any, declared: Any) -> list[int]:
    """Ids of the tokens that end an answer, sorted.

    Args:
        declared: `eos_token_id` of a model's generation config, one id, several or None (`declared_ends`).
    """
    several = declared if isinstance(declared, list | tuple) else [declared]
    found = {tokenizer.eos_token_id, turn_end(tokenizer), *several}
    return sorted(end for end in found if isinstance(end, int) and 0 <= end < len(tokenizer))


def declared_ends(folder: Path) -> Any:
    """`eos_token_id` as transformers finds it for a model's folder: of its generation config, else of its configuration."""
    for name in ("generation_config.json", "config.json"):
        path = folder / name
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8")).get("eos_token_id")
    return None


def trained_end(tokenizer: Any, chat: bool) -> int:
    """The token that a trained answer ends with: the chat template's if that is used and writes one, else the tokenizer's."""
    found = turn_end(tokenizer) if chat else None
    return int(tokenizer.eos_token_id if found is None else found)


def turn_end(tokenizer: Any) -> int | None:
    """The control token with which the chat template ends an assistant's turn; None if there is no template or no such token."""
    if not getattr(tokenizer, "chat_template", None):
        return None
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": ANSWER}]
    try:
        text = str(tokenizer.apply_chat_template(turns, tokenize=False))
    except Exception:  # a template raises what it likes, such as for a role that it does not know
        return None
    if ANSWER not in text:
        return None
    ids = tokenizer(text.rpartition(ANSWER)[2], add_special_tokens=False)["input_ids"]
    known = tokenizer.added_tokens_decoder
    return next((int(id_) for id_ in ids if id_ in known), None)
