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

from mbegu.command import Stage
from mbegu.quiet import quiet

EPOCHS = (0.5, 1.0, 2.0, 4.0)


class Settings(NamedTuple):
    """What a project says."""

    name: str  # of the documents
    corpus: Any
    adapting: Any
    schedule: Any
    base: Path
    prompt: Any
    predict: Any
    locale: Any


class Continued(NamedTuple):
    """How an adapter is trained on when it has read."""

    rows: Any  # encoded ones of a version, and those that are held back
    validation: Any
    schedule: Any


class Asked(NamedTuple):
    """The questions, as many as are wanted, and where what was asked is remembered."""

    closed: list[dict[str, Any]]
    control: list[dict[str, Any]]
    memo: Path


def settings(params: dict[str, Any], learned: str, place: str) -> Settings:
    """The settings with which the `learn` stage makes an adapter.

    Args:
        learned: its name; "" for the only one.

    Raises:
        BadInput: no such adapter, or several; a section that is missing, or a wrong key of one.
    """
    from mbegu.asking.prompts import read_prompt
    from mbegu.asking.settings import PromptFile
    from mbegu.builds.references import check_references
    from mbegu.builds.values import parse_section
    from mbegu.errors import BadInput
    from mbegu.scoring.settings import Predict
    from mbegu.text.settings import Locale
    from mbegu.training.settings import Adapting, Corpus, Lora

    items = params.get("learned") or {}
    item = items.get(learned) if learned else next(iter(items.values())) if len(items) == 1 else None
    if item is None:
        raise BadInput(f"{place}: learned declares {', '.join(items) or 'none'}; choose one by --learned, or declare one.")
    check_references(params, place)
    read = section(params, "pretrain", ("method", "lora", "max_length", "replay"), place)
    guards = section(params, "curate", ("heldout_similarity", "heldout_overlap"), place)
    corpus = Corpus(
        Path(f"data/study/{item['study']}.jsonl"), Path("data/heldout.jsonl"), guards["heldout_similarity"],
        guards["heldout_overlap"], read["max_length"], "data/exams", str(item.get("general", "")), read["replay"],
    )  # fmt: skip
    asked = (params.get("predict") or {}) | (params.get("examine") or {})
    prompt = parse_section(params, "prompt", PromptFile, place)
    return Settings(
        params["studied"][item["study"]]["documents"], corpus, Adapting(read["method"], parse_section(read, "lora", Lora, place)),
        schedule_of(read, "pretrain", place), Path(params["base_model"]), read_prompt(*prompt),
        parse_section({"predict": asked}, "predict", Predict, place), parse_section(params, "locale", Locale, place),
    )  # fmt: skip


def schedule_of(read: dict[str, Any], name: str, place: str) -> Any:
    """The schedule among the settings of a section."""
    from mbegu.builds.values import parse_section
    from mbegu.training.settings import Schedule

    return parse_section({name: {key: read[key] for key in Schedule._fields if key in read}}, name, Schedule, place)


def continued(params: dict[str, Any], name: str, learned: str, place: str) -> Continued | None:
    """What an item of `continued` says; None for no name.

    Args:
        learned: the adapter under `learned` that it goes on from; "" for the only one.

    Raises:
        BadInput: no such item, or it goes on from something else; its version is not encoded, or for another base.
    """
    from mbegu.builds.declared import check_declared
    from mbegu.errors import BadInput
    from mbegu.models.manifest import verify
    from mbegu.training import checkpoints, trainer
    from mbegu.training.encoded import read_encoded

    if not name:
        return None
    check_declared("--continued", name, "continued", params, place)
    item, start = params["continued"][name], f"models/learned/{learned or next(iter(params['learned']))}"
    if item["start"] != start:
        raise BadInput(f"{place}: continued.{name} starts from {item['start']}; name an item that goes on from {start}.")
    path = Path(f"data/encoded/{item['version']}.arrow")
    rows, prompt = read_encoded(path)
    checkpoints.same_base(prompt, verify(Path(params["base_model"])), path)
    read = section(params, "train", ("epochs",), place) | {key: item[key] for key in ("epochs", "seed")}
    schedule = schedule_of(read, "train", place)
    return Continued(*trainer.split(rows, schedule.validation), schedule)


def section(params: dict[str, Any], name: str, keys: Sequence[str], place: str) -> dict[str, Any]:
    """A section that has these keys.

    Raises:
        BadInput: it lacks one.
    """
    from mbegu.errors import BadInput

    found = params.get(name) or {}
    for key in keys:
        if key not in found:
            raise BadInput(f"{place}: no {name}.{key}; write one, as in examples/company_docs/params.yaml.")
    return dict(found)


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
    found = of_documents(measure(answers, asked.closed, BARE, None, known.locale), asked.closed)
    scores = {"facts_f1": ratio(found, "facts_f1"), "wrong_numbers": ratio(found, "wrong_numbers"), "control_loss": None}
    if asked.control:
        general, _ = answering.predict(asked.control, weights, *how)
        scores["control_loss"] = ratio(measure(general, asked.control, BARE, None, known.locale), "loss_per_byte")
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
    known, then = settings(params, learned, "params.yaml"), continued(params, on, learned, "params.yaml")
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
        points = [point(known, asked, known.base, 0.0, 0)]
        for number, passes in enumerate(sorted(set(epochs))):
            adapter = Path(folder) / str(number)
            tokens = trained(known, read, then, passes, adapter)
            points.append(point(known, asked, adapter, passes, tokens))
    write_json(out, {"documents": known.name, "questions": len(asked.closed), "general": len(asked.control), "points": points})
    click.echo(f"{len(asked.closed)} closed-book and {len(asked.control)} general questions\n\n{table(points)}")


if __name__ == "__main__":
    main()
