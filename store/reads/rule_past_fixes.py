"""Kept fixes of vehicles that can matter to a rule, newest stretches first, as far back as can be looked through.

A month of a large fleet is fifty million fixes. What a sieve holds back is found by no rule: of a run of such fixes
of a vehicle only the first says anything, that what was found before is over. So each fix that is let through comes
with the one that follows it, and everything between is left where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from domain.sieve import Sieve
from domain.viewer import Viewer
from store.moments import HOUR, MINUTE
from store.reads.plain import plain
from store.reads.scope import visible
from store.reads.sieve import through
from store.schema import vehicle_latest as latest
from store.schema import vehicle_position as fix

MOST_LOOKED = 12_000_000  # fixes one question may look through
MOST_MATTER = 200_000  # of them that can be played in time
FIRST, LONGEST = 15 * MINUTE, 12 * HOUR  # stretches
SAMPLED = 25  # vehicles whose fixes are counted for all of them, at least


class Fixes(msgspec.Struct):
    """Rows, in no order, each once; from ``begin`` on they are all there is, microseconds."""

    rows: list[tuple[Any, ...]]
    begin: int


def fixes(
    connection: Connection, viewer: Viewer, names: Sequence[str], span: tuple[int, int], sieves: Sequence[Sieve],
    most: tuple[int, int] = (MOST_LOOKED, MOST_MATTER),
) -> Fixes:  # fmt: skip
    """Fixes of (begin, end] that one of the sieves lets through, and after each the next one.

    Args:
        connection: to read from.
        viewer: who asks.
        names: columns, the vehicle and the time among them.
        span: begin and end, microseconds; what is given back may begin later.
        sieves: none: everything matters.
        most: fixes that may be looked through, and that may be let through; the first stretch counts for neither.
    """
    begin, end = _reach(connection, visible(viewer, fix.c.scope), span, most[0]), span[1]
    query = _chosen(names, sieves, viewer)
    found: list[tuple[Any, ...]] = []
    reached = end
    for since, until in _stretches(begin, end):
        left = most[1] - len(found)
        several = query.where(fix.c.event_time > since, fix.c.event_time <= until)
        rows = plain(connection, several if until == end else several.limit(left + 1))
        if len(rows) > left and until != end:
            break
        found += rows
        reached = since
    return Fixes(_once(found, names, end), reached)


def _stretches(begin: int, end: int) -> Iterator[tuple[int, int]]:
    until, length = end, FIRST
    while until > begin:
        since = max(begin, until - length)
        yield since, until
        until, length = since, min(2 * length, LONGEST)


def _reach(connection: Connection, mine: Sequence[ColumnElement[bool]], span: tuple[int, int], most: int) -> int:
    """From when on there are fixes, and about so many: those of some vehicles are counted, hour by hour."""
    begin, end = span
    names = [row[0] for row in plain(connection, select(latest.c.vehicle_id).order_by(latest.c.vehicle_id))]
    oldest = select(func.min(fix.c.event_time)).where(
        fix.c.vehicle_id == latest.c.vehicle_id, fix.c.event_time > begin, *mine
    )
    first: int | None = connection.execute(select(func.min(oldest.scalar_subquery())).select_from(latest)).scalar_one()
    if first is None or first >= end:
        return begin
    every = max(1, len(names) // SAMPLED)
    hour = (end - fix.c.event_time) // HOUR
    query = select(hour.label("hour"), func.count()).where(
        fix.c.vehicle_id.in_(names[::every]), fix.c.event_time > begin, fix.c.event_time <= end, *mine
    )
    there = 0
    for back, count in sorted(plain(connection, query.group_by(hour))):
        there += int(count) * every
        if there > most:
            return max(first - 1, min(end - int(back) * HOUR, end - FIRST))
    return first - 1 if first - begin > HOUR else begin


def _chosen(names: Sequence[str], sieves: Sequence[Sieve], viewer: Viewer) -> Select[Any]:
    """Columns of a fix, then those of the one after it; without a sieve each comes anyway."""
    columns = [fix.c[name] for name in names]
    # The key begins with the vehicle: one seek each.
    mine = (fix.c.vehicle_id.in_(select(latest.c.vehicle_id)), *visible(viewer, fix.c.scope))
    if not sieves:
        return select(*columns).where(*mine)
    other, after = fix.alias(), fix.alias()
    following = select(func.min(other.c.event_time)).where(
        other.c.vehicle_id == fix.c.vehicle_id, other.c.event_time > fix.c.event_time, *visible(viewer, other.c.scope)
    )
    later = following.scalar_subquery()
    beside = fix.outerjoin(after, and_(after.c.vehicle_id == fix.c.vehicle_id, after.c.event_time == later))
    return select(*columns, *(after.c[name] for name in names)).select_from(beside).where(through(fix, sieves), *mine)


def _once(rows: Iterable[tuple[Any, ...]], names: Sequence[str], end: int) -> list[tuple[Any, ...]]:
    """Each fix once, up to the end, also those that came beside another."""
    vehicle, time, width = names.index("vehicle_id"), names.index("event_time"), len(names)
    found: dict[tuple[str, int], tuple[Any, ...]] = {}
    for row in rows:
        for one in (row[:width], row[width:]):
            if one and one[time] is not None and one[time] <= end:
                found[one[vehicle], one[time]] = one
    return list(found.values())
