"""A warm stage is what a plain one is: output, status, signals, modules. That its outputs are the same bytes is shown by
test_build.py, where killed stages are built again by plain processes and compared with the lock of a warm build."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from projects import ROOT, warm
from warm import server


@pytest.fixture(autouse=True)
def served() -> None:
    if server() is None:
        pytest.skip("stages are forked on Linux only, with OMP_NUM_THREADS=1, and without a GPU")


SAYS = """
import json, os, sys
import beside
found = {"argv": sys.argv, "stdin": sys.stdin.read(), "beside": beside.__file__, "folder": os.getcwd(), "name": __name__,
         "executable": sys.executable, "torch": "torch" in sys.modules, "mbegu": "mbegu" in sys.modules, "ME": os.environ["ME"],
         "parent": os.getppid(), "DVC_STAGE": "DVC_STAGE" in os.environ}
import mbegu
print(json.dumps(found | {"mbegu_at": mbegu.__file__}))
print("ሰላም 😀", file=sys.stderr)
sys.exit(7)
"""
SLOW = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended well"))
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a package `mbegu` of its own and a few stages."""
    scripts = {
        "says": SAYS,
        "slow": SLOW,
        "beside": "",
        "wrong": "import mbegu\nraise ValueError('no')",
        "dies": "import os\nos.kill(os.getpid(), 11)",
    }
    for name in ("stages", "mbegu", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "mbegu/__init__.py").touch()
    for name, text in scripts.items():
        (tmp_path / f"stages/{name}.py").write_text(text)
    (tmp_path / "other/script.py").write_text("import sys\nprint('torch' in sys.modules)")
    return tmp_path


def start(folder: Path, *arguments: str, **variables: str) -> subprocess.Popen:
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    environment = warm() | {"ME": "ዳዊት", "DVC_STAGE": "says"} | variables
    return subprocess.Popen(["python", *arguments], cwd=folder, env=environment, text=True, encoding="utf-8", **pipes)


def test_a_stage_finds_arguments_variables_folder_and_modules_of_its_own(folder):
    process = start(folder, "stages/says.py", "--name", "ጓሮ")
    out, err = process.communicate("typed")
    assert process.returncode == 7 and err == "ሰላም 😀\n"
    found = json.loads(out)
    assert found.pop("parent") == server().process.pid
    assert found == {
        "argv": ["stages/says.py", "--name", "ጓሮ"], "stdin": "typed", "beside": f"{folder}/stages/beside.py",
        "folder": str(folder), "name": "__main__", "executable": f"{Path(sys.executable).parent}/python",
        "torch": True, "mbegu": False, "ME": "ዳዊት",
        "DVC_STAGE": False, "mbegu_at": f"{folder}/mbegu/__init__.py",
    }  # fmt: skip


def test_the_command_runs_the_code_that_python_would_find(folder):
    code = "import sys\ndef main():\n    print(sys.argv[1:], 'torch' in sys.modules)\n    return 3\n"
    (folder / "mbegu/cli.py").write_text(code)
    done = subprocess.run(
        ["mbegu", "ask", "ሰላም?"], cwd=folder, env=warm() | {"PYTHONPATH": "."}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "['ask', 'ሰላም?'] True\n", "")


def test_an_edited_module_is_what_the_next_stage_runs(folder):
    for text in ("said = 1", "said = 22"):
        (folder / "stages/beside.py").write_text(text)
        (folder / "stages/edited.py").write_text("import beside\nprint(beside.said)")
        out, _ = start(folder, "stages/edited.py").communicate()
        assert f"said = {out}" == f"{text}\n"


def test_an_error_and_a_death_are_those_of_the_stage(folder):
    wrong = start(folder, "stages/wrong.py")
    assert wrong.communicate()[1].endswith("ValueError: no\n") and wrong.returncode == 1
    dies = start(folder, "stages/dies.py")
    assert dies.communicate() == ("", "") and dies.returncode == -signal.SIGSEGV


def test_a_stage_gets_the_signal_that_python_gets_and_does_not_outlive_it(folder):
    told = start(folder, "stages/slow.py")
    assert int(told.stdout.readline()) != told.pid
    told.terminate()
    assert told.communicate()[1] == "ended well\n" and told.returncode == 1
    killed = start(folder, "stages/slow.py")
    child = int(killed.stdout.readline())
    killed.kill()
    assert gone(child)


def gone(process: int) -> bool:
    deadline = time.monotonic() + 20
    while Path(f"/proc/{process}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not Path(f"/proc/{process}").exists()


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["other/script.py"], {}),
        (["-c", "import sys; print('torch' in sys.modules)"], {}),
        (["stages/plain.py"], {"HF_HUB_OFFLINE": "0"}),  # which huggingface_hub reads when it is imported
        (["stages/plain.py"], {"PYTHONUTF8": "1"}),
    ],
)
def test_what_is_no_stage_or_needs_other_libraries_is_plain(folder, arguments, variables):
    (folder / "stages/plain.py").write_text((folder / "other/script.py").read_text())
    assert start(folder, *arguments, **variables).communicate() == ("False\n", "")


def test_without_an_answer_a_stage_is_plain(folder):
    (folder / "bin").mkdir()
    shutil.copy(server().folder / "python", folder / "bin")  # beside which there is no socket
    process = start(folder, "stages/wrong.py", PATH=f"{folder}/bin{os.pathsep}{Path(sys.executable).parent}")
    assert process.communicate()[1].endswith("ValueError: no\n") and process.returncode == 1


def test_the_server_ends_with_whoever_started_it_and_leaves_nothing():
    code = "import time, warm; s = warm.server(); print(s.process.pid, s.folder, flush=True); time.sleep(60)"
    owner = subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(ROOT / "tests/e2e")}, stdout=subprocess.PIPE, text=True
    )
    process, folder = owner.stdout.readline().split()
    owner.kill()
    owner.wait()
    assert gone(int(process)) and not Path(folder).exists()
