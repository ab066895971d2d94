"""Asks a model what no passage is shown for: closed-book questions, the same with what retrieval finds, general questions.

In: a folder of exams, the index of chunks, the base model, an adapter or the base again. Out: a folder with the answers to each.

    python stages/examine.py --exam data/exams/hr --index data/retrieved/hr --k 3 --model models/adapters/v1 …
"""

from pathlib import Path

import click
from click import IntRange

from mbegu.asking.settings import PromptFile
from mbegu.command import Stage
from mbegu.scoring.settings import Predict
from mbegu.sections import path, section


@click.command(cls=Stage)
@path("--exam", "Folder of closed-book and general questions.")
@path("--index", "Folder of the index_chunks stage.")
@click.option("--k", type=IntRange(1), required=True, help="As retrieval.k: passages that a question is answered from.")
@path("--base", "Folder of the base model.")
@path("--model", "Who answers: the base, an adapter, or another base.")
@path("--out", "Folder of the answers and losses.")
@click.option("--memo", required=True, help="Remembered answers: a folder, or the address of what several machines share.")
@path("--work", "Folder for this run's lock.")
@section(PromptFile, "prompt")
@section(Predict, "predict")
def main(
    exam: Path, index: Path, k: int, base: Path, model: Path, out: Path, memo: str, work: Path, prompt: PromptFile,
    predict: Predict,
) -> None:  # fmt: skip
    """Answer the questions of an exam."""
    from mbegu.quiet import quiet

    quiet()
    from mbegu.asking.prompts import read_prompt
    from mbegu.errors import BadInput
    from mbegu.models.loading import weights_of
    from mbegu.outputs import sole_writer, whole
    from mbegu.retrieval.passages import retrieve
    from mbegu.retrieval.search import open_index
    from mbegu.rows.exams import CLOSED, CONTROL, RETRIEVED, read_exam
    from mbegu.rows.jsonl import write_lines
    from mbegu.scoring import answering

    closed, control = read_exam(exam)
    if not closed:
        raise BadInput(
            f'{exam}: no closed-book questions; write rows with "source": "document.md#heading" into {exam}/NAME.jsonl.'
        )
    found = open_index(index)
    retrieved = [{**row, "input": retrieve(found, row["instruction"], k).input} for row in closed]
    asked, weights = read_prompt(*prompt), weights_of(model, base, predict.quantization)
    how = asked, predict.batch_size, predict.max_new_tokens, memo
    with sole_writer(work), whole(out) as folder:
        answers, requests = answering.predict([*closed, *retrieved], weights, *how, loss=False)
        general, more = answering.predict(control, weights, *how) if control else ([], 0)
        write_lines(folder / f"{CLOSED}.jsonl", answers[: len(closed)])
        write_lines(folder / f"{RETRIEVED}.jsonl", answers[len(closed) :])
        write_lines(folder / f"{CONTROL}.jsonl", general)
    bare = sum(not row["input"] for row in retrieved)
    click.echo(
        f"Answered {len(answers) + len(general)} questions with {model}, {bare} of {len(retrieved)} without a passage that has a "
        f"word of them, worked on {requests + more} requests: {out}"
    )


if __name__ == "__main__":
    main()
