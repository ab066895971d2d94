"""Answers the held-out questions with the base model or an adapter, and measures the loss on the references.

In: held-out rows, the base model, an adapter, another base or the base model again. Out: one line a row. With `predict.kind:
openai` an endpoint answers, which gives no losses.

A model that `predict.without_context` names gets the questions without what retrieval found; their ids stay.

    python stages/predict.py --heldout data/heldout.jsonl --base models/base --model models/adapters/v2 …
"""

from pathlib import Path

import click

from mbegu.asking.settings import PromptFile
from mbegu.command import Stage
from mbegu.scoring.settings import Predict
from mbegu.sections import path, section


@click.command(cls=Stage)
@path("--heldout", "Rows that are never trained on.")
@path("--base", "Folder of the base model.")
@path("--model", "Who answers: the base, an adapter, or another base.")
@click.option("--name", required=True, help="What params.yaml calls it.")
@path("--out", "Answers and losses.")
@click.option("--memo", required=True, help="Remembered answers: a folder, or the address of what several machines share.")
@path("--work", "Folder for this run's lock.")
@section(PromptFile, "prompt")
@section(Predict, "predict")
def main(
    heldout: Path, base: Path, model: Path, name: str, out: Path, memo: str, work: Path, prompt: PromptFile,
    predict: Predict,
) -> None:  # fmt: skip
    """Answer the held-out questions."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.prompts import read_prompt
    from mbegu.models.loading import quantization, weights_of
    from mbegu.outputs import sole_writer
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.scoring import answering
    from mbegu.text.context import without_context

    questions = read_heldout(heldout)
    if name in predict.without_context:
        questions = [{**row, "input": without_context(row["input"])} for row in questions]
    asked = read_prompt(*prompt)
    if predict.kind == "openai":
        from mbegu.scoring.remote import predict_remote

        weights = weights_of(model, base, "none")
        with sole_writer(work):
            answers, asked_for = predict_remote(questions, name, weights, asked, predict.openai, predict.max_new_tokens, memo)
            write_lines(out, answers)
        click.echo(
            f"Answered {len(answers)} questions with {name} of {predict.openai.base_url}, asked {asked_for} times; it gives no "
            f"losses, so the scores have no held-out loss and no perplexity: {out}"
        )
        return
    settled = quantization(base, predict.quantization)
    if settled.reason:
        click.echo(settled.reason)
    weights = weights_of(model, base, settled.name)
    with sole_writer(work):
        answers, requests = answering.predict(questions, weights, asked, predict.batch_size, predict.max_new_tokens, memo)
        write_lines(out, answers)
    click.echo(f"Answered {len(answers)} questions with {model}, worked on {requests} requests: {out}")


if __name__ == "__main__":
    main()
