"""Sharing over real servers: a colleague pulls an adapter, a build without training, a server that dies in mid-push."""

import hashlib
import os
import subprocess
import time
from pathlib import Path

import pytest
from projects import ENVIRONMENT, commit, copy_tree, repro, run
from servers import S3, Ssh, kill, sshd_path

from mbegu.models.manifest import verify

pytestmark = pytest.mark.timeout(1800)  # whoever comes first waits for the build that all share

QUESTION = "What is a money market fund?"


def make_server(kind: str, folder: Path):
    if kind == "ssh" and not sshd_path():
        pytest.skip("no OpenSSH server (sshd) on this machine: apt-get install openssh-server")
    return (Ssh if kind == "ssh" else S3)(folder)


@pytest.fixture(scope="module", params=["ssh", "s3"])
def shared(request, built_tiny, tmp_path_factory):
    """(server, source project whose build has been pushed with its run cache)."""
    folder = tmp_path_factory.mktemp(request.param)
    server = make_server(request.param, folder / "server")
    source = copy_tree(built_tiny, folder / "source")
    with server.running():
        server.configure(source, run)
        commit(source, "Team remote")
        run("git", "tag", "v2-first", cwd=source)
        run("dvc", "push", "--run-cache", cwd=source)
        yield server, source


def clone(source: Path, to: Path, server) -> Path:
    run("git", "clone", "-q", str(source), str(to), cwd=source.parent)
    server.configure(to, run)  # the address came with git; the key is each colleague's own
    return to


def answer(project: Path) -> str:
    code = (
        "import torch; from peft import PeftModel; from transformers import AutoModelForCausalLM, AutoTokenizer\n"
        "t = AutoTokenizer.from_pretrained('models/base')\n"
        "m = AutoModelForCausalLM.from_pretrained('models/base', dtype=torch.float32)\n"
        "m = PeftModel.from_pretrained(m, 'models/adapters/v2')\n"
        f"b = t({QUESTION!r}, return_tensors='pt')\n"
        "print('ANSWER', m.generate(**b, max_new_tokens=12, do_sample=False)[0].tolist())"
    )
    return run("python", "-W", "ignore", "-c", code, cwd=project).stdout.split("ANSWER", 1)[1]


def test_a_colleague_pulls_one_adapter_that_answers_as_before_and_builds_without_training(shared, tmp_path):
    server, source = shared
    colleague = clone(source, tmp_path / "colleague", server)
    run("dvc", "pull", "models/adapters/v2", cwd=colleague)
    assert sorted(path.name for path in (colleague / "models/adapters").iterdir() if path.is_dir()) == ["v2"]
    assert not (colleague / "models/base").exists()
    run("dvc", "pull", "models/base", cwd=colleague)
    assert verify(colleague / "models/adapters/v2") == verify(source / "models/adapters/v2")
    assert answer(colleague) == answer(source)
    output = repro("--pull", cwd=colleague).stdout
    assert "Trained" not in output and "Running stage" not in output
    assert "up to date" in run("dvc", "status", cwd=colleague).stdout


def test_an_adapter_is_fetched_by_tag_from_outside_any_project(shared, tmp_path):
    _, source = shared
    run("dvc", "get", str(source), "models/adapters/v2", "--rev", "v2-first", cwd=tmp_path)
    assert verify(tmp_path / "v2") == verify(source / "models/adapters/v2")


@pytest.mark.parametrize("kind", ["ssh", "s3"])
def test_a_server_killed_in_mid_push_loses_nothing(kind, tmp_path):
    server = make_server(kind, tmp_path / "server")
    project = tmp_path / "project"
    project.mkdir()
    run("git", "init", "-qb", "main", cwd=project)
    run("dvc", "init", "-q", cwd=project)
    server.configure(project, run)
    content = os.urandom(120_000_000)
    (project / "weights").write_bytes(content)
    run("dvc", "add", "-q", "weights", cwd=project)
    commit(project, "Weights")
    before = size_of(server.store)
    with server.running() as process:
        push = subprocess.Popen(
            ["dvc", "push"], cwd=project, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        deadline = time.monotonic() + 120
        while size_of(server.store) < before + 5_000_000 and push.poll() is None:
            assert time.monotonic() < deadline, "nothing arrived at the server"
            time.sleep(0.005)
        kill(process)
        output = push.communicate(timeout=300)[0]
        assert push.returncode != 0, f"the push ended before the server was killed\n{output}"
    with server.running():
        assert "1 file pushed" in run("dvc", "push", cwd=project).stdout
        colleague = clone(project, tmp_path / "colleague", server)
        run("dvc", "pull", cwd=colleague)
    assert hashlib.sha256((colleague / "weights").read_bytes()).digest() == hashlib.sha256(content).digest()


def size_of(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_blocks * 512 if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total


def test_a_file_that_was_changed_on_the_remote_is_refused(built_tiny, tmp_path):
    server = make_server("ssh", tmp_path / "server")
    source = copy_tree(built_tiny, tmp_path / "source")
    adapter = source / "models/adapters/v2/adapter_model.safetensors"
    entry = hashlib.md5(adapter.read_bytes()).hexdigest()
    with server.running():
        server.configure(source, run)
        commit(source, "Team remote")
        run("dvc", "push", "models/adapters/v2", cwd=source)
        stored = server.store / "files/md5" / entry[:2] / entry[2:]
        stored.chmod(0o644)
        content = bytearray(stored.read_bytes())
        content[-1] ^= 1
        stored.write_bytes(content)
        colleague = clone(source, tmp_path / "colleague", server)
        done = run("dvc", "pull", "models/adapters/v2", cwd=colleague, check=False)
    assert done.returncode != 0
    assert not (colleague / "models/adapters/v2/adapter_model.safetensors").exists()
