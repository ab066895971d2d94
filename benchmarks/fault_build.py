"""A build that nothing disturbed, and a copy of it: run, robbed of a stage's outs, and compared."""

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import yaml
from fault_project import ENVIRONMENT

from mbegu.builds.lock import content_hash

LIMIT = 1800  # seconds after which a build counts as one that does not end
CUT_OFF = ("dvc.lock' is invalid", "dvc.lock' validation failed", "unable to read: 'dvc.lock'", "Unable to read RWLock-file")
TRACEBACK = "Traceback (most recent call last)"


class Built(NamedTuple):
    """The undisturbed build, which no trial changes."""

    folder: Path
    stages: dict[str, dict]  # the entries of dvc.lock
    seconds: dict[str, float]  # that each stage took
    hashes: dict[str, str]  # of every out
    targets: list[str]  # what is built; none for all


class Found(NamedTuple):
    """What a trial found; all but the first three count faults."""

    struck: bool  # in time: not before the stage, nor after it
    outputs: list[str]  # of the builds, the first of which met the fault
    note: str = ""
    unended: int = 0
    lost: int = 0
    wrong: int = 0
    tracebacks: int = 0
    left: int = 0  # orphans, and outs that were there and not whole
    by_hand: bool = False  # whether the build ended only after a cure


def outs(entry: dict) -> list[str]:
    return [out["path"] for out in entry.get("outs", [])]


def read_stages(project: Path) -> dict[str, dict]:
    return yaml.load((project / "dvc.lock").read_text(encoding="utf-8"), yaml.CSafeLoader)["stages"]


def hash_of(path: Path) -> str:
    return content_hash(path) if path.exists() else ""


def repro(project: Path, *options: str, **environment: str) -> tuple[bool, str]:
    """Runs `dvc repro`; gives whether it ended well and in time, and what it said."""
    return run(project, "dvc", "repro", *options, **environment)


def run(project: Path, *command: str, **environment: str) -> tuple[bool, str]:
    """Runs a command of Python's in a project, likewise."""
    done = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=project,
        env=ENVIRONMENT | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        output, _ = done.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        done.kill()
        output, _ = done.communicate()
    return done.returncode == 0, output.decode(errors="replace")


def rebuilt(built: Built, project: Path) -> tuple[list[tuple[bool, str]], bool]:
    """What `dvc repro` said, and whether a cure was needed: DVC writes two files in place, and when it is killed in the midst
    of one, only a person can mend it, by `git checkout dvc.lock` or by deleting the other, as docs/how-it-works.md says."""
    ended, said = repro(project, *built.targets)
    if ended or not any(words in said for words in CUT_OFF):
        return [(ended, said)], False
    shutil.copyfile(built.folder / "dvc.lock", project / "dvc.lock")
    (project / ".dvc/tmp/rwlock").unlink(missing_ok=True)
    return [(True, said), repro(project, *built.targets)], True


def judged(built: Built, project: Path, ran: list[tuple[bool, str]], struck: bool = True, left: int = 0, note: str = "") -> Found:
    """Compares a project with the undisturbed build; of what ran is said whether it ended, or need not have ended."""
    outputs = [output for _, output in ran]
    wrong = [path for path, expected in built.hashes.items() if hash_of(project / path) != expected]
    lost = sum(len(lost_rows(built.folder / path, project / path)) for path in wrong if path.endswith(".jsonl"))
    said = sum(output.count(TRACEBACK) for output in outputs)
    note = " ".join([note, *(f"[{path} differs]" for path in wrong)]).strip()
    return Found(struck, outputs, note, sum(not ended for ended, _ in ran), lost, len(wrong), said, left)


def partial(built: Built, project: Path, stage: str) -> list[str]:
    """Outs of a stage that are there and not whole."""
    return [path for path in outs(built.stages[stage]) if hash_of(project / path) not in ("", built.hashes[path])]


def lost_rows(before: Path, after: Path) -> list[str]:
    """Lines of a file that another lacks."""
    found = after.read_text(encoding="utf-8", errors="replace").split("\n") if after.is_file() else []
    return list((Counter(before.read_text(encoding="utf-8").split("\n")) - Counter(found)).elements())


def forget(project: Path, built: Built, stage: str, memory: bool) -> None:
    """Removes a stage's outs and what DVC would restore them from; with `memory`, also what the stage itself would go on from."""
    for path in outs(built.stages[stage]):
        remove(project / path)
    shutil.rmtree(project / ".dvc/cache/runs", ignore_errors=True)
    shared = {entry["md5"] for name, other in built.stages.items() if name != stage for entry in other.get("outs", [])}
    for out in built.stages[stage].get("outs", []):
        if out["md5"] not in shared:
            remove(object_of(project, out["md5"]))
    if memory:
        for name in ("memo", *(path.relative_to(project / ".mbegu") for path in works(project, stage))):
            shutil.rmtree(project / ".mbegu" / name, ignore_errors=True)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def object_of(project: Path, md5: str) -> Path:
    return project / ".dvc/cache/files/md5" / md5[:2] / md5[2:]


def works(project: Path, stage: str) -> list[Path]:
    name, _, key = stage.partition("@")
    folder = {"retrain": "noise"}.get(name, name)
    return [project / ".mbegu" / folder / key]


def turn(draw: random.Random, path: Path) -> None:
    """Turns one to twenty bytes of a file, whose time and rights stay as they were: so a disk forgets."""
    state, content = path.stat(), bytearray(path.read_bytes())
    for place in draw.sample(range(len(content)), min(len(content), draw.choice((1, 2, 20)))):
        content[place] ^= draw.randint(1, 255)
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(state.st_mode)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
