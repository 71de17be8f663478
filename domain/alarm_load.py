"""What a duty room was made to hear: the steps of alerts, how thick they came, and when that was a flood.

Pure, over rows of the alert log. An *annunciation* is a step by which an alert asks for attention: it opens, repeats
or opens again. One that was shelved, suppressed by design (also at its birth) or out of service at the time was heard
by nobody and is no load; it is counted apart, unless it is shown later and still unseen: then that is when it is heard.
Figures and their limits: ``domain/alarm_metrics.py``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby

import msgspec

from domain.alert_identity import alert_id
from domain.alerting import Flood as Lines
from domain.pictures import AlertRow

TEN = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
LINES = Lines()

ANNOUNCED = frozenset({"opened", "repeated", "reopened"})
_HIDES = {"shelve": "shelved", "suppressed": "suppressed", "out_of_service": "out"}
_SHOWS = {"unshelve": "shelved", "shelve_ended": "shelved", "unsuppressed": "suppressed", "return_to_service": "out"}
_UNSEEN = ("", "new")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step of an alert, as the log has it.

    Attributes:
        alert_id: whose.
        seq: its place among the alert's steps.
        at: when, aware UTC.
        what: ``opened``, ``repeated``, ``cleared``, an act of a person, ``closed``, ``escalated``...
        level: 1 red .. 4 blue, after the step.
        rule, subject: what the alert is about; empty when the alert is not kept any more.
        who: who did it; empty for the machine.
        from_state, to_state: of handling.
        opened_at: when the alert's present life began.
        note: in the words of who did it.
    """

    alert_id: str
    at: datetime
    what: str
    seq: int = 0
    level: int = 4
    rule: str = ""
    subject: str = ""
    who: str = ""
    from_state: str = ""
    to_state: str = ""
    opened_at: datetime | None = None
    note: str = ""


