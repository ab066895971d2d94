"""A base model with tokens that its own tokenizer lacks: the tokenizer, the embeddings, the folder."""

import functools
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tokenizers import Tokenizer

from mbegu.errors import BadInput
from mbegu.models import pieces
from mbegu.models.base import finish
from mbegu.models.loading import load_tokenizer
from mbegu.models.manifest import verify
from mbegu.models.pieces import Learned
from mbegu.models.trained import VOCABULARY
from mbegu.text.scripts import within


class Growth(NamedTuple):
    """How far a vocabulary grows."""

    tokens: int  # new ones
    min_count: int  # how often one stands in the corpus
    scripts: list[str]  # of which they are


def learn(texts: Sequence[str], tokenizer: Any, growth: Growth, key: str) -> Learned:
    """The pieces that shorten the texts most.

    Args:
        key: the section of params.yaml, for messages.

    Raises:
        BadInput: the texts hold fewer such pieces, a script is unknown, or the tokenizer is no byte pair encoding.
    """
    content = json.loads(tokenizer.backend_tokenizer.to_str())
    model = content["model"]
    if model["type"] != "BPE" or model["continuing_subword_prefix"] or model["end_of_word_suffix"]:
        raise BadInput(f"{key}: the base's tokenizer ({model['type']}) is no byte pair encoding that pieces can be added to.")
    surface = pieces.byte_surface if "ByteLevel" in json.dumps(content["decoder"]) else pieces.plain_surface
    letters = within(growth.scripts)

    @functools.cache
    def allowed(token: str) -> bool:
        return token not in model["vocab"] and pieces.fits(surface(token), letters)

    found = pieces.learn(pieces.segments(texts, tokenizer.backend_tokenizer, surface), growth.tokens, growth.min_count, allowed)
    if len(found.pieces) < growth.tokens:
        raise BadInput(
            f"{key}.tokens: {growth.tokens} are more than the corpus supports; {len(found.pieces)} pieces of "
            f"{', '.join(growth.scripts)} stand in its {len(texts)} texts {growth.min_count} times or more. "
            "Lower tokens or min_count, or add texts."
        )
    return found


def add(tokenizer: Any, learned: Learned) -> list[int]:
    """Gives a tokenizer, in place, new tokens after its own; returns their ids, which follow each other."""
    content = json.loads(tokenizer.backend_tokenizer.to_str())
    model, first = content["model"], len(tokenizer)
    for token in content["added_tokens"]:  # so that none of their ids is taken when the file is read again
        model["vocab"].setdefault(token["content"], token["id"])
    model["vocab"].update({token: first + place for place, token in enumerate(learned.pieces)})
    model["merges"] += [list(pair) for pair in learned.merges]
    tokenizer._tokenizer = Tokenizer.from_str(json.dumps(content))
    return list(range(first, first + len(learned.pieces)))


def grow(model: Any, added: list[int], parts: Sequence[Sequence[int]]) -> None:
    """Gives a model, in place, embeddings for new tokens, and rows of its head, tied or not: the mean of those that each
    stands for.

    Args:
        parts: of each of the `added` ids, the ids that it stands for.
    """
    rows = max(model.get_input_embeddings().weight.shape[0], added[-1] + 1)
    model.resize_token_embeddings(rows, mean_resizing=False)
    layers = {id(layer.weight): layer.weight for layer in (model.get_input_embeddings(), model.get_output_embeddings())}
    with torch.no_grad():
        for weight in layers.values():
            for token, ids in zip(added, parts, strict=True):
                weight[token] = weight[list(ids)].float().mean(0).to(weight.dtype)


def extend(base: Path, texts: Sequence[str], growth: Growth, out: Path, key: str) -> Any:
    """Writes a whole base folder with new tokens, and `vocabulary.json` that says which; returns its tokenizer.

    Raises:
        BadInput: as `learn`, or the base's manifest does not hold.
    """
    from transformers import AutoModelForCausalLM

    identity, tokenizer = verify(base), load_tokenizer(base)
    learned = learn(texts, tokenizer, growth, key)
    parts = [tokenizer.convert_tokens_to_ids(list(tokens)) for tokens in learned.pieces.values()]
    added = add(tokenizer, learned)
    model: Any = AutoModelForCausalLM.from_pretrained(str(base), dtype="auto", local_files_only=True)
    grow(model, added, parts)
    model.config._name_or_path = ""  # a path of this machine
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    for path in [*base.glob("LICENSE*"), *base.glob("NOTICE*")]:
        shutil.copy(path, out)
    spelt = [tokenizer.decode([token]) for token in added]
    _write(out / VOCABULARY, {"added": added, "tokens": spelt, "from": identity})
    origin = json.loads((base / "base.json").read_text(encoding="utf-8"))
    rows = model.get_input_embeddings().weight.shape[0]
    finish(out, {**origin, "extended": {"tokens": len(added), "rows": rows, "from": identity}})
    return tokenizer


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
