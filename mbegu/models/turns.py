"""A user's turn by a model's own chat template, and what that is told beside it: a system message, its switches, the date."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from mbegu.errors import BadInput
from mbegu.text.named import meant, named

DATE = "2026-01-01"  # of a project that names none
PROBE = " \n probe \n "
QUESTION, MESSAGE = "mbegu-question", "mbegu-message"  # put to a template, to see what it does with a system message
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
    system: str | None = None  # the system message, also an empty one; None leaves that to the template, which may have its own


NOTHING = Told()


def read_told(options: Sequence[str], day: str, key: str, system: str | None = None) -> Told:
    """The NAME=VALUE entries, the date and the system message of a section.

    Args:
        key: of the section, for messages.

    Raises:
        BadInput: an entry that is none, a name that is ours, a date that is none, or a system message that is null.
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
    if system == "None":  # as DVC spells it
        raise BadInput(f'{key}.system: is null in params.yaml; write a text ("" for an empty message), or leave the key out.')
    return Told(found, day, system)


def settled(told: Told, tokenizer: Any, key: str) -> Told:
    """What this tokenizer's chat template can be told: the date only if it reads the clock.

    Raises:
        BadInput: it knows no switch of a name, or puts no system message before a question.
    """
    template = json.dumps(tokenizer.chat_template or "")  # one text, or several by name
    for name in told.options:
        if not re.search(rf"\b{name}\b", template):
            raise BadInput(f"{key}.template_options: this model's chat template knows no {name!r}; leave it out.")
    told = told if CLOCK in template else told._replace(date="")
    if told.system is not None and tokenizer.chat_template:
        _check_system(told, tokenizer, key)
    return told


def _check_system(told: Told, tokenizer: Any, key: str) -> None:
    """Raises BadInput unless a question stands whole below the system message, less the blanks around it, which many trim, and
    below nothing that the template writes in place of a blank one."""
    as_turns([QUESTION], tokenizer, told._replace(system=None))  # what is wrong without a system message is none of its fault
    above = {}
    for text in (told.system or "", MESSAGE):  # what is blank or a common word would be found anywhere
        try:
            (turn,) = as_turns([QUESTION], tokenizer, told._replace(system=text))
        except Exception as error:  # a template raises what it likes
            said = " ".join(str(error).split())
            raise BadInput(f"{key}.system: this model's chat template takes no system message ({said}); leave it out.") from None
        above[text], found, _ = turn.rpartition(QUESTION)
        if not found or text.strip() not in above[text]:
            raise BadInput(f"{key}.system: this model's chat template puts no system message before a question; leave it out.")
    blank = not (told.system or "").strip()
    if blank and len(above[told.system or ""]) - len(told.system or "") > len(above[MESSAGE]) - len(MESSAGE):
        raise BadInput(f"{key}.system: this model's chat template has a message of its own for a blank one; write a text.")


def saved(told: Told) -> dict[str, Any]:
    """As it stands beside an adapter: nothing where nothing is told."""
    known = {key: value for key, value in (("template_options", told.options), ("date", told.date)) if value}
    return known if told.system is None else {**known, "system": told.system}


def read_saved(values: Mapping[str, Any]) -> Told:
    """What `saved` gave."""
    return Told(dict(values.get("template_options", {})), str(values.get("date", "")), values.get("system"))


def as_turns(contents: Sequence[str], tokenizer: Any, told: Told) -> list[str]:
    """Each text as a user's turn, after the system message if there is one, up to where the answer begins."""
    variables = {**told.options, **(_still(tokenizer.get_chat_template(), told.date) if told.date else {})}

    def apply(texts: Sequence[str]) -> list[str]:
        turns = [messages(text, told.system) for text in texts]
        return list(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **variables))

    # Most templates put fixed text around a turn's content; rendering that once is most of encode's speed.
    # One that trims the content, as Gemma's does, does not give the probe back and is applied to every text.
    before, found, after = apply([PROBE])[0].partition(PROBE)
    return [before + text + after for text in contents] if found and "probe" not in before + after else apply(contents)


def messages(text: str, system: str | None) -> list[dict[str, str]]:
    """A user's turn as the messages of a chat, after the system message if there is one."""
    first = [] if system is None else [{"role": "system", "content": system}]
    return [*first, {"role": "user", "content": text}]


def _still(template: str, day: str) -> dict[str, Any]:
    """The template with a clock that stands still, and what that says."""
    formats = {found["text"] for found in FORMAT.finditer(template)}
    return {"chat_template": STILL + template, DATES: {text: date.fromisoformat(day).strftime(text) for text in formats}}
