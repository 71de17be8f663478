"""A port with a long past, put into a store fast: what the as-of benchmark reads.

A day holds what a day of the simulated port holds at its default scale (5,600 boxes in, 230 declarations, 5,650
passages of the gates, boxes standing for 4.6 days on average), told as it happens: a stay is one row when the box comes
and another when it leaves. At that pace a million rows of state are 77 days.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import msgspec
import numpy as np

from domain.records import (
    ContainerStay,
    Direction,
    GateMove,
    GateState,
    InspectionStep,
    InspectionTask,
    LabSample,
    MachineScan,
    Node,
    Origin,
    Record,
    YardBlock,
)
from store import sql
from store.engine import Store
from store.moments import SECOND, micros

END = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DAYS = 77
DWELL_HOURS = 111
EVERY_SECONDS = 60  # between two fixes of a vehicle
_FIX = ("vehicle_id", "event_time", "lon", "lat", "speed_kmh", "heading_degrees", "status", "destination",
        "container_no", "declaration_no", "off_route_metres", "feed", "origin", "recorded_time", "received_at",
        "ref", "flags", "scope")  # fmt: skip


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much of everything.

    Attributes:
        vehicles, fixes: vehicles, and fixes of each in history.
        stays: containers that came; most also left, so about two rows each.
        tasks: declarations; with their steps, samples and scans about nine rows each.
        moves: passages of the gates.
    """

    vehicles: int
    fixes: int
    stays: int
    tasks: int
    moves: int

    def scaled(self, share: float) -> Size:
        """The same port, smaller."""
        return Size(**{name: max(20, int(getattr(self, name) * share)) for name in self.__struct_fields__})


FULL = Size(vehicles=10_000, fixes=1_000, stays=431_000, tasks=17_700, moves=435_000)


def fill(store: Store, size: Size, owners: int = 0) -> None:
    """Put everything into an empty store, day by day as it would have come.

    Args:
        store: empty.
        size: how much.
        owners: enterprises among whom all of it is shared out; 0 = it is the port's.
    """
    positions(store, size.vehicles, size.fixes, owners)
    for received_at, records in _days(size):
        shared = [_owned(record, owners) for record in records] if owners else records
        store.ingest("bench", shared, received_at=received_at)


def owner(key: str, owners: int) -> str | None:
    """Whose a thing is."""
    return f"E{crc32(key.encode()) % owners:03d}" if owners else None


def _owned(record: Record, owners: int) -> Record:
    """Declarations and all of theirs, boxes and visits are somebody's; blocks and gates are the port's."""
    keys = (getattr(record, name, None) for name in ("declaration_no", "stay_id", "visit_id"))
    key = next((key for key in keys if key), None)
    return record if key is None else msgspec.structs.replace(record, scope=owner(key, owners))


def positions(store: Store, vehicles: int, fixes: int, owners: int = 0) -> None:
    """The history and the latest fix of vehicles that move all the time, straight into the tables."""
    last, dice = micros(END), np.random.default_rng(1)
    times = (last - np.arange(fixes - 1, -1, -1, dtype=np.int64) * EVERY_SECONDS * SECOND).tolist()
    with store._database.writing() as connection:
        for number in range(vehicles):
            lon = (120.18 + np.cumsum(dice.uniform(-1e-4, 1e-4, fixes))).tolist()
            lat = (36.0 + np.cumsum(dice.uniform(-1e-4, 1e-4, fixes))).tolist()
            speed, heading = dice.uniform(0, 60, fixes).tolist(), dice.uniform(0, 360, fixes).tolist()
            name = f"V{number:05d}"
            mine = owner(name, owners)
            rows = [
                (name, t, x, y, v, h, "driving", "", "", "", None, "bench", "simulated", None, t + SECOND, "", "", mine)
                for t, x, y, v, h in zip(times, lon, lat, speed, heading, strict=True)
            ]
            sql.insert(connection, "vehicle_position", _FIX, rows)
            kept = ("kept_time", "kept_lon", "kept_lat")
            sql.insert(connection, "vehicle_latest", (*_FIX, *kept), [(*rows[-1], last, lon[-1], lat[-1])])


def _days(size: Size) -> Iterator[tuple[datetime, list[Record]]]:
    dice, begin = random.Random(1), END - timedelta(days=DAYS)
    came = [
        _common(begin - timedelta(days=30)) | {"block_id": f"B{n:02d}", "name": f"B{n:02d}", "terminal": "T",
                                               "capacity_teu": 1200} for n in range(70)
    ]  # fmt: skip
    yield begin, [YardBlock(**block) for block in came]
    for hour in range(DAYS * 24):
        since = begin + timedelta(hours=hour)
        yield (
            since + timedelta(hours=1),
            [r for _, r in sorted(_hour(size, dice, since, hour), key=lambda pair: pair[0])],
        )


def _hour(size: Size, dice: random.Random, since: datetime, hour: int) -> Iterator[tuple[datetime, Record]]:
    """What happens in an hour; departures and later steps are told in the hour their story begins in."""
    hours = DAYS * 24

    def times(total: int) -> Iterator[tuple[int, datetime]]:
        for number in range(total * hour // hours, total * (hour + 1) // hours):
            yield number, since + timedelta(seconds=dice.randrange(3600))

    for number, at in times(size.stays):
        stay: dict[str, Any] = {"stay_id": f"S{number}", "block_id": f"B{dice.randrange(70):02d}", "arrived_at": at}
        stay["length_ft"] = dice.choice((20, 40))
        yield at, ContainerStay(**stay, **_common(at))
        left = at + timedelta(hours=dice.expovariate(1 / DWELL_HOURS))
        if left < END:
            yield left, ContainerStay(**stay, departed_at=left, **_common(left))
    for number, at in times(size.tasks):
        yield from _inspection(number, at, dice)
    for number, at in times(size.moves):
        move = {"move_id": f"M{number}", "gate_id": f"G{number % 6}", "visit_id": f"{number // 2}"}
        yield at, GateMove(direction="out" if number % 2 else "in", **move, **_common(at))
    for gate in range(6):
        state = {"gate_id": f"G{gate}", "name": f"G{gate}", "trucks_waiting": dice.randrange(30), "wait_minutes": 9.0}
        yield since, GateState(**state, **_common(since))


def _inspection(number: int, at: datetime, dice: random.Random) -> Iterator[tuple[datetime, Record]]:
    name = f"D{number:06d}"
    yield at, InspectionTask(
        declaration_no=name, platform=f"P{number % 6}", farm=number % 4 == 0, direction=list(Direction)[number % 2],
        appointed_for=at, vessel_departure_at=at + timedelta(hours=30), containers=(f"C{number}",), **_common(at),
    )  # fmt: skip
    step = at
    for node in Node:
        if step < END:
            yield step, InspectionStep(declaration_no=name, node=node, **_common(step))
        step += timedelta(hours=dice.expovariate(1 / 3))
    sent = at + timedelta(hours=4)
    if number % 8 == 0 and sent < END:
        yield sent, LabSample(declaration_no=name, sent_at=sent, **_common(sent))
        done = sent + timedelta(hours=40)
        if done < END:
            yield done, LabSample(declaration_no=name, sent_at=sent, completed_at=done, **_common(done))
    if sent < END:
        scan = {"scanned_at": sent, "reviewed_at": sent, "released_directly": number % 3 == 0}
        yield sent, MachineScan(declaration_no=name, container_no=f"C{number}", **scan, **_common(sent))


def _common(at: datetime) -> dict[str, Any]:
    return {"feed": "bench", "origin": Origin.SIMULATED, "event_time": at}
