"""The confirmation queue: what waits in its fair order, what is odd, what is expected, what the source says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, select

from domain.pictures import Expected, QueuePicture, QueueRow
from domain.queue_compare import compare
from domain.queue_flags import Papers, odd
from domain.queue_forecast import QueueForecast
from domain.queue_order import Place, Waiting, order
from domain.records import Direction, EnterpriseClass
from domain.viewer import Viewer
from store.codec import split_flags
from store.moments import MINUTE, micros, moment, moment_or_none
from store.reads import declarations as past
from store.reads.asof import AsOf
from store.reads.inspections import Columns, in_queue, mark
from store.reads.queue_past import Expectations
from store.reads.scope import current_by_key
from store.reads.words import declarations_disagreed
from store.schema import inspection_progress as progress
from store.schema import inspection_task as task
from store.wall import lowered, walled


def queue(
    connection: Connection,
    viewer: Viewer,
    at: AsOf | None,
    platform: str | None,
    limit_minutes: float,
    now: int,
    expectations: Expectations,
) -> QueuePicture:
    """Declarations that wait for confirmation, each platform in its fair order.

    An enterprise sees its own declarations, with their place among all: so all are put in order
    first, and only then the foreign ones are left out. Behind the wall its rows are made of what it may read itself.
    """
    moment_ = now if at is None else at.at
    with lowered(connection):
        found = {row["declaration_no"]: row for row in _queued(connection, at, moment_)}
        forecast = expectations.at(connection, at, moment_)
    waiting = {number: _as_waiting(row, moment_) for number, row in found.items()}
    places = order(waiting.values(), expectations.cycles, moment(moment_))
    sources, differs = compare(places, {number: row["source_rank"] for number, row in found.items()})
    odd_ones = odd([_papers(waiting[number], row) for number, row in found.items()], moment(moment_))
    if viewer.scope is not None:
        sources = []
        found = {number: row for number, row in found.items() if row["scope"] in viewer.scope}
        if walled(connection):
            own = progress.c.declaration_no.in_(sorted(found))
            found = {row["declaration_no"]: row for row in _queued(connection, at, moment_, own)}
        places = [place for place in places if place.waiting.declaration_no in found]
    cut = expectations.cycles.after(moment(moment_))
    rows = []
    for place in places:
        row = found[place.waiting.declaration_no]
        expected = _expected(forecast, place, row) if place.cycle == cut else "later_cycle"
        rows.append(_queue_row(place, row, moment_, limit_minutes, expected, odd_ones, differs))
    mark(rows, declarations_disagreed(connection, viewer, at))
    return QueuePicture(
        platforms=sorted({row.platform for row in rows}),
        origins=sorted({row.origin for row in rows}),
        feeds=sorted({found[row.key]["feed"] for row in rows}),
        rows=[row for row in rows if platform is None or row.platform == platform],
        owners={row.key: owner for row in rows if (owner := found[row.key]["scope"])},
        cut=cut,
        sources=[one for one in sources if platform is None or one.platform == platform],
    )


def _queued(
    connection: Connection, at: AsOf | None, now: int, these: ColumnElement[bool] | None = None
) -> Sequence[Columns]:
    """What waits, now or at a moment: all, or those of ``these`` whom the connection may read."""
    only = () if these is None else (these,)
    if at is not None:
        return _waited(connection, at, and_(past.waiting_at(at), *only))
    query = (
        select(task, progress.c.appointed)
        .join_from(progress, task, progress.c.declaration_no == task.c.declaration_no)
        .where(in_queue(now), task.c.hold == "", current_by_key(task), *only)
    )
    return connection.execute(query).mappings().all()


def _waited(connection: Connection, at: AsOf, chosen: ColumnElement[bool]) -> Sequence[Columns]:
    return [
        {**row, "origin": row["task_origin"], "feed": row["task_feed"], "recorded_time": row["task_recorded"],
         "scope": row["task_scope"]}
        for row in past.declarations(connection, None, at, chosen)
        if row["valid_from"] is not None and past.in_queue(row, at.at) and not row["hold"]
    ]  # fmt: skip


def _as_waiting(row: Columns, at: int) -> Waiting:
    step = row["appointed"] if row["appointed"] is not None and row["appointed"] <= at else None
    appointed = row["appointed_for"] if step is None else step
    applied = row["applied_at"]
    return Waiting(
        declaration_no=row["declaration_no"],
        platform=row["platform"],
        direction=None if row["direction"] is None else Direction(row["direction"]),
        enterprise_class=EnterpriseClass(row["enterprise_class"]),
        fresh=bool(row["fresh"]),
        vessel_departure_at=moment_or_none(row["vessel_departure_at"]),
        appointed_at=moment_or_none(appointed),
        applied_at=moment_or_none(applied),
        entered_at=moment_or_none(next((one for one in (step, applied, appointed) if one is not None), None)),
    )


def _papers(waiting: Waiting, row: Columns) -> Papers:
    boxes = row["containers"]
    return Papers(waiting, row["bill_of_lading"], msgspec.json.decode(boxes, type=tuple[str, ...]) if boxes else ())


def _expected(forecast: QueueForecast, place: Place, row: Columns) -> Expected | str:
    return forecast.expected(row["platform"], row["area"], row["mode"], bool(row["farm"]), place.rank)


def _queue_row(
    place: Place, row: Columns, at: int, limit_minutes: float, expected: Expected | str,
    odd_ones: Mapping[str, tuple[str, ...]], differs: Mapping[str, str],
) -> QueueRow:  # fmt: skip
    since, number = place.waiting.appointed_at, row["declaration_no"]
    # Whole minutes: a figure that is never the same twice would send every row to every screen every few seconds.
    waited = None if since is None else float((at - micros(since)) // MINUTE)
    unknown = expected if isinstance(expected, str) else ""
    return QueueRow(
        key=number, rank=place.rank, platform=row["platform"], area=row["area"],
        bill_of_lading=row["bill_of_lading"], direction=row["direction"] or "",
        enterprise_class=row["enterprise_class"], fresh=bool(row["fresh"]), mode=row["mode"], country=row["country"],
        entry_state=row["entry_state"], vessel_name=row["vessel_name"],
        vessel_departure_at=place.waiting.vessel_departure_at, appointed_at=since,
        waited_minutes=waited if waited is not None and waited >= 0 else None,  # appointed for later: not waiting yet
        limit_minutes=limit_minutes, source_rank=row["source_rank"], reason=list(place.reasons),
        flags=list(dict.fromkeys((*split_flags(row["flags"]), *place.flags, *odd_ones.get(number, ())))),
        origin=row["origin"], recorded_time=moment_or_none(row["recorded_time"]),
        moves=list(place.moves), applied_at=place.waiting.applied_at, cycle=place.cycle,
        expected=expected if isinstance(expected, Expected) else None, expected_unknown=unknown,
        source_differs=differs.get(number, ""),
    )  # fmt: skip
