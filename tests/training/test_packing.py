import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from mbegu.models.loading import load_base
from mbegu.training import packing

ROWS = [
    {"input_ids": [5, 6, 7, 8, 9], "completion_start": 3},
    {"input_ids": [10, 11, 12], "completion_start": 1},
    {"input_ids": [13, 14, 15, 16, 17, 18, 19], "completion_start": 6},
]


def test_each_target_stands_after_the_position_that_predicts_it():
    batch = packing.pack(ROWS)
    assert batch["row_lengths"] == [5, 3, 7]
    assert batch["row_starts"].tolist() == [0, 5, 8, 15] and batch["longest_row"] == 7
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 4, 0, 1, 2, 0, 1, 2, 3, 4, 5, 6]]
    assert batch["labels"].tolist() == [[-100, 8, 9, 11, 12, 19]]
    assert batch["input_ids"][0, batch["logits_to_keep"] + 1].tolist() == [8, 9, 11, 12, 19]


@pytest.mark.parametrize("limit", [0, 512], ids=["kernel", "plain"])
def test_attention_inside_a_pack_equals_attention_of_each_row_alone(monkeypatch, limit):
    monkeypatch.setattr(packing, "PLAIN_LIMIT", limit)
    torch.manual_seed(0)
    lengths = [4, 1, 7]
    query, key, value = (torch.randn(1, heads, sum(lengths), 8) for heads in (6, 2, 2))
    packed, _ = packing.attend_within_rows(None, query, key, value, None, 0.3, row_lengths=lengths)
    start = 0
    for length in lengths:
        part = [tensor[:, :, start : start + length] for tensor in (query, key, value)]
        alone = scaled_dot_product_attention(*part, is_causal=True, scale=0.3, enable_gqa=True).transpose(1, 2)
        torch.testing.assert_close(packed[:, start : start + length], alone)
        start += length


def test_a_packed_batch_gives_the_logits_of_each_row_alone(tiny_base):
    model = load_base(tiny_base, "none", packing.NAME).float().eval()
    alone = load_base(tiny_base, "none").float().eval()
    batch = {name: value.to(model.device) if torch.is_tensor(value) else value for name, value in packing.pack(ROWS).items()}
    batch.pop("labels")
    with torch.inference_mode():
        packed = model(**batch).logits[0]
        rows = [(torch.tensor([row["input_ids"]], device=model.device), row["completion_start"]) for row in ROWS]
        expected = [alone(input_ids=ids).logits[0, start - 1 : -1] for ids, start in rows]
    torch.testing.assert_close(packed, torch.cat(expected), atol=1e-5, rtol=1e-4)
