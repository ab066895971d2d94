# What follows the first lines of the programs `python` and `mbegu` of warm.py, which define READ.
# It starts in milliseconds: no pathlib here.
# ruff: noqa: F821, PTH100, PTH109, PTH118, PTH119, PTH120
import _socket
import marshal
import os
import signal
import sys

NAME = os.path.basename(sys.argv[0])


def plain() -> str:
    """The next program of this name in PATH, for which this one stands."""
    here = os.path.dirname(os.path.abspath(__file__))
    others = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder and os.path.abspath(folder) != here]
    return next(path for path in (os.path.join(folder, NAME) for folder in others) if os.access(path, os.X_OK))


def may_be_forked() -> bool:
    """Whether it is `mbegu` or a stage, with the variables of the server, READ."""
    read = {name: value for name, value in os.environ.items() if name.startswith(READ_AT_START) and name != "PYTHONPATH"}
    folder, name = os.path.split(sys.argv[1] if len(sys.argv) > 1 else "")
    return (NAME == "mbegu" or (name.endswith(".py") and os.path.basename(folder) == "stages")) and read == READ


def ask(server: _socket.socket) -> int:
    """The id of the child that runs it; 0 if no server answers."""
    script = [plain()] if NAME == "mbegu" else []
    python = os.path.join(os.path.dirname(plain()), "python")
    request = marshal.dumps((python, script + sys.argv[1:], os.getcwd(), dict(os.environ)))
    files = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    try:
        server.connect(os.path.join(os.path.dirname(os.path.abspath(__file__)), "socket"))
        server.sendmsg([request], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
        return int(server.recv(16) or 0)
    except OSError:
        return 0


def main() -> None:
    """Runs it, or else becomes the plain program."""
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    child = ask(server) if may_be_forked() else 0
    if not child:
        os.execv(plain(), [plain(), *sys.argv[1:]])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(child, number))
    status = os.waitstatus_to_exitcode(int(server.recv(16) or signal.SIGKILL))
    if status < 0:  # as the child died
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


main()
