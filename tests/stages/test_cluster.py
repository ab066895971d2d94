"""Stages on a real Ray cluster of two nodes on this machine: the same bytes as here, also when a node is killed meanwhile."""

import os
import random
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from root import ROOT

ray = pytest.importorskip("ray", reason="the extra ray is not installed: make ray")

from mbegu import cluster  # noqa: E402
from mbegu.errors import BadInput  # noqa: E402
from mbegu.executors import local  # noqa: E402

ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # nodes can't import this file
STORE = 80 * 2**20  # bytes of a node's object store, near Ray's least
SAID = (
    "ሰላም ለእናንተ ይሁን አዲስ ስልክ በቅናሽ ዋጋ ብቻ habari yako leo shule kwa watoto wetu 🙂 👩\u200d🌾 zero\u200bwidth مرحبا بكم في المدرسة "
    "\u202bשלום\u202c 12 15,000 a fee of five shillings for each month that begins"
)
WORDS = SAID.split()
LOCALE = ["--languages", "am", "--currency", "ETB", "--unknown", "አላውቅም", "--disclaimer", "", "--names", "CIC"]


@pytest.fixture(scope="module")
def nodes():
    """A cluster: a head without CPUs, to which tests connect, and two nodes of one CPU; as a list of those two."""
    from ray.cluster_utils import Cluster

    quick = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_failure_threshold": 4}
    head = {"num_cpus": 0, "object_store_memory": STORE, "include_dashboard": False, "_system_config": quick}
    made = Cluster(initialize_head=True, head_node_args=head)
    made.workers = [made.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(2)]
    yield made
    made.shutdown()


@pytest.fixture
def on_ray(nodes, tmp_path):
    """A params.yaml by which work is done there."""
    path = tmp_path / "params.yaml"
    path.write_text(f"executor:\n  kind: ray\n  address: {nodes.address}\n")
    return path


def texts(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randrange(9, 30))) for _ in range(count)]


def records(count: int) -> list:
    """Of a set as they come: rows, near and exact copies, what is none, what is to be mended."""
    draw = random.Random(1)
    found: list = []
    for number, (asked, answer) in enumerate(zip(texts(count, 2), texts(count, 3), strict=True)):
        found.append({"instruction": f"{asked}?", "input": "" if number % 3 else asked, "output": answer})
        if number % 10 == 0:
            found.append({**found[-1], "output": f"{answer} 🙂"})
            found.append({**found[draw.randrange(len(found))], "input": "N/A"})
            found.append({"instruction": "", "output": 5})
            found.append({"instruction": f"&amp; {asked}", "input": "", "output": f"<think>{asked}</think>{answer}\x0c"})
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


LOAD = ["load", "--source", "set.jsonl", "--format", "auto", "--columns.instruction", "instruction", "--columns.input", "input",
        "--columns.output", "output", "--no-tool_calls", "--unreadable", 0.9, "--rows", 0, "--split", "train"]  # fmt: skip
CLEAN = ["clean", "--min_words", 3, "--max_words", 300, "--max_repetition", 0.9, "--refusals", "as an ai", "--near_duplicate",
         0.6, "--permutations", 64]  # fmt: skip


def build(stage, base: Path, out: str, *where: object) -> None:
    """Each data stage that runs on Ray; its outputs below the folder `out`."""
    done = [
        stage("ingest", "--folder", "documents", "--out", f"{out}/documents.jsonl", "--ledger", f"{out}/unread.jsonl",
              "--include", "*", "--ocr", "", *where),
        *(stage("chunk", "--documents", f"{out}/documents.jsonl", "--heldout_rows", "heldout.jsonl", "--base", base,
                "--out", f"{out}/{unit}.jsonl", "--heldout_out", f"{out}/{unit}.held.jsonl", "--ledger", f"{out}/{unit}.left",
                "--unit", unit, "--size", 150, "--step", 100, "--min_size", 20, "--heldout", "3.*", *where)
          for unit in ("characters", "tokens")),
        stage(*LOAD, "--out", f"{out}/loaded.jsonl", "--ledger", f"{out}/loaded.ledger", *where),
        stage(*CLEAN, "--loaded", f"{out}/loaded.jsonl", "--dropped", f"{out}/loaded.ledger", "--out", f"{out}/cleaned.jsonl",
              "--ledger", f"{out}/cleaned.ledger", "--funnel", f"{out}/f.csv", "--metrics", f"{out}/f.json", *where),
        stage("curate", "--expanded", f"{out}/cleaned.jsonl", "--dropped", f"{out}/cleaned.ledger", "--unreviewed", "keep",
              "--reviews", "none.jsonl", "--heldout", "leaking.jsonl", "--out", f"{out}/curated.jsonl", "--ledger",
              f"{out}/curated.ledger", "--funnel", f"{out}/c.csv", "--metrics", f"{out}/c.json", "--warnings", f"{out}/w.json",
              "--min_words", 1, "--max_words", 300, "--max_repetition", 1, "--refusals", "as an ai", "--heldout_similarity", 0.5,
              "--heldout_overlap", 0.5, "--leakage", "drop", *where),
        stage("encode", "--version", f"{out}/curated.jsonl", "--base", base, "--out", f"{out}/v.arrow", "--ledger", f"{out}/e.l",
              "--metrics", f"{out}/e.json", "--lengths", f"{out}/e.csv", "--warnings", f"{out}/ew.json", "--template",
              ROOT / "templates/chat.jinja", "--chat", "--max_length", 300, "--on_truncation", "drop", *where),
        stage("score", "--predictions", "predictions.jsonl", "--heldout", "leaking.jsonl", "--out", f"{out}/s.json", "--rows",
              f"{out}/s.jsonl", *LOCALE, "--rouge", "rougeL", "--digits", 4, "--following", f"{out}/cleaned.jsonl", *where),
    ]  # fmt: skip
    assert not [one.output for one in done if one.exit_code], [one.exception for one in done]


