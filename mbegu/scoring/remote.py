"""Held-out questions answered by an endpoint that serves base and adapters by name; it gives answers and no losses."""

from typing import Any

from mbegu.asking.decoding import Decoding
from mbegu.asking.endpoint import openai_compatible
from mbegu.asking.memo import open_memo
from mbegu.asking.prompts import Prompt, render, row_prompts, settled, trained_prompt
from mbegu.asking.settings import Endpoint
from mbegu.asking.shared import Place
from mbegu.asking.teachers import request
from mbegu.errors import BadInput
from mbegu.models.loading import Weights, load_tokenizer
from mbegu.rows.row import Row
from mbegu.scoring.answering import prediction
from mbegu.scoring.settings import Served

SECTION = "predict.openai"


def predict_remote(
    rows: list[Row], model: str, weights: Weights, prompt: Prompt, served: Served, max_new_tokens: int, memo: Place
) -> tuple[list[dict[str, Any]], int]:
    """Greedy answers to `rows`, through the memo; the endpoint puts each, and the system message, into the model's chat template.

    Args:
        model: the endpoint's name of it.
        weights: that it stands for: new ones are asked again, and their tokenizer knows which texts no question may hold.

    Returns:
        As `answering.predict`, with a loss of 0 over no tokens; and how many requests the memo did not know.

    Raises:
        BadInput: as `answering.predict`; the prompt is not put by a chat template; the endpoint fails or refuses a question.
    """
    if not prompt.chat:
        raise BadInput("predict.kind: an endpoint asks by the chat template; set `kind: local`, or `chat: true` under prompt.")
    identity, tokenizer = weights.identity(), load_tokenizer(weights.base)
    prompt = settled(prompt, tokenizer)
    if weights.adapter is not None and trained_prompt(weights.adapter, identity["base"]) != prompt:
        raise BadInput(f"{weights.adapter}: was trained with another prompt; run `dvc repro` to train it with this one.")
    row_prompts(rows, prompt, tokenizer)  # for control tokens
    with open_memo(memo) as opened:
        teacher = openai_compatible(_endpoint(served, model), opened, SECTION)
        teacher = teacher._replace(identity={**teacher.identity, "base": identity["base"], "adapter": identity["adapter"]})
        texts = (render(prompt, row["instruction"], row["input"]) for row in rows)
        first = {} if prompt.told.system is None else {"system": prompt.told.system}
        answers, asked = teacher.ask([request(teacher, text, True, Decoding(max_new_tokens)) | first for text in texts])
    return [prediction(row, answer) for row, answer in zip(rows, answers, strict=True)], asked


def _endpoint(served: Served, model: str) -> Endpoint:
    """Without prices, and without a question that it may refuse: each must be answered."""
    return Endpoint(model=model, prompt_price=0.0, completion_price=0.0, max_refused=0, **served._asdict())
