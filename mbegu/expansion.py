"""The teacher's part: drafts of answers to seed instructions."""

from collections.abc import Iterator
from pathlib import Path

from mbegu.generate import generate, requests_for
from mbegu.memo import Answer, Request, answer_all, open_memo, request_key
from mbegu.models import load_model, load_tokenizer, model_identity
from mbegu.prompt import Prompt, row_prompts
from mbegu.rows import Row


def draft(
    rows: list[Row], base: Path, prompt: Prompt, quantization: str, batch_size: int, max_new_tokens: int, memo: Path
) -> tuple[list[Row], int]:
    """Answers each row with the base model, through the memo.

    Returns:
        The rows with `output` and an origin of kind "generated", and how many requests the teacher was asked.

    Raises:
        BadInput: the base model's files do not hold, or a row holds a control token.
    """
    identity = model_identity(base, None, quantization)
    tokenizer = load_tokenizer(base)
    texts = row_prompts(rows, prompt, tokenizer)
    requests = requests_for(texts, identity, batch_size, max_new_tokens)

    def ask(missing: list[Request]) -> Iterator[tuple[Request, Answer]]:
        model = load_model(base, None, quantization)
        return generate(missing, model, tokenizer, special_tokens=not prompt.chat, label="Draft")

    with open_memo(memo) as opened:
        answers, asked = answer_all(requests, ask, opened)
    drafted = []
    for row, request, answer in zip(rows, requests, answers, strict=True):
        origin = {
            **row["origin"],
            "kind": "generated",
            "teacher": {"base": identity["base"][:16], "quantization": quantization},
            "request": request_key(request),
            "finish_reason": answer["finish_reason"],
        }
        drafted.append({**row, "output": answer["text"], "origin": origin})
    return drafted, asked


def fill(rows: list[Row], drafts: list[Row]) -> list[Row]:
    """`rows` in their order, each replaced by its draft where there is one."""
    by_id = {row["id"]: row for row in drafts}
    return [by_id.get(row["id"], row) for row in rows]
