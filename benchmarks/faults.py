"""What is left of a build after a kill, a full disk, turned bytes or a clock set back?

    python benchmarks/faults.py [--trials N] [--others N] [--seed N] [--only kill-17] [--keep FOLDER]
                                [--until TARGET] [--stage KIND]

A small project with every kind of stage and source is built undisturbed, on a tiny random model and a teacher on loopback. Each
trial strikes a copy of it and runs `dvc repro`, after which every out must have the bytes of the undisturbed build. Every number
in the table but the first three must be 0, or the exit code is 1. A trial depends on its name and the seed alone: what fails is
repeated with --only, and with --keep the undisturbed build is kept for the next run and failed trials are there to be looked at.
A full disk needs the right to mount a tmpfs.
--until builds no more than a target of DVC needs, and --stage strikes stages of a kind only: where time is short, or for one
kind that gave trouble.
"""

import argparse
import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import fault_kinds as kinds
import yaml
from fault_build import Built, Found, hash_of, outs, read_stages
from fault_project import ENVIRONMENT, copy_code, make, serve

VICTIMS = ("dvc", "stage", "worker")
COLUMNS = ("unended", "lost", "wrong", "tracebacks", "left")
HEAD = "| fault | trials | struck | mended by hand | did not end | lost rows | wrong outs | tracebacks | orphans, partial outs |"


class Fault(NamedTuple):
    """A kind of fault, and whether it can strike a stage."""

    title: str
    strike: Callable[..., Found]
    fits: Callable[[dict], bool]


def asks(entry: dict) -> bool:
    return "--memo" in entry["cmd"]


def trains(entry: dict) -> bool:
    return "--save_steps" in entry["cmd"]


def any_stage(entry: dict) -> bool:
    return True


FAULTS = {
    "kill": Fault("SIGKILL", kinds.killed, any_stage),
    "disk": Fault("full disk", kinds.full_disk, any_stage),
    "memo": Fault("bytes turned in the memo", kinds.turned_memo, asks),
    "checkpoint": Fault("bytes turned in a checkpoint", kinds.turned_checkpoint, trains),
    "cache": Fault("bytes turned in DVC's cache", kinds.turned_cache, any_stage),
    "clock": Fault("clock set back" if kinds.FAKETIME else "inputs from the future", kinds.clock_set_back, any_stage),
}


def plan(stages: dict[str, dict], seed: int, name: str) -> tuple[str, str, random.Random]:
    """The stage and victim of a trial such as kill-17, and the generator of what else it draws.

    Kinds of stages take turns, and so do victims; which stage of a kind is drawn.
    """
    fault, number = name.split("-")
    draw = random.Random(hashlib.sha256(f"{seed}:{name}".encode()).digest())
    fitting = [stage for stage, entry in stages.items() if FAULTS[fault].fits(entry)]
    turns = sorted({stage.partition("@")[0] for stage in fitting})
    kind = turns[int(number) % len(turns)]
    stage = draw.choice([stage for stage in fitting if stage.partition("@")[0] == kind])
    return stage, VICTIMS[int(number) % len(VICTIMS)], draw


def names(trials: int, others: int) -> list[str]:
    return [f"{fault}-{number}" for fault in FAULTS for number in range(trials if fault == "kill" else others)]


def undisturbed(folder: Path, targets: list[str]) -> Built:
    """The project as it is built without a fault; one that stands there already is built with today's code."""
    timed = folder / ".dvc/tmp/seconds.yaml"
    if timed.is_file():
        base_url = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))["teacher"]["openai"]["base_url"]
        serve(int(base_url.split(":")[-1].split("/")[0]))
        copy_code(folder)
        seconds = yaml.safe_load(timed.read_text(encoding="utf-8"))
    else:
        shutil.rmtree(folder, ignore_errors=True)
        make(folder, serve(0))
        seconds = {}
    seconds |= build(folder, targets)
    timed.write_text(yaml.safe_dump(seconds), encoding="utf-8")
    stages = read_stages(folder)
    hashes = {path: hash_of(folder / path) for entry in stages.values() for path in outs(entry)}
    return Built(folder, stages, seconds, hashes, targets)


def build(folder: Path, targets: list[str]) -> dict[str, float]:
    """Builds the project; gives the seconds that each stage took which ran. Ends the campaign if it can't be built."""
    seconds, running, since, said = dict[str, float](), "", 0.0, []
    command = ["dvc", "repro", *targets]
    with subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as dvc:
        for line in chain(dvc.stdout or [], [b"Stage"]):
            said.append(line.decode(errors="replace"))
            if said[-1].startswith(("Running stage", "Stage")):  # what ran until now
                if running:
                    seconds[running] = time.monotonic() - since
                running = said[-1].split("'")[1] if said[-1].startswith("Running") else ""
                since = time.monotonic()
    if dvc.returncode:
        sys.exit("The undisturbed build failed:\n" + "".join(said[-40:]))
    return seconds


