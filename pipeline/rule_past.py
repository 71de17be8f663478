"""The past as a rule would have seen it: what changes, when, oldest first; from what the rule declares of itself.

Rules over records see the records. Those over pictures see these put together again, at equal distances where that is
how the past can be had: a note says so. What a rule cannot be told of the past is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Protocol

import msgspec

from domain.backtest import Note
from domain.errors import CockpitError
from domain.fences import Fence
from domain.pictures import BlockRow, ForecastsPicture, GateRow, GatesPicture, YardPicture
from domain.records import (
    ContainerStay,
    GateState,
    InspectionTask,
    Measurement,
    Record,
    VehiclePosition,
    WeatherObservation,
)
from domain.rules.base import Rule, RuleInstance
from domain.sieve import Sieve
from pipeline.replaying import News
from pipeline.rule_past_queue import QUEUE_EVERY, TURN_EVERY, queue, turns, waits
from store.reads.rule_past import TABLES, History

YARD_EVERY = timedelta(minutes=10)
MOST_LOOKS = 1_000_000  # rows a rule that judges everything at once may look at in all
STEPS = tuple(timedelta(minutes=n) for n in (1, 10, 60, 180, 360, 720))
_MAPPINGS: dict[str, type[Record]] = {
    "measurements": Measurement, "weather": WeatherObservation, "stays": ContainerStay, "tasks": InspectionTask,
    "vehicles": VehiclePosition,
}  # fmt: skip
Stream = Iterator[News]
Told = tuple[datetime, Record]


class UnplayableError(CockpitError):
    """The past of a rule cannot be played; ``code``: catalogue ``rule.backtest.unplayable.<code>``."""

    def __init__(self, code: str) -> None:
        """Remember why."""
        super().__init__(code)
        self.code = code


class Past(msgspec.Struct):
    """What is played.

    Attributes:
        news: what changes, oldest first.
        since: from when on.
        notes: what limits it.
    """

    news: Stream
    since: datetime
    notes: list[Note]


class _Make(Protocol):
    def __call__(self, history: History, since: datetime, until: datetime) -> Stream: ...


def past_of(
    rule: Rule, history: History, since: datetime, until: datetime, instances: Sequence[RuleInstance] = (),
    fences: Mapping[str, Fence] = {},
) -> Past:  # fmt: skip
    """The past of a rule.

    Args:
        rule: to be played.
        history: of the viewer.
        since: aware UTC.
        until: aware UTC.
        instances: that will be played: what none of them can find is left out. None: nothing is.
        fences: as they will be played.

    Raises:
        UnplayableError: it cannot be had.
    """
    why = unplayable(rule)
    if why:
        raise UnplayableError(why)
    if rule.needs:
        make, limits = _PICTURES[rule.needs[0]]
        return Past(make(history, since, until), since, [*limits])
    if "feeds" in rule.uses and not rule.over:
        return Past(_feeds(history, since, until), since, [])
    notes = [Note("fences_today")] if "fences" in rule.uses else []
    sieves = [rule.sieve(one, fences) for one in instances] if rule.sieve is not None else []
    fixes: Sequence[VehiclePosition] = ()
    if rule.over == "vehicles":
        fixes, begins = history.fixes(since, until, sieves)
        notes.append(Note("thinned"))
        if begins > since:
            notes.append(Note("positions_from", (until - begins) / timedelta(hours=1)))
        since = begins
    records = _records(rule, history, since, until, sieves, fixes)
    if rule.evaluate is not None and rule.kind == "condition":
        every = _step(rule, records, since, until)
        notes.append(Note("every", every.total_seconds() / 60))
        return Past(_steps(records, since, until, every), since, notes)
    return Past(_told(records, since, until), since, notes)


def unplayable(rule: Rule) -> str:
    """Why the past of a rule cannot be played; empty: it can."""
    if rule.unplayable:
        return rule.unplayable
    known = len(rule.needs) == 1 and rule.needs[0] in _PICTURES
    mapped = {rule.over, *rule.uses} - {"", "fences", "feeds"} <= _MAPPINGS.keys()
    if (rule.needs and not known) or not mapped or not rule.reads <= TABLES.keys():
        return "facts"
    return "" if rule.needs or rule.reads or "feeds" in rule.uses else "facts"


def _records(
    rule: Rule, history: History, since: datetime, until: datetime, sieves: Sequence[Sieve],
    fixes: Sequence[VehiclePosition],
) -> list[Told]:  # fmt: skip
    """Everything the rule looks at; of boxes it only looks up, those that are spoken of."""
    kinds = {*rule.reads, *(_MAPPINGS[name] for name in rule.uses if name in _MAPPINGS)}
    found: list[Record] = [*fixes]
    for kind in sorted(kinds - {ContainerStay, VehiclePosition}, key=lambda kind: kind.__name__):
        only = ("measure", rule.measures) if kind is Measurement and rule.measures else None
        found += [one for one in history.records(kind, since, until, only) if _mine(rule, one, since)]
    if ContainerStay in rule.reads and not rule.named_boxes:
        found += history.boxes(since, until, sieves)
    elif (rule.kind == "event" or ContainerStay in kinds) and (named := _named(found)):
        found += history.boxes(since, until, named=named)
    told: list[Told] = []
    first: set[tuple[str, str]] = set()
    for one in sorted(found, key=lambda one: one.event_time):
        told += _stay(one, first) if isinstance(one, ContainerStay) else [(one.event_time, one)]
    return sorted(told, key=lambda one: one[0])


def _named(records: Iterable[Record]) -> set[str]:
    """Numbers of the boxes that records speak of."""
    named: set[str] = set()
    for one in records:
        named.add(str(getattr(one, "container_no", "") or getattr(one, "subject", "")))
        named.update(getattr(one, "containers", ()))
    return named - {""}


def _stay(stay: ContainerStay, seen: set[tuple[str, str]]) -> list[Told]:
    """A stay when it began, when its goods were declared, and when it was over; however late this was told."""
    name, at = (stay.feed, stay.stay_id), stay.event_time
    if name not in seen:
        at = min(at, stay.arrived_at)
        seen.add(name)
    told: list[Told] = [(at, stay)]
    if stay.declared_at is not None and stay.declared_at > at:
        told = [(at, msgspec.structs.replace(stay, declared_at=None)), (stay.declared_at, stay)]
    if stay.departed_at is not None and stay.departed_at > at:
        told.append((stay.departed_at, stay))
    return told


def _mine(rule: Rule, record: Record, since: datetime) -> bool:
    return rule.kind == "condition" or record.event_time > since


def _told(records: Sequence[Told], since: datetime, until: datetime) -> Stream:
    """Records as they came; what was known before comes at the beginning."""
    yield News(since, [one for at, one in records if at <= since])
    for at, rows in groupby((one for one in records if since < one[0] <= until), key=lambda one: one[0]):
        yield News(at, [one for _, one in rows])


def _step(rule: Rule, records: Sequence[Told], since: datetime, until: datetime) -> timedelta:
    """How often a rule that judges everything at once can look."""
    counts = [at for at, one in records if not (rule.named_boxes and isinstance(one, ContainerStay))]
    standing = max(1, sum(1 for at in counts if at <= since))
    fits = (step for step in STEPS if step.total_seconds() >= rule.every_seconds)
    return next((step for step in fits if (until - since) / step * standing <= MOST_LOOKS), STEPS[-1])


def _steps(records: Sequence[Told], since: datetime, until: datetime, every: timedelta) -> Stream:
    place, at = 0, since
    while at <= until:
        first = place
        while place < len(records) and records[place][0] <= at:
            place += 1
        yield News(at, [one for _, one in records[first:place]])
        at += every


def _yard(history: History, since: datetime, until: datetime) -> Stream:
    times = [since + n * YARD_EVERY for n in range(int((until - since) / YARD_EVERY) + 1)]
    seen = history.yard(times)
    capacity = sum(block[2] for block in seen.blocks if block[2] > 0)
    for at, row in zip(times, seen.teu.tolist(), strict=True):
        rows = [
            BlockRow(key=key, name=name, terminal="", kind="", capacity_teu=most, boxes=0, teu=float(teu),
                     occupancy=teu / most if most > 0 else None, lon=lon, lat=lat)
            for (key, name, most, lon, lat), teu in zip(seen.blocks, row, strict=True)
        ]  # fmt: skip
        teu = sum(one.teu for one in rows if one.capacity_teu > 0)
        share = teu / capacity if capacity else None
        yield News(at, facts={"yard": YardPicture(rows=rows, teu=teu, capacity_teu=capacity, occupancy=share)})


def _gates(history: History, since: datetime, until: datetime) -> Stream:
    rows: dict[str, GateRow] = {}
    for at, states in groupby(history.records(GateState, since, until), key=lambda one: max(one.event_time, since)):
        for one in states:
            rows[one.gate_id] = GateRow(
                key=one.gate_id, name=one.name, trucks_waiting=one.trucks_waiting, wait_minutes=one.wait_minutes,
                limit_minutes=0.0, lanes_open=one.lanes_open,
            )  # fmt: skip
        yield News(at, facts={"gates": GatesPicture(rows=[rows[key] for key in sorted(rows)])})


def _feeds(history: History, since: datetime, until: datetime) -> Stream:
    rows: dict[str, Any] = {}
    for at, said in groupby(history.said("feed_health", since, until), key=lambda one: max(one[0], since)):
        rows.update((key, row) for _, key, row in said)
        yield News(at, facts={"feeds": [row for _, row in sorted(rows.items()) if row is not None]})


def _forecasts(history: History, since: datetime, until: datetime) -> Stream:
    rows: dict[str, Any] = {}
    for at, said in groupby(history.said("forecast", since, until), key=lambda one: max(one[0], since)):
        rows.update((key, row) for _, key, row in said)
        picture = ForecastsPicture(rows=[row for _, row in sorted(rows.items()) if row is not None])
        yield News(at, facts={"forecasts": picture})


def _minutes(every: timedelta) -> Note:
    return Note("every", every.total_seconds() / 60)


_PICTURES: dict[str, tuple[_Make, tuple[Note, ...]]] = {
    "yard": (_yard, (_minutes(YARD_EVERY), Note("survey_today"))),
    "gates": (_gates, (Note("thinned_gates"),)),
    "kpis": (turns, (_minutes(TURN_EVERY),)),
    "queue": (queue, (_minutes(QUEUE_EVERY),)),
    "warnings": (waits, (_minutes(QUEUE_EVERY),)),
    "forecasts": (_forecasts, (Note("as_forecast"),)),
}
