"""Base models and adapters in memory, checked against their manifests."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

from mbegu.errors import BadInput
from mbegu.models.four_bits import unpack
from mbegu.models.lora import replace_branches
from mbegu.models.manifest import verify
from mbegu.models.packed import multiplies_bf16, pack
from mbegu.models.trained import read_adapter_prompt
from mbegu.models.whole import check_model
from mbegu.quiet import loaded


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a model folder.

    Raises:
        BadInput: no tokenizer there, or one without an end-of-sequence token.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder}: no tokenizer could be read ({str(error).splitlines()[0]}).") from None
    if tokenizer.eos_token_id is None:
        raise BadInput(f"{folder}: its tokenizer has no end-of-sequence token, so a model could never stop.")
    return tokenizer


def precision() -> torch.dtype:
    """What a model computes in: bf16, or float32 on a CPU without instructions for it, as most laptops have.

    PyTorch has no fast products of bf16 there; `benchmarks/precision.py` prints what float32 is worth.
    """
    return torch.bfloat16 if torch.cuda.is_available() or multiplies_bf16() else torch.float32


ARITHMETIC = 3  # how answers are computed; raised where they get other bytes, so that a memo does not mix them
FITS = 0.6  # of a GPU's memory, for weights in bf16; the rest is for keys, values and what the model computes


class Quantization(NamedTuple):
    """What `auto` has become, and why."""

    name: str  # "nf4" or "none"
    reason: str


def quantization(folder: Path, wanted: str) -> Quantization:
    """What the weights of a model folder are loaded in where "auto" is wanted: bf16 if a GPU has room for it, 4 bits else.

    bf16 spares a GPU the work of unpacking. The card's whole memory counts, not what is free just now, so that all models of a
    project are answered in the same way.
    """
    if wanted != "auto":
        return Quantization(wanted, "")
    if not torch.cuda.is_available():
        return Quantization("nf4", "predict.quantization: auto is nf4 without a GPU")
    needed, memory = weight(folder), gpu_memory()
    fits = needed <= FITS * memory
    said = f"{needed:.1f} GiB of weights {'fit' if fits else 'are too much for'} a GPU of {memory:.0f} GiB"
    return Quantization("none" if fits else "nf4", f"predict.quantization: auto is {'none (bf16)' if fits else 'nf4'}, {said}")


def weight(folder: Path) -> float:
    """GiB of a model folder's weights, as they lie there."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors")) / 2**30


def gpu_memory() -> float:
    """GiB of the first GPU's memory, used or free."""
    return torch.cuda.get_device_properties(0).total_memory / 2**30


def load_base(folder: Path, quantization: str, attention: str = "sdpa") -> Any:
    """A causal language model, weights in `precision`, on the GPU if there is one.

    Args:
        quantization: "nf4" (QLoRA, Dettmers et al. 2023, §3: 4-bit NormalFloat with double quantization,
            computing in `precision`) or "none".
        attention: a name that transformers knows, or one of ours (see `packing`).

    Raises:
        BadInput: it is no whole model, transformers knows no such architecture, or finds the configuration wrong; a GPU is too
            small for it.
    """
    loaded()
    check_model(folder)
    config = None
    if quantization == "nf4":
        config = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=precision(),
        )
    try:
        return AutoModelForCausalLM.from_pretrained(
            str(folder),
            quantization_config=config,
            dtype=precision(),
            attn_implementation=attention,
            device_map={"": 0} if torch.cuda.is_available() else None,
            local_files_only=True,
        )
    except torch.OutOfMemoryError:
        needed = weight(folder)
        raise BadInput(
            f"{folder}: its weights, {needed:.1f} GiB in bf16 and about {needed / 3.6:.1f} GiB in nf4, do not fit what is free "
            f"of a GPU of {gpu_memory():.0f} GiB, loaded as {quantization}; take nf4 (qlora), a smaller base, or a larger GPU."
        ) from None
    except (ValueError, OSError) as error:  # the latter for a file that the configuration names
        raise BadInput(f"{folder}: transformers can't load this model: {str(error).splitlines()[0]}") from None


def keep_gradients_after_evaluation(model: Any) -> None:
    """Stops bitsandbytes from repacking NF4 weights for CPU inference when a model in training is evaluated.

    With bitsandbytes 0.50.2 the repacked weights stay after `model.train()`, and their product has no
    gradient: training would go on with wrong adapters, and no error.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


class Weights(NamedTuple):
    """Which weights answer."""

    base: Path
    adapter: Path | None  # a LoRA folder, a folder with a fully fine-tuned model, or None for the base model
    quantization: str  # of the base: "nf4" or "none"

    def identity(self) -> dict[str, Any]:
        """What answers depend on, for memo keys; checks every file on the way.

        Raises:
            BadInput: a manifest does not hold, or the adapter belongs to another base.
        """
        base = verify(self.base)
        if self.adapter is not None:
            read_adapter_prompt(self.adapter, base)
        adapter = None if self.adapter is None else verify(self.adapter)
        return {"base": base, "adapter": adapter, "quantization": self.quantization, "arithmetic": ARITHMETIC}

    def whole(self) -> Path:
        """The folder with a whole model: the base, or what was fully fine-tuned in its place."""
        return self.base if self.adapter is None or (self.adapter / "adapter_config.json").is_file() else self.adapter

    def load(self) -> Any:
        """A model ready to answer: the base, the base with an adapter, or a fully fine-tuned model in the adapter's place."""
        if self.adapter is None or self.whole() == self.adapter:
            return ready_to_answer(load_base(self.whole(), self.quantization).eval())
        from peft import PeftModel

        adapted = PeftModel.from_pretrained(load_base(self.base, self.quantization), str(self.adapter)).eval()
        _settle_new_tokens(adapted)
        return ready_to_answer(adapted)


def ready_to_answer(model: Any) -> Any:
    """A base, with or without adapters, changed in place so that it answers fast, and alike wherever it is asked."""
    pack(unpack(model, to_answer=True))
    if hasattr(model, "peft_config"):
        replace_branches(model, frozen=True)
    return model


def weights_of(model: Path, base: Path, quantization: str) -> Weights:
    """Which weights a folder stands for: a base's, that of the project or another, or those of `base` with an adapter."""
    if model.resolve() == base.resolve():
        return Weights(base, None, quantization)
    if (model / "base.json").is_file():
        return Weights(model, None, quantization)
    return Weights(base, model, quantization)


def _settle_new_tokens(adapted: Any) -> None:
    """Puts an adapter's rows of new tokens into the embedding and the head, where peft copies the whole of both for each
    token that is generated."""
    from peft.tuners.trainable_tokens import TrainableTokensLayer

    for module in adapted.modules():
        if isinstance(module, TrainableTokensLayer):
            module.merge()
