"""New tokens shorten a script, leave the others alone and give every text back."""

import json
from collections import Counter

import pytest
import torch
from tiny import make_model
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from mbegu.errors import BadInput
from mbegu.models import pieces, vocabulary
from mbegu.models.fertility import fertility, lines, named
from mbegu.models.loading import load_tokenizer
from mbegu.models.manifest import verify
from mbegu.models.trained import added_tokens
from mbegu.models.vocabulary import Growth
from mbegu.text.scripts import script, within

CORPUS = ["አዲስ ስልክ በቅናሽ ዋጋ! Zemo X5 24,500 ብር ብቻ።", "ስልኩ አዲስ ነው። ዋጋው 15,000 ብር 🔥🔥", "ብር ብር ብር፤ ዋጋ ስንት ነው?"] * 4
OTHERS = [
    "Habari ya asubuhi, rafiki! KES 5,000", "How much is it?  Two  blanks\n\n\tand tabs ", "👩‍👩‍👧 🔥 🇪🇹 👍🏽",
    "a\u200bb\u200cc\ufeffd\u200d", "שלום \u200f مرحبا بكم", "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "你好 नमस्ते สวัสดี",
    "a\u2028b\u0085c\u00a0d", "e\u0301 é", "", " ",
    "0900 00 11 21 @zemen_electro7",
]  # fmt: skip
MIXED = [*CORPUS, "  ስልክ\u200cህ ", "ስልክZemo", "<|im_end|>ብር", "ብር\u200fብር", "፲፪፻ ፡ ፣ ፤ ።።", "ጨጨጨ ኧ ⶀ ꬁ"]
GROWTH = Growth(12, 3, ["Ethiopic"])


def sentencepiece_like() -> PreTrainedTokenizerFast:
    """A tokenizer built as Gemma's: pieces spelt as texts are, blanks as "▁", unknown characters as bytes."""
    characters = sorted({*"".join(CORPUS).replace(" ", "▁"), *"abcdefgh"} - set("ዋ"))
    vocab = {
        token: place for place, token in enumerate(["<eos>", *(f"<0x{byte:02X}>" for byte in range(256)), *characters, "▁ብ"])
    }
    backend = Tokenizer(models.BPE(vocab=vocab, merges=[("▁", "ብ")], byte_fallback=True, fuse_unk=True))
    backend.normalizer = normalizers.Replace(" ", "▁")
    backend.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    backend.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<eos>")


def with_added_after(folder) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer whose control tokens stand after its vocabulary and not in it, as Qwen's."""
    tokenizer = load_tokenizer(make_model(folder))
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|later|>"]})
    return tokenizer


def encoded(tokenizer, texts: list[str]) -> list[list[int]]:
    return [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]


@pytest.mark.parametrize("kind", ["bytes", "characters", "added after"])
def test_every_text_is_given_back_and_those_in_other_scripts_are_encoded_as_before(tmp_path, kind):
    def make():
        if kind == "characters":
            return sentencepiece_like()
        return with_added_after(tmp_path / "a") if kind == "added after" else load_tokenizer(make_model(tmp_path / "b"))

    tokenizer, before = make(), make()
    learned = vocabulary.learn(CORPUS, tokenizer, GROWTH, "k")
    added = vocabulary.add(tokenizer, learned)
    tokenizer.save_pretrained(tmp_path / "saved")
    tokenizer = load_tokenizer(tmp_path / "saved")
    assert added == list(range(len(before), len(before) + 12)) and len(tokenizer) == len(before) + 12
    assert encoded(tokenizer, OTHERS) == encoded(before, OTHERS)
    for text in [*OTHERS, *MIXED]:
        assert tokenizer.decode(encoded(tokenizer, [text])[0]) == before.decode(encoded(before, [text])[0]) == text
    used = {token for ids in encoded(tokenizer, CORPUS) for token in ids}
    assert len(used & set(added)) > 4 and sum(map(len, encoded(tokenizer, CORPUS))) < sum(map(len, encoded(before, CORPUS)))
    assert tokenizer.convert_tokens_to_ids("<|later|>") == before.convert_tokens_to_ids("<|later|>")


def test_the_pair_that_saves_most_is_joined_first_and_no_piece_goes_beyond_a_blank():
    words = Counter({("a", "b", "c"): 5, ("b", "c"): 2, ("a", "a", "a"): 1})
    found = pieces.learn(words, 2, 2, lambda token: True)
    assert found.merges == [("b", "c"), ("a", "bc")]
    assert found.pieces == {"bc": ("b", "c"), "abc": ("a", "b", "c")}
    assert pieces.learn(words, 9, 6, lambda token: True).merges == [("b", "c")]
    tokenizer = sentencepiece_like()
    learned = vocabulary.learn(CORPUS, tokenizer, GROWTH._replace(tokens=20, min_count=4), "k")
    assert not [token for token in learned.pieces if "▁" in token[1:] or "<0x" in token]


@pytest.mark.parametrize(
    ("surface", "expected"),
    [("ሰ", True), (" ሰላም", True), ("።", True), ("።።", False), ("ሰ።", False), ("ሰ1", False), ("a", False), (" ", False),
     ("", False), (b"\xe1\x88", True), (b" \xe1\x88", True), (b"\xe1", False), (b"\x88\xb0", False), (b"\xe1\x8e", False),
     ("ሰ".encode() + b"\xe1", False),
     (b"\xff", False), (b"\xf0\x9f", False), ("ሰ\u200c", False)],
)  # fmt: skip
def test_a_piece_is_whole_letters_or_the_beginning_of_one_that_no_other_script_shares(surface, expected):
    assert pieces.fits(surface if isinstance(surface, bytes) else surface.encode(), within(["Ethiopic"])) is expected


