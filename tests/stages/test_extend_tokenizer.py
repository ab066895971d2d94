"""The stage extend_tokenizer, and who answers where a model is a base of its own."""

import csv
import json
import shutil

import pytest

from mbegu.models.loading import Weights, weights_of
from mbegu.models.manifest import verify

TEXTS = ["አዲስ ስልክ በቅናሽ ዋጋ 24,500 ብር ብቻ። 🔥", "", "Habari ya asubuhi, ብር ብር ብር!", "ስልኩ \u200bአዲስ ነው። ዋጋው 15,000 ብር"]
SENT = {"channel": "zemen", "date": "2026-05-01T10:00:00", "media": None, "forwarded": None}
MESSAGES = [{"id": f"zemen/{n}", "message": n, "text": text, **SENT} for n, text in enumerate(TEXTS * 3)]
OPTIONS = ["--out", "extended", "--metrics", "fertility.json", "--plot", "fertility.csv",
           "--tokens", 10, "--min_count", 3, "--scripts", "Ethiopic"]  # fmt: skip


def test_a_corpus_becomes_a_base_with_its_tokens_and_says_what_they_are_worth(stage, write_jsonl, tiny_base, tmp_path):
    options = ["extend_tokenizer", "--messages", write_jsonl("m.jsonl", MESSAGES), "--base", tiny_base, *OPTIONS]
    done = stage(*options)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1].startswith("Added 10 tokens, ") and done.stdout.endswith(" after: extended\n")
    said = json.loads((tmp_path / "fertility.json").read_text())
    assert said["tokens_added"] == 10 and said["vocabulary"] == 362
    assert said["ethiopic_tokens_per_word_after"] < said["ethiopic_tokens_per_word_before"]
    assert said["latin_tokens_per_word_after"] == said["latin_tokens_per_word_before"]
    assert said["ethiopic_bytes_per_token_after"] > said["ethiopic_bytes_per_token_before"]
    with open(tmp_path / "fertility.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["label"] for line in lines[:2]] == ["Ethiopic, before", "Latin, before"]
    assert {line["when"] for line in lines} == {"before", "after"} and lines[-1]["script"] == "all"
    first = (tmp_path / "extended/SHA256SUMS").read_text()
    stage(*options)
    assert (tmp_path / "extended/SHA256SUMS").read_text() == first


@pytest.mark.parametrize(
    ("messages", "change", "message"),
    [
        (MESSAGES, ["--tokens", 900], "Error: extend_tokenizer.tokens: 900 are more than the corpus supports; "),
        (MESSAGES, ["--scripts", "Elvish"], "one of Ethiopic, Elvish is no script"),
        ([{**MESSAGES[0], "text": " "}], [], "m.jsonl: no text here to learn from"),
        ([], [], "m.jsonl: no message here; the ledger"),
        ([{**MESSAGES[0], "text": None}], [], "m.jsonl:1: 'text' is None, expected a string"),
        ([{"body": "x"}], [], "m.jsonl:1: unknown field 'body'"),
    ],
)
def test_what_cannot_be_learned_from_is_one_line(stage, refused, write_jsonl, tiny_base, tmp_path, messages, change, message):
    options = ["--messages", write_jsonl("m.jsonl", messages), "--base", tiny_base, *OPTIONS, *change]
    assert message in refused(stage("extend_tokenizer", *options))
    assert not (tmp_path / "extended").exists() and not (tmp_path / "fertility.json").exists()


def test_a_folder_with_base_json_answers_as_a_base_of_its_own(tiny_base, tmp_path):
    shutil.copytree(tiny_base, tmp_path / "other")
    assert weights_of(tiny_base, tiny_base, "nf4") == Weights(tiny_base, None, "nf4")
    assert weights_of(tmp_path / "other", tiny_base, "none") == Weights(tmp_path / "other", None, "none")
    assert weights_of(tmp_path / "other", tiny_base, "none").identity()["base"] == verify(tmp_path / "other")
    (tmp_path / "other/base.json").unlink()
    assert weights_of(tmp_path / "other", tiny_base, "nf4") == Weights(tiny_base, tmp_path / "other", "nf4")
