"""An adapter's weights added to those of its base: one ordinary checkpoint that needs no peft.

QLoRA trains and scores an adapter on the base model in 4 bits, so the same 4-bit weights, dequantized, are what it is
merged into; on the base's own weights its answers would be others. Sums are made in float32 and rounded once. float16
keeps three more bits of them than bfloat16 (LOG.md has how many answers stay the same), bfloat16 the range of float32.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from mbegu.asking.prompts import Prompt, prompt_ids, row_prompts
from mbegu.errors import BadInput
from mbegu.models.embeddings import embeddings
from mbegu.models.ends import all_ends
from mbegu.models.loading import Weights, load_base, load_tokenizer
from mbegu.rows.row import Row

DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


class Agreement(NamedTuple):
    """How far two models answer alike."""

    answers: int  # questions at which every token is the same
    questions: int
    tokens: int  # positions at which both choose the same next token
    positions: int

    def differ(self) -> int:
        """Positions at which they choose others."""
        return self.positions - self.tokens


def base_weights(base: Path, quantization: str) -> Any:
    """The base model in float32; for "nf4" with the weights that an adapter over the 4-bit model sees."""
    model = load_base(base, quantization)
    if quantization == "nf4":
        model = model.dequantize(dtype=torch.float32)
        # transformers refuses to save a model that it thinks is still quantized
        for name in ("hf_quantizer", "quantization_method"):
            if hasattr(model, name):
                delattr(model, name)
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.is_quantized = False
    return model.to(torch.float32).eval()


def with_adapter(weights: Weights) -> Any:
    """Base and adapter apart, as peft runs them, in float32; the embedding and a head that shares its weights, if one has an
    adapter, apart too."""
    from peft import PeftConfig, PeftModel

    model = base_weights(weights.base, weights.quantization)
    config: Any = PeftConfig.from_pretrained(str(weights.adapter))
    adapted = {*(config.target_modules or ()), *(config.modules_to_save or ())}
    if model.config.tie_word_embeddings and adapted & set(embeddings(model)):
        untie(model)
    return PeftModel.from_pretrained(model, str(weights.adapter)).eval()


def untie(model: Any) -> None:
    """Gives a model, in place, a head of its own with the weights of the embedding that it was."""
    head = model.get_output_embeddings()
    head.weight = torch.nn.Parameter(head.weight.detach().clone(), requires_grad=False)
    model.config.tie_word_embeddings = False


def merge(model: Any, dtype: str) -> Any:
    """The sum of what `with_adapter` returns, which it uses up, rounded once as `rounded` does."""
    return rounded(model.merge_and_unload(), dtype)


def rounded(merged: Any, dtype: str) -> Any:
    """A model in float32 as it is to be saved; uses it up.

    Args:
        dtype: "float16", "bfloat16" or "float32".

    Raises:
        BadInput: a weight is beyond the range of float16.
    """
    merged = merged.to(DTYPES[dtype])
    if not all(bool(torch.isfinite(weight).all()) for weight in merged.parameters()):
        raise BadInput(f"--dtype {dtype}: a weight is out of its range; use --dtype bfloat16.")
    merged.config._name_or_path = ""  # a path of this machine
    merged.config.dtype = DTYPES[dtype]
    return merged


def save(merged: Any, folder: Path) -> None:
    """Writes configuration and safetensors, readable by everyone as any other file."""
    merged.save_pretrained(folder)
    for path in folder.glob("*.safetensors"):
        path.chmod(0o644)


def choices(model: Any, tokenizer: Any, prompt: Prompt, rows: Sequence[Row]) -> list[list[int]]:
    """The token that a model would choose at each position of each answer, given the question and the answer so far.

    Args:
        rows: `instruction`, `input`, and the answer as `output`.
    """
    texts = row_prompts(list(rows), prompt, tokenizer)
    found = []
    for ids, row in zip(prompt_ids(texts, prompt, tokenizer), rows, strict=True):
        answer = tokenizer(row["output"], add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([ids + answer], device=model.device)).logits[0, len(ids) - 1 :]
        if not bool(torch.isfinite(logits).all()):
            raise BadInput(f"--dtype: the merged model overflows at row {row['id']}; use --dtype bfloat16.")
        found.append(logits.argmax(-1).tolist())
    return found


def agreement(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> Agreement:
    """How many of two models' `choices` are the same."""
    same = [sum(a == b for a, b in zip(left, right, strict=True)) for left, right in zip(one, other, strict=True)]
    lengths = [len(left) for left in one]
    whole = sum(count == length for count, length in zip(same, lengths, strict=True))
    return Agreement(whole, len(lengths), sum(same), sum(lengths))


def write(weights: Weights, dtype: str, prompt: Prompt, rows: Sequence[Row], folder: Path) -> Agreement:
    """Merges, saves, reads back, and says how far the merged model agrees with the adapter along `rows`.

    Both compute in float32: in 16 bits, not even an adapter gives the same answers on two machines.

    Raises:
        BadInput: the sum is another model than base and adapter, by more than rounding it costs.
    """
    from transformers import AutoModelForCausalLM

    tokenizer = load_tokenizer(weights.base)
    model = with_adapter(weights)
    expected = choices(model, tokenizer, prompt, rows)
    merged = model.merge_and_unload()
    exact = choices(merged, tokenizer, prompt, rows)
    merged = rounded(merged, dtype)
    ends = all_ends(tokenizer, merged.generation_config.eos_token_id)
    if len(ends) > 1:  # of which another tool than ours would else know one
        merged.generation_config.eos_token_id = ends
    save(merged, folder)
    del model, merged
    saved = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32, local_files_only=True).eval()
    read_back = choices(saved, tokenizer, prompt, rows)
    check_sum(agreement(expected, exact), agreement(exact, read_back))
    return agreement(expected, read_back)


def check_sum(summed: Agreement, rounding: Agreement) -> None:
    """Raises `BadInput` if adding an adapter's weights to a base's changed more choices than rounding the sum did, or than one of
    a thousand, which the order of float32 sums may.

    Args:
        summed: of base and adapter apart, and their sum in float32.
        rounding: of that sum, and what was saved and read back.
    """
    bound = max(rounding.differ(), -(-summed.positions // 1000))
    if summed.differ() > bound:
        raise BadInput(
            f"--merge: in one, base and adapter choose others than apart at {summed.differ()} of {summed.positions} places, "
            f"where rounding costs {rounding.differ()} (at most {bound} may differ): they can't be merged; "
            "publish it without --merge."
        )
