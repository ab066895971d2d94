"""What training does with memory that it frees."""

import subprocess
import sys

import pytest

# in a process of its own, as there is no way back
SCRIPT = """
import sys, resource, torch
from mbegu.training.heap import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
torch.ones(2**23).sum()
before = faults()
for _ in range(20):
    torch.ones(2**23).sum()  # 32 MiB
print(faults() - before)
"""


def faults(way: str) -> int:
    return int(subprocess.check_output([sys.executable, "-c", SCRIPT, way], text=True))


@pytest.mark.skipif(sys.platform != "linux", reason="what other systems do with freed memory is their own")
def test_a_tensor_takes_the_memory_of_the_last_one_and_the_kernel_has_nothing_to_do():
    assert faults("keep") * 10 < faults("as ever")
