"""The yard: what stands where, now and at any past moment, and its stock by hour.

By today's knowledge a box stands at t when arrived_at <= t < departed_at, whenever this was said. By
what was known then it stood when both was true at t of the newest record received by t.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import repeat

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, RowMapping, select

from domain.pictures import BlockRow, YardPicture
from domain.viewer import Viewer
from store.moments import DAY, HOUR, moment
from store.reads.asof import AsOf
from store.reads.scope import current, standing, visible
from store.reads.stock import changes, stock
from store.reads.words import boxes_disagreed
from store.schema import yard_block

Ints = npt.NDArray[np.int64]
OTHERS = 20  # boxes of which the picture tells what another feed says
UNPLACED = "feed:"  # key of the row that holds a feed's boxes outside every surveyed block


def yard(connection: Connection, viewer: Viewer, at: AsOf | None, now: int) -> YardPicture:
    """Occupancy by block; boxes outside surveyed blocks in one row per feed, without a capacity."""
    moment_, then = (now, False) if at is None else (at.at, at.then)
    blocks = {row["block_id"]: row for row in _blocks(connection, viewer, at)}
    rows = {
        key: BlockRow(
            key=key, name=b["name"], terminal=b["terminal"], kind=b["kind"], capacity_teu=b["capacity_teu"],
            boxes=0, teu=0.0, occupancy=None, lon=b["lon"], lat=b["lat"],
        )
        for key, b in blocks.items()
    }  # fmt: skip
    feeds, origins = {b["feed"] for b in blocks.values()}, {b["origin"] for b in blocks.values()}
    for block_id, feed, origin, boxes, teu in stock(connection, viewer, moment_, then):
        if boxes:
            key = block_id if block_id in rows else UNPLACED + feed
            row = rows.setdefault(key, _unplaced(feed))
            row.boxes, row.teu = row.boxes + int(boxes), row.teu + float(teu)
            feeds.add(feed)
            origins.add(origin)
    day_ago: dict[str, float] = {}
    for block_id, _, _, _, teu in stock(connection, viewer, moment_ - DAY, then):
        day_ago[block_id] = day_ago.get(block_id, 0.0) + float(teu)
    picture = _picture(rows, day_ago)
    picture.origins, picture.feeds = sorted(origins), sorted(feeds)
    others = boxes_disagreed(connection, viewer, at, now)
    picture.disagreed, picture.others = len({word.part for word in others}), others[:OTHERS]
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
    """Blocks as surveyed at the moment; by today's knowledge, before their first survey as first surveyed."""
    mine = visible(viewer, yard_block.c.scope)
    if at is None:
        return list(connection.execute(select(yard_block).where(current(yard_block), *mine)).mappings())
    if at.then:
        names = tuple(column.name for column in yard_block.c if column.name != "known_to")
        t = standing(yard_block, at, names, lambda t: visible(viewer, t.c.scope))
        return list(connection.execute(select(t)).mappings())
    chosen: dict[str, RowMapping] = {}
    for row in connection.execute(select(yard_block).where(*mine).order_by(yard_block.c.valid_from)).mappings():
        if row["block_id"] not in chosen or row["valid_from"] <= at.at:
            chosen[row["block_id"]] = row
    return list(chosen.values())


def hourly_by_block(connection: Connection, viewer: Viewer, since: int, until: int) -> dict[str, tuple[Ints, Ints]]:
    """Boxes and TEU standing at each full hour of [since, until), by block id. Exact.

    A box counts from the first full hour at or after its arrival to the last before its departure.
    """
    hours = np.arange(-(-since // HOUR) * HOUR, until, HOUR, dtype=np.int64)
    if not len(hours):
        return {}
    seen = changes(connection, viewer, int(hours[0]), int(hours[-1]))
    place = np.searchsorted(hours, seen.time)  # the first hour that sees the change
    found: dict[str, tuple[Ints, Ints]] = {}
    tables = []
    for begin, change in ((seen.boxes, seen.d_boxes), (seen.teu, seen.d_teu)):
        table = np.zeros((len(seen.names), len(hours)), dtype=np.int64)
        np.add.at(table, (seen.block, place), change)
        tables.append(begin[:, None] + np.cumsum(table, axis=1))
    for number, name in enumerate(seen.names):
        if tables[0][number].any():
            found[name] = (tables[0][number], tables[1][number])
    return found


def full_hours(since: int, until: int) -> list[datetime]:
    """The full hours of [since, until)."""
    return [moment(hour) for hour in range(-(-since // HOUR) * HOUR, until, HOUR)]


def occupancy_rows(
    connection: Connection, viewer: Viewer, since: int, until: int
) -> list[tuple[str, str, datetime, float]]:
    """Hourly roll-ups: yard_teu of the port; yard_occupancy of the port and of each surveyed block.

    A block's TEU follow from its occupancy, so they are not made.
    """
    hours = full_hours(since, until)
    capacity = {b["block_id"]: b["capacity_teu"] for b in _blocks(connection, viewer, None) if b["capacity_teu"] > 0}
    rows: list[tuple[str, str, datetime, float]] = []
    total, placed = np.zeros(len(hours)), np.zeros(len(hours))
    for block_id, (_, teu) in hourly_by_block(connection, viewer, since, until).items():
        total += teu
        if block_id in capacity:
            placed += teu
            rows += _series("yard_occupancy", block_id, hours, teu / capacity[block_id])
    rows += _series("yard_teu", "port", hours, total)
    if capacity:
        rows += _series("yard_occupancy", "port", hours, placed / sum(capacity.values()))
    return rows


def _series(
    metric: str, subject: str, hours: list[datetime], values: npt.NDArray[np.float64]
) -> Iterator[tuple[str, str, datetime, float]]:
    return zip(repeat(metric), repeat(subject), hours, values.tolist(), strict=False)
