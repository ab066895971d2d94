"""Several processes that train together on this machine: started, watched, and what they made taken over.

What accelerate's launchers for notebooks and for tests do, with processes that share no memory (`spawn`), as CUDA wants it.
"""

import contextlib
import json
import logging
import os
import shutil
import signal
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException, start_processes

from mbegu.errors import BadInput
from mbegu.training import checkpoints, worker
from mbegu.training.session import Ended
from mbegu.training.settings import Job


def train(job: Job, run: Path, processes: int) -> Ended:
    """As `session.train`, by so many processes.

    Raises:
        BadInput: what one of them raised; or one was killed, then the next run goes on from the last checkpoint.
    """
    checkpoints.last_whole(run)  # deletes what is damaged, before several processes look
    shutil.rmtree(run / worker.TRAINED, ignore_errors=True)
    with tempfile.TemporaryDirectory() as meeting:
        crew = worker.Crew(processes, os.getpid(), Path(meeting), torch.cuda.device_count() > 0)
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # DDP says that it looks for unused weights, as it was asked to
        logging.getLogger("torch.multiprocessing.spawn").setLevel(logging.ERROR)
        context: Any = start_processes(worker.work, (job, run, crew), processes, join=False, start_method="spawn")
        try:
            while not context.join():
                pass
        except (ProcessExitedException, ProcessRaisedException) as error:
            raise _reason(context.processes, Path(meeting)) or error from None
        finally:
            for process in context.processes:
                process.kill()
    ended = json.loads((run / worker.ENDED).read_text(encoding="utf-8"))
    return Ended(**ended, save=partial(shutil.copytree, run / worker.TRAINED))


def _reason(processes: list[Any], meeting: Path) -> BadInput | None:
    """Why they ended: what one of them refused, or a signal that did not come from here; None for an error of ours."""
    with contextlib.suppress(StopIteration):
        return BadInput(next(meeting.glob(f"{worker.REFUSED}*")).read_text(encoding="utf-8"))
    for index, process in enumerate(processes):
        if process.exitcode and process.exitcode < 0 and process.exitcode != -signal.SIGTERM:
            name = signal.Signals(-process.exitcode).name
            return BadInput(
                f"train.processes: process {index + 1} of {len(processes)} was killed ({name}); if that was for want of memory, "
                "lower train.batch_size or processes. Run `dvc repro` again: it goes on from the last checkpoint."
            )
    return None
