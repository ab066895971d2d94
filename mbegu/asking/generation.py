"""Answers in batches whose bytes do not depend on who else is in the batch.

On one machine, the rounding of a matrix product depends on its shape. So every batch has the same
number of rows (the last is filled up) and prompts of one batch are padded to the same multiple of
`BUCKET` tokens; and each row draws from a random generator of its own. An answer is then a function of
its own prompt, settings and seed alone, and an incremental run gives the same bytes as a full one.
Greedy answers on a GPU hold to the same rule in another way (`continuous`).
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from tqdm import tqdm
from transformers import GenerationConfig

from mbegu.asking import continuous
from mbegu.asking.decoding import Decoding
from mbegu.asking.grammar import constrain
from mbegu.asking.memo import Answer, Request

BUCKET = 64
TOP = 256  # tokens that are sorted for top_p; the whole vocabulary where these hold too little probability


def requests_for(texts: list[str], identity: dict[str, Any], batch_size: int, max_new_tokens: int) -> list[Request]:
    """One memo request a prompt text: everything that a greedy answer's bytes depend on."""
    settings = {"decoding": "greedy", "batch_size": batch_size, "max_new_tokens": max_new_tokens}
    return [{"model": identity, "prompt": text, **settings} for text in texts]


class Wanted(NamedTuple):
    """A prompt that is to be answered."""

    prompt: str
    seed: int = 0  # of no effect when the decoding is greedy
    grammar: str | None = None  # all that the answer may spell (`mbegu.asking.grammar`), or None for free text


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
    greedy = not decoding.temperature and decoding.repetition_penalty == 1 and not any(one.grammar for one in wanted)
    if greedy and continuous.can_answer(model):
        found = _continuously(ids, decoding, batch_size, model, tokenizer)
    else:
        found = _by_batches(wanted, ids, decoding, batch_size, model, tokenizer)
    with tqdm(total=len(wanted), desc=label, unit="answer", dynamic_ncols=True) as bar:
        for index, row in found:
            bar.update()
            yield index, _answer(row, tokenizer)


def _continuously(
    ids: list[list[int]], decoding: Decoding, rows: int, model: Any, tokenizer: Any
) -> Iterator[tuple[int, list[int]]]:
    for _, members in _buckets([len(one) for one in ids], continuous.BUCKET):
        answers = continuous.answer(
            [ids[index] for index in members], model, rows, decoding.max_new_tokens, tokenizer.eos_token_id
        )
        yield from ((members[place], tokens) for place, tokens in answers)


def _by_batches(
    wanted: list[Wanted], ids: list[list[int]], decoding: Decoding, batch_size: int, model: Any, tokenizer: Any
) -> Iterator[tuple[int, list[int]]]:
    for width, members in _buckets([len(one) for one in ids], BUCKET):
        for start in range(0, len(members), batch_size):
            batch = members[start : start + batch_size]
            filled = batch + batch[:1] * (batch_size - len(batch))
            rows = _generate_batch([wanted[i] for i in filled], [ids[i] for i in filled], width, decoding, model, tokenizer)
            yield from zip(batch, rows, strict=False)


def _buckets(lengths: list[int], size: int) -> Iterator[tuple[int, list[int]]]:
    """Positions of prompts that are padded to the same multiple of `size`, and that width, the longest first."""
    buckets: dict[int, list[int]] = {}
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        buckets.setdefault(-(-lengths[index] // size) * size, []).append(index)
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
    return [row.tolist() for row in _run(model, tokenizer, ids, mask, decoding, processors)[:, width:]]


def generate_one(model: Any, tokenizer: Any, prompt: list[int], max_new_tokens: int, streamer: Any = None) -> str:
    """A greedy answer to one prompt, alone in its batch. `streamer` gets the tokens as they come."""
    ids = torch.tensor([prompt])
    out = _run(model, tokenizer, ids, torch.ones_like(ids), Decoding(max_new_tokens), [], streamer)
    return str(_answer(out[0, len(prompt) :].tolist(), tokenizer)["text"])


def _run(
    model: Any,
    tokenizer: Any,
    ids: torch.Tensor,
    mask: torch.Tensor,
    decoding: Decoding,
    processors: list[Any],
    streamer: Any = None,
) -> torch.Tensor:
    settings = GenerationConfig(
        max_new_tokens=decoding.max_new_tokens,
        do_sample=False,  # `sampler` draws, so that each row has its own generator
        repetition_penalty=decoding.repetition_penalty,
        pad_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.inference_mode():
        return model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            generation_config=settings,
            logits_processor=processors,
            streamer=streamer,
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


def _answer(generated: list[int], tokenizer: Any) -> Answer:
    end = tokenizer.eos_token_id
    stopped = end in generated
    tokens = generated[: generated.index(end)] if stopped else generated
    text = tokenizer.decode(tokens, skip_special_tokens=True).strip()
    return {"text": text, "tokens": len(tokens), "finish_reason": "stop" if stopped else "length"}
