"""Bytes that turned after a build: DVC hands them out, `mbegu check --bytes` names them, and its advice brings them back."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from mbegu.builds.commands import environment
from mbegu.cli.check import main

PIPELINE = """
stages:
  rows:
    cmd: mkdir -p made && echo ሰላም > rows.jsonl && echo x > made/x && echo y > made/y
    outs: [rows.jsonl, made]
  table:
    cmd: cat rows.jsonl > table.md
    deps: [rows.jsonl]
    outs: [{table.md: {cache: false}}]
"""


def repro() -> None:
    subprocess.run(["dvc", "repro", "--quiet"], env=environment(), check=True)


def turn(path: Path) -> None:
    """Turns a byte as a disk does: the file looks as it did."""
    state = path.stat()
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"\n", b"~", 1))
    path.chmod(state.st_mode)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def copy_of(content: str) -> Path:
    (found,) = [path for path in Path(".dvc/cache/files").rglob("*") if path.is_file() and path.read_text("utf-8") == content]
    return found


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"]):
        subprocess.run(command, env=environment(), check=True)
    Path("dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    repro()
    return tmp_path


def rotten() -> list[str]:
    done = CliRunner().invoke(main, ["--bytes"])
    assert done.exit_code == 1 and done.stderr.startswith("Error: not the bytes that were built: "), done.output
    names, rest = done.stderr.removeprefix("Error: not the bytes that were built: ").split("; delete them", 1)
    assert rest == ", and `dvc repro` builds them again, or `dvc pull` fetches them.\n"
    return names.split(", ")


def delete(names: list[str]) -> None:
    for name in names:
        shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink()


@pytest.mark.parametrize(("out", "content"), [("rows.jsonl", "ሰላም\n"), ("made", "x\n")])
def test_a_rotten_copy_that_dvc_hands_out_is_named_and_comes_back_right_when_deleted(project, out, content):
    copy = copy_of(content)
    turn(copy)
    assert rotten() == [str(copy)]  # as long as the output itself is there, it is what it was
    delete([out])
    repro()
    assert str(copy) in rotten()
    assert (out in rotten()) == (out == "rows.jsonl")  # DVC puts its copy in the place of a file, and leaves a folder
    delete(rotten())
    repro()
    assert copy_of(content) == copy
    assert Path("rows.jsonl").read_text("utf-8") == "ሰላም\n" and Path("made/x").read_text("utf-8") == "x\n"


def test_outputs_in_git_and_listings_of_folders_are_read_too(project):
    turn(Path("table.md"))
    (listing,) = Path(".dvc/cache/files").rglob("*.dir")
    listing.chmod(0o644)
    listing.write_bytes(listing.read_bytes()[:-9])
    assert rotten() == ["table.md", str(listing)]


def test_a_build_that_is_whole_is_counted_and_one_that_is_not_built_is_refused(project, monkeypatch):
    done = CliRunner().invoke(main, ["--bytes"])
    assert done.stdout.startswith("dvc.lock: 3 outputs and 4 copies in DVC's cache are as they were built\n")
    Path("dvc.lock").unlink()
    done = CliRunner().invoke(main, ["--bytes"])
    assert done.exit_code == 1 and done.stderr.startswith("Error: dvc.lock: does not exist; "), done.output
