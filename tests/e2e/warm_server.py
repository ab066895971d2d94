"""The process that warm.py starts: it imports what stages import, then forks a child for each stage that a `python` asks for."""

import atexit
import ctypes
import gc
import importlib
import marshal
import os
import runpy
import select
import shutil
import signal
import socket
import sys
import sysconfig
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

PR_SET_PDEATHSIG = 1  # linux/prctl.h
# what stages import, and what transformers, peft and datasets import at their first use
LIBRARIES = (
    "accelerate", "babel.dates", "babel.numbers", "bitsandbytes", "click", "datasets", "diskcache",
    "dvc.utils.serialize", "huggingface_hub", "jinja2", "jsonlines", "llguidance.hf", "lxml.etree", "orjson", "peft",
    "peft.tuners.lora.bnb", "peft.utils.transformers_weight_conversion", "py3langid", "pyarrow", "rapidfuzz", "redis",
    "regex", "rensa", "rouge_score_rs", "ruamel.yaml", "sacrebleu", "scipy.special", "scipy.stats",
    "sklearn.feature_extraction.text", "sklearn.linear_model", "sklearn.model_selection", "sklearn.pipeline", "torch",
    "transformers.generation.utils", "transformers.integrations.bitsandbytes", "transformers.models.auto",
    "transformers.models.llama.modeling_llama", "transformers.trainer", "truststore", "vl_convert", "yaml",
)  # fmt: skip


class Request(NamedTuple):
    """What `python` was asked for: the interpreter that it stands for, the script and its arguments, and where."""

    interpreter: str
    arguments: list[str]
    folder: str
    variables: dict[str, str]


class Child(NamedTuple):
    """A running stage, a file that can be read when it has ended, and the connection, which can be when `python` has."""

    id: int
    ended: int
    asker: socket.socket


def main(made: Path, listener: socket.socket) -> None:
    """The server, until whoever started it is no more."""
    load()
    asked = serve(listener)
    if asked is None:
        shutil.rmtree(made)
    else:
        become(*asked)


def load() -> None:
    """Imports the libraries, as quiet as stages do; what they find set is what stages find."""
    runpy.run_path(str(Path(__file__).parents[2] / "mbegu/quiet.py"))["quiet"]()
    for name in LIBRARIES:
        with suppress(ImportError):  # some are of an extra
            importlib.import_module(name)
    warnings.filters.remove(("ignore", None, FutureWarning, None, 0))  # a stage that wants to be quiet says so itself
    threads = len(list(Path("/proc/self/task").iterdir()))
    assert threads == threading.active_count() == 1, f"a fork would lose {threads - 1} threads"
    assert "mbegu" not in sys.modules, "mbegu is imported: children would not run their project's own"
    gc.collect()
    gc.freeze()


def serve(listener: socket.socket) -> tuple[Request, list[int], int] | None:
    """Forks a child for each request, and tells who asked its id and how it ended. Returns in a child, with what it is to do and
    the server's id, and in the server, with None, when stdin has ended."""
    poll, children, own = select.poll(), {}, os.getpid()
    poll.register(0, 0)
    poll.register(listener, select.POLLIN)
    while True:
        for place, _ in poll.poll():
            if place == 0:
                return None
            if place == listener.fileno():
                asker, _ = listener.accept()
                message, files, _, _ = socket.recv_fds(asker, 1 << 20, 3)
                if not message:
                    continue
                child = os.fork()
                if not child:
                    return Request(*marshal.loads(message)), files, own
                for file in files:
                    os.close(file)
                running = Child(child, os.pidfd_open(child), asker)
                with suppress(OSError):
                    asker.send(b"%d" % child)
                for file in (running.ended, asker.fileno()):
                    poll.register(file, select.POLLIN)
                    children[file] = running
            elif place in children:
                running = children[place]
                if place == running.asker.fileno():
                    os.kill(running.id, signal.SIGKILL)
                _, status = os.waitpid(running.id, 0)
                with suppress(OSError):
                    running.asker.send(b"%d" % status)
                for file in (running.ended, running.asker.fileno()):
                    poll.unregister(file)
                    del children[file]
                os.close(running.ended)
                running.asker.close()


def become(request: Request, files: list[int], parent: int) -> None:
    """Runs a stage as this process's main program; it ends with the server, which ends it with whoever asked."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.variables)
    os.environ.pop("DVC_STAGE", None)  # a stage below dvc makes sure that dvc is its parent
    sys.executable, sys.argv = request.interpreter, request.arguments
    script = str(Path(sys.argv[0]).resolve().parent)
    own = sysconfig.get_path("purelib", vars={"base": str(Path(request.interpreter).parents[1])})
    told = [str(Path(entry).absolute()) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:] = dict.fromkeys([script, *told, own, *sys.path[1:]])
    end(main_program(sys.argv[0]))


def main_program(script: str) -> int:
    """Runs a script as Python would; returns its exit status."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def end(status: int) -> None:
    """What Python does at its end, but for the second that it takes to forget the libraries."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
