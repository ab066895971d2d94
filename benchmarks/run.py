"""Runs every benchmark, each in its own process, one after the other.

make bench
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    for name in (
        "help",
        "tokenization",
        "attention",
        "precision",
        "heap",
        "training",
        "processes",
        "novelty",
        "rouge",
        "verdicts",
        "judge",
        "locales",
        "leakage",
        "sets",
        "telegram",
        "retrieval",
        "endpoints",
        "gpu",
    ):
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, HERE / f"{name}.py"], check=True)


if __name__ == "__main__":
    main()
