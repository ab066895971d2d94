"""Where work is done: what params.yaml says, and that here it is `map` and no more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from root import ROOT

from mbegu.errors import BadInput
from mbegu.executors import Executor, local, mapping, read_executor


def params(folder: Path, text: str) -> Path:
    path = folder / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", ["", "a: 1\n", "executor:\n", "executor: {}\n", "executor: {kind: local, address: ''}\n"])
def test_work_is_done_here_unless_params_say_otherwise(tmp_path, text):
    assert read_executor(params(tmp_path, text)) == Executor("local", "") == read_executor(None)
    with mapping(params(tmp_path, text)) as mapped:
        assert mapped is local


def test_local_is_a_map_that_takes_one_item_at_a_time():
    taken = []

    def items():
        for number in range(3):
            taken.append(number)
            yield number

    found = local(str, items())
    assert next(found) == "0" and taken == [0]
    assert [*found] == ["1", "2"]


@pytest.mark.parametrize("address", ["10.0.0.1:6379", "head.example:6379", "[::1]:6379"])
def test_an_address_is_a_host_and_a_port(tmp_path, address):
    assert read_executor(params(tmp_path, f"executor: {{kind: ray, address: '{address}'}}")) == Executor("ray", address)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("executor: {kind: dask}", r"executor.kind is 'dask'; expected local or ray\."),
        ("executor: {kind: [ray]}", r"executor.kind is \['ray'\]; expected local or ray\."),
        ("executor: ray", r"executor is 'ray'; expected \{kind: local, address: ''\} and no other keys\."),
        ("executor: {kind: ray, adress: a}", r"executor is \{.*'adress': 'a'\}; expected \{kind"),
        ("executor: {kind: ray, address: 6379}", r"executor.address is 6379; expected HOST:PORT of .*, such as 10.0.0.1:6379"),
        ("executor: {kind: ray, address: 'ray://a:1'}", r"executor.address is 'ray://a:1'; expected HOST:PORT"),
        ("executor: {kind: ray, address: 'ሰላም'}", r"executor.address is 'ሰላም'; expected HOST:PORT"),
        ("executor: {kind: local, address: auto}", r"executor.address is 'auto'; expected HOST:PORT"),
        ("executor: [", r"params.yaml: not YAML; mend it\."),
    ],
)
def test_a_wrong_section_is_one_sentence(tmp_path, text, said):
    with pytest.raises(BadInput, match=said):
        read_executor(params(tmp_path, text))


def test_a_file_that_is_none_is_one_sentence(tmp_path):
    with pytest.raises(BadInput, match=r"gone.yaml: No such file or directory; expected a params.yaml, or leave --executor out"):
        read_executor(tmp_path / "gone.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\xff")
    with pytest.raises(BadInput, match=r"latin.yaml: not YAML"):
        read_executor(tmp_path / "latin.yaml")


def run(tmp_path: Path, text: str, before: str = "") -> subprocess.CompletedProcess:
    """`chunk`, whose work is where params.yaml says; `before` is run in its process first."""
    path = params(tmp_path, text)
    (tmp_path / "in").mkdir(exist_ok=True)
    (tmp_path / "in/a.md").write_text("# ሰላም 🙂\n\nA fee of five shillings.", encoding="utf-8")
    given = ["--folder", tmp_path / "in", "--out", tmp_path / "o", "--ledger", tmp_path / "l", "--include", "*", "--ocr", "",
             "--executor", path]  # fmt: skip
    code = f"import runpy, sys; {before}; sys.argv[0] = 'ingest.py'; runpy.run_path('stages/ingest.py', run_name='__main__')"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *map(str, given)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment, timeout=200)


def test_a_missing_ray_is_one_line_and_nothing_is_written(tmp_path):
    done = run(tmp_path, "executor: {kind: ray, address: ''}", "sys.modules['ray'] = None")
    said = "Error: ray is not installed; it comes with the extra `ray`: pip install 'mbegu[ray]'.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
    assert not (tmp_path / "o").exists()


def test_work_that_is_done_here_imports_no_ray(tmp_path):
    done = run(tmp_path, "executor: {kind: local, address: ''}", "sys.modules['ray'] = None")
    assert done.returncode == 0 and done.stdout.startswith("Read 1 of 1 files"), done.stderr


def test_the_example_clusters_are_files_of_their_kind_and_say_that_they_were_not_run():
    compose, up = (ROOT / f"docs/examples/cluster-{name}.yaml" for name in ("compose", "ray-up"))
    services = yaml.safe_load(compose.read_text())["services"]
    assert "--head" in services["head"]["command"] and "--address=head:6379" in services["node"]["command"]
    assert services["head"]["environment"] == services["node"]["environment"]  # one token
    found = yaml.safe_load(up.read_text())
    assert found["provider"]["type"] == "local" and "head_start_ray_commands" in found
    assert len(found["provider"]["worker_ips"]) == found["max_workers"]
    assert all("Not run when this was written" in path.read_text() for path in (compose, up))
