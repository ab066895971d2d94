"""Training and answering on this CPU: float32 against bf16 (which must `mbegu.models.loading.precision` choose?), and 4-bit
weights unpacked once (`mbegu.models.four_bits`) against unpacked at each use.

python benchmarks/precision.py
"""

import time
from pathlib import Path

from mbegu.quiet import quiet

quiet()
import torch  # noqa: E402

from mbegu.models import four_bits, loading  # noqa: E402

BASE = Path(__file__).parents[1] / "models/base"
TOKENS, ANSWERS, LENGTH = 200, 16, 10


def seconds(dtype: torch.dtype, unpacked: bool = False) -> tuple[float, float]:
    """Of a forward and backward pass over one row, and of a batch of short answers; the second of two runs."""
    loading.precision = lambda: dtype
    model = loading.load_base(BASE, "nf4")
    if unpacked:
        four_bits.unpack(model)
    model.enable_input_require_grads()
    ids = torch.arange(1000, 1000 + TOKENS)[None]
    for _ in range(2):
        start = time.perf_counter()
        model(input_ids=ids, use_cache=False).logits.float().mean().backward()
        step = time.perf_counter() - start
    model.eval()
    prompts = ids[:, :20].repeat(ANSWERS, 1)
    for _ in range(2):
        start = time.perf_counter()
        with torch.inference_mode():
            model.generate(
                input_ids=prompts, attention_mask=torch.ones_like(prompts), do_sample=False, pad_token_id=2,
                max_new_tokens=LENGTH, min_new_tokens=LENGTH,
            )  # fmt: skip
        answers = time.perf_counter() - start
    return step, answers


def main() -> None:
    chosen = loading.precision()
    (step, answers), (step16, answers16) = seconds(torch.float32), seconds(torch.bfloat16)
    print(f"forward and backward, {TOKENS} tokens: float32 {step:.2f} s, bf16 {step16:.2f} s, {step16 / step:.2f} times as long")
    print(
        f"{ANSWERS} answers of {LENGTH} tokens: float32 {answers:.2f} s, bf16 {answers16:.2f} s, {answers16 / answers:.2f} times"
    )
    print(f"chosen here: {chosen}")
    (step1, answers1) = seconds(torch.float32, unpacked=True)
    print(f"unpacked once: {step1:.2f} s and {answers1:.2f} s, packed {step / step1:.2f} and {answers / answers1:.2f} times")


if __name__ == "__main__":
    main()
