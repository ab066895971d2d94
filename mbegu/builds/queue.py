"""DVC's queue of experiments: fills it, runs it, empties it.

`dvc queue stop --kill` leaves the next task of the queue "running" with no worker for ever (DVC 3.67.1), so an
interrupted run removes its own tasks from the queue first, and a new run does the same before it starts.
"""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mbegu.builds.experiments import checked, dvc, opened
from mbegu.errors import BadInput

POLL = 0.5  # seconds between looks at the queue
GRACE = 15  # seconds that a worker may take to start, or to be seen gone
LOG_LINES = 15  # of a failed experiment's log


def run(target: str, arguments: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> dict[str, str]:
    """Runs experiments one after another, in place of those of these names that started from the same commit.

    Args:
        target: the stage that each builds, with those before it.
        arguments: of `dvc exp run`, by the experiment's name.
        say: gets a line when an experiment is queued, begins a stage, and ends.

    Returns:
        The last lines of each experiment's log, by name. Whether one succeeded is what `experiments.find` says.
    """
    with opened() as repo:
        tasks = repo.experiments.celery_queue
        try:
            _remove(tasks, arguments)  # what a killed run left
            for name, values in arguments.items():
                _put(repo, name, target, values)
                say(f"{name}: queued, {' '.join(value for value in values if value != '-S')}")
            revs = {task["name"]: task["rev"] for task in _status(tasks, arguments)}
            _follow(tasks, {name: revs[name] for name in arguments}, say)
        except BaseException:
            _remove(tasks, arguments)
            raise
        finally:
            _stop(tasks)
        return {name: _tail(_log(tasks, revs[name])) for name in arguments}


def _put(repo: Any, name: str, target: str, arguments: Sequence[str]) -> None:
    from dvc.repo.experiments.refs import ExpRefInfo

    ref = str(ExpRefInfo(repo.scm.get_rev(), name))
    if repo.scm.get_ref(ref):  # `--force` would replace it too, and run every stage again
        repo.scm.remove_ref(ref)
    checked("exp", "run", "--queue", "--name", name, *arguments, target)


def _status(tasks: Any, names: Collection[str]) -> list[dict[str, Any]]:
    """DVC's own view of the tasks of these names, with their `name`, `rev` and `status`."""
    from dvc.exceptions import DvcException

    for _ in range(10):
        with suppress(DvcException):  # a task moved on while DVC looked
            return [task for task in tasks.status() if task["name"] in names]
        time.sleep(POLL)
    return [task for task in tasks.status() if task["name"] in names]


def _follow(tasks: Any, revs: Mapping[str, str], say: Callable[[str], None]) -> None:
    waiting, shown, seen = dict(revs), dict.fromkeys(revs, 0), -float("inf")
    began: dict[str, float] = {}
    while waiting:
        queued = {entry.stash_rev for entry in tasks.iter_queued()}  # first: a task moves from here to the active ones
        active = {entry.stash_rev for entry in tasks.iter_active()}
        for name, rev in list(waiting.items()):
            steps = _steps(_log(tasks, rev))
            for step in steps[shown[name] :]:
                began.setdefault(name, time.monotonic())
                say(f"{name}: {step}")
            shown[name] = len(steps)
            if rev not in queued | active:
                del waiting[name]
                say(f"{name}: ended after {time.monotonic() - began.get(name, time.monotonic()):.0f} s")
        if _worker(tasks) is not None:
            seen = time.monotonic()
        elif waiting and time.monotonic() - seen > GRACE:
            _kill(tasks, active & set(waiting.values()))  # their worker died: nobody else will ever end them
            _start()
            seen = time.monotonic()
        time.sleep(POLL if waiting else 0)


def _kill(tasks: Any, revs: Collection[str]) -> None:
    from dvc.exceptions import DvcException

    for rev in revs:
        with suppress(DvcException):  # it has ended by itself
            tasks.kill([rev], force=True)


def _start() -> None:
    # no pipes: the worker inherits them, and who reads them would wait for its end
    with tempfile.TemporaryFile("w+") as said:
        if dvc("queue", "start", "--jobs", "1", stdout=said, stderr=said).returncode:
            said.seek(0)
            raise BadInput(f"dvc queue start: {' '.join(said.read().split())}")


def _stop(tasks: Any) -> None:
    """Ends the worker, which would wait for other tasks for a while."""
    if _worker(tasks) is not None:
        tasks.shutdown()
    deadline = time.monotonic() + GRACE
    while _worker(tasks) is not None and time.monotonic() < deadline:
        time.sleep(POLL)


def _worker(tasks: Any) -> int | None:
    """Process id of the living worker."""
    from dvc_task.proc.process import ProcessInfo

    try:
        info = ProcessInfo.load(str(Path(tasks.wdir) / "dvc-exp-worker-1.json"))
        os.kill(info.pid, 0)
    except (OSError, ValueError):
        return None
    return info.pid if info.returncode is None else None


def _log(tasks: Any, rev: str) -> str:
    process = tasks.proc.get(rev)
    path = Path(process.stdout) if process else None
    return path.read_text(encoding="utf-8", errors="replace") if path and path.is_file() else ""


def _steps(log: str) -> list[str]:
    """What `dvc` says of stages: "Running stage 'train@v1':", "Stage 'load' is cached - skipping run, checking out outputs"."""
    lines = [line for line in log.split("\n") if line.startswith(("Running stage '", "Stage '"))]
    return [line.removesuffix(":") for line in lines]


def _tail(log: str) -> str:
    return "\n".join(line for line in log.rstrip().split("\n")[-LOG_LINES:] if line.strip())


def _remove(tasks: Any, names: Collection[str]) -> None:
    """Removes these from the queue, ends those that run, and forgets those that ran."""
    for _ in range(40):  # an ended task needs a moment to become a failed one, which is then removed
        ours = {task["rev"]: task["status"] for task in _status(tasks, names)}
        if not ours:
            return
        tasks.remove([rev for rev, status in ours.items() if status != "Running"])  # first, or the worker begins the next
        _kill(tasks, [rev for rev, status in ours.items() if status == "Running"])
        time.sleep(POLL)
    raise BadInput("sweep: an experiment does not end; see `dvc queue status`, then end it with `dvc queue kill --force NAME`.")


@contextmanager
def interruptible() -> Iterator[None]:
    """A terminated program or a closed terminal interrupts the block as Ctrl-C does, so that it cleans up."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in former.items():
        if handler is signal.SIG_DFL:  # `nohup` ignores one of them, and is meant to
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
