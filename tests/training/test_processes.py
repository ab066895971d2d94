"""How many processes a machine can hold, and what each does of a step; none is started here."""

import pytest
import torch
from datasets import Dataset
from test_trainer import LORA, ROWS, SCHEDULE
from transformers import TrainingArguments

from mbegu.errors import BadInput
from mbegu.training import memory, packing, processes, sharding, shares, trainer
from mbegu.training.loss import completion_loss
from mbegu.training.settings import Training

QLORA = Training("qlora", LORA)
# Mistral 7B, as its configuration says
LARGE = memory.Size(7_241_732_096, 6_979_321_856, 13_631_488, 32, 4096, 14336, 32000)


def schedule(batch: int, accumulated: int):
    return SCHEDULE._replace(batch_size=batch, gradient_accumulation_steps=accumulated)


@pytest.mark.parametrize(
    ("batch", "accumulated", "number", "rows", "passes"),
    [(8, 1, 1, 8, 1), (8, 1, 2, 4, 1), (8, 4, 4, 8, 1), (8, 4, 2, 8, 2), (4, 2, 8, 1, 1), (6, 4, 6, 2, 2), (1, 8, 8, 1, 1)],
)
def test_processes_make_the_batches_of_one(batch, accumulated, number, rows, passes):
    share = shares.divide(schedule(batch, accumulated), number)
    assert (share.rows, share.passes) == (rows, passes)
    assert share.rows * share.passes * number == batch * accumulated


@pytest.mark.parametrize(
    ("batch", "accumulated", "number", "fitting"), [(4, 1, 3, "1, 2,"), (4, 2, 16, "1, 2, 4, 8,"), (1, 1, 2, "1,")]
)
def test_batches_that_can_t_be_shared_evenly_are_refused_with_the_numbers_that_can(batch, accumulated, number, fitting):
    said = rf"train\.batch_size {batch} x train\.gradient_accumulation_steps {accumulated} evenly; set processes to {fitting}"
    with pytest.raises(BadInput, match=said):
        shares.divide(schedule(batch, accumulated), number)


