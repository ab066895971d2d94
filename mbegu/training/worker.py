"""One of several processes that train together."""

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import torch
import torch.distributed

from mbegu.errors import BadInput, disk_problem
from mbegu.outputs import die_with, whole
from mbegu.quiet import quiet
from mbegu.training.settings import Job

REFUSED = "refused-"  # begins the name of a file with what a process has to say to the user before it ends
TRAINED, ENDED = "trained", "ended.json"  # in a run's folder, once it is over: the adapter, and what came of the run


class Crew(NamedTuple):
    """All processes of a run."""

    number: int
    parent: int  # id of the process that started them
    meeting: Path  # a folder where they find each other
    gpu: bool  # whether each has a GPU


def work(index: int, job: Job, run: Path, crew: Crew) -> None:
    """Trains with the others, and dies with the process that started them. The first leaves the result in the run's folder."""
    die_with(crew.parent)
    quiet()
    try:
        _meet(index, crew)
        _train(index, job, run, crew.number)
    except Exception as error:
        said = str(error) if isinstance(error, BadInput) else disk_problem(error)
        if said is None:
            raise
        (crew.meeting / f"{REFUSED}{index}").write_text(said, encoding="utf-8")
        sys.exit(1)


def _train(index: int, job: Job, run: Path, number: int) -> None:
    from mbegu.training import session, shares  # after the libraries were told to be quiet

    share = shares.divide(job.schedule, number, index, job.training.sharding)
    ended = session.train(job, run, share)
    if share.first:
        with whole(run / TRAINED) as folder:
            ended.save(folder)
        found = {"history": ended.history, "steps": ended.steps, "said": ended.said}
        with whole(run / ENDED) as file:
            file.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


def _meet(index: int, crew: Crew) -> None:
    """Takes a GPU, or a part of the CPU's cores, and joins the others, on this machine only."""
    place = {"RANK": index, "LOCAL_RANK": index, "WORLD_SIZE": crew.number, "LOCAL_WORLD_SIZE": crew.number}
    os.environ.update({name: str(value) for name, value in place.items()})
    if crew.gpu:  # before the first look at it
        named = os.environ.get("CUDA_VISIBLE_DEVICES")
        os.environ["CUDA_VISIBLE_DEVICES"] = named.split(",")[index] if named else str(index)
    else:
        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(_threads(crew.number))
            os.environ["OMP_NUM_THREADS"] = str(torch.get_num_threads())
        if sys.platform == "linux":
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    store = torch.distributed.FileStore(str(crew.meeting / "store"), crew.number)  # type: ignore[attr-defined]
    backend = "cpu:gloo,cuda:nccl" if crew.gpu else "gloo"
    torch.distributed.init_process_group(backend, store=store, rank=index, world_size=crew.number)


def _threads(number: int) -> int:
    """Threads of each of so many processes on a CPU."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // number)
