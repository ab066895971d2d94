import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mbegu.asking.memo import answer_all, open_memo, request_key
from mbegu.errors import BadInput, disk_problem
from mbegu.models.manifest import verify, write_manifest
from mbegu.outputs import sole_writer, whole


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "file"
    with whole(path) as temporary:
        temporary.write_text("one")
        assert not path.exists()
    with pytest.raises(RuntimeError), whole(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "one"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_a_folder_is_replaced_whole_and_what_a_killed_run_left_is_overwritten(tmp_path):
    (tmp_path / ".out.tmp").mkdir()
    (tmp_path / ".out.tmp/leftover").touch()
    for name in ("first", "second"):
        with whole(tmp_path / "out") as temporary:
            temporary.mkdir()
            (temporary / name).touch()
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["second"]


HOLD = "import sys, time; from pathlib import Path; from mbegu.outputs import sole_writer\nwith sole_writer(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"  # noqa: E501


def test_a_folder_that_was_made_for_an_output_goes_with_it_unless_another_stands_there(tmp_path):
    with pytest.raises(ValueError), whole(tmp_path / "ሀ/b/c.txt") as temporary:
        temporary.write_text("x")
        raise ValueError
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError), whole(tmp_path / "ሀ/b/c.txt"):
        (tmp_path / "ሀ/other.txt").write_text("x")
        raise ValueError
    assert [path.name for path in (tmp_path / "ሀ").iterdir()] == ["other.txt"]


def test_a_second_writer_is_refused_while_the_first_lives_and_not_after_it_is_killed(tmp_path):
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert first.stdout.readline() == "held\n"
    with pytest.raises(BadInput, match="another run of this stage is still writing here"), sole_writer(tmp_path):
        pass
    first.kill()
    first.wait()
    with sole_writer(tmp_path):
        pass


PARENT = r"""
import subprocess, sys
code = (
    "import os, sys, time; print(os.getpid(), flush=True); time.sleep(float(sys.argv[1]))\n"
    "from mbegu.outputs import die_with_dvc; die_with_dvc(); print('asked', flush=True); time.sleep(60)"
)
subprocess.run([sys.executable, "-c", code, sys.argv[1]])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux only")
@pytest.mark.parametrize("asks_first", [True, False], ids=["killed later", "killed before the stage could ask"])
def test_a_stage_dies_with_the_dvc_that_started_it(asks_first):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, "0" if asks_first else "1", "dvc"],
        env=os.environ | {"DVC_STAGE": "train"},
        stdout=subprocess.PIPE,
        text=True,
    )
    child = int(parent.stdout.readline())
    if asks_first:
        assert parent.stdout.readline() == "asked\n"
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 10
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(child)


def is_alive(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def test_a_full_disk_is_told_apart_from_a_bug():
    assert "No space left on device; nothing was published" in disk_problem(OSError(28, "No space left on device", "out"))
    assert "No space left" in disk_problem(RuntimeError("SafetensorError: I/O error: No space left on device (os error 28)"))
    assert disk_problem(ValueError("a bug")) is None


def test_a_manifest_names_a_file_that_changed_or_went(tmp_path):
    (tmp_path / "weights").write_text("one")
    (tmp_path / "config").write_text("two")
    write_manifest(tmp_path)
    identity = verify(tmp_path)
    assert identity == verify(tmp_path)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)
    (tmp_path / "weights").write_text("One")
    with pytest.raises(BadInput, match=r"weights: SHA-256 differs from SHA256SUMS"):
        verify(tmp_path)
    (tmp_path / "weights").unlink()
    with pytest.raises(BadInput, match="weights: missing, though SHA256SUMS names it"):
        verify(tmp_path)
    with pytest.raises(BadInput, match="no SHA256SUMS here; build it with"):
        verify(tmp_path / "nowhere")


def echo(requests):
    for request in requests:
        yield request, {"text": request["prompt"].upper()}


def test_the_memo_replays_in_order_and_asks_only_for_what_is_new(tmp_path):
    requests = [{"prompt": text} for text in ("ሰላም", "b", "ሰላም")]
    with open_memo(tmp_path) as memo:
        answers, asked = answer_all(requests, echo, memo)
        assert ([answer["text"] for answer in answers], asked) == (["ሰላም", "B", "ሰላም"], 2)
    with open_memo(tmp_path) as memo:
        answers, asked = answer_all([{"prompt": "c"}, *requests], echo, memo)
        assert ([answer["text"] for answer in answers], asked) == (["C", "ሰላም", "B", "ሰላም"], 1)


def test_what_was_answered_before_a_failure_is_kept(tmp_path):
    def fails_after_one(requests):
        yield from echo(requests[:1])
        raise KeyboardInterrupt

    requests = [{"prompt": "a"}, {"prompt": "b"}]
    with pytest.raises(KeyboardInterrupt), open_memo(tmp_path) as memo:
        answer_all(requests, fails_after_one, memo)
    with open_memo(tmp_path) as memo:
        assert answer_all(requests, echo, memo)[1] == 1


def test_a_request_is_known_by_its_content():
    assert request_key({"a": 1, "b": "ሰ"}) == request_key({"b": "ሰ", "a": 1}) != request_key({"a": 2, "b": "ሰ"})


WRITE = """
import sys; from pathlib import Path; from mbegu.asking.memo import answer_all, open_memo
with open_memo(Path(sys.argv[1])) as memo:
    answer_all([{"prompt": str(n)} for n in range(200)], lambda missing: ((r, {"text": r["prompt"]}) for r in missing), memo)
"""


def test_two_processes_can_write_one_memo(tmp_path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path)]) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    with open_memo(tmp_path) as memo:
        answers, asked = answer_all([{"prompt": str(n)} for n in range(200)], echo, memo)
    assert (asked, [answer["text"] for answer in answers]) == (0, [str(n) for n in range(200)])
