"""Stages that start with the large libraries in memory, as in `multiprocessing`'s fork server, for processes that DVC starts.

A stage takes four to six seconds to import PyTorch, transformers and peft, and a tiny project little for anything else.
`serve` has them in memory and forks a process for each stage that a `python` of ours, first in PATH, asks for: with the
arguments, the folder, the environment and the standard streams of the one who asks, for the next `python` in PATH. Only
libraries are imported before, nothing of Mbegu, as each project runs its own copy of it. A stage whose asker is killed is killed.

Processes stay plain in tests of kills, which compare each kind of stage by its bytes with what a warm one wrote, and in sweeps.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
from pathlib import Path

LIBRARIES = (
    "accelerate", "babel.dates", "babel.numbers", "bitsandbytes", "click", "datasets", "diskcache", "evaluate", "filelock",
    "huggingface_hub", "jinja2", "jsonlines", "llguidance.hf", "lxml.etree", "orjson", "peft", "peft.tuners.lora.bnb",
    "peft.utils.transformers_weight_conversion", "py3langid", "pyarrow", "rapidfuzz", "redis", "regex", "rensa", "rouge_score_rs",
    "sacrebleu", "scipy.special", "scipy.stats", "sklearn.feature_extraction.text", "sklearn.linear_model",
    "sklearn.model_selection", "sklearn.pipeline", "tokenizers", "torch.utils.data", "transformers.generation.utils",
    "transformers.integrations.bitsandbytes", "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto", "transformers.models.llama.modeling_llama", "transformers.trainer",
    "truststore", "vl_convert", "yaml",
)  # fmt: skip
CLIENT = """#!{python} -SE
import json, os, signal, socket, sys
script = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
others = [os.path.join(one, "python") for one in os.environ["PATH"].split(os.pathsep) if one != os.path.dirname(sys.argv[0])]
python = next(path for path in others if os.access(path, os.X_OK))
if os.path.basename(os.path.dirname(script)) != "stages" or not os.path.isfile(script):
    os.execv(python, [python, *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
socket.send_fds(server, [b"."], [0, 1, 2])
server.sendall(json.dumps([python, sys.argv[1:], os.getcwd(), dict(os.environ)]).encode() + b"\\n")
pid = int(server.recv(16))
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda number, frame: os.kill(pid, number))
status = int(server.recv(16) or 256)
if os.WIFSIGNALED(status):
    if os.WTERMSIG(status) != signal.SIGKILL:
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
    os.kill(os.getpid(), os.WTERMSIG(status))
sys.exit(os.waitstatus_to_exitcode(status))
"""


@contextlib.contextmanager
def stages():
    """A folder whose `python` starts stages warm and all else as ever, for the front of PATH, while the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="warm-"))
    address, client = folder / "socket", folder / "bin/python"
    # pyarrow's allocator has a thread, which would not be there after a fork
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    alone["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
    server = subprocess.Popen([sys.executable, __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=alone)
    try:
        assert server.stdout.readline() == b"ready\n"
        client.parent.mkdir()
        client.write_text(CLIENT.format(python=sys.executable, address=str(address)), encoding="utf-8")
        client.chmod(0o755)
        yield client.parent
    finally:
        server.stdin.close()  # which ends it, as our own death does
        server.wait()
        shutil.rmtree(folder)


def serve(address: str) -> None:
    """Forks a process for each that asks, until standard input ends; in the process it returns, ready to run what was asked."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "a library has started a thread, which a fork would lose"
    print("ready", flush=True)
    running: dict[socket.socket, int] = {}
    while True:
        ready, _, _ = select.select([0, listener, *running], [], [], 0.02 if running else None)
        if 0 in ready:
            for pid in running.values():
                os.kill(pid, signal.SIGKILL)
            sys.exit()
        for client in [one for one in ready if one in running and _is_dead(one)]:
            os.kill(running[client], signal.SIGKILL)
        for client, pid in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                with contextlib.suppress(OSError):
                    client.sendall(str(status).encode())
                client.close()
                del running[client]
        if listener in ready:
            client, _ = listener.accept()
            _, streams, _, _ = socket.recv_fds(client, 1, 3)
            pid = os.fork()
            if not pid:
                listener.close()
                become(client, streams)
                return
            client.sendall(str(pid).encode())
            running[client] = pid
            for stream in streams:
                os.close(stream)


def _is_dead(client: socket.socket) -> bool:
    """Whether the connection has ended; what the client wrote is there for the forked process."""
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


def become(client: socket.socket, streams: list[int]) -> None:
    """Makes this process the one that was asked for, up to the script itself."""
    with client, client.makefile("rb") as request:
        (sys.executable, arguments, folder, environment) = json.loads(request.readline())
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os.environ.pop("DVC_STAGE", None)  # by which a stage knows that its parent must be dvc, with which it dies
    searched = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.argv[:] = arguments
    own = sysconfig.get_path("purelib", vars={"base": str(Path(sys.executable).parents[1])})
    others = [] if own in sys.path else [own]  # another environment, which sees the libraries of this one
    sys.path[:1] = [str(Path(arguments[0]).parent), *filter(None, searched), *others]
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    importlib.invalidate_caches()


def main() -> None:
    runpy.run_path(str(Path(__file__).parents[2] / "mbegu/quiet.py"))["quiet"]()  # before they are imported; not as `mbegu.quiet`
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):  # some are of an extra
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    serve(sys.argv[1])
    status = _status_of(sys.argv[0])
    threading._shutdown()  # as Python ends, but for the half second in which it takes the libraries out of memory
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _status_of(script: str) -> int:
    """Runs a script as the main program, to its exit status."""
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


if __name__ == "__main__":
    main()
