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
