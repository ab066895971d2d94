"""NAME=VALUE entries, as lists in params.yaml and on a command line have them."""

import json
from typing import Any


def named(entry: str) -> tuple[str, str] | None:
    """(name, value) of an entry, without blanks around them; None without a name or an equals sign."""
    name, sign, value = (part.strip() for part in entry.partition("="))
    return (name, value) if name and sign else None


def meant(value: str) -> Any:
    """JSON, or the text that is none."""
    try:
        return json.loads(value)
    except ValueError:
        return value
