"""How a recording is made: what it lacks, as a file with a place for each reply; replies read from it, and added."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from mbegu.asking.about import TASK, VERSION, About, key_of, place, same_but_version
from mbegu.asking.memo import ABOUT, Request
from mbegu.asking.recorded import KEYS, Line, parse
from mbegu.asking.teachers import BY
from mbegu.errors import BadInput
from mbegu.rows.jsonl import read_lines, write_lines

TODO = (ABOUT, "prompt", "reply", "answer", BY)


class Asked(NamedTuple):
    """A request, as a stage's `--survey` tells of it."""

    request: Request
    recorded: bool
    refused: str  # why its reply is no good; "" if it is good, or not there


class Given(NamedTuple):
    """Replies of a person's file."""

    lines: dict[str, dict[str, Any]]  # of a recording, by key
    places: dict[str, str]  # where each stands: "path:line"
    problems: list[str]  # with others, each with its place
    open: int  # lines without a reply


def read_survey(path: Path) -> dict[str, Asked]:
    """What a stage asks a recording, by key."""
    found = [value for _, value in read_lines(path, ("request", "recorded", "refused"))]
    return {key_of(one["request"]): Asked(one["request"], one["recorded"], one["refused"]) for one in found}


def pending(surveyed: dict[str, Asked]) -> dict[str, Request]:
    """What nobody has answered."""
    return {key: one.request for key, one in surveyed.items() if not one.recorded}


def todo(requests: Iterable[Request]) -> list[dict[str, Any]]:
    """A line a request, with a place for the reply."""
    lines = [
        {ABOUT: one[ABOUT], "prompt": one["prompt"], "reply": _in_words(one.get("shape")), "answer": None} for one in requests
    ]
    return sorted(lines, key=lambda line: place(line[ABOUT]))


def _in_words(shape: dict[str, Any] | None) -> str:
    """What a reply must look like."""
    if shape is None:
        return "a text, as the prompt asks for it"
    kinds: dict[str, list[str]] = {}
    for name, rule in shape["schema"]["properties"].items():
        longest = f"a text of at most {rule['maxLength']} characters" if "maxLength" in rule else "a text"
        kinds.setdefault(rule.get("description", longest), []).append(name)
    needed = ", ".join(shape["schema"]["required"]) or "none"
    told = "; ".join(f"{', '.join(names)}: {kind}" for kind, names in kinds.items())
    return f"an object of {told}. Needed: {needed}"


def read_replies(path: Path, asked: dict[str, Asked], known: dict[str, Line]) -> Given:
    """Replies that a person wrote into a file of `todo`.

    Args:
        asked: what the project asks.
        known: what its recordings hold.

    Raises:
        BadInput: the file can't be read.
    """
    lines: dict[str, dict[str, Any]] = {}
    places: dict[str, str] = {}
    problems, open_ = [], 0
    for where, value in read_lines(path, TODO):
        if value.get("answer") is None:
            open_ += 1
            continue
        try:
            line = line_of(value.get(ABOUT), value["answer"], value.get(BY))
            key, _ = parse(line, where)
        except BadInput as error:
            problems.append(str(error))
            continue
        problem = _problem(key, line[ABOUT], asked, known, places)
        if problem:
            problems.append(f"{where}: {problem}")
        else:
            lines[key], places[key] = line, where
    return Given(lines, places, problems, open_)


def line_of(about: Any, answer: Any, by: dict[str, Any] | None = None) -> dict[str, Any]:
    """A line of a recording. An answer may be a text, the object that was asked for, or what a recording has there."""
    if isinstance(answer, str):
        answer = {"text": answer.strip()}
    elif isinstance(answer, dict) and not {"text", "value"} & answer.keys():
        answer = {"value": answer}
    return {ABOUT: about, "answer": answer, **({BY: by} if by else {})}


def _problem(key: str, about: About, asked: dict[str, Asked], known: dict[str, Line], places: dict[str, str]) -> str:
    if key in places:
        return f"answers what {places[key]} answers; keep one."
    if key in known:
        return f"answers what {known[key].where} answers already; edit that line."
    if key in asked:
        return ""
    return f"{_stray(about, asked)}; copy 'about' from `mbegu record --out`."


def _stray(about: About, asked: dict[str, Asked]) -> str:
    """Why nobody asks for a reply."""
    if other := of_other_version(about, asked):
        return f"answers version {about[VERSION]} of the template of task {about[TASK]!r}, but version {other} is asked"
    return f"nobody asks this (task {about[TASK]!r})"


def of_other_version(about: About, asked: dict[str, Asked]) -> int | None:
    """The version of the template by which the same is asked today, if it is another."""
    return {same_but_version(one.request[ABOUT]): one.request[ABOUT][VERSION] for one in asked.values()}.get(
        same_but_version(about)
    )


def strays(known: dict[str, Line], asked: dict[str, Asked], *, partly: bool = False) -> list[str]:
    """Recorded replies that nothing asks for today: a sentence each kind, with the first place.

    Args:
        asked: all that the project asks.
        partly: whether some of that is not known yet; of its tasks nothing is said.
    """
    lost = [line for key, line in known.items() if line.about is not None and key not in asked]
    tasks = {one.request[ABOUT][TASK] for one in asked.values()}
    if lost and not any(one.recorded for one in asked.values()):
        return [f"{lost[0].where}: none of {len(lost)} replies is asked for; this recording was made for another project."]
    kinds: dict[str, list[Line]] = {}
    for line in lost if not partly else [line for line in lost if (line.about or {})[TASK] in tasks]:
        kinds.setdefault(_stray(line.about or {}, asked), []).append(line)
    return [f"{lines[0].where}: {why}: {len(lines)} replies" for why, lines in kinds.items()]


def add(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Adds replies to a recording, which is replaced whole and sorted, so that those about one text stand together."""
    before = [value for _, value in read_lines(path, KEYS)] if path.exists() else []
    write_lines(path, sorted([*before, *lines], key=_sorted_by))


def _sorted_by(line: dict[str, Any]) -> tuple[bool, list[str]]:
    return (False, place(line[ABOUT])) if ABOUT in line else (True, [key_of(line["request"])])
