"""Attention of a packed batch on a CPU, forward and backward: plain products against PyTorch's kernel, both row by row.

python benchmarks/attention.py
"""

import time

import torch

from mbegu.training import packing

LENGTHS = [150, 200, 170, 220, 130, 160, 180, 190]
HEADS, KEY_HEADS, SIZE = 9, 3, 64  # SmolLM2-135M


def milliseconds(limit: int) -> float:
    packing.PLAIN_LIMIT = limit
    torch.manual_seed(0)
    shapes = (HEADS, KEY_HEADS, KEY_HEADS)
    parts = [torch.randn(1, heads, sum(LENGTHS), SIZE, dtype=torch.bfloat16, requires_grad=True) for heads in shapes]
    times = []
    for _ in range(12):
        start = time.perf_counter()
        out, _ = packing.attend_within_rows(torch.nn.Identity(), *parts, None, SIZE**-0.5, row_lengths=LENGTHS)
        out.sum().backward()
        times.append(time.perf_counter() - start)
    return 1000 * sorted(times)[len(times) // 2]


def main() -> None:
    plain, kernel = milliseconds(512), milliseconds(0)
    print(f"plain products {plain:.1f} ms, PyTorch's kernel {kernel:.1f} ms: {kernel / plain:.2f} times as fast")


if __name__ == "__main__":
    main()
