"""What two numbers of a text that stand together tell each other: a range shares its unit, a sum is said scale by scale."""

import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import regex

from mbegu.metrics.calendars import ETHIOPIAN, gregorian

JOINT = regex.compile(r"(?P<range>[-–]| [-–] | (?:to|hadi|mpaka|እስከ) )| (?:and|or|na|au|እና|ወይም|&) ", regex.IGNORECASE)
BETWEEN = regex.compile(r"\b(?:between|kati ya) $", regex.IGNORECASE)


class Part(NamedTuple):
    """An entity before its neighbours are known."""

    kind: str
    unit: str  # a currency or "%"; of a date or name the whole value
    start: int
    end: int
    leads: bool = False  # the unit or month stands before the number
    number: Decimal = Decimal(0)
    scale: Decimal = Decimal(1)
    scale_leads: bool = False  # as in "elfu 5"
    unit_after: bool = False
    lone: bool = False  # a word that says no number unless a neighbour says so


def join_scales(parts: Sequence[Part], text: str) -> list[Part]:
    """Parts with sums made one: "1 million 200 thousand", "1 ሺህ 500", "milioni 2 na laki 5"."""
    found: list[Part] = []
    for part in parts:
        if found and _goes_on(found[-1], part, text[found[-1].end : part.start]):
            part = _sum(found.pop(), part)
        found.append(part)
    return found


def _goes_on(left: Part, right: Part, between: str) -> bool:
    numbers = left.kind in ("number", "amount") and not left.unit_after and not left.lone and not right.lone
    fits = right.kind == "number" or (right.kind == "amount" and right.unit_after)
    joined = between == " " or (between.casefold() == " na " and right.scale > 1)
    return numbers and fits and joined and right.scale < left.scale and 0 < right.number * right.scale < left.scale


def _sum(left: Part, right: Part) -> Part:
    number = left.number + right.number * right.scale / left.scale
    named = right if right.unit_after else left
    return left._replace(end=right.end, number=number, kind=named.kind, unit=named.unit, unit_after=named.unit_after)


def share_units(parts: Sequence[Part], text: str) -> list[Part]:
    """Parts where both ends of a range have what only one names: "8 to 10%", "TZS 1-2 million", "9 and 16 May"."""
    shared = list(parts)
    joints = [_joint(a, b, text) for a, b in itertools.pairwise(shared)]
    for i in reversed(range(len(joints))):
        if joint := joints[i]:
            shared[i] = _as_right(shared[i], shared[i + 1], *joint)
    for i, joint in enumerate(joints):
        if joint and joint[1]:
            shared[i + 1] = _as_left(*shared[i : i + 2])
    return shared


def _joint(left: Part, right: Part, text: str) -> tuple[str, bool] | None:
    """What stands between two parts, if it joins them, and whether they are a range."""
    found = JOINT.fullmatch(text, left.end, right.start)
    return (found[0], bool(found["range"] or BETWEEN.search(text, 0, left.start))) if found else None


def _as_right(left: Part, right: Part, joint: str, is_range: bool) -> Part:
    subtraction = joint == " - " and left.number >= right.number
    if right.unit.startswith(ETHIOPIAN) and is_range and regex.fullmatch(r"\d{4}", left.unit):
        return left._replace(unit=ETHIOPIAN + left.unit)
    if left.kind not in ("number", "amount") or (left.unit not in ("", right.unit) and right.unit) or subtraction:
        return left
    if right.kind == "date":
        in_month = left.kind == "number" and "-" in right.unit and not right.leads and left.number in range(1, 32)
        in_month = in_month and not left.lone
        return left._replace(kind="date", unit=f"{right.unit[:-2]}{int(left.number):02}") if in_month else left
    if left.lone and not is_range and (right.leads or right.scale_leads):
        return left  # "one, and ten percent"
    if left.scale == 1 and right.scale != 1 and (left.number < right.number or right.kind == "percentage"):
        left = left._replace(scale=right.scale, lone=False)
    if right.kind == "percentage" or (right.kind == "amount" and is_range):
        return left._replace(kind=right.kind, unit=right.unit, lone=False)
    return left._replace(lone=left.lone and (right.lone or not is_range))  # "six to twelve months"


def _as_left(left: Part, right: Part) -> Part:
    if right.kind != "number":
        return right
    if left.scale_leads and right.scale == 1 and left.number < right.number < 1000:
        right = right._replace(scale=left.scale, lone=False)  # "elfu 5 hadi 10"
    if left.leads and left.kind in ("amount", "percentage"):
        right = right._replace(kind=left.kind, unit=left.unit, lone=False)
    return right._replace(lone=right.lone and left.lone)


def value(part: Part) -> str:
    """How `entities` writes what was read."""
    if part.kind == "date":
        return gregorian(part.unit)
    if part.kind == "name":
        return part.unit
    number = format((part.number * part.scale).normalize() + 0, "f")
    return f"{part.unit} {number}" if part.kind == "amount" else number + part.unit
