"""What training does with memory that it frees."""

import json
import platform
import subprocess
import sys

import pytest

# in a process of its own, as there is no way back; the C library is asked, as kernels count the pages that they clear differently
SCRIPT = """
import ctypes, json, sys, torch
from mbegu.training.heap import keep_freed_memory

FIELDS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")

class Use(ctypes.Structure):  # struct mallinfo2 of malloc.h
    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Use
if sys.argv[1] == "keep":
    keep_freed_memory()
own = lambda: library.mallinfo2().hblkhd  # bytes in mappings of their own, which go back to the kernel when they are freed
heap = lambda: library.mallinfo2().arena  # bytes of the heap
before = own()
tensor = torch.ones(2**23)  # 32 MiB
mapped, full = own() - before, heap()
del tensor
sizes = set()
for _ in range(20):
    torch.ones(2**23)
    sizes.add(heap())
print(json.dumps([mapped, full, sorted(sizes)]))
"""


def use(way: str) -> tuple[int, int, list[int]]:
    mapped, heap, sizes = json.loads(subprocess.check_output([sys.executable, "-c", SCRIPT, way], text=True))
    return mapped, heap, sizes


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
def test_a_tensor_takes_the_memory_of_the_last_one_and_nothing_goes_back_to_the_kernel():
    mapped, heap, sizes = use("keep")
    assert mapped == 0
    assert sizes == [heap]  # neither given back nor asked for again
    mapped, _, _ = use("as ever")
    assert mapped > 2**25
