"""Answers in batches whose bytes do not depend on who else is in the batch.

On one machine, the rounding of a matrix product depends on its shape. So all shapes that an answer is computed in follow from its
own prompt and settings, and each row draws from a random generator of its own. An answer is then a function of its own prompt,
settings and seed alone, and an incremental run gives the same bytes as a full one.

Models of the kinds that are known to `slots` are answered by `leaving` on a CPU, and by `continuous` on a GPU where answers are
greedy. All others by transformers' `generate`, in batches of the same number of rows (the last is filled up), whose prompts are
padded to the same width (`padded`).
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import torch
from tqdm import tqdm
from transformers import GenerationConfig, RepetitionPenaltyLogitsProcessor

from mbegu.asking import continuous, leaving
from mbegu.asking.decoding import Decoding
from mbegu.asking.grammar import constrain
from mbegu.asking.memo import Answer, Request
from mbegu.models.ends import all_ends
from mbegu.text.reasoning import without_reasoning

BUCKET = 128  # a narrower one pads less and leaves more batches that are filled up: a step costs much the same for 2 rows and 20
SHARED = 512  # prompts whose widths are within it are answered in one room where that changes no bit
TOP = 256  # tokens that are sorted for top_p; the whole vocabulary where these hold too little probability


def requests_for(
    texts: list[str], identity: dict[str, Any], batch_size: int, max_new_tokens: int, ends: list[int]
) -> list[Request]:
    """One memo request a prompt text: everything that a greedy answer's bytes depend on.

    Args:
        ends: of `ends.all_ends`; part of a request where they are several.
    """
    settings = {"decoding": "greedy", "batch_size": batch_size, "bucket": BUCKET, "max_new_tokens": max_new_tokens}
    return [{"model": identity, "prompt": text, **settings, **several(ends)} for text in texts]


def several(ends: list[int]) -> dict[str, list[int]]:
    """The part of a memo key that end tokens are: none where there is one, as a tokenizer's own is part of the model."""
    return {"ends": ends} if len(ends) > 1 else {}


class Wanted(NamedTuple):
    """A prompt that is to be answered."""

    prompt: str
    seed: int = 0  # of no effect when the decoding is greedy
    grammar: str | None = None  # all that the answer may spell (`mbegu.asking.grammar`), or None for free text
    left: Callable[[], bool] | None = None  # asked after each token, in batches: whether nobody waits for an answer any more


def generate(
    wanted: list[Wanted], decoding: Decoding, batch_size: int, model: Any, tokenizer: Any, *, special_tokens: bool, label: str
) -> Iterator[tuple[int, Answer]]:
    """Answers prompts, the longest first, yielding each batch as it is done.

    Args:
        special_tokens: whether the tokenizer adds its start token (a chat template has written it already).
        label: what the progress bar says.

    Yields:
        (position of the prompt, {"text", "tokens": number generated, "finish_reason": "stop" or "length"}).
    """
    ids = tokenizer([one.prompt for one in wanted], add_special_tokens=special_tokens)["input_ids"]
    ends = _ends(model, tokenizer)
    found: Iterator[tuple[int, list[int]]]
    greedy = not decoding.temperature and decoding.repetition_penalty == 1 and not any(one.grammar for one in wanted)
    if leaving.can_answer(model):
        found = _by_rows(wanted, ids, decoding, batch_size, model, tokenizer)
    elif greedy and continuous.can_answer(model):
        found = _continuously(ids, decoding, batch_size, model, ends)
    else:
        found = _by_batches(wanted, ids, decoding, batch_size, model, tokenizer)
    with tqdm(total=len(wanted), desc=label, unit="answer", dynamic_ncols=True) as bar:
        for index, row in found:
            bar.update()
            yield index, _answer(row, tokenizer, ends)


