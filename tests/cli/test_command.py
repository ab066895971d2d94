"""The command `mbegu` itself: what it loads, says and completes, and how it ends."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from root import ROOT

from mbegu.cli import COMMANDS

MODULES = {path.stem for path in (ROOT / "mbegu/cli").glob("*.py")} - {"__init__"}
HEAVY = ("torch", "transformers", "datasets", "evaluate", "regex", "gradio", "dvc", "numpy")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
LOADED = """
import sys
from mbegu.cli import main
try:
    main({arguments!r}, prog_name="mbegu")
except SystemExit:
    print(*sorted(sys.modules))
"""


def loaded(*arguments: str) -> set[str]:
    """The modules that a call leaves behind."""
    code = LOADED.format(arguments=list(arguments))
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_names_every_command_in_a_line_and_imports_none(mbegu):
    said = mbegu("--help").stdout
    assert said.splitlines()[0].startswith("Usage: mbegu ")
    for name, text in COMMANDS.items():
        assert re.search(rf"(?m)^  {name} +{re.escape(text)}$", said)
    assert 'Completion: eval "$(_MBEGU_COMPLETE=bash_source mbegu)"; zsh: zsh_source.\n' in said
    assert mbegu().stdout == said
    modules = loaded("--help")
    assert not modules & {*HEAVY, "yaml", "importlib.metadata"}
    assert {name for name in modules if name.startswith("mbegu.")} == {
        "mbegu.cli", "mbegu.command", "mbegu.errors", "mbegu.outputs",
    }  # fmt: skip


def test_every_module_is_a_command_and_every_command_a_module():
    assert set(COMMANDS) == MODULES


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_command_says_of_itself_what_the_table_says_and_loads_nothing_heavy_for_its_help(name):
    command = import_module(f"mbegu.cli.{name}").main
    assert command.help.splitlines()[0] == COMMANDS[name]
    assert all(param.help for param in command.params if isinstance(param, click.Option))
    assert re.search(rf"(?m)^ *mbegu {name}\b", import_module(f"mbegu.cli.{name}").__doc__)  # an example to copy
    assert not loaded(name, "--help") & set(HEAVY)


def test_a_wrong_name_is_one_line_with_what_was_meant(mbegu, refused):
    assert refused(mbegu("aks")) == "Error: No such command 'aks'. Did you mean 'ask'?"
    assert refused(mbegu("ሰላም")) == "Error: No such command 'ሰላም'."
    assert refused(mbegu("--vresion")).startswith("Error: No such option '--vresion'. Did you mean '--version'?")
    assert refused(mbegu("why", "--daat", "d", "x")).startswith("Error: No such option '--daat'. Did you mean '--data'?")
    assert refused(mbegu("why")) == "Error: Missing argument 'ROW_ID'."


def test_version_is_the_installed_one(mbegu):
    assert mbegu("--version").stdout == f"mbegu {version('mbegu')}\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program `mbegu` of this checkout, as an installation would put it on the PATH."""
    path = tmp_path / "bin/mbegu"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mbegu "$@"\n')
    path.chmod(0o755)
    return path


def test_bash_completes_names_and_options(program):
    script = """
    eval "$(_MBEGU_COMPLETE=bash_source mbegu)"
    complete -p mbegu
    typed() { COMPREPLY=(); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mbegu_completion mbegu; echo "${COMPREPLY[@]}"; }
    typed mbegu p
    typed mbegu publish --pri
    typed mbegu --v
    """
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script], env=ENVIRONMENT | {"PATH": path}, capture_output=True, text=True, check=True)
    asked, *completed = done.stdout.splitlines()
    assert asked.endswith("-F _mbegu_completion mbegu")
    assert completed == ["plan publish", "--private", "--version"], done.stderr


def test_ctrl_c_is_one_line(write_jsonl, tmp_path):
    draft = {"instruction": "ሰላም?", "output": "Yes.", "origin": {"kind": "generated", "parents": [], "source": "s:1"}}
    write_jsonl("data/expanded/v1.jsonl", [draft])
    write_jsonl("params.yaml", ["versions: {v1: {extends: none}}"])
    # a script that runs the tests in its background has them ignore the signal, and what they start
    hears = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    mbegu = "runpy.run_module('mbegu', run_name='__main__')"
    review = [sys.executable, "-u", "-c", hears + mbegu, "review", "v1", "--reviewer", "Achieng"]
    with subprocess.Popen(
        review, cwd=tmp_path, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        while b"[q]uit" not in process.stdout.read(1) + process.stdout.peek():
            assert process.poll() is None
        for _ in range(60):  # a signal between the prompt and the read that waits for an answer is noticed after it only
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
                break
        said = process.stderr.read().decode()
    assert process.returncode == 1
    assert said.strip() == "Error: interrupted; what was done so far is kept, run it again to continue."


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(write_jsonl, mbegu, tmp_path):
    answer = {"kind": "completion", "text": "word " * 20_000}
    known = write_jsonl("known.jsonl", [{"request": {"prompt": "ሰላም"}, "answer": answer}])
    assert mbegu("memo", "import", known).exit_code == 0
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"mount -t tmpfs -o size=64k none {disk} && {sys.executable} -m mbegu memo export {disk}/m; echo $?; ls -A {disk}"
    apart = ["unshare", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(apart, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.stdout == "1\n", done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ") and "No space left on device; nothing was published" in line


def test_a_stage_of_someone_s_pipeline_may_call_it(program, tmp_path):
    (tmp_path / "dvc.yaml").write_text(f"stages:\n  say:\n    cmd: {program} --version > said\n    outs: [said]\n")
    for arguments in (["init", "--no-scm", "-q"], ["repro", "-q"]):
        dvc = [sys.executable, "-m", "dvc", *arguments]
        done = subprocess.run(dvc, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "said").read_text() == f"mbegu {version('mbegu')}\n"
