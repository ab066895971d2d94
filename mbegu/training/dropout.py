"""Dropout whose mask does not cost a tenth of a training step on a CPU, and can be drawn again on a GPU."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn


class Dropout(nn.Module):
    """Inverted dropout (Srivastava et al. 2014, §10) at a rate of `p`, to the nearest 1/65,536.

    PyTorch draws each element of a CPU mask with one thread from its Mersenne Twister. Here that generator gives
    a seed, so that `set_seed` and checkpoints hold as ever, and SFC64 gives 16 bits an element. On CUDA the seed goes to
    `dropout_kernel`; a model's layers may share one (`hold_masks`).
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.held: tuple[torch.Tensor, int] | None = None  # a seed on the GPU, and what tells this layer from others
        self.before = 0  # tokens of a batch that come before those of this process (see `shares`)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Zeros a share of `x`, of any shape, and scales the rest so that the mean stays; `x` itself in evaluation."""
        if not self.training or not self.p:
            return x
        if x.device.type == "cuda":
            from mbegu.training.dropout_kernel import dropout  # triton comes with PyTorch's CUDA builds only

            return dropout(x, *(self.held or (_seed().to(x.device), self.before)), self.p)
        limit = round(self.p * 2**16)
        seed = int(_seed())
        shape = (*x.shape[:-2], self.before + x.shape[-2], x.shape[-1]) if self.before else x.shape
        draws = np.random.Generator(np.random.SFC64(seed)).integers(0, 2**16, shape, dtype=np.uint16)
        if self.before:
            draws = draws[..., self.before :, :]
        keep = torch.from_numpy((draws >= limit).view(np.uint8))
        return x * keep.to(x.dtype).mul_(2**16 / (2**16 - limit))


def _seed() -> torch.Tensor:
    return torch.randint(2**62, (1,))


def hold_masks(model: nn.Module, device: torch.device) -> Callable[[], None]:
    """Lets all `Dropout` layers of a model keep their masks until the function that is returned draws others."""
    seed = torch.zeros(1, dtype=torch.int64, device=device)
    layers = [module for module in model.modules() if isinstance(module, Dropout)]
    for salt, layer in enumerate(layers):
        layer.held = seed, salt

    def draw() -> None:
        if layers:
            seed.fill_(int(_seed()))

    return draw


def replace_dropout(model: nn.Module) -> None:
    """Puts `Dropout` in the place of every `torch.nn.Dropout` of a model, in LoRA's layers above all."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Dropout:
                setattr(module, name, Dropout(child.p))
