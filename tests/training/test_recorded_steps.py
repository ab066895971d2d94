"""What a batch is filled up to before a step is recorded, and that what fills it up changes nothing."""

import pytest
import torch
from test_packing import ROWS

from mbegu.training import packing, recorded, trainer
from mbegu.training.dropout import hold_masks
from mbegu.training.loss import completion_loss
from mbegu.training.settings import Lora

LORA = Lora(r=4, alpha=8, dropout=0.0, targets=["q_proj", "v_proj", "o_proj"])


@pytest.mark.parametrize("tokens", [1, 15, 16, 17, 1000, 6240, 8192])
def test_a_shape_has_room_for_its_batch_and_little_more(tokens):
    found = recorded.shape(tokens, tokens // 2 + 1, 700)
    assert tokens <= found.tokens <= tokens * 9 / 8 + 1
    assert tokens // 2 + 1 <= found.targets <= (tokens // 2 + 1) * 5 / 4 + 1
    assert found.longest >= max(700, found.tokens - tokens)


def test_batches_of_some_hundred_tokens_share_few_shapes():
    assert len({recorded.shape(tokens, tokens // 2, 300) for tokens in range(1024, 2048)}) < 40


def test_a_batch_is_filled_up_with_a_row_of_its_own_and_targets_that_do_not_count():
    batch = packing.pack(ROWS)
    wanted = recorded.Shape(16, 8, 512)
    room = recorded.inputs(wanted, 4, torch.device("cpu"))
    for _ in range(2):
        room.fill(batch, torch.tensor(5))
        assert room.ids[0, :15].equal(batch["input_ids"][0]) and room.ids[0, 15:].tolist() == [0]
        assert room.starts.tolist() == [0, 5, 8, 15, 16, 16]
        assert room.labels.tolist() == [[-100, 8, 9, 11, 12, 19, -100, -100, -100]]
        assert room.keep.tolist() == [*batch["logits_to_keep"].tolist(), 0, 0, 0]
        assert room.items == 5


def on_gpu(batch: dict) -> dict:
    return {name: value.cuda() if torch.is_tensor(value) else value for name, value in batch.items()}


def gradients_of(model) -> dict[str, torch.Tensor]:
    return {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}


@pytest.mark.cuda
@pytest.mark.parametrize("method", ["qlora", "lora"])
def test_a_recorded_step_gives_the_gradients_of_the_batch_as_it_is(tiny_base, method, recwarn):
    model = trainer.build(tiny_base, method, LORA, seed=0).train()
    for parameter in model.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.1)
    recorder, items = recorded.Recorder(model, 4, False), torch.tensor(5.0, device="cuda")
    batch = on_gpu(packing.pack(ROWS))
    losses = []
    for _ in range(2):  # the second time from the recording alone
        model.zero_grad()
        losses.append(recorder.step(batch, items).item())
    assert recorder.works and len(recorder.recordings) == 1
    found = gradients_of(model)
    model.zero_grad()
    labels = batch.pop("labels")
    loss = completion_loss(model(**batch), labels, items)
    loss.backward()
    assert losses[0] == losses[1] == pytest.approx(loss.item(), rel=1e-2)
    for name, expected in gradients_of(model).items():
        assert (found[name] - expected).norm() <= 0.03 * expected.norm(), name


@pytest.mark.cuda
def test_gradients_of_recorded_batches_add_up(tiny_base):
    model = trainer.build(tiny_base, "lora", LORA, seed=0).train()
    recorder, items = recorded.Recorder(model, 4, False), torch.tensor(5.0, device="cuda")
    recorder.step(on_gpu(packing.pack(ROWS)), items)
    once = gradients_of(model)
    recorder.step(on_gpu(packing.pack(ROWS[:1])), items)  # another shape: to record it must not touch what is there
    recorder.step(on_gpu(packing.pack(ROWS)), items)
    model.zero_grad()
    recorder.step(on_gpu(packing.pack(ROWS[:1])), items)
    other = gradients_of(model)
    model.zero_grad()
    for rows in (ROWS, ROWS[:1], ROWS):
        recorder.step(on_gpu(packing.pack(rows)), items)
    for name, value in gradients_of(model).items():
        torch.testing.assert_close(value, 2 * once[name] + other[name])


def runs_out_of_memory_once(recorder, monkeypatch) -> None:
    real, tries = recorder._pass, []

    def run(*args) -> None:
        tries.append(args)
        if len(tries) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        real(*args)

    monkeypatch.setattr(recorder, "_pass", run)


@pytest.mark.cuda
def test_a_recording_draws_other_masks_each_time_and_a_checkpointed_one_the_same(tiny_base, monkeypatch):
    found = []
    for checkpointing in (False, True):
        model = trainer.build(tiny_base, "lora", LORA._replace(dropout=0.5), seed=0).train()
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.ones_(parameter)
        new_masks = hold_masks(model, torch.device("cuda"))
        torch.manual_seed(0)
        recorder, batch, items = recorded.Recorder(model, 4, True), on_gpu(packing.pack(ROWS)), torch.tensor(5.0, device="cuda")
        if checkpointing:
            runs_out_of_memory_once(recorder, monkeypatch)
        for _ in range(3):
            new_masks()
            model.zero_grad()
            found.append((recorder.step(batch, items).item(), gradients_of(model)))
        assert recorder.works and model.is_gradient_checkpointing == checkpointing
    losses = [loss for loss, _ in found]
    assert len(set(losses[:3])) == 3 and losses[:3] == losses[3:]
    for (_, one), (_, other) in zip(found[:3], found[3:], strict=True):
        for name, value in one.items():
            torch.testing.assert_close(value, other[name])
