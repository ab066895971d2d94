"""`dvc repro` of a project, as a person would run it: which stages it would run, its progress, and a stop by Ctrl-C."""

import atexit
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from mbegu.builds.commands import environment
from mbegu.builds.current import belongs, out_of_date
from mbegu.errors import BadInput

# A server that a script started in the background ignores SIGINT, and all that it starts would, too.
PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from dvc.cli import main; sys.exit(main())"
)
LOG = Path(".mbegu/app/repro.log")  # below the project's folder
BEGUN = re.compile(r"^Running stage '([^']+)'|^Stage '([^']+)' (?:is cached|didn't change)", re.MULTILINE)
SHOWN = 4_000  # characters of the log


class Plan(NamedTuple):
    """Stages, in the order of dvc.yaml."""

    now: list[str]  # have a cause of their own to run
    after: list[str]  # follow where what those write is another


class Running(NamedTuple):
    """A build that was started."""

    process: subprocess.Popen[bytes]
    log: Path


class Progress(NamedTuple):
    """How far it is."""

    stages: int  # begun, or passed over as they are up to date
    stage: str  # the last of them
    said: str  # the end of what was printed
    status: int | None  # None while it runs, else how it ended: 0 is well


def plan(folder: Path) -> Plan:
    """What `dvc repro` would run in a project now.

    Raises:
        BadInput: DVC can't read the project.
    """
    stale = out_of_date(folder)
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from networkx import ancestors

    try:
        with Repo(str(folder)) as repo:
            ours = [stage for stage in repo.index.stages if belongs(stage, folder)]
            now = [stage for stage in ours if stale is None or stage.name in stale]
            after = {other for stage in now for other in ancestors(repo.index.graph, stage)}
            return Plan([one.name for one in now], [one.name for one in ours if one in after and one not in now])
    except DvcException as error:
        raise BadInput(f"{folder}: {' '.join(str(error).split())}; run this in the folder of a dvc.yaml.") from None


def start(folder: Path) -> Running:
    """Starts `dvc repro` in a session of its own, which what happens to a visitor does not end; it stops with this process."""
    log = folder / LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "repro"], cwd=folder, env=environment() | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    running = Running(process, log)
    atexit.register(stop, running)
    return running


def stop(running: Running) -> None:
    """Does what Ctrl-C does: the stage ends with what it has in its work folder, from which the next build goes on."""
    if running.process.poll() is None:
        os.killpg(running.process.pid, signal.SIGINT)


def progress(running: Running) -> Progress:
    """How far a build is."""
    status = running.process.poll()  # first, so that nothing is printed after what is read
    text = running.log.read_bytes().decode(errors="replace")  # as it is: a lone \r draws a bar anew
    begun = [first or second for first, second in BEGUN.findall(text)]
    return Progress(len(begun), begun[-1] if begun else "", _end(text), status)


def _end(text: str) -> str:
    """The last lines, of a bar that was drawn over and over its last state."""
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in text[-4 * SHOWN :].split("\n")]
    return "\n".join(lines)[-SHOWN:].strip()
