"""Greedy answers in batches whose bytes do not depend on who else is in the batch.

On one machine, the rounding of a matrix product depends on its shape. So every batch has the same
number of rows (the last is filled up) and prompts of one batch are padded to the same multiple of
`BUCKET` tokens: an answer is then a function of its own prompt and of the settings alone, and an
incremental run gives the same bytes as a full one.
"""

from collections.abc import Iterator
from typing import Any

import torch
from tqdm import tqdm
from transformers import GenerationConfig

from mbegu.memo import Answer, Request

BUCKET = 64


def requests_for(texts: list[str], identity: dict[str, Any], batch_size: int, max_new_tokens: int) -> list[Request]:
    """One memo request a prompt text: everything that the answer's bytes depend on."""
    settings = {"decoding": "greedy", "batch_size": batch_size, "max_new_tokens": max_new_tokens}
    return [{"model": identity, "prompt": text, **settings} for text in texts]


def generate(
    requests: list[Request], model: Any, tokenizer: Any, *, special_tokens: bool, label: str
) -> Iterator[tuple[Request, Answer]]:
    """Answers requests of `requests_for`, the longest prompts first, yielding each batch as it is done.

    Args:
        special_tokens: whether the tokenizer adds its start token (a chat template has written it already).
        label: what the progress bar says.

    Yields:
        (request, {"text", "tokens": number generated, "finish_reason": "stop" or "length"}).
    """
    batch_size, max_new_tokens = requests[0]["batch_size"], requests[0]["max_new_tokens"]
    ids = tokenizer([request["prompt"] for request in requests], add_special_tokens=special_tokens)["input_ids"]
    buckets: dict[int, list[int]] = {}
    for index in sorted(range(len(requests)), key=lambda index: -len(ids[index])):
        buckets.setdefault(-(-len(ids[index]) // BUCKET) * BUCKET, []).append(index)
    with tqdm(total=len(requests), desc=label, unit="answer", dynamic_ncols=True) as bar:
        for width, members in buckets.items():
            for start in range(0, len(members), batch_size):
                batch = members[start : start + batch_size]
                rows = _generate_batch(model, tokenizer, [ids[i] for i in batch], width, batch_size, max_new_tokens)
                for index, row in zip(batch, rows, strict=False):
                    yield requests[index], _answer(row, tokenizer)
                bar.update(len(batch))


def _generate_batch(
    model: Any, tokenizer: Any, prompts: list[list[int]], width: int, batch_size: int, max_new_tokens: int
) -> list[list[int]]:
    filled = prompts + prompts[:1] * (batch_size - len(prompts))
    pad = tokenizer.eos_token_id
    ids = torch.tensor([[pad] * (width - len(prompt)) + prompt for prompt in filled])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in filled])
    return [row.tolist() for row in _greedy(model, tokenizer, ids, mask, max_new_tokens)[:, width:]]


def generate_one(model: Any, tokenizer: Any, prompt: list[int], max_new_tokens: int, streamer: Any = None) -> str:
    """A greedy answer to one prompt, alone in its batch. `streamer` gets the tokens as they come."""
    ids = torch.tensor([prompt])
    out = _greedy(model, tokenizer, ids, torch.ones_like(ids), max_new_tokens, streamer)
    return str(_answer(out[0, len(prompt) :].tolist(), tokenizer)["text"])


def _greedy(
    model: Any, tokenizer: Any, ids: torch.Tensor, mask: torch.Tensor, max_new_tokens: int, streamer: Any = None
) -> torch.Tensor:
    settings = GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        pad_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.inference_mode():
        return model.generate(
            input_ids=ids.to(model.device), attention_mask=mask.to(model.device), generation_config=settings, streamer=streamer
        )


def _answer(generated: list[int], tokenizer: Any) -> Answer:
    end = tokenizer.eos_token_id
    stopped = end in generated
    tokens = generated[: generated.index(end)] if stopped else generated
    text = tokenizer.decode(tokens, skip_special_tokens=True).strip()
    return {"text": text, "tokens": len(tokens), "finish_reason": "stop" if stopped else "length"}
