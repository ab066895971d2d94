"""Training on a CUDA GPU: a 1.1 B-parameter Llama (TinyLlama's shape, random weights), NF4, r 16, rows of 512 tokens.

    python benchmarks/gpu.py

Prints tokens a second, the share of the GPU's measured bf16 matrix peak, and peak memory, for Mbegu and for trl.
"""

import tempfile
import time
from pathlib import Path

from mbegu.quiet import quiet

quiet()

import torch  # noqa: E402

STEPS, BATCH, LENGTH = 10, 8, 512
SHAPE = {
    "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 22, "num_attention_heads": 32,
    "num_key_value_heads": 4, "vocab_size": 32000,
}  # fmt: skip


def peak_flops() -> float:
    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    a @ b
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(20):
        a @ b
    torch.cuda.synchronize()
    return 20 * 2 * 8192**3 / (time.perf_counter() - start)


def model(folder: Path, attention: str):
    from mbegu.models.loading import load_base
    from mbegu.training import trainer
    from mbegu.training.settings import Lora

    lora = Lora(16, 32, 0.05, ["q_proj", "k_proj", "v_proj", "o_proj"])
    return trainer.add_lora(load_base(folder, "nf4", attention), lora, 0)


def measure(name: str, trainer, parameters: int, peak: float) -> None:
    torch.cuda.reset_peak_memory_stats()
    trainer.train()
    runtime = trainer.state.log_history[-1]["train_runtime"]
    speed = STEPS * BATCH * LENGTH / runtime
    # forward and backward to the inputs: 4 operations a weight and token, since frozen weights need no gradient
    share = speed * 4 * parameters / peak
    memory = torch.cuda.max_memory_allocated() / 2**30
    print(f"{name:6} {speed:9.0f} tokens/s, {share:5.1%} of the bf16 peak, {memory:5.1f} GiB")


def main() -> None:
    if not torch.cuda.is_available():
        print("No CUDA GPU here; nothing measured.")
        return
    from datasets import Dataset
    from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments
    from trl import SFTConfig, SFTTrainer

    from mbegu.training import packing
    from mbegu.training.loss import completion_loss

    torch.manual_seed(0)
    rows = [{"input_ids": torch.randint(5, 32000, (LENGTH,)).tolist(), "completion_start": 128} for _ in range(STEPS * BATCH)]
    with tempfile.TemporaryDirectory() as folder:
        net = LlamaForCausalLM(LlamaConfig(**SHAPE)).to(torch.bfloat16)
        parameters, peak = sum(value.numel() for value in net.parameters()), peak_flops()
        net.save_pretrained(folder)
        del net
        shared = {"output_dir": folder, "num_train_epochs": 1, "per_device_train_batch_size": BATCH, "report_to": [],
                  "save_strategy": "no", "disable_tqdm": True}  # fmt: skip
        ours = Trainer(
            model=model(Path(folder), packing.NAME),
            args=TrainingArguments(**shared, remove_unused_columns=False, label_names=["labels"], dataloader_pin_memory=False),
            train_dataset=Dataset.from_list(rows),
            data_collator=packing.pack,
            compute_loss_func=completion_loss,
        )
        measure("Mbegu", ours, parameters, peak)
        del ours
        torch.cuda.empty_cache()
        masked = [{"input_ids": row["input_ids"], "completion_mask": [0] * 128 + [1] * (LENGTH - 128)} for row in rows]
        theirs = SFTTrainer(
            model=model(Path(folder), "sdpa"),
            args=SFTConfig(**shared, completion_only_loss=True, gradient_checkpointing=False, bf16=True, max_length=LENGTH),
            train_dataset=Dataset.from_list(masked),
        )
        measure("trl", theirs, parameters, peak)


if __name__ == "__main__":
    main()
