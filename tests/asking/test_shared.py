"""A memo that several machines share, in real servers on loopback; a server that is not installed skips its tests by name."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from root import ROOT
from stubs import completion, reply

from mbegu.asking import shared
from mbegu.asking.decoding import Decoding
from mbegu.asking.endpoint import openai_compatible
from mbegu.asking.memo import export_lines, import_lines, open_memo, recall, remember
from mbegu.asking.teachers import request
from mbegu.errors import BadInput

REDIS = shutil.which("redis-server")
POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)), None)
TEXTS = [
    "ቦንድ ብድር ነው።",
    "Habari ya asubuhi 🙂",
    "ما هو؟ שלום",
    "zero\u200bwidth\ufeff",
    "a\x00b\u2028c",
    "\"\\'; DROP TABLE mbegu_memo;--",
]


class Place(NamedTuple):
    """Where a memo may lie."""

    address: str
    start: object
    stop: object


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(port):
    for _ in range(600):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server did not start")


class Server:
    """A process that is started and stopped as a crash does, also while somebody is connected."""

    def __init__(self, command, port, stop=()):
        self.command, self.port, self.stopping, self.process = command, port, stop, None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port)

    def stop(self):
        if self.process is not None:
            if self.stopping:
                subprocess.run(self.stopping, check=True, stdout=subprocess.DEVNULL)
            else:
                self.process.kill()
            self.process.wait(60)
            self.process = None


@pytest.fixture
def redis(tmp_path):
    pytest.importorskip("redis")
    if REDIS is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    given = ["--port", port, "--bind", "127.0.0.1", "--dir", tmp_path, "--appendonly", "yes", "--save", ""]
    server = Server([REDIS, *map(str, given)], port)
    server.start()
    yield Place(f"redis://127.0.0.1:{port}/0", server.start, server.stop)
    server.stop()


@pytest.fixture(scope="module")
def cluster():
    """The folder of a database of the user `mbegu`, and the beginning of a command that may run Postgres."""
    pytest.importorskip("psycopg")
    if POSTGRES is None:
        pytest.skip("postgresql is not installed")
    folder = Path(tempfile.mkdtemp(prefix="mbegu-postgres-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        if shutil.which("runuser") is None:
            pytest.skip("postgres does not run as root, and there is no runuser")
        shutil.chown(folder, "postgres")
    made = [*as_user, POSTGRES.with_name("initdb"), "-D", folder / "data", "-U", "mbegu", "-A", "trust", "-N", "-E", "UTF8"]
    subprocess.run(list(map(str, made)), check=True, stdout=subprocess.DEVNULL)
    yield folder, as_user
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(cluster):
    folder, as_user = cluster
    port = free_port()
    given = [POSTGRES, "-D", folder / "data", "-p", port, "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"]
    stop = [POSTGRES.with_name("pg_ctl"), "stop", "-m", "immediate", "-D", folder / "data"]
    server = Server([*as_user, *map(str, given)], port, [*as_user, *map(str, stop)])
    server.start()
    address = f"postgresql://mbegu@127.0.0.1:{port}/postgres"
    for _ in range(100):  # it listens before it takes anybody in
        import psycopg

        try:
            with psycopg.connect(address, autocommit=True) as found:
                found.execute("DROP TABLE IF EXISTS mbegu_memo")
            break
        except psycopg.OperationalError:
            time.sleep(0.1)
    yield Place(address, server.start, server.stop)
    server.stop()


@pytest.fixture
def files(tmp_path):
    (tmp_path / "team").mkdir()
    team, away = tmp_path / "team", tmp_path / "away"
    return Place(f"files:{team}/memo", lambda: away.rename(team), lambda: team.rename(away))


@pytest.fixture(params=["files", "redis", "postgres"])
def place(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where answers are put aside
    return request.getfixturevalue(request.param)


def asked(text):
    return {"teacher": {"kind": "openai"}, "prompt": text, "chat": True, "decoding": {"max_new_tokens": 8}}


def test_what_one_machine_remembers_another_knows(place):
    with open_memo(place.address) as mine:
        for text in TEXTS:
            remember(mine, asked(text), {"text": text, "tokens": 1, "finish_reason": "stop"})
            remember(mine, asked(text), {"text": text, "tokens": 1, "finish_reason": "stop"})  # twice is once
    with open_memo(place.address) as one, open_memo(place.address) as other:
        assert [recall(other, asked(text))["text"] for text in TEXTS] == TEXTS
        assert recall(one, asked("ሌላ")) is None
        assert len(list(export_lines(other))) == len(TEXTS)


def test_its_export_is_that_of_a_folder_and_goes_back_and_forth(place, tmp_path):
    lines = [("x:1", {"request": asked(text), "answer": {"text": text, "tokens": 1, "finish_reason": "stop"}}) for text in TEXTS]
    with open_memo(place.address) as one, open_memo(tmp_path / "memo") as folder:
        assert import_lines(one, lines) == (len(TEXTS), 0)
        assert import_lines(folder, (("x", line) for line in export_lines(one))) == (len(TEXTS), 0)
        assert list(export_lines(folder)) == list(export_lines(one))
        assert import_lines(one, lines) == (0, len(TEXTS))


def test_an_entry_that_rotted_is_asked_again_and_a_newer_memo_is_left_alone(place):
    with open_memo(place.address) as memo:
        remember(memo, asked("a"), {"text": "b", "tokens": 1, "finish_reason": "stop"})
        (key,) = {*memo.keys()} - {"format"}
        memo.store.write(key, '{"check": "no"}')
        assert recall(memo, asked("a")) is None
        memo.store.write(key, '{"check": ')
        assert recall(memo, asked("a")) is None
        assert list(export_lines(memo)) == []
        memo["format"] = 99
    with pytest.raises(BadInput, match=r"a memo of format 99, this Mbegu reads up to \d"), open_memo(place.address):
        pass


def test_one_that_is_down_at_the_start_is_one_line_and_nobody_is_asked(place):
    place.stop()
    with pytest.raises(BadInput) as error, open_memo(place.address):
        raise AssertionError("it is open")
    said = str(error.value)
    assert said.startswith(f"memo: {place.address}") and "\n" not in said
    assert "does not answer" in said or "there is no folder" in said


def test_one_that_goes_down_in_mid_run_stops_in_one_line_and_no_answer_is_asked_for_twice(place, serve, capsys):
    def behave(body, count):
        if count == 4:
            place.stop()
        return reply(completion("ጥሩ 🙂"))

    endpoint, seen = serve(behave, concurrency=1)
    prompts = [f"ጥያቄ {number}?" for number in range(9)]

    def ask():
        with open_memo(place.address) as memo:
            teacher = openai_compatible(endpoint, memo)
            return teacher.ask([request(teacher, prompt, True, Decoding(8)) for prompt in prompts])

    with pytest.raises(BadInput) as error:
        ask()
    said = str(error.value)
    assert said.startswith(f"memo: {place.address} went away (") and "no answer is lost" in said and "\n" not in said
    warned = [line for line in capsys.readouterr().err.splitlines() if "Warning" in line]
    assert len(warned) == 1 and "answers go to .mbegu/aside" in warned[0]
    assert len(seen) == 9 and len(list(Path(".mbegu/aside").rglob("*.json"))) >= 5
    place.start()
    deadline = time.monotonic() + 60
    while True:
        try:
            answers, count = ask()
            break
        except BadInput:  # a database that is recovering takes nobody in yet
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert [answer["text"] for answer in answers] == ["ጥሩ 🙂"] * 9 and count == 0 and len(seen) == 9
    assert not list(Path(".mbegu/aside").rglob("*.json"))


def test_a_database_that_was_started_again_between_two_answers_is_not_noticed(postgres, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open_memo(postgres.address) as memo:
        remember(memo, asked("a"), {"text": "1", "tokens": 1, "finish_reason": "stop"})
        postgres.stop()
        postgres.start()
        time.sleep(1)
        remember(memo, asked("b"), {"text": "2", "tokens": 1, "finish_reason": "stop"})
        assert not memo.gone and recall(memo, asked("a"))["text"] == "1"


def test_what_was_put_aside_is_taken_over_by_a_folder_too(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open_memo(files.address) as memo:
        files.stop()
        remember(memo, asked("ጥያቄ"), {"text": "መልስ 🙂", "tokens": 1, "finish_reason": "stop"})
    with open_memo(tmp_path / "memo") as folder:
        assert recall(folder, asked("ጥያቄ"))["text"] == "መልስ 🙂"
    assert not list(Path(".mbegu/aside").rglob("*.json"))


@pytest.mark.parametrize("kind", ["redis", "postgresql"])
def test_a_password_stands_in_no_address(kind):
    with pytest.raises(BadInput), open_memo(f"{kind}://127.0.0.1:1/0?password=sesame"):
        pass
    with pytest.raises(BadInput) as error, open_memo(f"{kind}://me:sesame@127.0.0.1:1/0"):
        pass
    assert "leave it out and export MBEGU_MEMO_PASSWORD" in str(error.value) and "sesame" not in str(error.value)


@pytest.mark.parametrize(("address", "package"), [("redis://h:x/0", "redis"), ("postgresql://h/db?no=1", "psycopg")])
def test_an_address_that_is_none_is_told(address, package):
    pytest.importorskip(package)
    with pytest.raises(BadInput, match=r"is no address of \w+ \(.*\); write one such as"), open_memo(address):
        pass


@pytest.mark.parametrize("address", ["files:", "files:/no/such/folder/memo"])
def test_a_folder_that_is_not_there_is_told(address):
    with pytest.raises(BadInput, match=r"memo: files:\S* there is no folder|memo: files:.*no folder"), open_memo(address):
        pass


@pytest.mark.parametrize(
    ("package", "extra", "address"),
    [("redis", "redis", "redis://127.0.0.1:1/0"), ("psycopg", "postgres", "postgresql://127.0.0.1:1/db")],
)
def test_a_missing_package_is_one_line_that_names_its_extra(package, extra, address):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from mbegu.asking.memo import open_memo\nfrom mbegu.errors import BadInput\n"
        f"try:\n    with open_memo({address!r}): pass\nexcept BadInput as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"{package} is not installed; it comes with the extra `{extra}`: pip install 'mbegu[{extra}]'.\n"


def test_a_folder_of_this_machine_is_none_of_them():
    kinds = [".mbegu/memo", Path("/srv/memo"), "memo", "redis/memo", "files:/a", "redis://h/0", "postgresql://h/d"]
    assert [shared.is_shared(one) for one in kinds] == [False] * 4 + [True] * 3
