"""How many amounts, dates and abstentions are read right, in English, Swahili and Amharic.

    python benchmarks/locales.py

The sentences are ours, of many subjects, written before the reader that has to read them; about a fifth of them are traps. Each
is read as in a project of its language and currency, and counts only if all of its values are right and nothing else is found.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from mbegu.metrics.abstention import abstains
from mbegu.metrics.entities import entities
from mbegu.text.settings import Locale

CASES = Path(__file__).parents[1] / "tests/metrics/locale"
KINDS = ("amounts", "dates", "abstentions")
LANGUAGES = {"en": "English", "sw": "Swahili", "am": "Amharic"}


def cases(kind: str) -> list[dict[str, Any]]:
    """Objects with text, language, currency and expected."""
    return [json.loads(line) for line in (CASES / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()]


def read(kind: str, case: dict[str, Any]) -> bool | list[str]:
    """What is read: whether the text abstains, or its values but for names."""
    here = Locale([case["language"]], case["currency"], unknown="Ask the keeper.", disclaimer="", names=[])
    if kind == "abstentions":
        return abstains(case["text"], here)
    return [entity.value for entity in entities(case["text"], here) if entity.kind != "name"]


def main() -> None:
    print(f"{'':14}" + "".join(f"{language:>16}" for language in LANGUAGES.values()))
    for kind in KINDS:
        every = cases(kind)
        count = Counter(case["language"] for case in every)
        right = Counter(case["language"] for case in every if read(kind, case) == case["expected"])
        print(f"{kind:14}" + "".join(f"{f'{right[code]} of {count[code]}':>16}" for code in LANGUAGES))


if __name__ == "__main__":
    main()
