"""Writes the comparison table and the list of stages into README.md, from the build and the pipeline.

python docs/readme.py
"""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Replaces what stands between the README's markers."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    lines = "".join(f"| `{name}` | {stage.get('do', stage)['desc']} |\n" for name, stage in stages.items())
    parts = {
        "table": (ROOT / "metrics/compare.md").read_text(encoding="utf-8"),
        "stages": "| stage | what it does |\n|---|---|\n" + lines,
    }
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\g<1>{part}\2", text, flags=re.DOTALL)
    (ROOT / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
