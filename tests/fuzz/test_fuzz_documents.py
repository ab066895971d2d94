"""Every kind of document, mutated and hostile: no exception, a document or a line of the ledger, bounded time and memory."""

import json
import subprocess
import sys

import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinds import FILES
from mutations import EXAMPLES, bounded, mutated, packed
from root import ROOT
from test_documents import AMHARIC, ENCODED, MARKDOWN, PAGE, docx, pdf

from mbegu.sources.documents import readers

SEEDS = {
    ".txt": mutated(AMHARIC.encode(), *(text.encode(name) for name, text in ENCODED.items())),
    ".md": mutated(MARKDOWN.encode()),
    ".html": mutated(PAGE.encode()),
    ".pdf": mutated(pdf(["A page about loans.", "Second page, 5,000."])),
    ".docx": mutated(docx(("Heading 1", "ውል"), ("List Bullet", "One"), table=[["a", "b"]])) | packed(docx(("Normal", "Text"))),
    **{f".{kind}": mutated(content) | packed(content) for kind, content in FILES.items() if content.startswith(b"PK")},
    **{f".{kind}": mutated(content) for kind, content in FILES.items() if not content.startswith(b"PK")},
}


@pytest.mark.parametrize("kind", SEEDS)
@bounded
@given(data=st.data())
def test_a_mutated_document_is_read_or_is_in_the_ledger(kind, data, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "fuzz"
    folder.mkdir(exist_ok=True)
    (folder / f"one{kind}").write_bytes(data.draw(SEEDS[kind]))
    found = readers.read_all(folder, [f"one{kind}"])
    dropped = [line for line in found.ledger if line["action"] == "dropped"]
    assert len(found.kept) + len(dropped) == 1
    assert all(line["reason"] and "\n" not in line["reason"] for line in found.ledger)
    json.dumps([found.kept, found.ledger], ensure_ascii=False).encode()  # no halves of surrogate pairs


SIZE, SECONDS = 1_000_000 if EXAMPLES else 200_000, 10  # of a file; of one processor
MEGABYTES = 1000  # of the child alone: `ru_maxrss` begins at what its parent has
CHILD = """
import resource, sys
from pathlib import Path
from mbegu.sources.documents import readers
folder = Path(sys.argv[1])
before = 0
for name in sorted(path.name for path in folder.iterdir()):
    found = readers.read_all(folder, [name])
    assert len(found.kept) + sum(line["action"] == "dropped" for line in found.ledger) == 1
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(f"{used.ru_utime + used.ru_stime - before:.1f} {int(peak) // 1024} {name}", flush=True)
    before = used.ru_utime + used.ru_stime
"""


@pytest.mark.parametrize("kind", hostile.KINDS)
def test_a_hostile_document_costs_neither_time_nor_memory(kind, tmp_path):
    for name, content in hostile.KINDS[kind](SIZE).items():
        (tmp_path / f"{name}{kind}").write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False, timeout=550
    )
    assert done.returncode == 0, done.stdout + done.stderr
    costs = [line.split(" ", 2) for line in done.stdout.splitlines()]
    assert len(costs) == len(list(tmp_path.iterdir()))
    assert [cost for cost in costs if float(cost[0]) > SECONDS or int(cost[1]) > MEGABYTES] == []
