"""A folder for a hub's Space: what lies in it, and that it runs with what it pins and nothing else."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from huggingface_hub import SpaceCard
from openai import OpenAI
from test_merged import make_adapter

from mbegu.models.manifest import verify
from mbegu.pages.app import guard, space
from mbegu.rows.jsonl import write_lines

PARAMS = {
    "versions": {"v1": {"extends": "none"}}, "models": {"base": "models/base", "v1": "models/adapters/v1"},
    "locale": {"languages": ["am"], "currency": "ETB", "unknown": "አላውቅም", "names": [], "disclaimer": "ምክር አይደለም።"},
    "publish": {"name": "Nyuki ንብ: \"1\"", "licence": "apache-2.0", "tags": ["x"], "limits": []},
}  # fmt: skip
# finds nothing but what pinned packages bring, as a fresh environment would
ALONE = """
import re
import sys
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions
from pathlib import Path
pins = {line.split("==")[0] for line in Path("requirements.txt").read_text().splitlines()}
brought = {top for top, names in packages_distributions().items() if any(re.sub("[._]", "-", n.lower()) in pins for n in names)}
class Only(PathFinder):
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target)
        place = str(spec and (spec.origin or spec.submodule_search_locations))
        return spec if name.split(".")[0] in brought or "site-packages" not in place else None
sys.meta_path[:] = [Only if finder is PathFinder else finder for finder in sys.meta_path]
import runpy
runpy.run_path("app.py", run_name="__main__")
"""


@pytest.fixture
def project(tmp_path: Path, tiny_base: Path, monkeypatch) -> Path:
    """A project with a base and one adapter, in the working directory."""
    (tmp_path / "models/adapters").mkdir(parents=True)
    (tmp_path / "models/base").symlink_to(tiny_base)
    make_adapter(tiny_base, tmp_path / "models/adapters/v1")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PARAMS, allow_unicode=True))
    (tmp_path / "data").mkdir()
    write_lines(tmp_path / "data/heldout.jsonl", [{"instruction": f"ሰላም {n}?", "output": "ሚስጥር"} for n in range(9)])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_space_runs_from_its_folder_with_what_it_pins(mbegu, project):
    done = mbegu("publish", "--version", "v1", "--space", "space")
    assert done.exit_code == 0, done.output
    folder = project / "space"
    assert len(verify(folder)) == 64
    data = SpaceCard.load(folder / "README.md").data
    assert (data.title, data.sdk, data.app_file, data.license) == ('Nyuki ንብ: "1" v1', "gradio", "app.py", "apache-2.0")
    assert f"gradio=={data.sdk_version}" in (folder / "requirements.txt").read_text().splitlines()
    questions = (folder / "examples.jsonl").read_text(encoding="utf-8")
    assert questions.count("\n") == 8 and "ሚስጥር" not in questions
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "SPACE_ID")}
    environment |= {"GRADIO_SERVER_PORT": str(port), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, '.')\n{ALONE}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Answers on http://127.0.0.1:{port}/\n"
        client = OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0)
        assert [model.id for model in client.models.list()] == ["base", "v1"]
        said = client.chat.completions.create(model="v1", messages=[{"role": "user", "content": "ሰላም?"}], max_tokens=4)
        assert said.usage.completion_tokens <= 4
        process.terminate()
        assert process.wait(60) == 0
    assert any(folder.rglob("__pycache__"))
    assert mbegu("publish", "--version", "v1", "--space", "space").exit_code == 0  # it replaces what it wrote, and that


def test_a_space_knows_the_name_that_browsers_have_for_it():
    hub = {"SPACE_ID": "me/nyuki", "SPACE_HOST": "me-nyuki.hf.space"}
    assert space.rules(hub)[:2] == (None, "") and space.rules(hub).origins == {"https://me-nyuki.hf.space"}
    assert space.rules({"SPACE_ID": "me/nyuki"}).origins == frozenset()
    assert space.rules({"SPACE_HOST": "evil.example"}) == guard.Rules(frames=space.FRAMES)


def test_what_can_not_become_a_space_is_one_line_and_nothing_is_written(mbegu, project):
    (project / "full").mkdir()
    (project / "full/mine.txt").write_text("x")
    for arguments, said in [
        (["--space", "full"], "--space full: is there already and nothing that this command published"),
        (["--space", "s", "--version", "v9"], "declares no version 'v9'"),
        (["--space", "s", "--out", "o"], "Name a folder with --out, or one with --space."),
        ([], "Name a folder with --out, or one with --space."),
    ]:
        done = mbegu("publish", "--version", "v1", *arguments)
        assert done.exit_code == 1 and done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1, done.output
        assert said in done.stderr
    (project / "models/adapters/v1/prompt.json").write_text(json.dumps({"base": "0" * 64, "chat": True, "template": ""}))
    done = mbegu("publish", "--version", "v1", "--space", "s")
    assert done.exit_code == 1 and "trained on another base model" in done.stderr
    assert not (project / "s").exists() and not (project / "o").exists()
