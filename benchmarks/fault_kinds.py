"""The faults of the campaign: each strikes a copy of a built project, builds it again, and says what differs."""

import os
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import yaml
from fault_project import ENVIRONMENT

from mbegu.builds.lock import content_hash

LIMIT = 1800  # seconds after which a build counts as one that does not end
FAKETIME = [path for path in Path("/usr").glob("lib*/**/faketime/libfaketime*.so.1") if "MT" in path.name]
UNEXPECTED = ("Traceback (most recent call last)", "unexpected error")  # as Python and as dvc say it
TRAINED = ("train", "retrain", "pretrain")


class Built(NamedTuple):
    """The undisturbed build, which no trial changes."""

    folder: Path
    stages: dict[str, dict]  # the entries of dvc.lock
    seconds: dict[str, float]  # that each stage took
    hashes: dict[str, str]  # of every out


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


def outs(entry: dict) -> list[str]:
    return [out["path"] for out in entry.get("outs", [])]


def read_stages(project: Path) -> dict[str, dict]:
    return yaml.load((project / "dvc.lock").read_text(encoding="utf-8"), yaml.CSafeLoader)["stages"]


def hash_of(path: Path) -> str:
    return content_hash(path) if path.exists() else ""


def repro(project: Path, *options: str, **environment: str) -> tuple[bool, str]:
    """Runs `dvc repro`; gives whether it ended well and in time, and what it said."""
    done = subprocess.Popen(
        ["dvc", "repro", *options], cwd=project, env=ENVIRONMENT | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        output, _ = done.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        done.kill()
        output, _ = done.communicate()
    return done.returncode == 0, output.decode(errors="replace")


def judged(built: Built, project: Path, ran: list[tuple[bool, str]], struck: bool = True, left: int = 0, note: str = "") -> Found:
    """Compares a project with the undisturbed build; the last of the builds that ran is the one that must have ended."""
    outputs = [output for _, output in ran]
    wrong = [path for path, expected in built.hashes.items() if hash_of(project / path) != expected]
    lost = sum(len(lost_rows(built.folder / path, project / path)) for path in wrong if path.endswith(".jsonl"))
    said = sum(any(words in output for words in UNEXPECTED) for output in outputs)
    note = " ".join([note, *(f"[{path} differs]" for path in wrong)]).strip()
    return Found(struck, outputs, note, not ran[-1][0], lost, len(wrong), said, left)


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
        time.sleep(0.01)


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
    partial = [path for path in outs(built.stages[stage]) if hash_of(project / path) not in ("", built.hashes[path])]
    note = f"{victim} after {moment:.2f} s" + "".join(f" [{path} was partial]" for path in partial)
    return judged(built, project, [first, repro(project)], struck, left + len(partial), note)


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
    return judged(built, project, [first, repro(project)], bool(files), left, note)


def turned_memo(built: Built, project: Path, stage: str, victim: str, draw: random.Random) -> Found:
    """Bytes turned in what is remembered of models' answers."""
    forget(project, built, stage, memory=False)
    files = sorted(path for path in (project / ".mbegu/memo").rglob("*") if path.is_file() and path.stat().st_size)
    turn(draw, chosen := draw.choice(files))
    return judged(built, project, [repro(project)], note=chosen.name)


def turned_cache(built: Built, project: Path, stage: str, victim: str, draw: random.Random) -> Found:
    """Bytes turned in DVC's copy of an out, which itself is there or gone."""
    out = draw.choice([out for out in built.stages[stage]["outs"] if object_of(project, out["md5"]).is_file()])
    turn(draw, object_of(project, out["md5"]))
    gone = draw.random() < 0.5
    if gone:
        remove(project / out["path"])
    return judged(built, project, [repro(project)], note=f"{out['path']}{' gone' if gone else ''}")


def full_disk(built: Built, project: Path, stage: str, victim: str, draw: random.Random) -> Found:
    """A disk that is full before a stage has written all; `project` lies on a tmpfs of its own. Then it grows."""
    forget(project, built, stage, memory=draw.random() < 0.5)
    disk = next(part.mountpoint for part in psutil.disk_partitions(all=True) if project.is_relative_to(part.mountpoint)
                and part.fstype == "tmpfs")  # fmt: skip
    room = int(draw.uniform(0, 1.2) * sum(out["size"] for out in built.stages[stage]["outs"])) + draw.choice((0, 4096, 300_000))
    resize(disk, psutil.disk_usage(disk).used + room)
    first = repro(project, "-s", stage)
    partial = [path for path in outs(built.stages[stage]) if hash_of(project / path) not in ("", built.hashes[path])]
    resize(disk, DISK)
    return judged(built, project, [first, repro(project)], not first[0], len(partial), f"{room} bytes of room {partial or ''}")


DISK = 2 << 30


def resize(disk: str, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size // 4096 * 4096}", disk], check=True)


def clock_set_back(built: Built, project: Path, stage: str, victim: str, draw: random.Random) -> Found:
    """A clock that jumps back in the middle of a stage; where libfaketime is missing, inputs from the future."""
    forget(project, built, stage, memory=draw.random() < 0.5)
    if not FAKETIME:
        future = time.time() + 10**7
        for dep in built.stages[stage].get("deps", []):
            for path in (project / dep["path"], *(project / dep["path"]).rglob("*")):
                os.utime(path, (future, future))
        return judged(built, project, [repro(project)], note="inputs from the future")
    clock = project / ".dvc/tmp/clock"
    clock.write_text("+0")
    fake = {"LD_PRELOAD": str(FAKETIME[0]), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}  # fmt: skip
    with subprocess.Popen(["sh", "-c", f"sleep {draw.uniform(1, 4 + built.seconds[stage])}; echo -40d > {clock}"]) as setter:
        first = repro(project, **fake)
        setter.wait()
    return judged(built, project, [first, repro(project, **fake), repro(project)])