def test_the_new_rows_are_means_and_the_folder_is_a_base_the_same_twice(tiny_base, tmp_path):
    for name in ("one", "two"):
        vocabulary.extend(tiny_base, CORPUS, GROWTH, tmp_path / name, "k")
    assert (tmp_path / "one/SHA256SUMS").read_text() == (tmp_path / "two/SHA256SUMS").read_text()
    verify(tmp_path / "one")
    for path in (tmp_path / "one").iterdir():
        assert path.suffix == ".safetensors" or str(tiny_base.parent) not in path.read_text()
    assert json.loads((tmp_path / "one/base.json").read_text())["extended"] == {
        "tokens": 12,
        "rows": 364,
        "from": verify(tiny_base),
    }
    said = json.loads((tmp_path / "one/vocabulary.json").read_text())
    assert said["from"] == verify(tiny_base) and said["added"] == added_tokens(tmp_path / "one") and len(said["tokens"]) == 12
    assert " ብር" in said["tokens"] and not added_tokens(tiny_base)
    old, new = (AutoModelForCausalLM.from_pretrained(folder) for folder in (tiny_base, tmp_path / "one"))
    before, after = load_tokenizer(tiny_base), load_tokenizer(tmp_path / "one")
    rows, grown = old.get_input_embeddings().weight, new.get_input_embeddings().weight
    assert torch.equal(rows, grown[: len(rows)]) and grown is new.get_output_embeddings().weight
    for token in added_tokens(tmp_path / "one"):
        text = after.decode([token])
        if "\ufffd" not in text:
            assert torch.equal(grown[token], rows[encoded(before, [text])[0]].float().mean(0).to(rows.dtype)), text


def test_a_head_of_its_own_grows_too_and_rows_that_nobody_uses_are_used_first():
    from transformers import LlamaConfig, LlamaForCausalLM

    config = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=20, tie_word_embeddings=False, **config))
    vocabulary.grow(model, [18, 19, 20], [[0, 1], [2], [3, 3]])
    for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
        assert layer.weight.shape[0] == 21
        torch.testing.assert_close(layer.weight[18], layer.weight[[0, 1]].mean(0))
        torch.testing.assert_close(layer.weight[20], layer.weight[3])


def test_a_corpus_that_supports_fewer_pieces_and_a_tokenizer_of_another_kind_are_refused(tiny_tokenizer):
    with pytest.raises(
        BadInput, match=r"^k.tokens: 5000 are more than the corpus supports; \d\d pieces of Ethiopic stand in its 12 "
    ):
        vocabulary.learn(CORPUS, tiny_tokenizer, GROWTH._replace(tokens=5000), "k")
    with pytest.raises(BadInput, match="; 0 pieces of Ethiopic stand in its 12 texts"):
        vocabulary.learn(OTHERS, tiny_tokenizer, GROWTH._replace(min_count=1), "k")
    with pytest.raises(BadInput, match="Klingon is no script that Unicode knows"):
        vocabulary.learn(CORPUS, tiny_tokenizer, GROWTH._replace(scripts=["Klingon"]), "k")
    unigram = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.Unigram([("a", 0.0)], 0)), eos_token="a")
    with pytest.raises(BadInput, match=r"k: the base's tokenizer \(Unigram\) is no byte pair encoding"):
        vocabulary.learn(CORPUS, unigram, GROWTH, "k")


def test_fertility_is_counted_by_script(tiny_tokenizer):
    found = fertility(["ሰላም ለዓለም abc", "ሰላም  🔥 12"], tiny_tokenizer)
    assert list(found) == ["Ethiopic", "other", "Latin", "all"]
    assert [found[name].words for name in found] == [3, 2, 1, 6] and found["Ethiopic"].bytes == 30
    count = len(tiny_tokenizer(" ሰላም ለዓለም ሰላም")["input_ids"])
    assert found["Ethiopic"].tokens == count and found["Ethiopic"].tokens_per_word() == count / 3
    assert sum(found[name].tokens for name in ("Ethiopic", "other", "Latin")) == found["all"].tokens
    assert fertility([" \n"], tiny_tokenizer) == {}
    when = {"before": found, "after": found}
    assert (
        lines(when)[0] == ("Ethiopic, before", "Ethiopic", "before", round(count / 3, 4), round(30 / count, 4))
        and len(lines(when)) == 8
    )
    assert named(when)["ethiopic_words"] == 3 and named(when)["all_tokens_per_word_after"] == round(found["all"].tokens / 6, 4)


@pytest.mark.parametrize(
    ("word", "name"),
    [("ሰላም።", "Ethiopic"), ("rafiki", "Latin"), ("ስልክZemo", "Latin"), ("ስልክabc", "Ethiopic"), ("שלום\u200f", "Hebrew"),
     ("مرحبا", "Arabic"), ("你好", "Cjk"), ("🔥", "other"), ("12,000", "other"),
     ("\u200b", "other"), ("", "other"), ("\ue000", "other")],
)  # fmt: skip
def test_a_word_is_of_the_script_of_most_of_its_letters(word, name):
    assert script(word) == name
