"""Generation that can only spell what a grammar allows, by llguidance: JSON of a schema, or quotations of a text.

A small model seldom closes its own brackets, and never quotes exactly; here it can do nothing else.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from llguidance import LLMatcher
from llguidance.hf import from_tokenizer


def of(shape: dict[str, Any]) -> str:
    """The grammar of a shape: {"schema": a JSON schema}, with "passage", "unknown" and "longest" for a quoting answer."""
    if "passage" in shape:
        return quoting_grammar(shape["passage"], shape["unknown"], shape["longest"])
    return json_grammar(shape["schema"])


def json_grammar(schema: dict[str, Any]) -> str:
    """A grammar of the JSON objects that a JSON schema allows."""
    return str(LLMatcher.grammar_from_json_schema(json.dumps(schema, sort_keys=True), defaults={"whitespace_flexible": False}))


def quoting_grammar(text: str, unknown: str, longest: int) -> str:
    """A grammar of {"quote": some words of `text` in their order, "answer": a line} or of the answer `unknown` without a quote.

    Args:
        longest: characters of an answer.
    """
    words = [json.dumps(word, ensure_ascii=False)[1:-1] for word in re.findall(r"\s+|\S+", text)]
    pieces = json.dumps({"substring_chunks": words}, ensure_ascii=False)
    answer = json.dumps({"type": "string", "minLength": 1, "maxLength": longest})
    none = json.dumps(json.dumps({"quote": "", "answer": unknown}, ensure_ascii=False), ensure_ascii=False)
    supported = r'"{\"quote\": \"" QUOTE "\", \"answer\": " answer "}"'
    return f"start: {none} | {supported}\nQUOTE: %regex {pieces}\nanswer: %json {answer}\n"


@lru_cache(maxsize=4)
def _wrapped(tokenizer: Any) -> Any:
    return from_tokenizer(tokenizer)


def constrain(grammars: list[str | None], tokenizer: Any, width: int) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """A logits processor that leaves to each row only what its grammar allows next; at its end, only the end of the text.

    Args:
        grammars: one a row, or None for one that may say anything.
        width: tokens of the padded prompts.
    """
    wrapped = _wrapped(tokenizer)
    matchers = [LLMatcher(wrapped, grammar) if grammar else None for grammar in grammars]
    for matcher in filter(None, matchers):
        if matcher.is_error():
            raise ValueError(matcher.get_error())

    def allow(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        allowed = np.ones(scores.shape, dtype=bool)
        for row, matcher in enumerate(matchers):
            if matcher is None:
                continue
            if ids.shape[1] > width and not matcher.is_stopped():
                matcher.consume_token(int(ids[row, -1]))
            allowed[row] = False
            if matcher.is_stopped():
                allowed[row, tokenizer.eos_token_id] = True
            else:
                bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
                allowed[row, : bits.size] = bits[: scores.shape[1]]
        return scores.masked_fill(~torch.from_numpy(allowed).to(scores.device), float("-inf"))

    return allow
