"""Built files as they were at another git revision, from the DVC cache."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbegu.errors import BadInput

if TYPE_CHECKING:
    from mbegu.metrics.following import Classifier
    from mbegu.scoring.measures import Measures
    from mbegu.scoring.settings import Score

PREDICTIONS, HELDOUT, PARAMS = Path("data/predictions"), Path("data/heldout.jsonl"), "params.yaml"


@contextmanager
def folder(data: Path, kinds: list[str], version: str, rev: str | None) -> Iterator[Path]:
    """`data` itself, or a temporary folder with `KIND/VERSION.jsonl` as they were at `rev`.

    Raises:
        BadInput: no such revision, or a file that is neither in git nor in the DVC cache there.
    """
    if rev is None:
        yield data
        return
    with tempfile.TemporaryDirectory() as temporary:
        for kind in kinds:
            path = Path(temporary, kind, f"{version}.jsonl")
            path.parent.mkdir()
            path.write_bytes(_read(data / kind / f"{version}.jsonl", rev))
        yield Path(temporary)


def _read(path: Path, rev: str) -> bytes:
    import dvc.api

    return bytes(_from_dvc(lambda: dvc.api.read(_from_top(path), repo=".", rev=rev, mode="rb"), f"{path} at {rev}"))


def _from_top(path: Path) -> str:
    """A path as the repository's root sees it, which is how DVC names files of another revision."""
    done = subprocess.run(["git", "rev-parse", "--show-prefix"], capture_output=True, text=True, check=False)
    return (done.stdout.strip() if done.returncode == 0 else "") + path.as_posix()


def _from_dvc(read: Any, what: str) -> Any:
    from dvc.exceptions import DvcException
    from scmrepo.exceptions import SCMError

    try:
        return read()
    except (DvcException, SCMError, OSError) as error:
        raise BadInput(
            f"{what}: {str(error).splitlines()[0].rstrip('.')}; name a commit that has it, or get its data with "
            "`dvc fetch --all-commits`."
        ) from None


def measured(old: str, new: str) -> tuple[dict[str, list["Measures"]], list[str]]:
    """Models that both revisions have, scored on the questions that both answered, by the code and settings of today.

    Returns:
        Measures by "MODEL at REV", each model at the older revision, then at the newer; and notes on what is left out.

    Raises:
        BadInput: no such revision or data, or nothing in common.
    """
    names = [_models(rev) for rev in (old, new)]
    both = [name for name in names[0] if name in names[1]]
    notes = [f"{name} is at one revision only." for name in sorted(set(names[0]) ^ set(names[1]))]
    if not both:
        raise BadInput(f"{old} and {new} have no model in common; compare versions that both have built.")
    settings = _settings()
    found: dict[str, list[Measures]] = {}
    for name in both:
        pair, questions = _answers(name, old, new)
        if not pair[0]:
            raise BadInput(f"{name} answered no question at both {old} and {new} with the same reference.")
        if len(pair[0]) < questions:
            notes.append(
                f"{name}: {len(pair[0])} of {questions} questions are the same at both revisions; the rest are left out."
            )
        for rev, answers in zip((old, new), pair, strict=True):
            found[f"{name} at {rev}"] = _measure(answers, *settings)
    return found, notes


def _models(rev: str) -> list[str]:
    """Names of the models that a revision has predictions of, the base first."""
    from dvc.api import DVCFileSystem

    paths = _from_dvc(lambda: DVCFileSystem(".", rev=rev).find(_from_top(PREDICTIONS)), f"{PREDICTIONS} at {rev}")
    return sorted((Path(path).stem for path in paths if path.endswith(".jsonl")), key=lambda name: (name != "base", name))


def _answers(name: str, old: str, new: str) -> tuple[tuple[list[dict[str, Any]], list[dict[str, Any]]], int]:
    """Predictions of the questions that both have with the same reference, and how many questions the newer has."""
    from mbegu.scoring.predictions import read_predictions

    read = []
    for rev in (old, new):
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary, f"{name}.jsonl")
            path.write_bytes(_read(PREDICTIONS / f"{name}.jsonl", rev))
            read.append({(value["id"], value["reference"]): value for value in read_predictions(path)})
    common = [key for key in read[1] if key in read[0]]
    return ([read[0][key] for key in common], [read[1][key] for key in common]), len(read[1])


def _settings() -> tuple["Score", "Classifier | None"]:
    import dvc.api

    from mbegu.metrics.following import train
    from mbegu.rows.row import read_rows
    from mbegu.scoring.settings import Score

    params = dvc.api.params_show(PARAMS)["score"]
    taught = read_rows(Path(params["following"]), answered=False)
    classifier: Classifier | None
    try:
        classifier = train(taught)
    except BadInput:
        classifier = None
    return Score(**params), classifier


def _measure(answers: list[dict[str, Any]], score: "Score", classifier: "Classifier | None") -> list["Measures"]:
    """Measures against the references that the predictions carry; checks are those of today's held-out rows."""
    from mbegu.rows.heldout import read_heldout
    from mbegu.scoring.measures import measure

    marked = {row["id"]: row for row in read_heldout(HELDOUT)}
    unmarked: dict[str, Any] = {"checks": {}, "unanswerable": False}
    rows = []
    for value in answers:
        known = marked.get(value["id"], unmarked)
        question = {key: value[key] for key in ("id", "instruction", "input")}
        rows.append({**question, "output": value["reference"], **{key: known[key] for key in unmarked}})
    return measure(answers, rows, score, classifier)
