"""What tests of any room take: the tiny model, files of JSON Lines, the command."""

import json
from pathlib import Path

import pytest
from tiny import make_model


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Takes the longest first, so that no process is left with one of them; skips what needs a CUDA GPU where there is none."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)
    marked = [item for item in items if item.get_closest_marker("cuda")]
    if marked:
        import torch

        if not torch.cuda.is_available():
            for item in marked:
                item.add_marker(pytest.mark.skip(reason="no CUDA GPU here"))


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base model folder as the base stage leaves it, with its manifest."""
    from mbegu.models.base import from_path

    raw = make_model(tmp_path_factory.mktemp("raw") / "model")
    out = tmp_path_factory.mktemp("models") / "base"
    from_path(raw, out)
    return out


@pytest.fixture(scope="session")
def tiny_tokenizer(tiny_base: Path):
    from mbegu.models.loading import load_tokenizer

    return load_tokenizer(tiny_base)


@pytest.fixture
def write_jsonl(tmp_path: Path):
    """Writes objects (or raw lines) as a JSON Lines file below the test's folder."""

    def write(name: str, lines: list) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n" for line in lines)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def write_arrow(tmp_path: Path):
    """Writes rows of so many tokens, whose last `answer` ones are the answer, as the encode stage does; roots are r0, r1, …"""

    def write(name: str, sizes: list[int], answer: int) -> Path:
        from root import ROOT

        from mbegu.asking.prompts import read_prompt
        from mbegu.training.encoded import write_encoded

        rows = [
            {"id": str(n), "roots": [f"r{n}"], "input_ids": [1] * size, "completion_start": size - answer}
            for n, size in enumerate(sizes)
        ]
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_encoded(path, rows, read_prompt(ROOT / "templates/chat.jinja", True), "base")
        return path

    return write


@pytest.fixture
def mbegu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the command in the test's folder: mbegu("why", id) -> click's result."""
    from click.testing import CliRunner

    from mbegu.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, typed: str | None = None):
        return CliRunner().invoke(main, [str(argument) for argument in arguments], input=typed, prog_name="mbegu")

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
