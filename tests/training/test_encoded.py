import random

import pyarrow as pa
import pytest
from test_tokens import CHAT, ROWS

from mbegu.errors import BadInput
from mbegu.training import encoded, tokens


def test_the_same_rows_give_the_same_file_and_it_carries_its_prompt(tiny_tokenizer, tmp_path):
    found = tokens.encode(ROWS, CHAT, tiny_tokenizer)
    for name in ("one", "two"):
        encoded.write_encoded(tmp_path / name, found, CHAT, "base-id")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    dataset, prompt = encoded.read_encoded(tmp_path / "one")
    assert dataset.to_list() == found
    assert prompt == {"template": CHAT.template, "chat": True, "base": "base-id"}


def test_a_file_that_is_no_tokenized_set_is_refused(tmp_path):
    (tmp_path / "x.arrow").write_bytes(b"not arrow")
    for name in ("x.arrow", "missing.arrow"):
        with pytest.raises(BadInput, match=f"{name}: not a tokenized data set"):
            encoded.read_encoded(tmp_path / name)


@pytest.mark.parametrize("count", [0, 1, 3, 7])
def test_rows_written_a_few_at_a_time_give_the_file_of_all_at_once(tmp_path, monkeypatch, count):
    draw = random.Random(count)
    rows = [
        {"id": f"ሰ{number}", "roots": ["a"] * draw.randrange(3), "input_ids": draw.sample(range(49_000), draw.randrange(1, 40)),
         "completion_start": number}
        for number in range(count)
    ]  # fmt: skip
    encoded.write_encoded(tmp_path / "few", iter(rows), CHAT, "base")
    monkeypatch.setattr(encoded, "BATCH", 2)
    encoded.write_encoded(tmp_path / "fewer", iter(rows), CHAT, "base")
    schema = encoded.SCHEMA.with_metadata(pa.ipc.open_stream((tmp_path / "few").read_bytes()).schema.metadata)
    with pa.OSFile(str(tmp_path / "all"), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    assert (tmp_path / "few").read_bytes() == (tmp_path / "all").read_bytes() == (tmp_path / "fewer").read_bytes()


def test_a_large_set_is_written_as_record_batches_of_which_one_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(encoded, "RECORDS", 5)
    monkeypatch.setattr(encoded, "BATCH", 2)
    rows = [{"id": f"ሰ{n}", "roots": ["🌱"] * (n % 3), "input_ids": [*range(n)], "completion_start": n} for n in range(13)]
    taken = []

    def source():
        for row in rows:
            taken.append(row)
            yield row

    encoded.write_encoded(tmp_path / "v.arrow", source(), CHAT, "base")
    assert encoded.read_encoded(tmp_path / "v.arrow")[0].to_list() == rows == taken
    written = pa.ipc.open_stream((tmp_path / "v.arrow").read_bytes())
    assert [batch.num_rows for batch in written] == [5, 5, 3]
