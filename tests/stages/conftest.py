import importlib.util

import pytest
from click.testing import CliRunner
from root import ROOT


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """Runs a stage script in the test's folder: stage("merge", "--out", path, …) -> click's result."""
    monkeypatch.chdir(tmp_path)

    def run(name: str, *arguments: object, typed: str | None = None):
        spec = importlib.util.spec_from_file_location(f"{name}_script", ROOT / "stages" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return CliRunner().invoke(module.main, [str(argument) for argument in arguments], input=typed)

    return run
