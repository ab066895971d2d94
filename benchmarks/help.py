"""Seconds that `mbegu`, its subcommands and the stage scripts take to answer --help, beside a Python that does nothing.

python benchmarks/help.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 5


def seconds(*arguments: str | Path) -> float:
    """Median over a few processes."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    calls: dict[str, list[str | Path]] = {"python -c pass": ["-c", "pass"], "mbegu": ["-m", "mbegu", "--help"]}
    commands = sorted(path.stem for path in (ROOT / "mbegu/cli").glob("[a-z]*.py"))
    calls |= {f"mbegu {name}": ["-m", "mbegu", name, "--help"] for name in commands}
    calls |= {script.name: [script, "--help"] for script in sorted((ROOT / "stages").glob("*.py"))}
    for name, arguments in calls.items():
        print(f"{name:18} {seconds(*arguments):.3f} s", flush=True)


if __name__ == "__main__":
    main()
