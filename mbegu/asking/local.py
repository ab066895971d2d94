"""A teacher on this machine: the base model, or a version's adapter on it."""

from collections.abc import Iterator
from typing import Any

from mbegu.asking import grammar
from mbegu.asking.decoding import Decoding
from mbegu.asking.generation import Wanted, generate, several
from mbegu.asking.memo import Answer, Memo, Request
from mbegu.asking.prompts import control_tokens
from mbegu.asking.teachers import Teacher, seed_of
from mbegu.models.ends import all_ends, declared_ends
from mbegu.models.loading import Weights, load_tokenizer
from mbegu.models.size import parameters
from mbegu.models.trained import read_adapter_prompt
from mbegu.models.turns import NOTHING, Told, as_turns, saved, settled


def local(weights: Weights, batch_size: int, memo: Memo, told: Told = NOTHING) -> Teacher:
    """A model that is loaded when it is first asked.

    Args:
        told: what its chat template is told; the system message is that which an adapter was trained below.

    Raises:
        BadInput: a manifest does not hold, or the adapter belongs to another base.
    """
    identity = {"kind": "local", **weights.identity(), "batch_size": batch_size}
    tokenizer = load_tokenizer(weights.base)
    if weights.adapter:  # which was trained below that message
        told = told._replace(system=read_adapter_prompt(weights.adapter, identity["base"]).get("system"))
    told = settled(told, tokenizer, "teacher.local")
    identity |= saved(told) | several(all_ends(tokenizer, declared_ends(weights.whole())))

    def respond(requests: list[Request]) -> Iterator[tuple[Request, Answer]]:
        model = weights.load()
        for group in _alike(requests):
            wanted = [_wanted(request, tokenizer, told) for request in group]
            answers = generate(
                wanted, Decoding(**group[0]["decoding"]), batch_size, model, tokenizer,
                special_tokens=not group[0]["chat"], label="Ask the teacher",
            )  # fmt: skip
            for index, answer in answers:
                yield group[index], answer

    def count_tokens(text: str) -> int:
        return len(tokenizer(text)["input_ids"])

    return Teacher(identity, respond, count_tokens, memo, tuple(control_tokens(tokenizer)), parameters(weights.whole()))


def _alike(requests: list[Request]) -> list[list[Request]]:
    """The requests that can share batches."""
    groups: dict[str, list[Request]] = {}
    for request in requests:
        groups.setdefault(f"{request['chat']} {request['decoding']}", []).append(request)
    return list(groups.values())


def _wanted(request: Request, tokenizer: Any, told: Told) -> Wanted:
    text = request["prompt"]
    if request["chat"]:
        (text,) = as_turns([text], tokenizer, told)
    return Wanted(text, seed_of(request), grammar.of(request["shape"]) if "shape" in request else None)
