"""Answers the held-out questions with the base model or an adapter, and measures the loss on the references.

In: held-out rows, the base model, an adapter or the base model again. Out: one line a row.

    python stages/predict.py --heldout data/heldout.jsonl --base models/base --model models/adapters/v2 …
"""

from pathlib import Path

import click

from mbegu.command import Stage


@click.command(cls=Stage)
@click.option("--heldout", type=click.Path(path_type=Path), required=True, help="Rows that are never trained on.")
@click.option("--base", type=click.Path(path_type=Path), required=True, help="Folder of the base model.")
@click.option("--model", type=click.Path(path_type=Path), required=True, help="Who answers: the base, or an adapter.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Answers and losses.")
@click.option("--memo", type=click.Path(path_type=Path), required=True, help="Folder of remembered answers.")
@click.option("--work", type=click.Path(path_type=Path), required=True, help="Folder for this run's lock.")
@click.option("--template", type=click.Path(path_type=Path), required=True, help="Prompt template.")
@click.option("--chat/--no-chat", required=True, help="Wrap the prompt in the model's chat template.")
@click.option("--quantization", type=click.Choice(["nf4", "none"]), required=True, help="Weights of the base model.")
@click.option("--batch_size", type=click.IntRange(1), required=True, help="Questions answered at once.")
@click.option("--max_new_tokens", type=click.IntRange(1), required=True, help="Longest answer, in tokens.")
def main(
    heldout: Path, base: Path, model: Path, out: Path, memo: Path, work: Path, template: Path, chat: bool,
    quantization: str, batch_size: int, max_new_tokens: int,
) -> None:  # fmt: skip
    """Answer the held-out questions."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.prompts import read_prompt
    from mbegu.models.loading import Weights
    from mbegu.outputs import sole_writer
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.jsonl import write_lines
    from mbegu.scoring import answering

    questions = read_heldout(heldout)
    prompt = read_prompt(template, chat)
    adapter = None if model.resolve() == base.resolve() else model
    with sole_writer(work):
        answers, asked = answering.predict(
            questions, Weights(base, adapter, quantization), prompt, batch_size, max_new_tokens, memo
        )
        write_lines(out, answers)
    click.echo(f"Answered {len(answers)} questions with {model}, worked on {asked} requests: {out}")


if __name__ == "__main__":
    main()
