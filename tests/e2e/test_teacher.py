"""The teacher behind an endpoint, against a real server: `transformers serve` with the embedded model on loopback."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from projects import ENVIRONMENT, ROOT, keep_lines, repro, run
from servers import HOST, free_port, kill

from mbegu.asking.memo import export_lines, open_memo

pytestmark = pytest.mark.timeout(1800)  # whoever comes first waits for the build that all share


@contextmanager
def model_server(port: int, folder: Path):
    command = [str(Path(sys.executable).parent / "transformers"), "serve", "--host", HOST, "--port", str(port)]
    with open(folder / "serve.log", "ab") as log:
        environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hub")}
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environment)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=5).read()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline, (folder / "serve.log").read_text()[-3000:]
                time.sleep(0.2)
        yield server
    finally:
        kill(server)


def expand(project: Path, *options: str, check: bool = True):
    return repro("-s", "expand@v2", *options, cwd=project, check=check)


@pytest.fixture
def remote_project(real_project: Path):
    """A project whose teacher is an endpoint, and the endpoint's port; five open seeds."""
    port = free_port()
    (real_project / "data/seeds/v2.jsonl").write_text((ROOT / "data/seeds/v2.jsonl").read_text())
    keep_lines(real_project / "data/seeds/v2.jsonl", 5)
    params = yaml.safe_load((real_project / "params.yaml").read_text())
    params["teacher"]["kind"] = "openai"
    params["expand"]["max_new_tokens"] = 30  # slow enough to be killed in mid-run
    params["teacher"]["openai"] |= {
        "base_url": f"http://{HOST}:{port}/v1", "model": str(real_project / "models/base"), "concurrency": 1, "retries": 0,
        "timeout": 60,
    }  # fmt: skip
    (real_project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    return real_project, port


def test_a_real_server_answers_is_killed_in_mid_run_and_the_next_run_goes_on(remote_project, tmp_path, monkeypatch):
    project, port = remote_project
    monkeypatch.setitem(ENVIRONMENT, "MBEGU_TEACHER_API_KEY", "any")
    with model_server(port, tmp_path) as server:
        build = subprocess.Popen(
            ["dvc", "repro", "-s", "expand@v2"],
            cwd=project,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = time.monotonic() + 120
        while memoized(project) < 2:
            assert build.poll() is None and time.monotonic() < deadline, build.communicate()[0]
            time.sleep(0.05)
        kill(server)
        output = build.communicate(timeout=120)[0]
    assert build.returncode != 0
    errors = [line for line in output.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1 and "the connection failed" in errors[0], output
    assert "Traceback" not in output
    kept = memoized(project)
    with model_server(port, tmp_path):
        assert f"asked the teacher {5 - kept} times" in expand(project).stdout
    rows = (project / "data/expanded/v2.jsonl").read_bytes()
    (project / "data/expanded/v2.jsonl").unlink()
    monkeypatch.delitem(ENVIRONMENT, "MBEGU_TEACHER_API_KEY")
    assert "asked the teacher 0 times" in expand(project, "-f").stdout  # without a server, without a key
    assert (project / "data/expanded/v2.jsonl").read_bytes() == rows


def memoized(project: Path) -> int:
    """Answers of the endpoint that are in the memo."""
    with open_memo(project / ".mbegu/memo") as memo:
        return sum('"kind": "openai"' in json.dumps(line) for line in export_lines(memo))


def test_a_plan_asks_nobody(remote_project):
    project, _ = remote_project
    command = run("dvc", "repro", "--dry", "-s", "expand@v2", cwd=project).stdout.split("> exec ", 1)[1].splitlines()[0]
    planned = run("sh", "-c", f"{command} --plan", cwd=project).stdout
    assert "Drafts: 5 requests, 0 memoized, 5 to ask" in planned
    assert "To ask: 5 requests" in planned
