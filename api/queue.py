"""The queue as the interface answers it: each row with the keys it is sorted by, and in words why it stands there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from api.asked import BadMoment, time_of
from api.pictures import rows_of
from components.queue_words import differs, expected, moves, why
from domain.cycles import Cycles
from domain.pictures import QueuePicture, QueueRow
from locales import LANGUAGES

BEFORE = timedelta(microseconds=1)
_PRIORITY, _DIRECTIONS = ("advanced",), {"export": 0, "import": 1}


def languages(lang: str | None) -> Sequence[str]:
    """The languages asked for: all of them when none is named.

    Raises:
        BadMoment: there is no such language.
    """
    if lang is None:
        return LANGUAGES
    if lang not in LANGUAGES:
        raise BadMoment(f"is one of {', '.join(LANGUAGES)}", "lang", "bad_lang")
    return (lang,)


def cut_of(cycle: str | None, cycles: Cycles) -> datetime | None:
    """The cut of the confirmation cycle a moment lies in; None when none is asked for.

    Raises:
        BadMoment: it is no moment.
    """
    return None if cycle is None else cycles.cut(time_of(cycle, "cycle"))


def queue_answer(
    picture: QueuePicture | None, platform: str | None, cut: datetime | None, langs: Sequence[str]
) -> dict[str, Any]:
    """The picture as plain data.

    Args:
        picture: of the queue; None: nothing is known yet.
        platform: rows of this one only.
        cut: those only who have come in by this cut.
        langs: languages of the words.
    """
    rows = [] if picture is None else picture.rows
    chosen = [
        row
        for row in rows
        if platform in (None, "", row.platform) and (cut is None or row.cycle is None or row.cycle <= cut)
    ]
    body = rows_of(picture)
    plain = {row["key"]: row for row in body["rows"]}
    now = None if picture is None else picture.as_of
    body["rows"] = [{**plain[row.key], "keys": keys(row), "words": _words(row, langs, now)} for row in chosen]
    if platform and "sources" in body:
        body["sources"] = [one for one in body["sources"] if one["platform"] == platform]
    return body


def keys(row: QueueRow) -> dict[str, Any]:
    """What the row is sorted by, in the order it counts; smaller goes first, nothing known goes last."""
    at = row.vessel_departure_at if row.direction == "export" else row.appointed_at
    return {
        "cycle": row.cycle,
        "priority": 0 if row.fresh or row.enterprise_class in _PRIORITY else 1,
        "direction": _DIRECTIONS.get(row.direction, 2),
        "time": at,
        "applied_at": row.applied_at,
        "declaration_no": row.key,
    }


def _words(row: QueueRow, langs: Sequence[str], now: datetime | None) -> dict[str, dict[str, str]]:
    return {
        lang: {
            "reason": why(row, lang, now), "moves": moves(row, lang, now), "expected": expected(row, lang, now),
            "source": differs(row, lang),
        }
        for lang in langs
    }  # fmt: skip
