"""Answers to the held-out questions, and how surprised a model is by the reference answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from mbegu.asking.decoding import Decoding
from mbegu.asking.generation import Wanted, generate, requests_for
from mbegu.asking.memo import Answer, Request, answer_all, open_memo
from mbegu.asking.prompts import Prompt, row_prompts, trained_prompt
from mbegu.errors import BadInput
from mbegu.models.loading import Weights, load_tokenizer
from mbegu.rows.row import Row
from mbegu.training.encoded import encode
from mbegu.training.loss import summed_cross_entropy


def predict(
    rows: list[Row], weights: Weights, prompt: Prompt, batch_size: int, max_new_tokens: int, memo: Path
) -> tuple[list[dict[str, Any]], int]:  # fmt: skip
    """Greedy answers to `rows`, with the loss on their reference answers, through the memo.

    Returns:
        One dict a row: `id`, `instruction`, `input`, `reference`, `prediction`, `tokens` generated,
        `finish_reason`, `reference_nll` (nats, summed over `reference_tokens`); and how many requests
        (answers and losses) the model had to work on.

    Raises:
        BadInput: a manifest does not hold, the adapter belongs to another base or prompt, or a row holds a control token.
    """
    identity = weights.identity()
    if weights.adapter is not None and trained_prompt(weights.adapter, identity["base"]) != prompt:
        raise BadInput(f"{weights.adapter}: was trained with another prompt; run `dvc repro` to train it with this one.")
    tokenizer = load_tokenizer(weights.base)
    encoded = encode(rows, prompt, tokenizer)
    texts = row_prompts(rows, prompt, tokenizer)
    answers = requests_for(texts, identity, batch_size, max_new_tokens)
    losses = [{"model": identity, "prompt": text, "nll_of": row["output"]} for text, row in zip(texts, rows, strict=True)]
    encoded_of = dict(zip(texts, encoded, strict=True))

    def ask(missing: list[Request]) -> Iterator[tuple[Request, Answer]]:
        model = weights.load()
        questions = [request for request in missing if "nll_of" not in request]
        if questions:
            wanted, decoding = [Wanted(request["prompt"]) for request in questions], Decoding(max_new_tokens)
            special = not prompt.chat
            found = generate(wanted, decoding, batch_size, model, tokenizer, special_tokens=special, label="Answer")
            yield from ((questions[index], answer) for index, answer in found)
        measured = [request for request in missing if "nll_of" in request]
        for request in tqdm(measured, desc="Measure", unit="row", dynamic_ncols=True):
            yield request, reference_nll(model, encoded_of[request["prompt"]])

    with open_memo(memo) as opened:
        results, asked = answer_all([*answers, *losses], ask, opened)
    pairs = zip(rows, results[: len(rows)], results[len(rows) :], strict=True)
    return [_prediction(row, answer, loss) for row, answer, loss in pairs], asked


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


def _prediction(row: Row, answer: Answer, loss: Answer) -> dict[str, Any]:
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
