"""How often a rule instance would have fired in the past, for how long, and what that asks of an operator.

Pure: episodes in, figures out. They are made by ``pipeline.backtest``. Figures of load and their lines are those of
the self-report (``domain.alarm_load``), per operator position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from math import ceil
from statistics import median
from typing import Literal

import msgspec

from domain.alarm_load import floods, inside
from domain.alerting import Alerting
from domain.rule_instances import Changes

DAYS, MOST_DAYS = 30, 90
LISTED = 500  # newest episodes that are told one by one


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be played: the published version of an instance, and a draft of it if ``changes`` are given.

    ``scope`` is that of the viewer: enterprises, None for the port.
    """

    name: str
    changes: Changes | None = None
    days: int = DAYS
    until: datetime
    scope: frozenset[str] | None = None


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as it would have been raised.

    Attributes:
        subject, level: whom it is about, the gravest level it reached.
        since: when it would have been raised; of an event when it happened.
        until: when it cleared; None: it fires still. Of an event ``since``: it has no end of its own.
        key: of the alert.
    """

    subject: str
    level: int
    since: datetime
    until: datetime | None
    subject_kind: str = ""
    key: str = ""


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What one version of an instance would have done.

    Attributes:
        version: 0 for the configuration's, None for a draft.
        total: alerts, with ``days`` of them by day of the port and ``levels`` by level.
        firing_seconds: all subjects together; None for events, as the next three.
        median_seconds, p90_seconds: of what has cleared. longest_seconds: of what fires still, too.
        per_day, per_hour: alerts per operator, mean over the time that was played.
        peak_ten: most in ten minutes, per operator.
        flood_minutes: with more than an operator can hear.
        unjudged: most subjects at once that could not be judged.
        episodes: the newest ``LISTED``, newest first.
    """

    version: int | None
    total: int
    days: list[int]
    levels: dict[int, int]
    firing_seconds: float | None
    median_seconds: float | None
    per_day: float
    per_hour: float
    peak_ten: float
    flood_minutes: float
    p90_seconds: float | None = None
    longest_seconds: float | None = None
    unjudged: int = 0
    episodes: list[Episode] = []


class Note(msgspec.Struct, frozen=True):
    """What limits what is told: catalogue ``rule.backtest.note.<code>``."""

    code: str
    value: float = 0.0


State = Literal["ok", "unplayable", "error", "too_slow", "cancelled", "busy", "failed"]


class BackTest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a back-test.

    Attributes:
        state: ok; or why there is no answer: catalogue ``rule.backtest.state.<state>``, of a rule whose past cannot
            be played ``rule.backtest.unplayable.<detail>``, of one that threw ``detail`` says what.
        since, until: what was asked; ``played_from``: from when on there was enough, or not too much, to play.
        dates: of the days counted, in the port's time.
        operators: who share the load.
        draft, published: None: there is none.
        more: alerts of the draft less those of the published version.
        seconds: it took.
    """

    name: str
    state: State = "ok"
    detail: str = ""
    since: datetime
    until: datetime
    played_from: datetime
    dates: list[date] = []
    operators: int = 1
    draft: Course | None = None
    published: Course | None = None
    more: int | None = None
    notes: list[Note] = []
    seconds: float = 0.0


def dates(since: datetime, until: datetime, zone: tzinfo) -> list[date]:
    """The days of the port that [since, until] touches."""
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def course(
    episodes: Sequence[Episode], version: int | None, span: tuple[datetime, datetime], days: Sequence[date],
    zone: tzinfo, alerting: Alerting, *, event: bool, unjudged: int = 0,
) -> Course:  # fmt: skip
    """The figures of what was played.

    Args:
        episodes: in any order.
        version: of the instance; None: a draft.
        span: that was played.
        days: to count by.
        zone: of the port.
        alerting: operators, and what is a flood.
        event: the rule latches, nothing has a duration.
        unjudged: most subjects at once without a judgement.
    """
    since, until = span
    rows = sorted(episodes, key=lambda one: (one.since, one.subject))
    times = [one.since for one in rows]
    by_day = Counter(at.astimezone(zone).date() for at in times)
    hours = max((until - since) / timedelta(hours=1), 1.0)
    lengths = [] if event else sorted((one.until - one.since).total_seconds() for one in rows if one.until is not None)
    firing = [((one.until or until) - one.since).total_seconds() for one in rows]
    flooded = inside(floods(times, alerting.operators, alerting.flood), since, until)
    return Course(
        version=version, total=len(rows), days=[by_day[day] for day in days],
        levels=dict(sorted(Counter(one.level for one in rows).items())),
        firing_seconds=None if event else sum(firing), longest_seconds=max(firing) if firing and not event else None,
        median_seconds=median(lengths) if lengths else None,
        p90_seconds=lengths[ceil(0.9 * len(lengths)) - 1] if lengths else None,
        per_day=len(rows) * 24 / hours / alerting.operators, per_hour=len(rows) / hours / alerting.operators,
        peak_ten=_peak(times) / alerting.operators, flood_minutes=flooded / timedelta(minutes=1), unjudged=unjudged,
        episodes=rows[::-1][:LISTED],
    )  # fmt: skip


def _peak(times: Sequence[datetime]) -> int:
    """Most within ten minutes."""
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] > timedelta(minutes=10):
            first += 1
        most = max(most, last - first + 1)
    return most


Which = Literal["both", "draft", "published"]


def beside(test: BackTest) -> list[tuple[Episode, Which]]:
    """The newest episodes of both versions, newest first, each with whose it is.

    One alert that fires in both at a time is one, with the draft's times. Told as far back as both lists go.
    """
    mine, others = (course.episodes if course is not None else [] for course in (test.draft, test.published))
    cut = [one.episodes[-1].since for one in (test.draft, test.published) if one and one.total > len(one.episodes)]
    left: dict[str, list[Episode]] = {}
    for one in others:
        left.setdefault(one.key or one.subject, []).append(one)
    told: list[tuple[Episode, Which]] = []
    for one in mine:
        same = left.get(one.key or one.subject, [])
        found = next((other for other in same if _overlap(one, other)), None)
        if found is not None:
            same.remove(found)
        told.append((one, "draft" if found is None else "both"))
    told += [(one, "published") for rest in left.values() for one in rest]
    told.sort(key=lambda each: (each[0].since, each[0].subject), reverse=True)
    return [each for each in told if not cut or each[0].since >= max(cut)]


def _overlap(one: Episode, other: Episode) -> bool:
    return (one.until is None or other.since <= one.until) and (other.until is None or one.since <= other.until)
