"""Dropout in one CUDA kernel whose mask is a function of a seed in the GPU's memory.

So a recorded CUDA graph draws another mask each time that it runs, and a layer that is computed a second time for its
gradients (gradient checkpointing) the same one, without a mask being kept.
"""

from typing import Any

import torch
import triton
import triton.language as tl

BLOCK = tl.constexpr(1024)


@triton.jit(do_not_specialize=["salt"])
def _kernel(x, out, seed, salt, numel, p):  # type: ignore[no-untyped-def]
    """Each draw of Philox gives four numbers, for elements that are BLOCK apart."""
    lane = tl.arange(0, BLOCK)
    start = tl.program_id(0) * 4 * BLOCK
    draws = tl.rand4x(tl.load(seed) + salt, tl.program_id(0) * BLOCK + lane)
    for part in tl.static_range(4):
        offsets = start + part * BLOCK + lane
        values = tl.load(x + offsets, mask=offsets < numel).to(tl.float32)
        kept = tl.where(draws[part] >= p, values / (1 - p), 0.0)
        tl.store(out + offsets, kept.to(out.dtype.element_ty), mask=offsets < numel)


def _drop(x: torch.Tensor, seed: torch.Tensor, salt: int, p: float) -> torch.Tensor:
    x = x.contiguous()
    out = torch.empty_like(x)
    _kernel[(triton.cdiv(x.numel(), 4 * BLOCK.value),)](x, out, seed, salt, x.numel(), p)
    return out


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, seed: torch.Tensor, salt: int, p: float) -> torch.Tensor:
        ctx.save_for_backward(seed)
        ctx.settings = salt, p
        return _drop(x, seed, salt, p)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        (seed,) = ctx.saved_tensors
        return _drop(gradient, seed, *ctx.settings), None, None, None


def dropout(x: torch.Tensor, seed: torch.Tensor, salt: int, p: float) -> torch.Tensor:
    """Inverted dropout of `x`, of any shape.

    Args:
        seed: (1,) int64, on the GPU; what it holds when a kernel runs counts, forward and backward.
        salt: tells the layers of a model apart that share a seed.
    """
    return _Dropout.apply(x, seed, salt, p)