def sources(write_jsonl, folder: Path) -> None:
    (folder / "documents").mkdir()
    for number, text in enumerate(texts(24, 4)):
        suffix = ("md", "txt", "html")[number % 3]
        (folder / f"documents/{number}.{suffix}").write_text(f"# {text[:9]}\n\n{text}. {text[::-1]}።\n\n{text} {number}.\n")
    (folder / "documents/copy.md").write_bytes((folder / "documents/0.md").read_bytes())
    (folder / "documents/bad.pdf").write_bytes(b"%PDF no")
    write_jsonl("set.jsonl", [*records(300), '{"instruction": "cut'])
    write_jsonl("heldout.jsonl", [{"instruction": "ሌላ ጥያቄ?", "output": "አይደለም።"}])
    rows = [
        {"instruction": f"{one}?", "output": answer} for one, answer in zip(texts(300, 2)[5:245:30], texts(8, 9), strict=True)
    ]
    heldout = write_jsonl("leaking.jsonl", rows)
    from mbegu.rows.heldout import read_heldout

    write_jsonl("predictions.jsonl", [
        {"id": row["id"], "instruction": row["instruction"], "input": "", "reference": row["output"], "prediction": answer,
         "tokens": 3, "finish_reason": "stop", "reference_nll": 1.5, "reference_tokens": 7}
        for row, answer in zip(read_heldout(heldout), texts(8, 11), strict=True)
    ])  # fmt: skip


def test_every_data_stage_writes_the_same_bytes_there_as_here(stage, write_jsonl, tiny_base, on_ray, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "ITEMS", 40)  # so that a small set has many shards
    sources(write_jsonl, tmp_path)
    build(stage, tiny_base, "here")
    build(stage, tiny_base, "there", "--executor", on_ray)
    here, there = files(tmp_path / "here"), files(tmp_path / "there")
    assert here == there
    assert all(here[name].strip() for name in ("loaded.ledger", "cleaned.ledger", "curated.ledger", "unread.jsonl", "s.jsonl"))


def working(node) -> int | None:
    """A process of a node that is at work for a stage."""
    raylet = node.all_processes["raylet"][0].process.pid
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == raylet and b"_computed" in (path / "cmdline").read_bytes():
                return int(path.name)
        except OSError:  # it has ended
            continue
    return None


def kill(nodes, node) -> None:
    """A node's processes by SIGKILL, its workers first, who would else finish what they are at."""
    if (pid := working(node)) is not None:
        os.kill(pid, signal.SIGKILL)
    nodes.remove_node(node, allow_graceful=False)
    nodes.workers.remove(node)


def slow(number: int) -> str:
    time.sleep(0.002)
    return f"{number} ሰላም"


def test_a_node_that_is_killed_in_mid_stage_costs_no_byte(stage, nodes, on_ray, write_jsonl, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "ITEMS", 20)
    write_jsonl("set.jsonl", records(600))
    assert stage(*LOAD, "--out", "loaded.jsonl", "--ledger", "loaded.ledger").exit_code == 0
    clean = [*CLEAN, "--loaded", "loaded.jsonl", "--dropped", "loaded.ledger"]

    def outputs(folder: str) -> list[str]:
        return ["--out", f"{folder}/o", "--ledger", f"{folder}/l", "--funnel", f"{folder}/f", "--metrics", f"{folder}/m"]

    victim, killed = nodes.workers[1], []

    def strike() -> None:
        while not killed:
            if working(victim):
                killed.append(time.monotonic())
                kill(nodes, victim)
            time.sleep(0.005)

    striker = Thread(target=strike, daemon=True)
    striker.start()
    done = stage(*clean, *outputs("there"), "--executor", on_ray)
    ended = time.monotonic()
    assert done.exit_code == 0, (done.output, done.exception)
    assert killed and killed[0] < ended
    assert stage(*clean, *outputs("here")).exit_code == 0
    assert files(tmp_path / "here") == files(tmp_path / "there")
    striker.join()
    monkeypatch.chdir(ROOT)  # a node's workers stand where it was started, and this test's folder goes
    nodes.workers.append(nodes.add_node(num_cpus=1, object_store_memory=STORE))