class Stood(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that was not closed at a moment.

    Attributes:
        alert_id, rule, subject, level: which.
        since: when it opened.
        firing: whether its condition held.
        hidden: why it was not to be heard: ``shelved``, ``suppressed``, ``out``; empty when it was.
    """

    alert_id: str
    rule: str
    level: int
    since: datetime
    subject: str = ""
    firing: bool = True
    hidden: str = ""


class Cycle(msgspec.Struct, frozen=True):
    """From an annunciation to the clear, or to the next annunciation, without which there was a clear between."""

    begins: datetime
    ends: datetime
    cleared: bool


class Flood(msgspec.Struct, frozen=True):
    """A time in which more was announced than can be heard."""

    begins: datetime
    ends: datetime


class Log(msgspec.Struct, frozen=True):
    """Steps in order, with the annunciations among them.

    Attributes:
        steps: all, as they happened.
        times: of each, for looking up spans.
        loud, silent: steps that were heard, and annunciations that nobody ever heard, in order.
    """

    steps: list[Step]
    times: list[datetime]
    loud: list[Step]
    silent: list[Step]


def log_of(steps: Iterable[Step], before: Iterable[Stood] = ()) -> Log:
    """The log of these steps; the same whatever order they come in.

    Args:
        steps: without gaps from the first on.
        before: what was not closed before the first of them; says what was hidden then.
    """
    every = sorted(steps, key=lambda step: (step.at, step.alert_id, step.seq))
    under: dict[str, set[str]] = defaultdict(set)
    for one in before:
        if one.hidden:
            under[one.alert_id].add(one.hidden)
    loud: list[Step] = []
    silent: dict[str, list[Step]] = defaultdict(list)
    owed: set[str] = set()  # came while hidden, and still stand unseen: when they are shown, they are heard
    for (_, alert), group in groupby(every, key=lambda step: (step.at, step.alert_id)):
        moment = list(group)
        for step in moment:  # first: what hides an alert at its birth is found in the evaluation that opens it
            if step.what in _HIDES:
                under[alert].add(_HIDES[step.what])
            elif step.what in _SHOWS:
                under[alert].discard(_SHOWS[step.what])
        for step in moment:
            hidden = bool(under.get(alert)) and step.level > 1  # red is never hidden
            if step.what in ANNOUNCED:
                (silent[alert] if hidden else loud).append(step)
                (owed.add if hidden and step.to_state in _UNSEEN else owed.discard)(alert)
            elif step.what == "cleared" or step.to_state not in _UNSEEN:
                owed.discard(alert)
            elif alert in owed and not hidden and (step.what in _SHOWS or step.level == 1):
                owed.discard(alert)
                silent[alert].pop()
                loud.append(step)
    unheard = sorted(chain.from_iterable(silent.values()), key=lambda step: (step.at, step.alert_id, step.seq))
    return Log(every, [step.at for step in every], loud, unheard)


def stood(rows: Iterable[AlertRow], at: datetime) -> list[Stood]:
    """Alerts not closed at a moment, and what hid them then."""
    return [
        Stood(alert_id=alert_id(row.key), rule=row.rule, level=row.level, since=row.opened_at, subject=row.subject,
              firing=row.condition == "firing", hidden=hidden(row, at))
        for row in rows
    ]  # fmt: skip


def hidden(row: AlertRow, at: datetime) -> str:
    """Why an alert is not to be heard: ``out`` of service, ``suppressed`` by design, ``shelved``; empty when it is."""
    if row.out_of_service:
        return "out"
    if row.suppressed_by:
        return "suppressed"
    until = row.shelved_until
    return "shelved" if until is not None and until > at else ""


def course(times: Iterable[datetime], span: timedelta) -> Iterator[tuple[datetime, int]]:
    """How many lie in the ``span`` before each moment at which that changes; the moment belongs to it."""
    change: Counter[datetime] = Counter()
    for at in times:
        change[at] += 1
        change[at + span] -= 1
    count = 0
    for at in sorted(change):
        count += change[at]
        yield at, count


def most(times: Iterable[datetime], span: timedelta) -> int:
    """The most within any ``span``."""
    return max((count for _, count in course(times, span)), default=0)


def floods(times: Iterable[datetime], operators: int = 1, lines: Lines = LINES) -> list[Flood]:
    """Floods: from when more come in the window than begin one until fewer come than end it.

    Args:
        times: of annunciations, in any order.
        operators: positions that share them: the lines are those of one.
        lines: the window, and the counts that begin and end a flood.
    """
    found: list[Flood] = []
    begins: datetime | None = None
    for at, count in course(times, timedelta(minutes=lines.window_minutes)):
        if begins is None and count > lines.begins * operators:
            begins = at
        elif begins is not None and (count < lines.ends * operators or not count):
            found.append(Flood(begins, at))
            begins = None
    return found


def inside(found: Iterable[Flood], since: datetime, until: datetime) -> timedelta:
    """How much of [since, until) lies in floods."""
    spans = (min(one.ends, until) - max(one.begins, since) for one in found)
    return sum((span for span in spans if span > timedelta()), timedelta())


def by_tens(times: Iterable[datetime], since: datetime, until: datetime) -> tuple[list[datetime], list[int]]:
    """Counts of each ten minutes of [since, until), and when each begins; the last may be cut short."""
    places = max(0, -((since - until) // TEN))
    counts = [0] * places
    for at in times:
        if since <= at < until:
            counts[(at - since) // TEN] += 1
    return [since + place * TEN for place in range(places)], counts


def cycles(steps: Iterable[Step]) -> dict[str, list[Cycle]]:
    """Each alert's cycles of alarm and clear, oldest first.

    Args:
        steps: in order.
    """
    found: dict[str, list[Cycle]] = defaultdict(list)
    open_: dict[str, datetime] = {}
    for step in steps:
        if step.what in ANNOUNCED:
            begun = open_.get(step.alert_id)
            if begun is not None:
                found[step.alert_id].append(Cycle(begun, step.at, cleared=False))
            open_[step.alert_id] = step.at
        elif step.what == "cleared" and step.alert_id in open_:
            found[step.alert_id].append(Cycle(open_.pop(step.alert_id), step.at, cleared=True))
    return found


def chatters(of_alert: Sequence[Cycle], lines: Lines = LINES) -> bool:
    """Whether so many cycles of an alert as make it chatter lie within a minute."""
    return any(
        last.ends - first.begins <= MINUTE
        for first, last in zip(of_alert, of_alert[lines.chatter_cycles - 1 :], strict=False)
    )  # fmt: skip


def fleeting(of_alert: Sequence[Cycle], lines: Lines = LINES) -> int:
    """Cycles that cleared within seconds, with no other of the alert within ten minutes before or after."""
    count = 0
    for place, cycle in enumerate(of_alert):
        alone = (place == 0 or cycle.begins - of_alert[place - 1].begins > TEN) and (
            place + 1 == len(of_alert) or of_alert[place + 1].begins - cycle.begins > TEN
        )
        count += cycle.cleared and (cycle.ends - cycle.begins).total_seconds() <= lines.fleeting_seconds and alone
    return count
