"""Stages without the seconds that each spends on imports: a server that has imported the libraries forks a child for each stage.

`dvc repro` starts a stage as `exec python stages/NAME.py …`. `server().folder` is to stand first in PATH: its `python`
(warm_python.py) hands over arguments, variables, folder and standard files, a fork of the server runs the script as its main
program, and `python` ends as the script does; so does a `mbegu` beside it. What is no stage is run by the next `python` in PATH,
as all is where no server answers. The server (warm_server.py) never imports `mbegu`: each project under test runs its own copy.

Plain stay: the build of the real model, the one true run from end to end; kills and sweeps, where processes are what is tested.
There is a server on Linux only (pidfds), with `OMP_NUM_THREADS=1`, as `make test` sets it (a fork takes one thread along), and
without a GPU (CUDA does not outlive a fork).
"""

import functools
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
STARTED = dict(os.environ)  # before any test runs a stage in this process, which would add what it wants the libraries to find
# variables that an interpreter or a library reads when it starts: a stage whose differ from the server's is not forked from it
READ_AT_START = ("PYTHON", "LANG", "LC_", "OMP_", "MKL_", "HF_", "TRANSFORMERS_", "TOKENIZERS_", "CUDA_", "TORCH_")


class Server(NamedTuple):
    """The folder with its `python`, and the process, whose stdin must stay open."""

    folder: Path
    process: subprocess.Popen


@functools.cache
def server() -> Server | None:
    """Starts the server, which ends with this process however that ends; None where there can't be one."""
    if sys.platform != "linux" or STARTED.get("OMP_NUM_THREADS") != "1" or Path("/dev/nvidiactl").exists():
        return None
    made = Path(tempfile.mkdtemp(prefix="warm-"))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(made / "socket"))
    listener.listen(16)  # whoever asks before the libraries are imported waits
    read = {name: value for name, value in STARTED.items() if name.startswith(READ_AT_START) and name != "PYTHONPATH"}
    program = f"#!{sys.executable} -ISE\nREAD_AT_START, READ = {READ_AT_START!r}, {read!r}\n"
    for name in ("python", "mbegu"):
        (made / name).write_text(program + (HERE / "warm_python.py").read_text(encoding="utf-8"))
        (made / name).chmod(0o755)
    # fewer threads: pyarrow's allocator would start one
    environment = {k: v for k, v in STARTED.items() if k != "PYTHONPATH"} | {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
    # stdin, which is never written, ends with this process, and so does the server
    with listener, open(made / "log", "wb") as log:
        command = [sys.executable, str(HERE / "warm_server.py"), str(made), str(listener.fileno())]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=[listener.fileno()], env=environment,
            start_new_session=True,
        )  # fmt: skip
    return Server(made, process)
