"""Seconds that each script takes to answer --help, median of five.

python benchmarks/help.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def seconds(script: Path) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, script, "--help"], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    for script in sorted((ROOT / "stages").glob("*.py")):
        print(f"{script.name:18} {statistics.median(seconds(script) for _ in range(5)):.3f} s")


if __name__ == "__main__":
    main()