def _by_rows(
    wanted: list[Wanted], ids: list[list[int]], decoding: Decoding, rows: int, model: Any, tokenizer: Any
) -> Iterator[tuple[int, list[int]]]:
    def width_of(length: int) -> int:
        shared = -(-length // SHARED) * SHARED
        return shared if leaving.can_share(model, leaving.Room(rows, shared, decoding.max_new_tokens)) else padded(length)

    for width, members in _buckets(ids, width_of):
        held_to = [partial(_held_to, wanted[index], len(ids[index]), decoding, tokenizer) for index in members]
        asked = [leaving.Asked(ids[index], hold) for index, hold in zip(members, held_to, strict=True)]
        room = leaving.Room(rows, width, decoding.max_new_tokens)
        yield from ((members[place], tokens) for place, tokens in leaving.answer(asked, model, room, _ends(model, tokenizer)))


def _held_to(one: Wanted, length: int, decoding: Decoding, tokenizer: Any) -> list[leaving.Process]:
    """What an answer to a prompt of `length` tokens is held to, in the order of `generate`."""
    found: list[leaving.Process] = []
    if decoding.repetition_penalty != 1:
        penalty, end = RepetitionPenaltyLogitsProcessor(decoding.repetition_penalty), torch.tensor([[tokenizer.eos_token_id]])
        # the end counts as said, as it does in a batch, where it fills prompts up
        found.append(lambda ids, scores: penalty(torch.cat([end, ids], 1), scores))
    if one.grammar:
        found.append(constrain([one.grammar], tokenizer, length))
    if decoding.temperature:
        found.append(sampler([one.seed], decoding.temperature, decoding.top_p))
    return found


def _continuously(
    ids: list[list[int]], decoding: Decoding, rows: int, model: Any, ends: list[int]
) -> Iterator[tuple[int, list[int]]]:
    for _, members in _buckets(ids, continuous.padded):
        answers = continuous.answer([ids[index] for index in members], model, rows, decoding.max_new_tokens, ends)
        yield from ((members[place], tokens) for place, tokens in answers)


def _by_batches(
    wanted: list[Wanted], ids: list[list[int]], decoding: Decoding, batch_size: int, model: Any, tokenizer: Any
) -> Iterator[tuple[int, list[int]]]:
    for width, members in _buckets(ids, padded):
        for start in range(0, len(members), batch_size):
            batch = members[start : start + batch_size]
            filled = batch + batch[:1] * (batch_size - len(batch))
            rows = _generate_batch([wanted[i] for i in filled], [ids[i] for i in filled], width, decoding, model, tokenizer)
            yield from zip(batch, rows, strict=False)


def padded(length: int) -> int:
    """The width in tokens to which a prompt is padded: half a `BUCKET`, or a multiple of it."""
    return BUCKET // 2 if length <= BUCKET // 2 else -(-length // BUCKET) * BUCKET


def _buckets(ids: list[list[int]], width: Callable[[int], int]) -> Iterator[tuple[int, list[int]]]:
    """Each width with the positions of the prompts that are padded to it, the longest first."""
    buckets: dict[int, list[int]] = {}
    for index in sorted(range(len(ids)), key=lambda index: -len(ids[index])):
        buckets.setdefault(width(len(ids[index])), []).append(index)
    yield from buckets.items()


def _generate_batch(
    wanted: list[Wanted], prompts: list[list[int]], width: int, decoding: Decoding, model: Any, tokenizer: Any
) -> list[list[int]]:
    pad = tokenizer.eos_token_id
    ids = torch.tensor([[pad] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    grammars = [one.grammar for one in wanted]
    processors = [constrain(grammars, tokenizer, width)] if any(grammars) else []
    if decoding.temperature:
        processors.append(sampler([one.seed for one in wanted], decoding.temperature, decoding.top_p))
    stops = [_stop(wanted)] if any(one.left for one in wanted) else []
    return [row.tolist() for row in _run(model, tokenizer, ids, mask, decoding, processors, stopping_criteria=stops)[:, width:]]


def _stop(wanted: list[Wanted]) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """A stopping criterion of `generate`: whether each row (rows,) is to end."""
    return lambda ids, _: torch.tensor([bool(one.left and one.left()) for one in wanted], device=ids.device)


def generate_one(model: Any, tokenizer: Any, prompt: list[int], max_new_tokens: int, streamer: Any = None) -> str:
    """A greedy answer to one prompt, alone, without the reasoning before it. `streamer` gets all the tokens."""
    ends = _ends(model, tokenizer)
    if leaving.can_answer(model):
        room = leaving.Room(1, padded(len(prompt)), max_new_tokens)
        tokens = [*_streamed(leaving.speak([leaving.Asked(prompt)], model, room, ends), prompt, streamer)]
    else:
        ids = torch.tensor([prompt])
        out = _run(model, tokenizer, ids, torch.ones_like(ids), Decoding(max_new_tokens), [], streamer=streamer)
        tokens = out[0, len(prompt) :].tolist()
    said = str(_answer(tokens, tokenizer, ends)["text"])
    return without_reasoning(said).text or said


def _streamed(spoken: Iterator[tuple[int, int]], prompt: list[int], streamer: Any) -> Iterator[int]:
    """The tokens, which a streamer gets as they come, after the prompt, as from `generate`."""
    if streamer:
        streamer.put(torch.tensor(prompt))
    for _, token in spoken:
        if streamer:
            streamer.put(torch.tensor([token]))
        yield token
    if streamer:
        streamer.end()


def _run(
    model: Any,
    tokenizer: Any,
    ids: torch.Tensor,
    mask: torch.Tensor,
    decoding: Decoding,
    processors: list[Any],
    **others: Any,
) -> torch.Tensor:
    settings = GenerationConfig(
        max_new_tokens=decoding.max_new_tokens,
        do_sample=False,  # `sampler` draws, so that each row has its own generator
        repetition_penalty=decoding.repetition_penalty,
        pad_token_id=tokenizer.eos_token_id,
        eos_token_id=_ends(model, tokenizer),
    )
    with torch.inference_mode():
        return model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            generation_config=settings,
            logits_processor=processors,
            **others,
        )


def sampler(seeds: list[int], temperature: float, top_p: float) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """A logits processor that draws one token a row and leaves only that one possible.

    Args:
        seeds: one a row; a row's draws depend on its own seed alone.
    """
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def choose(_: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        probabilities = (scores.float() / temperature).softmax(-1)
        top, order = probabilities.topk(min(TOP, scores.shape[1]), -1)
        if bool((top.sum(-1) < top_p).any()):
            top, order = probabilities.sort(dim=-1, descending=True, stable=True)
        mass = top.cumsum(-1)
        top = top.masked_fill(mass - top >= top_p, 0.0)  # the token that crosses top_p stays
        draws = torch.cat([torch.rand(1, generator=generator) for generator in generators]).to(scores.device)
        reached = top.cumsum(-1) > (draws * top.sum(-1))[:, None]
        chosen = order.gather(1, reached.int().argmax(-1, keepdim=True))
        return torch.full_like(scores, float("-inf")).scatter_(1, chosen, 0.0)

    return choose


def _ends(model: Any, tokenizer: Any) -> list[int]:
    return all_ends(tokenizer, model.generation_config.eos_token_id)


def _answer(generated: list[int], tokenizer: Any, ends: list[int]) -> Answer:
    length = next((place for place, token in enumerate(generated) if token in ends), None)
    tokens = generated[:length]
    text = tokenizer.decode(tokens, skip_special_tokens=True).strip()
    return {"text": text, "tokens": len(tokens), "finish_reason": "length" if length is None else "stop"}
