"""The faults of the campaign: each strikes a copy of a built project, builds it again, and says what differs."""

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from fault_build import (
    LIMIT,
    Built,
    Found,
    forget,
    judged,
    object_of,
    partial,
    rebuilt,
    remove,
    repro,
    run,
    turn,
    works,
)
from fault_project import ENVIRONMENT

DISK = 2 << 30  # bytes of the tmpfs that is full in between
FAKETIME = [path for path in Path("/usr").glob("lib*/**/faketime/libfaketime*.so.1") if "MT" in path.name]


@contextmanager
def started(project: Path, stage: str) -> Iterator[tuple[subprocess.Popen, Path]]:
    """A `dvc repro` that has come to its stage, or has ended, and the file of what it says."""
    log = project / ".dvc/tmp/said"
    with open(log, "wb") as said:
        dvc = subprocess.Popen(["dvc", "repro", "-s", stage], cwd=project, env=ENVIRONMENT, stdout=said, stderr=said)
    wait(lambda: b"Running stage" in log.read_bytes() or dvc.poll() is not None)
    try:
        yield dvc, log
    finally:
        dvc.kill()
        dvc.wait()


def wait(until: Callable[[], object], seconds: float = LIMIT) -> None:
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        time.sleep(0.05)


def strike(dvc: subprocess.Popen, victim: str) -> int:
    """Kills dvc, its stage, or a process that the stage started, if it has any; gives how many orphans are left."""
    family = psutil.Process(dvc.pid).children(recursive=True) if dvc.poll() is None else []
    stages = [process for process in family if any("stages/" in part for part in said(process))]
    workers = [process for process in family if process not in stages]
    victims = {"dvc": [], "stage": stages, "worker": workers or stages}[victim]
    if victims:
        victims[0].kill()
    else:
        dvc.kill()
    dvc.wait(LIMIT)
    _, alive = psutil.wait_procs(family, timeout=20)
    return len(alive)


def said(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def killed(built: Built, project: Path, stage: str, victim: str, draw: random.Random) -> Found:
    """SIGKILL at a random moment."""
    forget(project, built, stage, memory=draw.random() < 0.5)
    moment = draw.uniform(0, 1.1) * built.seconds[stage]
    with started(project, stage) as (dvc, log):
        time.sleep(moment)
        struck = dvc.poll() is None
        left = strike(dvc, victim)
    first = (True, log.read_text(encoding="utf-8", errors="replace"))
    halves = partial(built, project, stage)
    note = f"{victim} after {moment:.2f} s" + "".join(f" [{path} was partial]" for path in halves)
    ran, by_hand = rebuilt(built, project)
    return judged(built, project, [first, *ran], struck, left + len(halves), note)._replace(by_hand=by_hand)


def turned_checkpoint(built: Built, project: Path, stage: str, victim: str, draw: random.Random) -> Found:
    """Bytes turned in what a killed training would go on from."""
    forget(project, built, stage, memory=True)
    (work,) = works(project, stage)
    with started(project, stage) as (dvc, log):
        wait(lambda: list(work.glob("*/checkpoint-2")) or dvc.poll() is not None)
        time.sleep(draw.uniform(0, 0.5))
        left = strike(dvc, "dvc")
    files = sorted(path for path in work.rglob("*") if path.is_file() and path.stat().st_size)
    if files:
        turn(draw, chosen := draw.choice(files))
    note = chosen.relative_to(work).as_posix() if files else "no checkpoint"
    first = (True, log.read_text(encoding="utf-8", errors="replace"))
    return judged(built, project, [first, repro(project, *built.targets)], bool(files), left, note)


def turned_memo(built: Built, project: Path, stage: str, victim: str, draw: random.Random) -> Found:
    """Bytes turned in what is remembered of models' answers."""
    forget(project, built, stage, memory=False)
    files = sorted(path for path in (project / ".mbegu/memo").rglob("*") if path.is_file() and path.stat().st_size)
    turn(draw, chosen := draw.choice(files))
    return judged(built, project, [repro(project, *built.targets)], note=chosen.name)


def turned_cache(built: Built, project: Path, stage: str, victim: str, draw: random.Random) -> Found:
    """Bytes turned in DVC's copy of an out, which itself is there or gone. `mbegu check --bytes` must name what to delete."""
    copied = [out for out in built.stages[stage]["outs"] if out["size"] and object_of(project, out["md5"]).is_file()]
    if not copied:
        return Found(False, [], "only outs that git keeps")
    out = draw.choice(copied)
    turn(draw, object_of(project, out["md5"]))
    gone = draw.random() < 0.5
    if gone:
        remove(project / out["path"])
    first, (_, said) = repro(project, *built.targets), run(project, "mbegu", "check", "--bytes")
    _, noticed, names = said.partition("not the bytes that were built: ")
    for name in names.partition("; delete them")[0].split(", ") if noticed else []:
        remove(project / name)
    ran = [first, (True, said), repro(project, *built.targets)]
    found = judged(built, project, ran, note=f"{out['path']}{' gone' * gone}{'' if noticed else ' [unnoticed]'}")
    return found._replace(wrong=found.wrong + (not noticed))


def full_disk(built: Built, project: Path, stage: str, victim: str, draw: random.Random) -> Found:
    """A disk that is full before a stage has written all; `project` lies on a tmpfs of its own. Then it grows."""
    forget(project, built, stage, memory=draw.random() < 0.5)
    room = int(draw.uniform(0, 1.2) * sum(out["size"] for out in built.stages[stage]["outs"])) + draw.choice((0, 4096, 300_000))
    resize(project.parent, psutil.disk_usage(str(project.parent)).used + room)
    ended, said = repro(project, "-s", stage)
    halves = partial(built, project, stage)
    resize(project.parent, DISK)
    note = f"{room} bytes of room" + "".join(f" [{path} was partial]" for path in halves)
    ran, by_hand = rebuilt(built, project)
    return judged(built, project, [(True, said), *ran], not ended, len(halves), note)._replace(by_hand=by_hand)


def resize(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size // 4096 * 4096}", disk], check=True)


def clock_set_back(built: Built, project: Path, stage: str, victim: str, draw: random.Random) -> Found:
    """A clock that jumps back in the middle of a stage; where libfaketime is missing, inputs from the future."""
    forget(project, built, stage, memory=draw.random() < 0.5)
    if not FAKETIME:
        future = time.time() + 10**7
        for dep in built.stages[stage].get("deps", []):
            for path in (project / dep["path"], *(project / dep["path"]).rglob("*")):
                os.utime(path, (future, future))
        return judged(built, project, [repro(project, *built.targets)], note="inputs from the future")
    clock = project / ".dvc/tmp/clock"
    clock.write_text("+0")
    fake = {"LD_PRELOAD": str(FAKETIME[0]), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}  # fmt: skip
    with subprocess.Popen(["sh", "-c", f"sleep {draw.uniform(1, 4 + built.seconds[stage])}; echo -40d > {clock}"]) as setter:
        first = repro(project, *built.targets, **fake)
        setter.wait()
    return judged(built, project, [first, repro(project, *built.targets, **fake), repro(project, *built.targets)])
