"""The messages of a corpus as stages read them."""

import pytest

from mbegu.errors import BadInput
from mbegu.rows.corpus import read_messages, read_texts


def test_messages_come_in_order_and_their_texts_without_blank_ones(write_jsonl):
    lines = [{"id": "ገበያ/2", "text": "ሰላም።"}, {"id": "ገበያ/-1", "text": " \t\n"}, {"id": "b/1", "text": "مرحبا 🏠"}]
    path = write_jsonl("m.jsonl", lines)
    assert read_messages(path) == lines
    assert read_texts(path) == ["ሰላም።", "مرحبا 🏠"]


def test_a_corpus_without_messages_or_text_or_with_a_message_that_has_none_is_refused(write_jsonl):
    with pytest.raises(BadInput, match=r"empty.jsonl: no message here; the ledger beside it"):
        read_messages(write_jsonl("empty.jsonl", []))
    with pytest.raises(BadInput, match=r"a.jsonl:2: 'text' is None, expected a string; build it again"):
        read_messages(write_jsonl("a.jsonl", [{"id": "ገበያ/1", "text": "ሰላም"}, {"id": "ገበያ/2", "channel": "ገበያ"}]))
    with pytest.raises(BadInput, match=r"b.jsonl: no text here to learn from"):
        read_texts(write_jsonl("b.jsonl", [{"id": "ገበያ/1", "text": " \n"}]))
