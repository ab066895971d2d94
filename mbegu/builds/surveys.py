"""What the stages that ask a teacher would ask a recording: run as dvc.yaml calls them, with `--survey`."""

import shlex
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.asking.memo import Request
from mbegu.asking.recorded import files
from mbegu.asking.recording import Asked, line_of, read_survey
from mbegu.asking.settings import Teachers
from mbegu.builds import commands
from mbegu.builds.declared import names
from mbegu.builds.project import NONE
from mbegu.builds.values import parse_section
from mbegu.errors import BadInput
from mbegu.rows.jsonl import write_lines

SECTIONS = {"expand": "seeds", "question": "questioned", "answer": "questioned", "study": "studied"}
ADDED = "~added.jsonl"  # sorts behind every version's name


class Step(NamedTuple):
    """A stage of a version that asks a teacher."""

    stage: str
    version: str
    command: str
    needs: str  # the stage whose output its requests are made of; "" for none
    after: tuple[tuple[str, str], ...]  # steps that must have all replies before this one's requests are known

    def __str__(self) -> str:
        return f"{self.stage}@{self.version}"


def steps(params: dict[str, Any], versions: Sequence[str]) -> list[Step]:
    """The steps of these versions, or of all, in an order in which none comes before what it needs.

    Raises:
        BadInput: a version that asks no teacher, no project here, or files that DVC can't read.
    """
    asking = [name for name in names(params, "versions") if name in {*names(params, "seeds"), *names(params, "questioned")}]
    asking += [name for name in names(params, "studied") if name not in asking]
    for name in versions:
        if name not in asking:
            raise BadInput(f"record: {name!r} asks no teacher; there are {', '.join(asking) or 'none that do'}.")
    called = commands.of_stages("expand", "question", "answer", "study")
    found = []
    for name in versions or asking:
        if name in called["expand"]:
            base = params["seeds"][name]["extends"]
            earlier = tuple((stage, base) for stage in called if base in called[stage])
            found.append(Step("expand", name, called["expand"][name], "" if base == NONE else f"merge@{base}", earlier))
        if name in called["question"]:
            chunks = f"chunk@{params['questioned'][name]['documents']}"
            found.append(Step("question", name, called["question"][name], chunks, ()))
            found.append(Step("answer", name, called["answer"][name], f"question@{name}", (("question", name),)))
        if name in called["study"]:
            documents = f"chunk@{params['studied'][name]['documents']}"
            found.append(Step("study", name, called["study"][name], documents, ()))
    return found


def check_kind(params: dict[str, Any]) -> None:
    """Raises BadInput unless the project builds from a recording: of another teacher's questions, answers would be recorded."""
    kind = params.get("teacher", {}).get("kind")
    if kind != "recorded":
        raise BadInput(f"params.yaml: teacher.kind is {kind!r}; set it to recorded, to build from what is recorded.")


def target(recordings: Path, step: Step) -> Path:
    """The file to which a step's replies are added."""
    return recordings if recordings.suffix == ".jsonl" else recordings / f"{step.version}.jsonl"


def prepare(step: Step) -> None:
    """Builds what a step's requests are made of, where that is out of date.

    Raises:
        SystemExit: it can't be built, and the stage that can't be has said why.
    """
    if step.needs and commands.run(f"dvc repro --quiet {shlex.quote(step.needs)}", quiet=True):
        raise SystemExit(1)


def survey(step: Step, recordings: Path, added: Iterable[dict[str, Any]] = (), *, quiet: bool = False) -> dict[str, Asked]:
    """What a step asks a recording, by key; what it would ask once `added` is in it.

    Args:
        recordings: folder of recordings, or one.
        quiet: whether the step's own words are kept back.

    Raises:
        SystemExit: it fails, and has said why.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, whole = Path(folder) / "survey.jsonl", Path(folder) / "recordings"
        whole.mkdir()
        for file in files(recordings) if recordings.exists() else ():
            shutil.copyfile(file, whole / file.name)
        write_lines(whole / ADDED, added)
        options = shlex.join(["--kind", "recorded", "--recorded.file", str(whole), "--survey", str(out)])
        if commands.run(f"{step.command} {options}", quiet=quiet):
            raise SystemExit(1)
        return read_survey(out)


def replies_of(
    kind: str, step: Step, left: dict[str, Request], number: int, params: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What a teacher of params.yaml says to requests, as lines of a recording, and which of them it has none to, by key.

    Args:
        kind: local or openai.
        number: of the try; another one gets another reply, unless the teacher is greedy.

    Raises:
        BadInput: the section `teacher` is wrong, or the teacher fails; what it said before is in the memo.
    """
    from mbegu.asking.choice import LocalModel, Memory, choose
    from mbegu.asking.memo import ABOUT
    from mbegu.asking.teachers import signature, unanswered
    from mbegu.text import reasons
    from mbegu.text.filters import control_token

    teachers = parse_section(params, "teacher", Teachers, "params.yaml")._replace(kind=kind)
    item = params[SECTIONS[step.stage]][step.version]
    model = LocalModel(Path(params["base_model"]), Path(item["teacher"]))
    with choose(teachers, model, Memory(params.get("memo", ".mbegu/memo"), Path(".mbegu/record"))) as teacher:
        spoiled = {key for key, one in left.items() if control_token(one["prompt"], teacher.control_tokens)}
        asked = {key: one for key, one in left.items() if key not in spoiled}
        numbered = {"number": number} if number else {}
        answers, _ = teacher.ask([{**one, "teacher": teacher.identity, **numbered} for one in asked.values()])
        by = signature(teacher)
    lines, refused = {}, dict.fromkeys(spoiled, f"{reasons.CONTROL_TOKEN} in the prompt")
    for (key, one), answer in zip(asked.items(), answers, strict=True):
        if why := unanswered(answer):
            refused[key] = why
            continue
        said = {"text": answer["text"]} | ({"finish_reason": "length"} if answer["finish_reason"] == "length" else {})
        lines[key] = line_of(one[ABOUT], said, by)
    return lines, refused
