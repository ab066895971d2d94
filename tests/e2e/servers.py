"""Real servers on loopback for a team's remote: OpenSSH, and SeaweedFS for S3."""

import getpass
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

HOST = "127.0.0.1"
KEYS = {"AWS_ACCESS_KEY_ID": "mbegu-test", "AWS_SECRET_ACCESS_KEY": "mbegu-test-secret"}


def free_ports(count: int) -> list[int]:
    """So many ports, no two alike, that nothing listens on; none is of the range from which the kernel gives a client its own."""
    found: list[int] = []
    for port in random.SystemRandom().sample(range(10_000, 32_000), 1000):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError(f"fewer than {count} free ports")


def free_port() -> int:
    return free_ports(1)[0]


def _wait_for_port(port: int, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        assert server.poll() is None, f"the server ended with code {server.returncode}\n{log.read_text()[-2000:]}"
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")


@contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[subprocess.Popen]:
    with open(log, "ab") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_for_port(port, server, log)
        yield server
    finally:
        kill(server)


def kill(server: subprocess.Popen) -> None:
    """SIGKILL to the server and to all that descends from it (sshd's sessions leave its process group)."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(server.pid)
        for process in [*parent.children(recursive=True), parent]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
    server.wait()


def sshd_path() -> str | None:
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")


class Ssh:
    """An OpenSSH server with its own keys, whose remote is a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder, self.port, self.store = folder, free_port(), folder / "store"
        self.store.mkdir()
        for name in ("host", "client"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        Path("/run/sshd").mkdir(exist_ok=True)
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress {HOST}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/client.pub\n"
            f"PidFile {folder}/pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
        )

    def running(self):
        return _running([sshd_path(), "-D", "-e", "-f", str(self.folder / "sshd_config")], self.port, self.folder / "log")

    def configure(self, project: Path, run) -> None:
        url = f"ssh://{getpass.getuser()}@{HOST}:{self.port}{self.store}"
        run("dvc", "remote", "add", "-f", "-d", "team", url, cwd=project)
        run("dvc", "remote", "modify", "team", "verify", "true", cwd=project)
        run("dvc", "remote", "modify", "--local", "team", "keyfile", str(self.folder / "client"), cwd=project)


class S3:
    """SeaweedFS, one process that serves S3 from a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.port, *ports = free_ports(8)
        self.folder, self.store = folder, folder / "store"
        self.store.mkdir(parents=True)
        identity = {
            "name": "team",
            "credentials": [{"accessKey": KEYS["AWS_ACCESS_KEY_ID"], "secretKey": KEYS["AWS_SECRET_ACCESS_KEY"]}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        kinds = [f"-{kind}.port" for kind in ("master", "volume", "filer")]
        kinds += [f"-{kind}.port.grpc" for kind in ("master", "volume", "filer", "s3")]
        self.command = [
            str(Path(sys.executable).parent / "weed"), "server", f"-ip={HOST}", f"-ip.bind={HOST}", f"-dir={self.store}", "-s3",
            f"-s3.port={self.port}", f"-s3.config={folder}/s3.json", "-volume.max=20", "-master.volumeSizeLimitMB=256",
            "-s3.port.iceberg=0", "-s3.port.lance=0",  # they have fixed ports, and two servers run at a time
            *(f"{name}={port}" for name, port in zip(kinds, ports, strict=True)),
        ]  # fmt: skip

    @contextmanager
    def running(self):
        import s3fs

        with _running(self.command, self.port, self.folder / "log") as server:
            files = s3fs.S3FileSystem(
                key=KEYS["AWS_ACCESS_KEY_ID"],
                secret=KEYS["AWS_SECRET_ACCESS_KEY"],
                endpoint_url=f"http://{HOST}:{self.port}",
                skip_instance_cache=True,
            )
            deadline = time.monotonic() + 60
            while True:
                try:
                    if not files.exists("team"):
                        files.mkdir("team")
                    files.pipe("team/ready", b"yes")
                    break
                except Exception:  # OSError or botocore's own, while the server is coming up
                    assert server.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()[-2000:]
                    time.sleep(0.2)
            yield server

    def configure(self, project: Path, run) -> None:
        run("dvc", "remote", "add", "-f", "-d", "team", "s3://team/mbegu", cwd=project)
        run("dvc", "remote", "modify", "team", "verify", "true", cwd=project)
        run("dvc", "remote", "modify", "team", "endpointurl", f"http://{HOST}:{self.port}", cwd=project)
        run("dvc", "remote", "modify", "--local", "team", "access_key_id", KEYS["AWS_ACCESS_KEY_ID"], cwd=project)
        run("dvc", "remote", "modify", "--local", "team", "secret_access_key", KEYS["AWS_SECRET_ACCESS_KEY"], cwd=project)
