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


@pytest.fixture
def refused():
    """Asserts that a run failed with exactly one line, and returns it."""

    def line(result) -> str:
        assert result.exit_code == 1, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        lines = [text for text in result.stderr.splitlines() if not text.startswith("Warning: ")]
        assert len(lines) == 1 and lines[0].startswith("Error: "), result.stderr
        return lines[0]

    return line
