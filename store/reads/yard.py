"""The yard: what stands where, now and at any past moment, and its stock by hour.

Presence follows from the times of arrival and departure as they are known today (a box stands at t
when arrived_at <= t < departed_at), so a past moment is answered by the best knowledge of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, case, func, select

from domain.pictures import BlockRow, YardPicture
from domain.viewer import Viewer
from store.moments import DAY, HOUR, micros, moment
from store.reads.asof import AsOf
from store.reads.scope import current, visible
from store.schema import container_stay as stay
from store.schema import yard_block

TEU: ColumnElement[Any] = case((stay.c.length_ft > 20, 2), else_=1)  # unknown length counts as a 20 ft box
Ints = npt.NDArray[np.int64]
UNPLACED = "feed:"  # key of the row that holds a feed's boxes outside every surveyed block


def yard(connection: Connection, viewer: Viewer, at: AsOf | None, now: int) -> YardPicture:
    """Occupancy by block; boxes outside surveyed blocks in one row per feed, without a capacity."""
    moment_ = now if at is None else at.at
    blocks = {row["block_id"]: row for row in _blocks(connection, viewer, at)}
    rows = {
        key: BlockRow(
            key=key, name=b["name"], terminal=b["terminal"], kind=b["kind"], capacity_teu=b["capacity_teu"],
            boxes=0, teu=0.0, occupancy=None, lon=b["lon"], lat=b["lat"],
        )
        for key, b in blocks.items()
    }  # fmt: skip
    feeds, origins = {b["feed"] for b in blocks.values()}, {b["origin"] for b in blocks.values()}
    day_ago: dict[str, float] = {}
    for block_id, feed, origin, boxes, teu, earlier in _standing(connection, viewer, moment_):
        key = block_id if block_id in rows else UNPLACED + feed
        day_ago[key] = day_ago.get(key, 0.0) + float(earlier)
        if not boxes:
            continue
        row = rows.setdefault(key, _unplaced(feed))
        row.boxes, row.teu = row.boxes + boxes, row.teu + float(teu)
        feeds.add(feed)
        origins.add(origin)
    picture = _picture(rows, day_ago)
    picture.origins, picture.feeds = sorted(origins), sorted(feeds)
    return picture


def _picture(rows: dict[str, BlockRow], teu_day_ago: dict[str, float]) -> YardPicture:
    for row in rows.values():
        row.occupancy = row.teu / row.capacity_teu if row.capacity_teu > 0 else None
    surveyed = [row for row in rows.values() if row.capacity_teu > 0]
    capacity, placed = sum(row.capacity_teu for row in surveyed), sum(row.teu for row in surveyed)
    day_ago = sum(teu_day_ago.get(row.key, 0.0) for row in surveyed)
    return YardPicture(
        boxes=sum(row.boxes for row in rows.values()),
        teu=sum(row.teu for row in rows.values()),
        capacity_teu=capacity,
        occupancy=placed / capacity if capacity else None,
        occupancy_day_ago=day_ago / capacity if day_ago else None,
        rows=sorted(rows.values(), key=lambda row: (row.key.startswith(UNPLACED), row.terminal, row.key)),
    )


def _unplaced(feed: str) -> BlockRow:
    return BlockRow(
        key=UNPLACED + feed, name=feed, terminal="", kind="standard", capacity_teu=0, boxes=0, teu=0.0, occupancy=None
    )


def _blocks(connection: Connection, viewer: Viewer, at: AsOf | None) -> list[RowMapping]:
    """Blocks as surveyed at the moment; before their first survey, as first surveyed."""
    query = select(yard_block).where(*visible(viewer, yard_block.c.scope))
    if at is None:
        return list(connection.execute(query.where(current(yard_block))).mappings())
    chosen: dict[str, RowMapping] = {}
    for row in connection.execute(query.order_by(yard_block.c.valid_from)).mappings():
        if row["block_id"] not in chosen or row["valid_from"] <= at.at:
            chosen[row["block_id"]] = row
    return list(chosen.values())


def _standing(connection: Connection, viewer: Viewer, at: int) -> Iterable[Any]:
    """(block, feed, origin, boxes, TEU, TEU a day earlier) in one pass over what left since then."""
    key = (stay.c.block_id, stay.c.feed, stay.c.origin)
    now = and_(stay.c.departed_at > at, stay.c.arrived_at <= at)
    query = select(
        *key,
        func.sum(case((now, 1), else_=0)),
        func.sum(case((now, TEU), else_=0)),
        func.sum(case((stay.c.arrived_at <= at - DAY, TEU), else_=0)),
    ).where(current(stay), stay.c.departed_at > at - DAY, stay.c.arrived_at <= at, *visible(viewer, stay.c.scope))
    return connection.execute(query.group_by(*key))


class _Spans(msgspec.Struct):
    """Stays as columns: block (index into names), arrival, departure (microseconds) and TEU."""

    names: list[str]
    block: Ints
    arrived: Ints
    departed: Ints
    teu: Ints


def _spans(connection: Connection, viewer: Viewer, since: int, until: int, feed: str | None) -> _Spans | None:
    """The stays that overlap [since, until]; raw tuples, because there may be hundreds of thousands."""
    only = () if feed is None else (stay.c.feed == feed,)
    query = select(stay.c.block_id, stay.c.arrived_at, stay.c.departed_at, TEU).where(
        current(stay), stay.c.departed_at > since, stay.c.arrived_at <= until,
        stay.c.departed_at > stay.c.arrived_at, *visible(viewer, stay.c.scope), *only,
    )  # fmt: skip
    cursor = connection.execute(query).cursor
    rows = cursor.fetchall() if cursor is not None else []
    if not rows:
        return None
    blocks, *columns = zip(*rows, strict=True)
    index = {name: number for number, name in enumerate(dict.fromkeys(blocks))}
    numbers = np.fromiter(map(index.__getitem__, blocks), dtype=np.int64, count=len(blocks))
    return _Spans(list(index), numbers, *(np.array(column, dtype=np.int64) for column in columns))


def hourly_by_block(
    connection: Connection, viewer: Viewer, since: int, until: int, feed: str | None = None
) -> dict[str, tuple[Ints, Ints]]:
    """Boxes and TEU standing at each full hour of [since, until), by block id. Exact.

    A box counts from the first full hour at or after its arrival to the last before its departure.
    """
    hours = range(-(-since // HOUR) * HOUR, until, HOUR)
    spans = _spans(connection, viewer, hours[0], hours[-1], feed) if hours else None
    if spans is None:
        return {}
    size = len(hours) + 1  # the last place takes what changes after the last hour
    begin, end = (np.clip(-((hours[0] - times) // HOUR), 0, len(hours)) for times in (spans.arrived, spans.departed))
    found: dict[str, tuple[Ints, Ints]] = {}
    changes = []
    for weight in (np.ones_like(spans.teu), spans.teu):
        change = np.zeros(len(spans.names) * size, dtype=np.int64)
        np.add.at(change, spans.block * size + begin, weight)
        np.add.at(change, spans.block * size + end, -weight)
        changes.append(np.cumsum(change.reshape(-1, size), axis=1)[:, :-1])
    for number, name in enumerate(spans.names):
        found[name] = (changes[0][number], changes[1][number])
    return found


def full_hours(since: int, until: int) -> list[datetime]:
    """The full hours of [since, until)."""
    return [moment(hour) for hour in range(-(-since // HOUR) * HOUR, until, HOUR)]


def peak(connection: Connection, viewer: Viewer, since: int, until: int, feed: str | None) -> tuple[int, int | None]:
    """Most boxes at any instant of [since, until), and when first; event by event, not by hour."""
    spans = _spans(connection, viewer, since, until - 1, feed)
    if spans is None:
        return 0, None
    arrived, departed = np.maximum(np.sort(spans.arrived), since), np.sort(spans.departed)
    times = np.unique(arrived)  # a peak begins with an arrival
    stock = np.searchsorted(arrived, times, "right") - np.searchsorted(departed, times, "right")
    best = int(np.argmax(stock))
    return int(stock[best]), int(times[best])


def occupancy_rows(
    connection: Connection, viewer: Viewer, since: int, until: int
) -> list[tuple[str, str, datetime, float]]:
    """Hourly roll-ups yard_teu and yard_occupancy of the port and of each surveyed block."""
    hours = full_hours(since, until)
    capacity = {b["block_id"]: b["capacity_teu"] for b in _blocks(connection, viewer, None) if b["capacity_teu"] > 0}
    rows: list[tuple[str, str, datetime, float]] = []
    total, placed = np.zeros(len(hours)), np.zeros(len(hours))
    for block_id, (_, teu) in hourly_by_block(connection, viewer, since, until).items():
        total += teu
        if block_id in capacity:
            placed += teu
            rows += [("yard_teu", block_id, hour, float(value)) for hour, value in zip(hours, teu, strict=True)]
            share = teu / capacity[block_id]
            rows += [("yard_occupancy", block_id, hour, float(v)) for hour, v in zip(hours, share, strict=True)]
    rows += [("yard_teu", "port", hour, float(value)) for hour, value in zip(hours, total, strict=True)]
    if capacity:
        share = placed / sum(capacity.values())
        rows += [("yard_occupancy", "port", hour, float(value)) for hour, value in zip(hours, share, strict=True)]
    return rows


def yard_hourly(
    connection: Connection, viewer: Viewer, since: datetime, until: datetime, feed: str | None
) -> tuple[list[datetime], list[int], list[float]]:
    """Hours, boxes and TEU of the whole yard (or one feed's part of it)."""
    hours = full_hours(micros(since), micros(until))
    boxes, teu = np.zeros(len(hours)), np.zeros(len(hours))
    for block_boxes, block_teu in hourly_by_block(connection, viewer, micros(since), micros(until), feed).values():
        boxes += block_boxes
        teu += block_teu
    return hours, [int(value) for value in boxes], [float(value) for value in teu]
