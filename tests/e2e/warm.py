"""Stages that start with the large libraries in memory, as in `multiprocessing`'s fork server, for processes that DVC starts.

A stage takes four to six seconds to import PyTorch, transformers and peft, and a tiny project little for anything else.
`serve` has them in memory and forks a process for each stage that a `python` of ours, first in PATH, asks for: with the
arguments, the folder, the environment and the standard streams of the one who asks. Only libraries are imported before,
nothing of Mbegu, as each project runs its own copy of it. A stage whose asker is killed is killed.

Processes stay plain where it is them that is tested: kills, orphans, sweeps, a wheel in an environment of its own.
"""

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
import tempfile
from pathlib import Path

LIBRARIES = (
    "torch", "torch.utils.data", "transformers.models.auto.modeling_auto", "transformers.models.auto.tokenization_auto",
    "transformers.models.llama.modeling_llama", "transformers.models.llama.tokenization_llama", "transformers.trainer",
    "transformers.generation", "transformers.quantizers.auto", "peft", "bitsandbytes", "datasets", "evaluate", "accelerate",
    "scipy.stats", "scipy.special", "sklearn.linear_model", "sklearn.feature_extraction.text", "pyarrow", "rouge_score_rs",
    "rensa", "rapidfuzz", "regex", "jinja2", "click", "yaml", "tqdm", "filelock", "jsonlines", "tokenizers",
)  # fmt: skip
CLIENT = """#!{python} -SE
import json, os, signal, socket, sys
script = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
if os.path.basename(os.path.dirname(script)) != "stages" or not os.path.isfile(script):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
socket.send_fds(server, [b"."], [0, 1, 2])
server.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode() + b"\\n")
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
        (arguments, folder, environment) = json.loads(request.readline())
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os.environ.pop("DVC_STAGE", None)  # by which a stage knows that its parent must be dvc, with which it dies
    searched = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.argv[:] = arguments
    sys.path[:1] = [str(Path(arguments[0]).parent), *filter(None, searched)]
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    importlib.invalidate_caches()


def main() -> None:
    runpy.run_path(str(Path(__file__).parents[2] / "mbegu/quiet.py"))["quiet"]()  # before they are imported; not as `mbegu.quiet`
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    serve(sys.argv[1])
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