def half(number: int) -> int:
    if number == 1234:
        raise BadInput("set.jsonl:1234: no number; write one.")
    if number == 2000:
        raise ValueError(number)
    return number // 2


def test_what_a_row_raises_stands_where_its_row_stood(nodes):
    with cluster.connected(nodes.address) as mapped:
        found = []
        with pytest.raises(BadInput, match=r"^set.jsonl:1234: no number; write one\.$"):
            found.extend(mapped(half, iter(range(3000))))
        assert len(found) >= 1233 - cluster.ITEMS
        results = mapped(half, range(1999, 2500))
        assert next(results) == 999
        with pytest.raises(ValueError, match="2000") as raised:
            next(results)
        assert "half" in raised.value.__notes__[0]  # where it was


def test_what_the_source_raises_comes_after_the_results_of_what_it_gave(nodes):
    def source():
        yield from range(1200)
        raise BadInput("set.jsonl:1200: not valid JSON.")

    found = []
    with cluster.connected(nodes.address) as mapped, pytest.raises(BadInput, match=r"set.jsonl:1200"):
        for one in mapped(half, source()):
            found.append(one)
    assert found == [*local(half, range(1200))]


def test_no_more_is_on_the_way_than_the_nodes_can_take(nodes):
    taken = []

    def source():
        for number in range(50 * cluster.ITEMS):
            taken.append(number)
            yield number

    with cluster.connected(nodes.address) as mapped:
        results = mapped(str, source())
        assert next(results) == "0"
        assert len(taken) <= (cluster.AHEAD * 2 + 1) * cluster.ITEMS
        results.close()


def test_a_broken_row_is_named_as_it_is_here(stage, refused, write_jsonl, tiny_base, on_ray):
    rows = [{"instruction": f"ጥያቄ {number}?", "output": f"{number} <|end|>" if number == 700 else "መልስ"} for number in range(900)]
    version = write_jsonl("v.jsonl", rows)
    encode = ["encode", "--version", version, "--base", tiny_base, "--out", "v.arrow", "--ledger", "l", "--metrics", "m",
              "--lengths", "n", "--warnings", "w", "--template", ROOT / "templates/chat.jinja", "--chat", "--max_length", 4,
              "--on_truncation", "error"]  # fmt: skip
    here = refused(stage(*encode))
    assert refused(stage(*encode, "--executor", on_ray)) == here
    assert here.startswith(f"Error: {version}:")


def test_an_address_where_nobody_listens_is_one_line(stage, refused, write_jsonl, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    (tmp_path / "params.yaml").write_text(f"executor: {{kind: ray, address: '{address}'}}\n")
    write_jsonl("set.jsonl", records(3))
    said = refused(stage(*LOAD, "--out", "o", "--ledger", "l", "--executor", "params.yaml"))
    start = "start the head with `ray start --head`, or mend executor.address."
    assert said == f"Error: executor.address '{address}': nobody listens there (Connection refused); {start}"
    assert not (tmp_path / "o").exists()


def test_other_code_on_a_node_is_refused(nodes, monkeypatch):
    monkeypatch.setattr(cluster, "library", lambda: "another")
    with cluster.connected(nodes.address) as mapped, pytest.raises(BadInput, match="has another Mbegu than this machine"):
        next(mapped(half, [1]))


def test_a_node_that_lacks_a_package_is_one_line(nodes, tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("def double(number):\n    return 2 * number\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    from only_here import double

    said = (
        r"^executor: a node of the Ray cluster can't do the work \(ModuleNotFoundError: No module named 'only_here'\); each node"
    )
    with pytest.raises(BadInput, match=said), cluster.connected(nodes.address) as mapped:
        next(mapped(double, [1]))


def test_a_cluster_whose_nodes_are_all_lost_is_one_line(nodes, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 2.0)
    monkeypatch.setattr(cluster, "ITEMS", 50)
    lost = [partial(kill, nodes, node) for node in nodes.workers]

    def source():
        for number in range(4_000):
            if number == 1_000:
                while lost:
                    lost.pop()()
            yield number

    with pytest.raises(BadInput) as raised, cluster.connected(nodes.address) as mapped:
        list(mapped(slow, source()))
    assert str(raised.value).startswith(
        ("executor: the Ray cluster has had no node with a CPU for 2 s", "executor: Ray lost a p")
    )
