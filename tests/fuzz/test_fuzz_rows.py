"""What people write beside documents, mutated: rows, held-out rows, reviews, sheets, sets, recordings, params. Each is read, or
refused in a sentence that names the file; of a set, what goes in comes out or is in the ledger."""

import csv
import io
import json
import shutil
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mutations import bounded, mutated
from root import ROOT

from mbegu.asking.recorded import read_recordings
from mbegu.builds.written import check
from mbegu.errors import BadInput
from mbegu.rows.heldout import read_heldout
from mbegu.rows.reviews import read_reviews
from mbegu.rows.row import read_rows
from mbegu.sources.seeds.sheet import read_sheet
from mbegu.sources.sets import columns, records
from mbegu.sources.sets.settings import Columns

ROWS = [
    {"instruction": "What is a bond?", "input": "", "output": "A loan to a state. 🙂"},
    {"instruction": "ወለድ ምንድን ነው?", "input": "10%", "output": "ለብድር የሚከፈል ዋጋ።"},
    {"instruction": "ما هي الفائدة؟", "input": "", "output": "ثمن القرض، 5٪.\u200f"},
]
REVIEW = {"id": None, "decision": "accept", "instruction": "What is a bond?", "input": "", "draft": "A loan.", "output": None,
          "reason": None, "reviewer": "a"}  # fmt: skip


def lines(*values: dict) -> bytes:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()


def sheet() -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, ROWS[0])
    writer.writeheader()
    writer.writerows(ROWS)
    return out.getvalue().encode()


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), out)
    return out.getvalue()


def load(path: Path) -> None:
    found, read = columns.load(
        str(path), records.read(str(path), path.suffix[1:], "train"), Columns("instruction", "input", "output"), 0
    )
    dropped = sum(line["action"] == "dropped" for line in found.ledger)
    assert read == len(found.kept) + dropped


READERS = {
    "seeds.jsonl": (lambda path: read_rows(path, answered=True), lines(*ROWS)),
    "heldout.jsonl": (read_heldout, lines(*ROWS)),
    "reviews.jsonl": (read_reviews, lines(REVIEW, {**REVIEW, "instruction": "ወለድ?", "decision": "edit", "output": "Price."})),
    "sheet.csv": (lambda path: read_sheet(path, Columns("", "", "")), sheet()),
    "recording.jsonl": (read_recordings, (ROOT / "examples/company_docs/data/recordings/v1.jsonl").read_bytes()[:20000]),
    "set.jsonl": (load, lines(*ROWS)),
    "set.json": (load, json.dumps(ROWS, ensure_ascii=False).encode()),
    "set.csv": (load, sheet()),
    "set.parquet": (load, parquet()),
}
NUMBERS = count()


@pytest.mark.parametrize("name", READERS)
@bounded
@given(data=st.data())
def test_what_is_mutated_is_read_or_refused_in_a_sentence(name, data, tmp_path_factory):
    read, content = READERS[name]
    path = tmp_path_factory.getbasetemp() / f"{next(NUMBERS)}_{name}"
    path.write_bytes(data.draw(mutated(content)))
    try:
        read(path)
    except BadInput as error:
        assert path.name in str(error) and "\n" not in str(error)
    finally:
        path.unlink()


PARAMS = [ROOT / "params.yaml", ROOT / "examples/company_docs/params.yaml", ROOT / "examples/amharic_ads/params.yaml"]


@bounded
@given(data=st.data())
def test_mutated_params_are_checked_or_refused_in_a_sentence(data, tmp_path_factory):
    project = tmp_path_factory.getbasetemp() / f"project_{next(NUMBERS)}"
    (project / "data").mkdir(parents=True)
    (project / "data/heldout.jsonl").write_bytes(lines(*ROWS))
    (project / "params.yaml").write_bytes(data.draw(mutated(*(path.read_bytes() for path in PARAMS))))
    try:
        list(check(project))
    except BadInput as error:
        assert str(error) and "Traceback" not in str(error)
    finally:
        shutil.rmtree(project)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=5,
)


@bounded
@given(data=st.data())
def test_params_of_another_shape_are_checked_or_refused_in_a_sentence(data, tmp_path_factory):
    params = yaml.safe_load(data.draw(st.sampled_from(PARAMS)).read_text("utf-8"))
    project = tmp_path_factory.getbasetemp() / f"project_{next(NUMBERS)}"
    params[data.draw(st.sampled_from(sorted(params)))] = data.draw(VALUES)
    (project / "data").mkdir(parents=True)
    (project / "data/heldout.jsonl").write_bytes(lines(*ROWS))
    (project / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    try:
        list(check(project))
    except BadInput as error:
        assert str(error)
    finally:
        shutil.rmtree(project)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"indexed": ["a"]}, "indexed is ['a']; expected a section"),
        ({"sets": {"other": "text"}}, "sets.other is 'text'; expected keys"),
        ({"sets": {"other": {}}}, "sets.other is {}; expected keys"),
    ],
)
def test_what_fuzzing_found_in_params_is_a_sentence(edit, said, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(yaml.safe_load(PARAMS[0].read_text("utf-8")) | edit), encoding="utf-8")
    with pytest.raises(BadInput) as error:
        list(check(tmp_path))
    assert said in str(error.value)
