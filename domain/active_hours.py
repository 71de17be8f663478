"""Hours of the week written as people write them: ``08:00-20:00``, ``mon-fri 07:30-19:00``, ``sat,sun 22:00-06:00``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, tzinfo
from functools import lru_cache

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60
_FORM = re.compile(r"(?:([a-z,-]+) )?(\d\d):(\d\d)-(\d\d):(\d\d)")


class HoursError(ValueError):
    """Hours nobody can read; the message says why."""


@lru_cache(maxsize=1000)
def spans(text: str) -> tuple[tuple[int, int], ...]:
    """The minutes of the week it covers, [begins, ends) from Monday 00:00; one past midnight runs on.

    Raises:
        HoursError: it cannot be read.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise HoursError(f"{text!r} is not like 08:00-20:00 or mon-fri 08:00-20:00")
    begins, ends = (60 * int(form[place]) + int(form[place + 1]) for place in (2, 4))
    if begins >= _DAY or ends > _DAY or int(form[3]) > 59 or int(form[5]) > 59 or begins == ends:
        raise HoursError(f"{text!r} holds no time of day, or no time at all")
    length = ends - begins if ends > begins else ends - begins + _DAY
    return tuple((day * _DAY + begins, day * _DAY + begins + length) for day in _days(form[1], text))


def _days(words: str | None, text: str) -> list[int]:
    if words is None:
        return list(range(7))
    found: list[int] = []
    for word in words.split(","):
        first, _, last = word.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise HoursError(f"{text!r}: days are {', '.join(DAYS)}")
        start, length = DAYS.index(first), (DAYS.index(last or first) - DAYS.index(first)) % 7
        found += [(start + step) % 7 for step in range(length + 1)]
    return sorted(set(found))


def active(hours: Iterable[str], at: datetime, zone: tzinfo) -> bool:
    """Whether a moment lies in any of them; without any it always does."""
    written = tuple(hours)
    if not written:
        return True
    local = at.astimezone(zone)
    minute = local.weekday() * _DAY + local.hour * 60 + local.minute
    week = 7 * _DAY
    return any(
        begins <= at_ < ends for text in written for begins, ends in spans(text) for at_ in (minute, minute + week)
    )
