"""Situations of the adapter gtfs_rt."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from google.transit.gtfs_realtime_pb2 import FeedEntity, FeedMessage

from tests.contract.rig import Case, Expected

AT = datetime(2031, 5, 4, 3, 0, tzinfo=UTC)
SEEN = int(AT.timestamp())


def entity(number: int, seen: int = SEEN, **more: Any) -> FeedEntity:
    """One vehicle at the port; ``more`` are fields of its position."""
    made = FeedEntity(id=f"trip-{number}")
    made.vehicle.vehicle.id = f"鲁B{number:05}"
    made.vehicle.vehicle.label = "shuttle"
    made.vehicle.timestamp = seen
    for name, value in {"latitude": 36.01, "longitude": 120.21, **more}.items():
        setattr(made.vehicle.position, name, value)
    return made


def message(*entities: FeedEntity) -> bytes:
    made = FeedMessage()
    made.header.gtfs_realtime_version = "2.0"
    made.header.timestamp = SEEN
    made.entity.extend(entities)
    return bytes(made.SerializeToString())


def nowhere(number: int) -> FeedEntity:
    made = entity(number)
    made.vehicle.ClearField("position")
    return made


def trip(number: int) -> FeedEntity:
    made = FeedEntity(id=f"trip-{number}")
    made.trip_update.trip.trip_id = "7"
    return made


def lay(content: bytes, name: str = "vehicles.pb") -> Callable[[Path], dict[str, Any]]:
    def lay_out(folder: Path) -> dict[str, Any]:
        (folder / "drop").mkdir()
        (folder / "drop" / name).write_bytes(content)
        return {"path": "drop"}

    return lay_out


def steady(folder: Path) -> dict[str, Any]:
    """A source that goes on for a while: what was seen in a minute, played."""
    lay(message(*(entity(i, SEEN + i) for i in range(60))))(folder)
    return {"path": "drop", "chunk_rows": 7, "replay": {"speed": 4.0, "recorded_now": AT.isoformat()}}


def _pipe(folder: Path) -> dict[str, Any]:
    os.mkfifo(folder / "pipe.pb")
    return {"path": "pipe.pb"}


def _two(folder: Path) -> dict[str, Any]:
    lay(message(entity(1)))(folder)
    (folder / "drop" / "page.pb").write_bytes(b"<html>502 Bad Gateway</html>")
    return {"path": "drop"}


_OLD = int((AT - timedelta(days=40)).timestamp())
_GOOD = message(entity(1), entity(2))

CASES = [
    Case(name="good", lay_out=lay(_GOOD), expected=Expected(records=2)),
    Case(name="empty", lay_out=lay(b""), expected=Expected(problem="empty_file", says=("vehicles.pb",))),
    Case(name="no vehicle on the road", lay_out=lay(message()), expected=Expected()),
    Case(
        name="malformed entries",
        lay_out=lay(message(entity(1), nowhere(2), entity(3, seen=2**62), FeedEntity(id="x", vehicle={}), trip(4))),
        expected=Expected(records=1, rejects=3),
    ),
    Case(
        name="truncated",
        lay_out=lay(_GOOD[:-5]),
        expected=Expected(problem="not_gtfs_rt", says=("vehicles.pb", "cut short")),
    ),
    Case(name="hang", lay_out=_pipe, expected=Expected(problem="unreadable", says=("pipe.pb",))),
    Case(name="duplicate", lay_out=lay(message(entity(1), entity(1))), expected=Expected(records=2)),
    Case(name="out of order", lay_out=lay(message(entity(1, SEEN), entity(1, SEEN - 9))), expected=Expected(records=2)),
    Case(name="stale", lay_out=lay(message(entity(1, _OLD))), expected=Expected(records=1)),
    Case(name="true zero", lay_out=lay(message(entity(1, speed=0.0, bearing=0.0))), expected=Expected(records=1)),
    Case(
        name="wrong folder",
        lay_out=lambda folder: {"path": "nowhere"},
        expected=Expected(problem="missing_folder", says=("trial", "nowhere")),
    ),
    Case(
        name="wrong file",
        lay_out=lambda folder: {"path": "nowhere.pb"},
        expected=Expected(problem="missing_file", says=("trial", "nowhere.pb")),
    ),
    Case(
        name="another kind of message",
        lay_out=lay(message(trip(1), trip(2))),
        expected=Expected(problem="no_positions", says=("vehicles.pb", "2 entities")),
    ),
    Case(
        name="no vehicle has such a name",
        lay_out=lambda folder: {**lay(_GOOD)(folder), "vehicle": "license_plate"},
        expected=Expected(problem="bad_options", says=("license_plate", "label (2), entity (2)")),
    ),
    Case(
        name="one of two is broken",
        lay_out=_two,
        expected=Expected(records=1, problem="not_gtfs_rt", says=("page.pb",)),
    ),
]
