"""What a request is about: the task, the version of its template and what the reply depends on, and not the words around it.

A recorded reply is found by it, so that a better sentence in a prompt loses no reply. A change of a template's meaning raises
the version in its first line, and loses the replies to that one.
"""

from typing import Any

import regex

from mbegu.asking.memo import ABOUT, Request, digest
from mbegu.text.words import fold

About = dict[str, Any]
TASK, VERSION = "task", "version"
FIRST = 1  # of a template that names none
DECLARED = regex.compile(r"\A\uFEFF?\s*\{#-?\s*version:\s*(\d{1,6})\s*-?#\}")


def about(task: str, template: str, **subject: Any) -> About:
    """What a request is about.

    Args:
        task: what is asked, such as "answer".
        template: text of the prompt's template, whose first line may be {#- version: 2 -#}.
        subject: what the reply depends on, such as the passage; JSON, in the order in which people read it.
    """
    return {TASK: task, VERSION: version_of(template), **subject}


def version_of(template: str) -> int:
    """The version that a template's first line declares."""
    found = DECLARED.match(template)
    return int(found[1]) if found else FIRST


def about_key(about: About) -> str:
    """SHA-256 over the canonical JSON, any run of white space in a text counting as one blank."""
    return digest(_folded(about))


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, dict):
        return {key: _folded(part) for key, part in value.items()}
    return [_folded(part) for part in value] if isinstance(value, list) else value


def key_of(request: Request) -> str:
    """`about_key` of what a request is about, or of all of it if it says nothing of that."""
    return about_key(request[ABOUT]) if ABOUT in request else digest(request)


def same_but_version(about: About) -> str:
    """Alike for all versions of a template."""
    return about_key({**about, VERSION: None})


def place(about: About) -> list[str]:
    """Sorts what is about the same text side by side, whatever was asked first."""
    return [f"{value:09}" if isinstance(value, int) else fold(str(value)) for value in (about.get(TASK), *about.values())]
