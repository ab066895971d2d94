"""What a build could know to be in vain: a stage says it when it finds it, the last stage says it again.

A stage's file for a version is `metrics/warnings/VERSION/STAGE.json`, a list of sentences, empty if there is none.
"""

import json
from collections.abc import Sequence
from pathlib import Path


def read_warnings(folder: Path, versions: Sequence[str]) -> list[str]:
    """What the stages warned of, in the order of stages and versions; what several versions share stands there once.

    Args:
        folder: `metrics/warnings`; files of other versions in it are not read.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for version in versions:
        for path in (folder / version).glob("*.json"):
            for warning in json.loads(path.read_text(encoding="utf-8")):
                found.setdefault((path.stem, warning), []).append(version)
    stages = sorted({stage for stage, _ in found})  # curate, encode, train: the order in which they run
    return [f"{', '.join(names)}: {text}" for first in stages for (stage, text), names in found.items() if stage == first]