@pytest.mark.parametrize("number", [1, 2, 4, 8])
@pytest.mark.parametrize("left", [16, 13, 9, 8, 3, 1])
def test_each_row_is_passed_once_and_its_place_is_that_in_the_pass_of_one_process(number, left):
    """Batches of 4, twice an optimizer step; so many rows are left of two of them."""
    rows = [{"input_ids": [5] * (3 + n), "completion_start": 1} for n in range(left)]
    ids = []
    for rank in range(number):
        share = shares.divide(schedule(4, 2), number, rank)
        step = share.rows * number  # what all pass at the same time
        for start in range(0, left, step):
            batch = shares.pack(share, rows[start : start + step])
            place = batch["place"]
            assert place.passes == -(-min(step, left - start) // 4)
            if not len(batch["logits_to_keep"]):
                continue
            first = start + rank * share.rows
            own = list(range(first, min(first + share.rows, left)))
            ids += own
            assert batch["row_lengths"] == [3 + n for n in own]
            alone = (first - start) // 4 * 4 + start  # the first row of its forward pass, where one process makes them all
            assert (place.before, place.tokens) == ((first - start) // 4, sum(3 + n for n in range(alone, first)))
    assert sorted(ids) == list(range(left))


def test_a_process_without_a_row_learns_nothing(tiny_base):
    model = trainer.build(tiny_base, "lora", LORA._replace(dropout=0.0), seed=0).train()
    batch = shares.pack(shares.divide(schedule(2, 1), 2, 1), ROWS[:1])
    assert batch.pop("place") == shares.Place(0, 1, 0) or not len(batch["logits_to_keep"])
    labels = batch.pop("labels")
    assert not (labels[..., 1:] != packing.IGNORED).any()
    placed = {name: value.to(model.device) if torch.is_tensor(value) else value for name, value in batch.items()}
    loss = completion_loss(model(**placed), labels.to(model.device), 7)
    loss.backward()
    trained = [value for value in model.parameters() if value.requires_grad]
    assert float(loss.detach()) == 0 and trained and all(value.grad is not None and not value.grad.any() for value in trained)


@pytest.mark.parametrize(("wanted", "cards", "number"), [("auto", 0, 1), ("auto", 4, 4), ("3", 0, 3), ("1", 8, 1)])
def test_auto_is_a_process_a_gpu_and_one_without(wanted, cards, number):
    assert processes.count(wanted, cards) == number


@pytest.mark.parametrize("wanted", ["0", "-1", "two", "1.5", "", "፪", "٢"])
def test_a_number_of_processes_that_is_none_is_refused(wanted):
    with pytest.raises(BadInput, match=r"train\.processes: .* is neither a whole number of 1 or more nor auto"):
        processes.count(wanted, 4)


@pytest.mark.parametrize(
    ("number", "sharding", "cards", "said"),
    [
        (1, "fsdp", 0, r"train\.sharding: fsdp splits a model over CUDA GPUs, and there is none here; set it to none\."),
        (4, "none", 2, r"train\.processes: 4 processes need a GPU each, and there are 2 here; lower it, or set it to auto\."),
        (1, "fsdp", 2, r"there is but one process; raise train\.processes, or set sharding to none\."),
    ],
)
def test_gpus_that_are_not_there_are_named(number, sharding, cards, said):
    with pytest.raises(BadInput, match=said):
        processes.check_cards(number, sharding, cards)


def test_gpus_of_different_size_are_refused_and_of_one_kind_are_not():
    processes.check_alike([79.1, 79.2, 79.1])
    processes.check_alike([])
    with pytest.raises(BadInput, match=r"the GPUs have 79, 24 GiB, .* CUDA_VISIBLE_DEVICES"):
        processes.check_alike([79.2, 23.7])


def test_a_pytorch_without_nccl_or_distributed_is_refused():
    processes.check_library(True, True)
    with pytest.raises(BadInput, match=r"has no NCCL, by which GPUs talk; install one .* or set processes to 1\."):
        processes.check_library(True, False)
    with pytest.raises(BadInput, match=r"has no torch\.distributed; install"):
        processes.check_library(False, False)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU here")
def test_what_does_not_go_together_is_refused_before_anything_is_read():
    assert processes.settle(QLORA, SCHEDULE) == processes.settle(QLORA._replace(processes="auto"), SCHEDULE) == 1
    assert processes.settle(QLORA._replace(processes="2"), SCHEDULE) == 2
    with pytest.raises(BadInput, match="there is none here"):
        processes.settle(QLORA._replace(sharding="fsdp", processes="2"), SCHEDULE)
    with pytest.raises(BadInput, match="evenly"):
        processes.settle(QLORA._replace(processes="3"), SCHEDULE)


def test_early_stopping_and_sharding_do_not_go_together(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(
        BadInput, match=r"train\.early_stopping: 2 needs the best weights, and with train\.sharding fsdp no process"
    ):
        processes.settle(QLORA._replace(sharding="fsdp", processes="2"), SCHEDULE._replace(early_stopping=2))


def test_one_process_is_the_run_that_it_was():
    assert processes.identity(1, QLORA) == ()
    assert (
        len({processes.identity(2, QLORA), processes.identity(4, QLORA), processes.identity(2, QLORA._replace(sharding="fsdp"))})
        == 3
    )


def test_what_is_estimated_is_no_more_than_what_an_h100_measured():
    """docs/gpu.md: 7B in NF4, LoRA r 16 on q/k/v/o, batches of 32 and of 8 rows of 60 to 512 tokens, median 179."""
    wide = sum(memory.need(LARGE, QLORA, 1, 32 * 179, checkpointing=False))
    narrow = sum(memory.need(LARGE, QLORA, 1, 8 * 179, checkpointing=False))
    again = sum(memory.need(LARGE, QLORA, 1, 32 * 179, checkpointing=True))
    assert 0.6 * 55.6 < wide <= 55.6 and 0.6 * 19.7 < narrow <= 19.7 and 0.3 * 12.1 < again <= 12.1


def test_sharding_divides_what_a_process_holds_and_full_training_needs_most():
    held = {
        (method, kind, number): memory.need(LARGE, Training(method, LORA, "auto", kind), number, 1000, checkpointing=True)
        for method in ("qlora", "lora", "full")
        for kind, number in (("none", 1), ("none", 4), ("fsdp", 4))
    }
    for method in ("qlora", "lora", "full"):
        assert held[method, "none", 4] == held[method, "none", 1]
        assert held[method, "fsdp", 4].weights < 0.3 * held[method, "none", 4].weights
        assert held[method, "fsdp", 4].optimizer < 0.25 * held[method, "none", 4].optimizer
    assert held["qlora", "none", 1].weights < held["lora", "none", 1].weights / 3
    assert held["full", "none", 1].optimizer > 100


@pytest.mark.parametrize(
    ("needed", "training", "said"),
    [
        (
            (4.0, 0.3, 55.0),
            QLORA,
            r"lower train\.batch_size \(2\) .*, turn on train\.gradient_checkpointing, or lower encode\.max",
        ),
        ((3.0, 40.0, 2.0), QLORA, r"lower train\.lora\.r \(4\) or name fewer train\.lora\.targets"),
        ((27.0, 80.0, 5.0), Training("full", LORA), "set train.method to lora or qlora"),
        ((30.0, 1.0, 5.0), Training("lora", LORA), "set train.method to qlora"),
        ((30.0, 1.0, 5.0), QLORA, "take a smaller base"),
    ],
)
def test_too_little_memory_is_told_with_what_to_lower(needed, training, said):
    memory.check(memory.Need(*needed), 200.0, training, SCHEDULE, "a GPU has")
    with pytest.raises(BadInput, match=rf"each process takes about .* more than a GPU has \(24\.0 GiB\); .*{said}") as refused:
        memory.check(memory.Need(*needed), 24.0, training, SCHEDULE, "a GPU has")
    assert "\n" not in str(refused.value)


def test_the_size_of_a_model_is_read_from_its_configuration(tiny_base):
    found = memory.size(tiny_base, LORA)
    model = trainer.build(tiny_base, "lora", LORA, seed=0)
    trained = sum(value.numel() for value in model.parameters() if value.requires_grad)
    assert found.adapter == trained and found.parameters == sum(value.numel() for value in model.parameters()) - trained
    assert (found.layers, found.hidden, found.inner) == (2, 64, 128) and 0 < found.packed < found.parameters


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU here")
def test_a_machine_that_is_too_small_for_several_processes_is_named(tiny_base, monkeypatch):
    rows = Dataset.from_list(ROWS)
    processes.check_memory(2, tiny_base, QLORA, SCHEDULE, rows)
    monkeypatch.setattr(memory, "machine", lambda: 0.0001)
    processes.check_memory(1, tiny_base, QLORA, SCHEDULE, rows)
    with pytest.raises(BadInput, match=r"more than its part of this machine's memory \(0\.0 GiB\)"):
        processes.check_memory(2, tiny_base, QLORA, SCHEDULE, rows)


def test_sharded_4_bit_weights_bear_the_type_of_all_others(tiny_base):
    """FSDP splits what is of one floating type; that it trains then was not run, for want of GPUs."""
    model = sharding.load(tiny_base, "nf4", packing.NAME)
    packed = [value for value in model.parameters() if type(value).__name__ == "Params4bit"]
    assert packed and {value.dtype for value in model.parameters()} == {torch.bfloat16}
    adapted = trainer.add_lora(model, LORA, 0)
    assert sharding.gathered(adapted).keys() == {name for name, value in adapted.named_parameters() if value.requires_grad}


def test_transformers_takes_our_settings_for_sharding(tmp_path):
    share = shares.divide(schedule(8, 1), 2, 0, "fsdp")
    settings = shares.arguments(share, schedule(8, 1)._replace(gradient_checkpointing=True))
    plugin = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, **settings).fsdp_plugin_args
    assert plugin["fsdp_version"] == 2 and plugin["activation_checkpointing"] and plugin["state_dict_type"] == "FULL_STATE_DICT"
    assert plugin["auto_wrap_policy"] == "TRANSFORMER_BASED_WRAP" and not plugin["cpu_ram_efficient_loading"]
