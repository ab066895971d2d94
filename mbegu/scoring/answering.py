"""Answers to the held-out questions, and how surprised a model is by the reference answers."""

import functools
from collections.abc import Iterator
from typing import Any

import torch
from tqdm import tqdm

from mbegu.asking.decoding import Decoding
from mbegu.asking.generation import Wanted, generate, requests_for
from mbegu.asking.memo import Answer, Request, answer_all, open_memo
from mbegu.asking.prompts import Prompt, row_prompts, settled, trained_prompt
from mbegu.asking.shared import Place
from mbegu.asking.teachers import heard
from mbegu.errors import BadInput
from mbegu.models.cross_entropy import summed_cross_entropy
from mbegu.models.ends import all_ends, declared_ends, trained_end
from mbegu.models.loading import Weights, load_tokenizer
from mbegu.rows.row import Row
from mbegu.training.tokens import encode

UNMEASURED = {"nll": 0.0, "tokens": 0}


def predict(
    rows: list[Row], weights: Weights, prompt: Prompt, batch_size: int, max_new_tokens: int, memo: Place, *, loss: bool = True
) -> tuple[list[dict[str, Any]], int]:
    """Greedy answers to `rows`, with the loss on their reference answers, through the memo.

    Args:
        loss: whether it is measured; else it is 0 over no tokens.

    Returns:
        One dict a row: `id`, `instruction`, `input`, `reference`, `prediction`, `tokens` generated,
        `finish_reason`, `reference_nll` (nats, summed over `reference_tokens`); and how many requests
        (answers and losses) the model had to work on.

    Raises:
        BadInput: a manifest does not hold, the adapter belongs to another base or prompt, or a row holds a control token.
    """
    identity, tokenizer = weights.identity(), load_tokenizer(weights.base)
    prompt = settled(prompt, tokenizer)
    if weights.adapter is not None and trained_prompt(weights.adapter, identity["base"]) != prompt:
        raise BadInput(f"{weights.adapter}: was trained with another prompt; run `dvc repro` to train it with this one.")
    encoded = encode(rows, prompt, tokenizer)
    texts = row_prompts(rows, prompt, tokenizer)
    ends = all_ends(tokenizer, declared_ends(weights.whole()))
    answers = requests_for(texts, identity, batch_size, max_new_tokens, ends)
    end = trained_end(tokenizer, prompt.chat)
    other = {} if end == tokenizer.eos_token_id else {"end": end}
    losses = [
        {"model": identity, "prompt": text, "nll_of": row["output"], **other} for text, row in zip(texts, rows, strict=True)
    ]
    model = functools.cache(weights.load)  # only where the memo does not know everything
    with open_memo(memo) as opened:
        answered, asked = answer_all(answers, lambda missing: _answers(missing, model(), tokenizer, prompt), opened)
        ids = {(text, row["output"]): found for text, row, found in zip(texts, rows, encoded, strict=True)}
        measured, unknown = (
            answer_all(losses, lambda missing: _losses(missing, model(), ids), opened) if loss else ([UNMEASURED] * len(rows), 0)
        )
    said = [heard(answer) for answer in answered]
    predictions = [prediction(*of_row) for of_row in zip(rows, said, measured, strict=True)]
    return predictions, asked + unknown


def _answers(requests: list[Request], model: Any, tokenizer: Any, prompt: Prompt) -> Iterator[tuple[Request, Answer]]:
    wanted = [Wanted(request["prompt"]) for request in requests]
    decoding, batch_size = Decoding(requests[0]["max_new_tokens"]), requests[0]["batch_size"]
    special = not prompt.chat
    found = generate(wanted, decoding, batch_size, model, tokenizer, special_tokens=special, label="Answer")
    return ((requests[index], answer) for index, answer in found)


def _losses(requests: list[Request], model: Any, encoded: dict[tuple[str, str], Any]) -> Iterator[tuple[Request, Answer]]:
    for request in tqdm(requests, desc="Measure", unit="row", dynamic_ncols=True):
        yield request, reference_nll(model, encoded[request["prompt"], request["nll_of"]])


def reference_nll(model: Any, encoded: dict[str, Any]) -> dict[str, Any]:
    """Negative log-likelihood of a row's answer and its end, in nats, alone in its batch so that it depends on nothing else.

    Returns:
        {"nll": float, "tokens": int}.
    """
    ids = torch.tensor(encoded["input_ids"], device=model.device)
    positions = torch.arange(encoded["completion_start"] - 1, len(ids) - 1, device=model.device)
    with torch.inference_mode():
        logits = model(input_ids=ids[None], logits_to_keep=positions, use_cache=False).logits[0]
        nll = summed_cross_entropy(logits, ids[positions + 1])
    return {"nll": round(nll.item(), 4), "tokens": len(positions)}


def prediction(row: Row, answer: Answer, loss: Answer = UNMEASURED) -> dict[str, Any]:
    """A row of `predict`."""
    return {
        "id": row["id"],
        "instruction": row["instruction"],
        "input": row["input"],
        "reference": row["output"],
        "prediction": answer["text"],
        "tokens": answer["tokens"],
        "finish_reason": answer["finish_reason"],
        "reference_nll": loss["nll"],
        "reference_tokens": loss["tokens"],
    }
