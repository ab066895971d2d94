"""How large a model is, and the machine."""

import os
from math import prod
from pathlib import Path

from safetensors import safe_open


def parameters(folder: Path) -> int:
    """How many numbers the weights of a model's folder hold, read from their headers."""
    return sum(_numbers(file) for file in folder.glob("*.safetensors"))


def memory() -> int:
    """The machine's memory in bytes, used or free."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _numbers(file: Path) -> int:
    with safe_open(str(file), framework="np") as tensors:
        return sum(prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118  # no mapping
