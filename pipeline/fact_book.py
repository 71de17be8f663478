"""The newest of everything the rules look at, kept from record to record, and what is new in it.

Rules that judge one subject at a time ask only for what changed: a thousand new positions a second must not make two
hundred rules look at ten thousand vehicles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from domain.records import (
    ContainerStay,
    GateMove,
    InspectionStep,
    InspectionTask,
    Measurement,
    Node,
    Record,
    VehiclePosition,
    VesselPosition,
    WeatherObservation,
)

DAY = timedelta(days=1)


class Kept(msgspec.Struct, frozen=True):
    """How records of a type are kept.

    Attributes:
        fact: name of the mapping, as in ``domain.rules.base.Facts``.
        key: what a record is of.
        stays: whether it is worth keeping at a moment; one that is not takes what it replaces with it.
    """

    fact: str
    key: Callable[[Any], Any]
    stays: Callable[[Any, datetime], bool]


def _recent(span: timedelta) -> Callable[[Any, datetime], bool]:
    return lambda record, now: now - record.event_time <= span


def _there(stay: ContainerStay, now: datetime) -> bool:
    return stay.departed_at is None or stay.departed_at > now


def _under_way(task: InspectionTask, now: datetime) -> bool:
    return task.released_at is None and now - task.event_time <= 90 * DAY


KEPT: dict[type[Record], Kept] = {
    VehiclePosition: Kept("vehicles", lambda fix: fix.vehicle_id, _recent(DAY)),
    VesselPosition: Kept("vessels", lambda fix: str(fix.mmsi), _recent(DAY)),
    ContainerStay: Kept("stays", lambda stay: stay.container_no or stay.stay_id, _there),
    InspectionTask: Kept("tasks", lambda task: task.declaration_no, _under_way),
    Measurement: Kept("measurements", lambda one: (one.measure, one.subject), _recent(7 * DAY)),
    WeatherObservation: Kept("weather", lambda one: one.station, _recent(DAY)),
}
INSIDE = Kept("inside", lambda move: move.visit_id or move.vehicle_id, _recent(DAY))
FACTS = frozenset(kept.fact for kept in (*KEPT.values(), INSIDE))


class FactBook:
    """Mappings of Facts by name; not thread-safe: one thread keeps it and reads it.

    Attributes:
        facts: the mappings themselves: they go on changing, and nobody else may change them.
    """

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.facts: dict[str, dict[Any, Any]] = {name: {} for name in FACTS}
        self._changed: dict[str, set[Any]] = defaultdict(set)

    def add(self, records: Iterable[Record], now: datetime) -> None:
        """Take in what is newer than what is known; the same again changes nothing."""
        for record in records:
            kept = KEPT.get(type(record))
            if kept is not None:
                self._put(kept, record, now)
            elif isinstance(record, GateMove):
                self._pass(record, now)
            elif isinstance(record, InspectionStep) and record.node is Node.DEPARTED:
                self._drop("tasks", record.declaration_no)

    def _put(self, kept: Kept, record: Record, now: datetime) -> None:
        rows, key = self.facts[kept.fact], kept.key(record)
        known = rows.get(key)
        if known is not None and known.event_time > record.event_time:
            return
        if not kept.stays(record, now):
            self._drop(kept.fact, key)
        elif known != record:
            rows[key] = record
            self._changed[kept.fact].add(key)

    def _pass(self, move: GateMove, now: datetime) -> None:
        """A truck came in or left; one nobody saw leave is forgotten after a day."""
        if move.direction == "in":
            self._put(INSIDE, move, now)
        elif (known := self.facts[INSIDE.fact].get(INSIDE.key(move))) and known.event_time <= move.event_time:
            self._drop(INSIDE.fact, INSIDE.key(move))

    def _drop(self, fact: str, key: Any) -> None:
        if self.facts[fact].pop(key, None) is not None:
            self._changed[fact].add(key)

    def tidy(self, now: datetime) -> None:
        """Leave out what is no longer worth keeping: who fell silent, what has left."""
        for kept in (*KEPT.values(), INSIDE):
            for key in [key for key, row in self.facts[kept.fact].items() if not kept.stays(row, now)]:
                self._drop(kept.fact, key)

    def replace(self, fact: str, rows: dict[Any, Any]) -> None:
        """Put a whole mapping in the place of another, as fences are read."""
        before = self.facts.get(fact, {})
        self.facts[fact] = rows
        self._changed[fact] |= {key for key in before.keys() | rows.keys() if before.get(key) != rows.get(key)}

    def take(self) -> dict[str, frozenset[Any]]:
        """Keys by fact that are new, changed or gone since the last time this was asked."""
        taken = {fact: frozenset(keys) for fact, keys in self._changed.items() if keys}
        self._changed.clear()
        return taken