def tried(built: Built, name: str, folder: Path, struck: tuple[str, str, random.Random]) -> Found:
    """One trial on a copy of the build."""
    stage, _, _ = struck
    fault = FAULTS[name.split("-")[0]]
    with place(folder, fault is FAULTS["disk"]) as project:
        shutil.copytree(built.folder, project, symlinks=True)
        found = fault.strike(built, project, *struck)
        shown = ", ".join(f"{column} {getattr(found, column)}" for column in COLUMNS if getattr(found, column))
        print(f"{name}: {stage}: {found.note}: {shown or 'nothing' if found.struck else 'not struck'}", flush=True)
        (folder / f"{name}.txt").write_text("\n----\n".join((f"{stage}: {found.note}", *found.outputs)), encoding="utf-8")
        if shown and project.parent == folder:
            shutil.move(project, folder / name)
    return found


@contextmanager
def place(folder: Path, mounted: bool) -> Iterator[Path]:
    """Where a trial's project is made: in a folder, or on a tmpfs of its own there. Both are gone afterwards."""
    disk = folder / "disk" if mounted else folder
    shutil.rmtree(folder / "copy", ignore_errors=True)
    if mounted:
        disk.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kinds.DISK}", "tmpfs", disk], check=True)
    try:
        yield disk / "copy"
    finally:
        if mounted:
            subprocess.run(["umount", disk], check=True)
        shutil.rmtree(folder / "copy", ignore_errors=True)


def can_mount(folder: Path) -> bool:
    try:
        with place(folder, True):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def table(found: dict[str, Found], skipped: dict[str, str]) -> str:
    """A line a fault: trials, those that struck in time, and the sum of each count."""
    lines = [HEAD, "|---" * (len(COLUMNS) + 4) + "|"]
    for fault, (title, *_) in FAULTS.items():
        own = [one for name, one in found.items() if name.split("-")[0] == fault]
        counts = [len(own), sum(one.struck for one in own), sum(one.by_hand for one in own)]
        counts += [sum(getattr(one, column) for one in own) for column in COLUMNS]
        if fault in skipped:
            lines.append(f"| {title}: {skipped[fault]} |" + " – |" * len(counts))
        elif own:
            lines.append(f"| {title} |" + "".join(f" {count} |" for count in counts))
    return "\n".join(lines)


def is_clean(found: dict[str, Found]) -> bool:
    return not any(getattr(one, column) for one in found.values() for column in COLUMNS)


def campaign(folder: Path, given: argparse.Namespace) -> tuple[dict[str, Found], dict[str, str]]:
    """Builds the project, tries what is wanted; gives what was found, and the faults that were skipped with the reason."""
    folder.mkdir(parents=True, exist_ok=True)
    built = undisturbed(folder / "undisturbed", given.until)
    struck = {name: entry for name, entry in built.stages.items() if not given.stage or name.partition("@")[0] in given.stage}
    wanted, skipped = given.only or names(given.trials, given.others), {}
    for fault in {name.split("-")[0] for name in wanted}:
        if not any(FAULTS[fault].fits(entry) for entry in struck.values()):
            skipped[fault] = "skipped, no such stage here"
        elif fault == "disk" and not can_mount(folder):
            skipped[fault] = "skipped, no right to mount a tmpfs"
    found = dict[str, Found]()
    with suppress(KeyboardInterrupt):  # what was tried so far is worth its table
        for name in wanted:
            if name.split("-")[0] not in skipped:
                found[name] = tried(built, name, folder, plan(struck, given.seed, name))
    return found, skipped


def main() -> None:
    """Runs the campaign and prints its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=200, help="kills")
    parser.add_argument("--others", type=int, default=20, help="trials of each other fault")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a trial, such as kill-17; repeat")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the build and failed trials stay")
    parser.add_argument("--until", action="append", default=[], metavar="TARGET", help="build no more than this needs; repeat")
    parser.add_argument("--stage", action="append", default=[], metavar="KIND", help="strike stages such as train only; repeat")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        found, skipped = campaign((given.keep or Path(temporary)).resolve(), given)
    print(f"\n{table(found, skipped)}")
    sys.exit(not is_clean(found))


if __name__ == "__main__":
    main()
