"""Adds to a recording what a build would ask and nobody has answered: from a person's file, or from a teacher.

In: the project. Out: data/recordings/VERSION.jsonl, whole and sorted; commit it. What a stage asks is known once the stages
before it have their replies (answers after questions, a round of instructions after the last): call it until nothing is left.

    mbegu record --out todo.jsonl
    mbegu record --from todo.jsonl
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mbegu.command import Stage
from mbegu.sections import FILE

if TYPE_CHECKING:
    from mbegu.asking.recording import Asked
    from mbegu.builds.surveys import Step

    Found = list[tuple[Step, dict[str, Asked]]]
    Lines = dict[str, dict[str, Any]]

TRIES = 3  # replies of a teacher to one request


@click.command(cls=Stage)
@click.argument("versions", nargs=-1)
@click.option("--out", type=FILE, help="File for what is not recorded, with a place for each reply.")
@click.option("--from", "given", type=FILE, help="Such a file with replies, which are checked and added.")
@click.option("--ask", type=click.Choice(["local", "openai"]), help="Let this teacher of params.yaml reply.")
def main(versions: tuple[str, ...], out: Path | None, given: Path | None, ask: str | None) -> None:
    """Record replies to what VERSIONS ask a teacher.

    Of all versions by default. Without an option, say what is not recorded.
    """
    from mbegu.asking.recorded import read_recordings
    from mbegu.asking.recording import pending, strays, todo
    from mbegu.asking.settings import Recorded
    from mbegu.builds import surveys
    from mbegu.builds.declared import read_params
    from mbegu.builds.project import Project
    from mbegu.builds.values import parse_section
    from mbegu.rows.jsonl import write_lines

    if sum(bool(option) for option in (out, given, ask)) > 1:
        raise click.UsageError("give one of --out, --from and --ask.")
    params = read_params(Project().params)
    surveys.check_kind(params)
    how = parse_section(params["teacher"], "recorded", Recorded, "params.yaml: teacher")
    known = read_recordings(how.file) if how.file.exists() else {}
    found, waiting = _survey(surveys.steps(params, versions), how)
    asked = {key: one for _, part in found for key, one in part.items()}
    for key, one in asked.items():
        if one.refused and key in known:
            click.echo(f"Note: {known[key].where}: {one.refused}", err=True)
    for sentence in strays(known, asked, partly=bool(waiting)) if not versions else []:
        click.echo(f"Note: {sentence}", err=True)
    left = pending(asked)
    if out:
        write_lines(out, todo(left.values()))
        click.echo(f"{len(left)} requests without a reply: {out}")
    elif given:
        _take(given, found, how, asked)
    elif ask:
        _ask(ask, found, how, params)
    else:
        click.echo(f"{len(left)} requests are not recorded: {how.file}")


def _survey(steps: list["Step"], how: Any) -> tuple["Found", list["Step"]]:
    """What each step asks, and the steps of which nobody knows yet."""
    from mbegu.asking.recording import pending
    from mbegu.builds import surveys

    found, waiting = [], []
    lacking: set[tuple[str, str]] = set()
    for step in steps:
        if lacking & set(step.after):
            click.echo(f"{step}: what it asks is known once {' and '.join('@'.join(one) for one in step.after)} has its replies")
            lacking.add((step.stage, step.version))
            waiting.append(step)
            continue
        surveys.prepare(step)
        click.secho(str(step), bold=True)
        asked = surveys.survey(step, how.file)
        if pending(asked) and how.missing == "error":
            lacking.add((step.stage, step.version))
        found.append((step, asked))
    return found, waiting


def _take(given: Path, found: "Found", how: Any, asked: dict[str, "Asked"]) -> None:
    """Adds the replies of a person's file that hold."""
    from mbegu.asking.recorded import read_recordings
    from mbegu.asking.recording import read_replies

    replies = read_replies(given, asked, read_recordings(how.file) if how.file.exists() else {})
    kept, refused = _add(replies.lines, found, how)
    for problem in [*replies.problems, *(f"{replies.places[key]}: {why}" for key, why in refused.items())]:
        click.echo(f"Not recorded: {problem}", err=True)
    wrong = len(replies.problems) + len(refused)
    click.echo(f"Recorded {kept} replies, {wrong} refused, {replies.open} left open: {how.file}")


def _add(lines: "Lines", found: "Found", how: Any) -> tuple[int, dict[str, str]]:
    """How many replies were recorded, and by key why others were not."""
    from mbegu.asking.recording import add
    from mbegu.builds import surveys

    kept, refused = 0, dict[str, str]()
    for step, asked in found:
        mine = {key: line for key, line in lines.items() if key in asked}
        if not mine:
            continue
        judged = surveys.survey(step, how.file, mine.values(), quiet=True)
        bad = {key: judged[key].refused for key in mine if key in judged and judged[key].refused}
        good = [line for key, line in mine.items() if key not in bad]
        if good:
            add(surveys.target(how.file, step), good)
        kept, refused = kept + len(good), refused | bad
    return kept, refused


def _ask(kind: str, found: "Found", how: Any, params: dict[str, Any]) -> None:
    """Lets a teacher reply, up to `TRIES` times to a request."""
    from mbegu.asking.recording import pending
    from mbegu.builds import surveys

    kept = 0
    for step, asked in found:
        left = pending(asked)
        refused: dict[str, str] = {}
        for number in range(TRIES):
            lines, spoiled = surveys.replies_of(kind, step, left, number, params)
            count, refused = _add(lines, [(step, asked)], how)
            kept, refused = kept + count, refused | spoiled
            left = {key: left[key] for key in refused}
            if not left:
                break
        for key, why in refused.items():
            click.echo(f"Not recorded: {step}: {left[key]['prompt'][:60]!r}: {why}", err=True)
    click.echo(f"Recorded {kept} replies of teacher.{kind}: {how.file}")
