"""Vehicle positions out of a GTFS-realtime message: bytes in, rows out, wherever the bytes come from.

Read with the bindings the makers of the format publish (GTFS-realtime 2.0, gtfs-realtime.proto).
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2

from datasources.contract import RAW_LIMIT, Tap
from datasources.rows import Unplaced
from domain.errors import FeedError
from domain.records import Reject

VehicleName = Literal["id", "label", "license_plate", "entity"]
NAMES: tuple[VehicleName, ...] = ("id", "label", "license_plate", "entity")

_KMH = 3.6  # km/h in a metre a second
_PLACES = 6  # coordinates are single precision: a metre or so
_MOST = 200_000  # entities; a message of many times the vehicles of a whole country is no feed of a port


class Vehicles(msgspec.Struct):
    """What one message holds.

    Attributes:
        at: when the message was made, by its header; None when it does not say.
        rows: a row for each vehicle, usable or not, in the order of the message.
        others: entities that are no vehicle: trip updates, alerts, deleted ones.
    """

    at: datetime | None
    rows: list[Unplaced | Reject]
    others: int


def vehicles_in(data: bytes, where: str, feed: str, name: VehicleName, tap: Tap | None = None) -> Vehicles:
    """Read one message.

    Args:
        data: the message as received.
        where: file or address, for references and messages.
        feed: the feed's name, for rejects.
        name: what a vehicle goes by.
        tap: of the adapter's context.

    Raises:
        FeedError: ``empty_file``; ``not_gtfs_rt``: it is no such message, or cut short; ``too_large``;
            ``no_positions``: it tells of trips or alerts only; ``bad_options``: not one vehicle has such a name.
    """
    if not data:
        raise FeedError("empty_file", "has no content", where)
    message = gtfs_realtime_pb2.FeedMessage()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise FeedError("not_gtfs_rt", "is no GTFS-realtime message, or cut short", where) from None
    if not message.header.gtfs_realtime_version:
        raise FeedError("not_gtfs_rt", "is no GTFS-realtime message: names no version", where)
    if len(message.entity) > _MOST:
        raise FeedError("too_large", f"{len(message.entity)} entities, more than {_MOST}", where)
    try:
        at = _moment(message.header.timestamp)
    except (ValueError, OverflowError, OSError):
        raise FeedError("not_gtfs_rt", f"header time {message.header.timestamp} is none", where) from None
    found = [e for e in message.entity if e.HasField("vehicle") and not e.is_deleted]
    if message.entity and not found and not any(e.is_deleted for e in message.entity):
        raise FeedError("no_positions", f"{len(message.entity)} entities, none of them a vehicle", where)
    names = [_names(entity) for entity in found]
    if found and not any(n.get(name) for n in names):
        filled = ", ".join(f"{n} ({sum(1 for one in names if one.get(n))})" for n in NAMES if n != name)
        raise FeedError(
            "bad_options", f"vehicle = {name!r}: of {len(found)} vehicles none has one; have: {filled}", where
        )
    twice = {n for n, count in Counter(one.get(name, "") for one in names).items() if count > 1}
    rows = [_row(e, n.get(name), name, twice, where, feed) for e, n in zip(found, names, strict=True)]
    if tap is not None:
        for entity, row in zip(found, rows, strict=True):
            tap(row.ref, _raw(entity))
    return Vehicles(at, rows, len(message.entity) - len(found))


def _row(entity: Any, called: str | None, name: str, twice: set[str], where: str, feed: str) -> Unplaced | Reject:
    ref = f"{where}:{_text(entity, 'id') or '?'}"

    def refuse(reason: str, detail: str) -> Reject:
        return Reject(feed=feed, ref=ref, reason=reason, detail=detail, raw=_raw(entity))

    vehicle = entity.vehicle
    if called is None:
        return refuse("undecodable", f"vehicle.{name}: not UTF-8")
    if not called.strip():
        return refuse("missing_key", f"vehicle.{name}: blank")
    if not vehicle.HasField("position"):
        return refuse("position_not_available", f"{name}={called}, no position")
    try:
        at = _moment(vehicle.timestamp)
    except (ValueError, OverflowError, OSError):
        return refuse("not_a_time", f"timestamp: {vehicle.timestamp}")
    place, flags = vehicle.position, []
    if at is None:
        flags.append("time_of_feed")
    if called in twice:
        flags.append("vehicle_not_unique")
    values: dict[str, Any] = {
        "vehicle_id": called.strip(),
        "lon": round(place.longitude, _PLACES),
        "lat": round(place.latitude, _PLACES),
    }
    if place.HasField("speed"):
        values["speed_kmh"] = round(place.speed * _KMH, 2)
    if place.HasField("bearing"):
        values["heading_degrees"] = round(place.bearing, 2)
    return Unplaced(values, at, ref, flags)


def _names(entity: Any) -> dict[str, str]:
    """What a vehicle may go by; what is no text is left out."""
    described = entity.vehicle.vehicle
    found = {"entity": _text(entity, "id")}
    found.update({field: _text(described, field) for field in ("id", "label", "license_plate")})
    return {name: text for name, text in found.items() if text is not None}


def _text(message: Any, field: str) -> str | None:
    try:
        return str(getattr(message, field))
    except UnicodeDecodeError:  # the bindings look at a text only when it is asked for
        return None


def _moment(seconds: int) -> datetime | None:
    """POSIX seconds as a time; None for 0, which is "not given"."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _raw(entity: Any) -> str:
    """The entity for quarantine: as JSON, or in hexadecimal when it holds what is no text."""
    try:
        text = str(MessageToJson(entity, preserving_proto_field_name=True, indent=None))
    except (ValueError, TypeError):
        text = str(entity.SerializePartialToString().hex())
    return text[:RAW_LIMIT]
