"""Useful training tokens a second: Mbegu, the recipe of system A, and trl's SFTTrainer, on the same 4-bit model and rows.

    python benchmarks/training.py

Each side makes one step first that is not measured. "Useful" counts prompt and answer tokens, not padding. Every side
gets the same NF4 model with the same LoRA weights (r 16, dropout 0.05 on q/k/v/o), AdamW, and the first rows of v1 in
file order.
"""

import contextlib
import gc
import io
import json
import tempfile
import time
from pathlib import Path

from mbegu.quiet import quiet

quiet()

import torch  # noqa: E402
from datasets import Dataset  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402
from transformers import Trainer, TrainingArguments  # noqa: E402

from mbegu.asking.prompts import read_prompt  # noqa: E402
from mbegu.models.loading import keep_gradients_after_evaluation, load_base, load_tokenizer  # noqa: E402
from mbegu.rows.row import read_rows  # noqa: E402
from mbegu.training import packing, trainer  # noqa: E402
from mbegu.training.dropout import replace_dropout  # noqa: E402
from mbegu.training.loss import completion_loss  # noqa: E402
from mbegu.training.settings import Lora  # noqa: E402
from mbegu.training.tokens import encode  # noqa: E402

ROOT = Path(__file__).parents[1]
BASE = ROOT / "models/base"
LORA = Lora(16, 32, 0.05, ["q_proj", "k_proj", "v_proj", "o_proj"])
STEPS, BATCH = 6, 8  # optimizer steps, rows in each


def load_rows() -> Dataset:
    rows = read_rows(ROOT / "data/seeds/v1.jsonl", answered=True)[: STEPS * BATCH]
    prompt = read_prompt(ROOT / "templates/chat.jinja", True)
    return Dataset.from_list(encode(rows, prompt, load_tokenizer(BASE)))


def model(attention: str, lora: Lora = LORA):
    base = load_base(BASE, "nf4", attention)
    keep_gradients_after_evaluation(base)
    return trainer.add_lora(base, lora, seed=0)


def timed(train, rows: Dataset) -> tuple[float, list[float]]:
    """Useful tokens a second, after a first step that is not measured, and the losses of all steps.

    Args:
        train: makes the steps over the rows that it is given and returns their losses.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        first = train(rows.select(range(BATCH)))
        gc.collect()
        start = time.perf_counter()
        losses = train(rows.select(range(BATCH, len(rows))))
        seconds = time.perf_counter() - start
    return sum(map(len, rows["input_ids"][BATCH:])) / seconds, first + losses


def arguments(folder: str, batch: int, **more) -> dict:
    return {
        "output_dir": folder, "num_train_epochs": 1, "per_device_train_batch_size": batch, "learning_rate": 5e-4,
        "lr_scheduler_type": "constant", "logging_steps": 1, "save_strategy": "no", "report_to": [], "seed": 0,
        "disable_tqdm": True, "use_cpu": not torch.cuda.is_available(), "train_sampling_strategy": "sequential",
        "dataloader_pin_memory": False, **more,
    }  # fmt: skip


def losses_of(trainer: Trainer) -> list[float]:
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def ours(rows: Dataset, lora: Lora = LORA):
    """As the train stage does it, with the batches of params.yaml: rows end to end, logits at answer tokens only."""
    net = model(packing.NAME, lora)
    replace_dropout(net)

    def train(part: Dataset) -> list[float]:
        with tempfile.TemporaryDirectory() as folder:
            settings = arguments(folder, BATCH // 2, gradient_accumulation_steps=2, label_names=["labels"])
            trainer = Trainer(
                model=net,
                args=TrainingArguments(**settings, remove_unused_columns=False),
                train_dataset=part,
                data_collator=packing.pack,
                compute_loss_func=completion_loss,
            )
            return losses_of(trainer)

    return timed(train, rows)


def system_a(rows: Dataset):
    """The recipe of system A: rows one by one, padded to 256, logits and loss at every position."""
    net = model("sdpa").train()
    optimizer = torch.optim.AdamW([value for value in net.parameters() if value.requires_grad], lr=5e-4)

    def train(part: Dataset) -> list[float]:
        losses = []
        for ids in part["input_ids"]:
            padded = torch.tensor([(ids + [0] * 256)[:256]])
            mask = (torch.arange(256) < len(ids)).long()[None]
            logits = net(input_ids=padded, attention_mask=mask).logits[0, :-1].float()
            loss = cross_entropy(logits, padded[0, 1:])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        return losses

    return timed(train, rows.select(range(2 * BATCH)))


def trl(rows: Dataset, lora: Lora = LORA, **settings):
    """trl's SFTTrainer, completion-only, without gradient checkpointing, in bf16."""
    from trl import SFTConfig, SFTTrainer

    masked = rows.map(
        lambda row: {"completion_mask": [int(i >= row["completion_start"]) for i in range(len(row["input_ids"]))]},
        remove_columns=["id", "roots", "completion_start"],
    )
    net = model("sdpa", lora)

    def train(part: Dataset) -> list[float]:
        with tempfile.TemporaryDirectory() as folder:
            config = SFTConfig(
                **(arguments(folder, BATCH) | {"completion_only_loss": True, "gradient_checkpointing": False, "bf16": True,
                   "max_length": 512, "dataset_kwargs": None} | settings)
            )  # fmt: skip
            trainer = SFTTrainer(model=net, args=config, train_dataset=part, processing_class=load_tokenizer(BASE))
            return losses_of(trainer)

    return timed(train, masked)


TRL = {
    "trl, dynamic padding": {},
    "trl, grouped by length": {"train_sampling_strategy": "group_by_length"},
    "trl, packed": {"packing": True, "max_length": 1024, "per_device_train_batch_size": 1},
}


def main() -> None:
    rows = load_rows()
    speed = {"Mbegu": ours(rows)[0], "system A's recipe": system_a(rows)[0]}
    for name, settings in TRL.items():
        speed[name] = trl(rows, **settings)[0]
    for name, value in speed.items():
        print(f"{name:38} {value:7.1f} useful tokens/s   Mbegu is {speed['Mbegu'] / value:5.2f} times as fast", flush=True)
    still = LORA._replace(dropout=0.0)  # dropout draws by the shape of a batch, so losses are compared without it
    pairs = {"Mbegu": ours(rows, still)[1], "trl": trl(rows, still)[1]}
    for name, losses in pairs.items():
        print(f"{name:8} loss by step, no dropout: {' '.join(f'{loss:.3f}' for loss in losses)}")
    best = max(value for name, value in speed.items() if name.startswith("trl"))
    result = {"vs_system_a": speed["Mbegu"] / speed["system A's recipe"], "vs_best_trl": speed["Mbegu"] / best}
    print(json.dumps({name: round(value, 2) for name, value in result.items()}))


if __name__ == "__main__":
    main()
