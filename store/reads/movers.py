"""Vehicles and vessels by what is painted on them: few enough to be looked through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, exists, select

from domain.search import Hit
from domain.viewer import Viewer
from store.moments import moment
from store.names import fit, plain
from store.reads.asof import AsOf
from store.reads.scope import public, visible
from store.schema import vehicle_latest, vehicle_position, vessel_latest, vessel_position, vessel_static


def movers(connection: Connection, viewer: Viewer, at: AsOf | None, wanted: str, limit: int) -> Iterator[Hit]:
    """Vehicles by plate, vessels by name, MMSI, IMO number or call sign; at most ``limit`` of each.

    Args:
        connection: to read from.
        viewer: who asks.
        at: the moment, by which it must have been heard of; None = now.
        wanted: letters and digits.
        limit: most of each.
    """
    vehicles = [
        (key, key, (plain(key),), seen)
        for key, seen in _latest(connection, vehicle_latest, "vehicle_id", visible(viewer, vehicle_latest.c.scope))
    ]
    yield from _hits(connection, "vehicle", vehicle_position, at, _fitting(vehicles, wanted), limit)
    said = _said(connection, viewer)
    vessels = []
    for mmsi, seen in _latest(connection, vessel_latest, "mmsi", public(viewer, vessel_latest.c.scope)):
        name, further = said.get(mmsi, ("", ()))
        vessels.append((str(mmsi), name or str(mmsi), (str(mmsi), plain(name), *further), seen))
    yield from _hits(connection, "vessel", vessel_position, at, _fitting(vessels, wanted), limit)


def sees_vehicle(connection: Connection, viewer: Viewer, vehicle_id: str) -> bool:
    """Whether a position of it was heard, and the viewer may see the newest."""
    t = vehicle_latest
    mine = select(t.c.vehicle_id).where(t.c.vehicle_id == vehicle_id, *visible(viewer, t.c.scope))
    return connection.execute(mine).first() is not None


def _latest(connection: Connection, table: Table, key: str, seen: tuple[ColumnElement[bool], ...]) -> Sequence[Any]:
    return connection.execute(select(table.c[key], table.c.event_time).where(*seen)).all()


def _said(connection: Connection, viewer: Viewer) -> dict[int, tuple[str, tuple[str, ...]]]:
    """What vessels say of themselves, the newest: name, and IMO number and call sign."""
    t = vessel_static
    query = select(t.c.mmsi, t.c.name, t.c.imo, t.c.callsign).where(*public(viewer, t.c.scope))
    found: dict[int, tuple[str, tuple[str, ...]]] = {}
    for mmsi, name, imo, callsign in connection.execute(query.order_by(t.c.event_time)):
        before = found.get(mmsi, ("", ()))
        found[mmsi] = (name or before[0], (str(imo or ""), plain(callsign or "")))
    return found


def _fitting(things: Sequence[tuple[str, str, tuple[str, ...], int]], wanted: str) -> list[tuple[int, int, str, str]]:
    """(how well, last heard, key, name), best first."""
    found = []
    for key, name, names, seen in things:
        fits = [fit(one, wanted) for one in names if wanted in one]
        if fits:
            found.append((max(fits), seen, key, name))
    return sorted(found, reverse=True)


def _hits(
    connection: Connection, kind: str, history: Table, at: AsOf | None,
    found: list[tuple[int, int, str, str]], limit: int,
) -> Iterator[Hit]:  # fmt: skip
    given = 0
    for fits, seen, key, name in found:
        if given == limit:
            return
        if at is not None and not _heard(connection, history, int(key) if kind == "vessel" else key, at):
            continue
        given += 1
        yield Hit(kind=kind, key=key, name=name, seen_at=moment(seen) if at is None else None, score=fits)


def _heard(connection: Connection, history: Table, key: str | int, at: AsOf) -> bool:
    first = history.primary_key.columns[0]
    known = history.c.received_at if at.then else history.c.event_time
    query = select(exists().where(first == key, history.c.event_time <= at.at, known <= at.at))
    return bool(connection.execute(query).scalar())
