"""A model in parts, one on each GPU (FSDP2, PyTorch's `fully_shard`), where one GPU is too small for it.

Written by the documentation of accelerate, transformers and bitsandbytes (its page on FSDP-QLoRA), and not run here: there was
one GPU at most. Each process reads the base into the machine's memory; its layers then go to the GPUs one by one, in parts.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from mbegu.errors import BadInput
from mbegu.models.whole import check_model
from mbegu.quiet import loaded

STORED = torch.bfloat16  # FSDP splits weights of a floating type only, so packed 4-bit ones bear the type of all others


def quantization() -> BitsAndBytesConfig:
    """NF4 as in `load_base`, with packed weights that can be split."""
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=STORED,
        bnb_4bit_quant_storage=STORED,
    )


def load(folder: Path, quantized: str, attention: str) -> Any:
    """A base in the machine's memory, as `load_base` loads it onto a GPU.

    Raises:
        BadInput: it is no whole model, or transformers can't load it.
    """
    loaded()
    check_model(folder)
    try:
        return AutoModelForCausalLM.from_pretrained(
            str(folder),
            quantization_config=quantization() if quantized == "nf4" else None,
            dtype=STORED,
            attn_implementation=attention,
            device_map={"": "cpu"},
            local_files_only=True,
        )
    except (ValueError, OSError) as error:
        raise BadInput(f"{folder}: transformers can't load this model: {str(error).splitlines()[0]}") from None


def gathered(model: Any) -> dict[str, torch.Tensor]:
    """The trained weights in full, in the machine's memory; to be called in every process."""
    trained = ((name, value.detach()) for name, value in model.named_parameters() if value.requires_grad)
    return {name: (value.full_tensor() if hasattr(value, "full_tensor") else value).cpu() for name, value in trained}
