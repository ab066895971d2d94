"""One message of an export: what is kept of it, or why nothing is."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from mbegu.sources.telegram.texts import raw_text, tidy
from mbegu.text import reasons

LATEST = (1 << 32) - 1  # the time of a message without a date: nothing is known to come after it
NOWHERE = -(1 << 63)  # the number of a message that has none
NUMBERS = range(NOWHERE + 1, 1 << 63)
# A message's kind of media by the key that tells it, where no `media_type` does
MEDIA = {
    "photo": "photo",
    "poll": "poll",
    "location_information": "location",
    "contact_information": "contact",
    "invoice_information": "invoice",
    "game_title": "game",
    "file": "file",
}
MARKS = {"media_type", *MEDIA}


class Message(NamedTuple):
    """What is kept of a message, and where it belongs."""

    number: int  # within its chat; negative for what a group wrote before it became a supergroup
    time: int  # when it was sent, in seconds since 1970
    version: int  # when it was last edited, or sent
    date: str | None  # local time of the machine that exported it, without zone
    text: str  # not cleaned yet
    media: str | None
    forwarded: str | None  # from whom
    reason: str = ""  # why it is dropped


def read(value: dict[str, Any], masked: bool) -> Message:
    """A message of an export as `slices.read_export` gives it; `reason` says why it can't be kept, if so."""
    number, kind = number_of(value), value.get("type")
    if number == NOWHERE:
        return nothing(reasons.WITHOUT_NUMBER)
    if kind == "unsupported":
        return nothing(reasons.UNSUPPORTED, number)
    date, time = _date(value)
    version = max(time, _edited(value)) if "edited" in value else time
    forwarded = _forwarded(value, masked) if "forwarded_from" in value else None
    media = None if MARKS.isdisjoint(value) else _media(value)
    reason = "" if kind == "message" else _reason(value)
    return Message(number, time, version, date, raw_text(value, masked), media, forwarded, reason)


def _reason(value: dict[str, Any]) -> str:
    kind = value.get("type")
    return f"{reasons.SERVICE}: {_short(value.get('action'))}" if kind == "service" else f"{reasons.UNKNOWN_KIND}: {_short(kind)}"


def number_of(value: dict[str, Any]) -> int:
    """A message's number in its chat; NOWHERE if it has none."""
    number = value.get("id")
    return number if type(number) is int and number in NUMBERS else NOWHERE


def nothing(reason: str, number: int = NOWHERE) -> Message:
    """A message of which nothing is known but why it is dropped."""
    return Message(number, LATEST, 0, None, "", None, None, reason)


def _date(value: dict[str, Any]) -> tuple[str | None, int]:
    """The date as written, and in seconds."""
    try:
        date, seconds = value["date"], int(value["date_unixtime"])
        datetime.fromisoformat(date)
    except (KeyError, TypeError, ValueError):
        return _part_of_date(value)
    return (date, seconds) if 0 <= seconds < LATEST else (date, LATEST)


def _part_of_date(value: dict[str, Any]) -> tuple[str | None, int]:
    """The same where one of both is missing: older exports lack the seconds, and without a zone they are those of UTC."""
    moment, seconds = _moment(value.get("date")), _seconds(value.get("date_unixtime"))
    if seconds is None:
        seconds = _since_1970(moment) or LATEST
    return (value["date"] if moment else None), seconds


def _edited(value: dict[str, Any]) -> int:
    """When it was edited; 0 or a time in 1970 if never."""
    seconds = _seconds(value.get("edited_unixtime"))
    return _since_1970(_moment(value["edited"])) if seconds is None else seconds


def _moment(date: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(date)
    except (TypeError, ValueError):
        return None


def _since_1970(moment: datetime | None) -> int:
    return min(max(0, int(moment.replace(tzinfo=UTC).timestamp())), LATEST) if moment else 0


def _seconds(text: Any) -> int | None:
    try:
        seconds = int(text)
    except (TypeError, ValueError):
        return None
    return seconds if 0 <= seconds < LATEST else None


def _media(value: dict[str, Any]) -> str | None:
    if isinstance(kind := value.get("media_type"), str) and kind.isidentifier():
        return kind
    for key, name in MEDIA.items():
        if key in value:
            return name
    return None


def _forwarded(value: dict[str, Any], masked: bool) -> str:
    name, source = value["forwarded_from"], value.get("forwarded_from_id")
    if not isinstance(name, str):
        return "deleted account"
    # old exports number people and channels alike, without a word before
    return "[name]" if masked and not (isinstance(source, str) and source.startswith("channel")) else _short(name)


def _short(text: Any) -> str:
    """A word or a name of an export, in one line that isn't endless."""
    return " ".join(tidy(text).split())[:80] if isinstance(text, str) else "none"
