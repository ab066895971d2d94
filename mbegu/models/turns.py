"""A user's turn by a model's own chat template, with what the template is told beside it: its switches, and the date."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.text.named import meant, named

DATE = "2026-01-01"  # of a project that names none
PROBE = " \n probe \n "
CLOCK = "strftime_now"  # what transformers lets a template ask for the time
DATES = "mbegu_dates"  # what the calendar says for each format of a template
OURS = ("messages", "add_generation_prompt", "tools", "documents", CLOCK, DATES)
FORMAT = re.compile(r"""(?P<quote>['"])(?P<text>(?:(?!(?P=quote)).)*%(?:(?!(?P=quote)).)*)(?P=quote)""")
# transformers hands a template plain data only, no function of ours: so the template gets one of its own in the clock's place
STILL = f"{{% macro {CLOCK}(format) %}}{{{{ {DATES}[format] }}}}{{% endmacro +%}}"


class Told(NamedTuple):
    """What a chat template is told."""

    options: dict[str, Any] = {}  # noqa: RUF012  # nobody changes it
    date: str = ""  # YYYY-MM-DD for a template that reads the clock, so that tomorrow's build is today's


NOTHING = Told()


def read_told(options: Sequence[str], day: str, key: str) -> Told:
    """The NAME=VALUE entries and the date of a section.

    Args:
        key: of the section, for messages.

    Raises:
        BadInput: an entry that is none, a name that is ours, or a date that is none.
    """
    found = {}
    for entry in options:
        pair = named(entry)
        if pair is None or not pair[0].isidentifier() or pair[0] in OURS:
            raise BadInput(f"{key}.template_options: {entry!r} is no NAME=VALUE of a switch; write enable_thinking=false.")
        found[pair[0]] = meant(pair[1])
    try:
        date.fromisoformat(day)
    except ValueError:
        raise BadInput(f"{key}.date: {day!r} is no date; write it as YYYY-MM-DD.") from None
    return Told(found, day)


def settled(told: Told, tokenizer: Any, key: str) -> Told:
    """What this tokenizer's chat template can be told: the date only if it reads the clock.

    Raises:
        BadInput: it knows no switch of a name.
    """
    template = json.dumps(tokenizer.chat_template or "")  # one text, or several by name
    for name in told.options:
        if not re.search(rf"\b{name}\b", template):
            raise BadInput(f"{key}.template_options: this model's chat template knows no {name!r}; leave it out.")
    return told if CLOCK in template else told._replace(date="")


def saved(told: Told) -> dict[str, Any]:
    """As it stands beside an adapter: nothing where nothing is told."""
    return {key: value for key, value in (("template_options", told.options), ("date", told.date)) if value}


def read_saved(values: Mapping[str, Any]) -> Told:
    """What `saved` gave."""
    return Told(dict(values.get("template_options", {})), str(values.get("date", "")))


def as_turns(contents: Sequence[str], tokenizer: Any, told: Told) -> list[str]:
    """Each text as a user's turn, up to where the answer begins."""
    variables = {**told.options, **(_still(tokenizer.get_chat_template(), told.date) if told.date else {})}

    def apply(texts: Sequence[str]) -> list[str]:
        turns = [[{"role": "user", "content": text}] for text in texts]
        return list(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **variables))

    # Most templates put fixed text around a turn's content; rendering that once is most of encode's speed.
    # One that trims the content, as Gemma's does, does not give the probe back and is applied to every text.
    before, found, after = apply([PROBE])[0].partition(PROBE)
    return [before + text + after for text in contents] if found and "probe" not in before + after else apply(contents)


def _still(template: str, day: str) -> dict[str, Any]:
    """The template with a clock that stands still, and what that says."""
    formats = {found["text"] for found in FORMAT.finditer(template)}
    return {"chat_template": STILL + template, DATES: {text: date.fromisoformat(day).strftime(text) for text in formats}}
