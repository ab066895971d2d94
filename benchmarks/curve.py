"""How much does an adapter know of its documents after so many training tokens? Closed-book Facts F1 and control loss.

For each number of epochs an adapter is trained anew on what `study` told, as the `learn` stage does: base, settings and general
text are those of a project's params.yaml. It is asked the closed-book questions of the exam and, for what it forgot, the general
ones, as the `examine` stage does without retrieval. With --continued it is trained to answer in between, as that item of
`continued` says. The first line is the base itself. Each point is one training of one seed, so that noise of training is no
part of it: `--seed` draws another. Not run by `make bench`: each epoch on the example's documents takes minutes.

    python benchmarks/curve.py --project examples/company_docs --continued studied --out curve.json
    python benchmarks/curve.py --project examples/company_docs --epochs 0.5 --epochs 1 --texts 200 --questions 20 --out curve.json
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
from curve_project import Continued, Settings, continued, settings

from mbegu.command import Stage
from mbegu.quiet import quiet

EPOCHS = (0.5, 1.0, 2.0, 4.0)


class Asked(NamedTuple):
    """The questions, as many as are wanted, and where what was asked is remembered."""

    closed: list[dict[str, Any]]
    control: list[dict[str, Any]]
    memo: Path


def drawn(rows: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """At most so many rows (0 for all), by a hash of each."""
    from mbegu.text.draws import rank

    return sorted(rows, key=lambda row: rank(f"curve {row['id']}"))[: most or len(rows)]


def few(texts: Any, most: int) -> Any:
    """At most so many encoded texts (0 for all), by a hash of each, in their order."""
    from mbegu.text.draws import rank

    places = sorted(range(len(texts)), key=lambda place: rank(f"curve {texts[place]['id']}"))[: most or len(texts)]
    return texts.select(sorted(places))


def trained(known: Settings, read: Any, then: Continued | None, epochs: float, folder: Path) -> int:
    """Trains an adapter into a folder, and returns the tokens that it went through."""
    from mbegu.asking.prompts import saved_prompt, settled
    from mbegu.models.loading import load_tokenizer
    from mbegu.models.manifest import verify
    from mbegu.training import checkpoints, mixing, trainer

    schedule = known.schedule._replace(epochs=epochs)
    model = trainer.build(known.base, *known.adapting, schedule.seed, "pretrain")
    with tempfile.TemporaryDirectory() as run:
        state = trainer.train(model, read.training, read.validation, schedule, Path(run))
    tokens = mixing.counts(read, state.global_step, schedule)["trained"]
    if then is not None:
        with tempfile.TemporaryDirectory() as run:
            trainer.train(model, then.rows, then.validation, then.schedule, Path(run))
        tokens += round(then.schedule.epochs * sum(map(len, then.rows["input_ids"])))
    folder.mkdir()
    asked = settled(known.prompt, load_tokenizer(known.base))
    checkpoints.save(model, {"base": verify(known.base), **saved_prompt(asked)}, folder)
    return int(tokens)


def point(known: Settings, asked: Asked, model: Path, epochs: float, tokens: int) -> dict[str, Any]:
    """What a model knows: Facts F1 of the closed-book questions, 0 to 1, and loss on general ones, in nats a byte."""
    from mbegu.builds.examining import BARE
    from mbegu.models.loading import weights_of
    from mbegu.scoring import answering
    from mbegu.scoring.exams import of_documents
    from mbegu.scoring.measures import measure, ratio

    weights = weights_of(model, known.base, known.predict.quantization)
    how = known.prompt, known.predict.batch_size, known.predict.max_new_tokens, asked.memo
    answers, _ = answering.predict(asked.closed, weights, *how, loss=False)
    found = of_documents([*measure(answers, asked.closed, BARE, None, known.locale)], asked.closed)
    scores = {"facts_f1": ratio(found, "facts_f1"), "wrong_numbers": ratio(found, "wrong_numbers"), "control_loss": None}
    if asked.control:
        general, _ = answering.predict(asked.control, weights, *how)
        scores["control_loss"] = ratio([*measure(general, asked.control, BARE, None, known.locale)], "loss_per_byte")
    rounded = {name: None if score is None else round(score, 6) for name, score in scores.items()}
    return {"epochs": epochs, "tokens": tokens, **rounded}


def table(points: Sequence[dict[str, Any]]) -> str:
    """The points in Markdown; tokens per gain can be read off them."""
    from mbegu.text import markdown

    head = ["Epochs", "Training tokens", "Closed-book Facts F1 ↑", "Wrong numbers ↓", "Control loss ↓"]
    names = ("facts_f1", "wrong_numbers", "control_loss")
    lines = [
        [f"{one['epochs']:g}", f"{one['tokens']:,}", *("–" if one[name] is None else f"{one[name]:.3f}" for name in names)]
        for one in points
    ]
    return markdown.table([head, *lines])


@click.command(cls=Stage)
@click.option("--project", type=click.Path(path_type=Path), default=Path(), help="Folder of a project that is built up to study.")
@click.option("--learned", default="", help="Which of its adapters under learned, if there are several.")
@click.option("--continued", "on", default="", help="An item of continued by which each is trained to answer, after it has read.")
@click.option("--epochs", multiple=True, type=click.FloatRange(0, min_open=True), default=EPOCHS, help="A point; repeat.")
@click.option("--texts", type=click.IntRange(0), default=0, help="Texts that are read, at most, by a hash of each; 0 for all.")
@click.option("--questions", type=click.IntRange(0), default=0, help="Of each kind, at most, by a hash of each; 0 for all.")
@click.option("--seed", type=click.IntRange(0), default=None, help="Of training; those of params.yaml if it is left out.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The points, as json.")
def main(
    project: Path, learned: str, on: str, epochs: tuple[float, ...], texts: int, questions: int, seed: int | None, out: Path
) -> None:  # fmt: skip
    """Print and write the learning curve."""
    quiet()
    from mbegu.builds.declared import read_params
    from mbegu.errors import BadInput
    from mbegu.models.loading import load_tokenizer
    from mbegu.rows.exams import read_exam
    from mbegu.rows.tables import write_json
    from mbegu.training import mixing

    out = out.absolute()
    if not project.is_dir():
        raise BadInput(f"{project}: no such folder; name one with a params.yaml by --project.")
    os.chdir(project)  # where the paths of params.yaml begin
    params = read_params(Path("params.yaml"))
    known = settings(params, learned, "params.yaml")
    then = continued(params, on, learned, known, "params.yaml")
    exam = read_exam(Path("data/exams") / known.name)
    if not exam.closed:
        raise BadInput(f"data/exams/{known.name}: no closed-book questions; write some, or there is nothing to draw a curve of.")
    if seed is not None:
        known = known._replace(schedule=known.schedule._replace(seed=seed))
        then = then and then._replace(schedule=then.schedule._replace(seed=seed))
    read = mixing.mixed(known.corpus, known.schedule.validation, load_tokenizer(known.base))
    read = read._replace(training=few(read.training, texts))
    with tempfile.TemporaryDirectory() as folder:
        asked = Asked(drawn(exam.closed, questions), drawn(exam.control, questions), Path(folder) / "memo")
        points: list[dict[str, Any]] = []

        def add(found: dict[str, Any]) -> None:
            points.append(found)
            about = {"documents": known.name, "questions": len(asked.closed), "general": len(asked.control)}
            write_json(out, {**about, "points": points})  # at once: whoever stops the rest has this
            click.echo(table([found]).splitlines()[-1], err=True)

        add(point(known, asked, known.base, 0.0, 0))
        for number, passes in enumerate(sorted(set(epochs))):
            adapter = Path(folder) / str(number)
            tokens = trained(known, read, then, passes, adapter)
            add(point(known, asked, adapter, passes, tokens))
    click.echo(f"{len(asked.closed)} closed-book and {len(asked.control)} general questions\n\n{table(points)}")


if __name__ == "__main__":
    main()
