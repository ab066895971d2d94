"""Memory that a training step frees, kept for the next one.

The C library gives large blocks back to the kernel as soon as they are free, which must then clear them again, page by page, for
the same tensors of the next step (`benchmarks/heap.py` prints what that costs).
"""

import ctypes
import os
import platform

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # malloc.h of the GNU C library
MOST = 2**31 - 1  # bytes; its largest


def keep_freed_memory() -> None:
    """Has the GNU C library keep what is freed, and PyTorch ask for pages of 2 MiB; of no effect with another library.

    To be called before the first large tensor is made. It changes no result.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    library = ctypes.CDLL(None)
    for parameter, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, MOST), (M_TOP_PAD, 2**28)):
        library.mallopt(parameter, value)
