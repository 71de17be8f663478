"""Inspections: the declarations under way, one declaration; their queue is read in ``store.reads.queue``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, and_, case, func, or_, select

from domain.disagreement import FLAG
from domain.inspection_board import HORIZON_HOURS, Standing, counted, group_of
from domain.pictures import InspectionRow, InspectionsPicture, QueueRow
from domain.records import InspectionTask, LabSample, MachineScan
from domain.special_modes import UNTESTED, untested
from domain.timeline import contradictions
from domain.viewer import Viewer
from store.codec import split_flags
from store.moments import DAY, HOUR, SECOND, micros, moment, moment_or_none
from store.progress import NODES
from store.reads import declarations as past
from store.reads.asof import AsOf
from store.reads.scope import current_by_key, standing, visible
from store.reads.words import declarations_disagreed, words
from store.schema import inspection_progress as progress
from store.schema import inspection_task as task
from store.schema import lab_sample

LISTED = 3000
AHEAD = HORIZON_HOURS * HOUR
TOLD = (
    "country", "entry_state", "vessel_name", "vessel_departure_at", "applied_at", "appointed_for", "hold",
    "second_application", "inspection_no", "agent", "special", "held_since", "released_at", "test_result",
)  # fmt: skip
Columns = RowMapping | Mapping[str, Any]
# The declaration's task decides whose it is; where only steps are known, the steps do.
OWNER: ColumnElement[Any] = case((progress.c.task_from > 0, progress.c.task_scope), else_=progress.c.scope)


def in_queue(at: int) -> ColumnElement[bool]:
    """Appointed and not yet further at a moment, or a task of which no step was ever known."""
    return and_(progress.c.left_queue_at > at, or_(progress.c.appointed <= at, progress.c.last_at.is_(None)))


def _declarations(viewer: Viewer) -> Select[Any]:
    match = and_(progress.c.declaration_no == task.c.declaration_no, current_by_key(task))
    return (
        select(
            progress,
            task.c.bill_of_lading, task.c.platform, task.c.area, task.c.direction, task.c.mode,
            task.c.enterprise_class, task.c.fresh, task.c.farm, task.c.containers, task.c.flags,
            *(task.c[name] for name in TOLD),
            task.c.origin.label("task_origin"), task.c.feed.label("task_feed"),
            task.c.valid_from, task.c.recorded_time.label("task_recorded"),
        )
        .join_from(progress, task, match, isouter=True)
        .where(*visible(viewer, OWNER))
    )  # fmt: skip


def inspections(
    connection: Connection, viewer: Viewer, at: AsOf | None, now: int, zone: ZoneInfo
) -> InspectionsPicture:
    """Declarations under way or finished within 24 h, and their counts; see ``InspectionsPicture``."""
    moment_ = now if at is None else at.at
    midnight = local_midnight(moment_, zone)
    since = min(moment_ - DAY, midnight)
    found: Sequence[Columns]
    if at is None:
        started = or_(progress.c.appointed.is_(None), progress.c.appointed <= moment_)
        query = _declarations(viewer).where(progress.c.finished_at > since, started)
        found = [dict(row) for row in connection.execute(query).mappings()]
    else:
        found = [
            row
            for row in past.declarations(connection, viewer, at, past.alive_at(at, since))
            if row["finished_at"] > since and (row["appointed"] is None or row["appointed"] <= moment_)
        ]
    known = [row for row in found if _last(row, moment_) is not None]
    open_samples = _open_samples(connection, viewer, at, moment_)
    today = sum(1 for row in known if midnight <= row["finished_at"] <= moment_)
    known = [row for row in known if row["finished_at"] > moment_ - DAY]
    rows = [_inspection_row(row, moment_, open_samples) for row in known]
    platforms = counted(_standing(made, row, moment_) for made, row in zip(rows, known, strict=True))
    rows.sort(key=_newest)
    shown = rows
    if len(rows) > LISTED:
        shown = sorted(sorted(rows, key=lambda row: row.group == "finished")[:LISTED], key=_newest)
    mark(shown, declarations_disagreed(connection, viewer, at))
    groups = Counter(row.group for row in rows)
    return InspectionsPicture(
        waiting=groups["waiting"], in_progress=groups["in_progress"], to_release=groups["to_release"],
        held=groups["held"], finished_today=today, total=len(rows), whole=viewer.scope is None, platforms=platforms,
        origins=sorted({_origin(row) for row in known}),
        feeds=sorted({row["task_feed"] or row["feed"] for row in known}),
        rows=shown,
    )  # fmt: skip


def _newest(row: InspectionRow) -> tuple[int, str]:
    return -(0 if row.last_at is None else micros(row.last_at)), row.key


def _standing(row: InspectionRow, told: Columns, at: int) -> Standing:
    """What the counts by platform need of a declaration."""
    assigned, inspected = row.nodes.get("assigned"), row.nodes.get("inspected")
    lately = inspected is not None and micros(inspected) > at - DAY
    to_come = row.group == "waiting" or (row.group == "in_progress" and row.stage != "assigned")
    return Standing(
        row.platform, row.area, row.group, on_platform=row.group == "in_progress" and row.stage == "assigned",
        expected=to_come and (told["appointed_for"] or 0) <= at + AHEAD,
        minutes=max(0.0, (inspected - assigned).total_seconds() / 60) if lately and assigned and inspected else None,
    )  # fmt: skip


def inspection(
    connection: Connection, viewer: Viewer, declaration_no: str, at: AsOf | None, now: int
) -> InspectionRow | None:
    """One declaration with its node times as they stood; None when unknown or not to be seen."""
    moment_ = now if at is None else at.at
    this = progress.c.declaration_no == declaration_no
    found: Sequence[Columns]
    if at is None:
        found = connection.execute(_declarations(viewer).where(this)).mappings().all()
    else:
        found = past.declarations(connection, viewer, at, this)
    if not found or _last(found[0], moment_) is None:
        return None
    row = _inspection_row(found[0], moment_, _open_samples(connection, viewer, at, moment_))
    row.others = [
        said for kind in (InspectionTask, LabSample, MachineScan)
        for said in words(connection, viewer, kind, declaration_no, at)
    ]  # fmt: skip
    mark([row], frozenset({declaration_no} if row.others else ()))
    return row


def mark(rows: Iterable[QueueRow | InspectionRow], numbers: Set[str]) -> None:
    """Mark the declarations of which another feed says otherwise."""
    for row in rows if numbers else ():
        if row.key in numbers:
            row.flags = [*row.flags, FLAG]


def local_midnight(at: int, zone: ZoneInfo) -> int:
    """The last midnight of the port's clock, microseconds."""
    local = moment(at).astimezone(zone)
    return micros(datetime(local.year, local.month, local.day, tzinfo=zone))


def days_before(at: int, zone: ZoneInfo, days: int) -> int:
    """The midnight so many days before the last one, by the port's clock."""
    local = moment(at).astimezone(zone).date() - timedelta(days=days)
    return micros(datetime(local.year, local.month, local.day, tzinfo=zone))


def _times(row: Columns, at: int) -> dict[str, int]:
    return {node: time for node in NODES if (time := row[node]) is not None and time <= at}


def _last(row: Columns, at: int) -> int | None:
    """When something was last heard of a declaration; None while nothing had begun."""
    if row["last_at"] is not None and row["last_at"] <= at:
        return int(row["last_at"])
    times = _times(row, at)
    if times:
        return max(times.values())
    return row["valid_from"] if row["last_at"] is None else None


def _origin(row: Columns) -> str:
    return str(row["task_origin"] or row["origin"])


def _inspection_row(row: Columns, at: int, open_samples: dict[str, int]) -> InspectionRow:
    times = _times(row, at)
    nodes = {node: moment(value) for node, value in times.items()}
    flags = list(dict.fromkeys((*split_flags(row["flags"] or ""), *contradictions(nodes))))
    if row["recorded_time"] is not None:
        shift: float | None = (row["last_at"] - row["recorded_time"]) / SECOND
    elif row["task_recorded"] is not None:
        shift = (row["valid_from"] - row["task_recorded"]) / SECOND
    else:
        shift = None
    stage = next((node for node in reversed(NODES) if node in times), "")
    special = msgspec.json.decode(row["special"] or "[]")
    if untested(special, row["test_result"] or "", bool(times) or _by(row["applied_at"], at) is not None):
        flags.append(UNTESTED)
    return InspectionRow(
        key=row["declaration_no"], bill_of_lading=row["bill_of_lading"] or "", platform=row["platform"] or "",
        area=row["area"] or "", direction=row["direction"] or "", mode=row["mode"] or "unknown",
        enterprise_class=row["enterprise_class"] or "unknown", fresh=bool(row["fresh"]), farm=bool(row["farm"]),
        stage=stage, nodes=nodes, containers=msgspec.json.decode(row["containers"] or "[]"),
        samples_open=open_samples.get(row["declaration_no"], 0), flags=flags,
        origin=_origin(row), recorded_shift_seconds=shift, group=_group(row, stage, at),
        last_at=moment_or_none(_last(row, at)), country=row["country"] or "",
        second_application=bool(row["second_application"]), entry_state=row["entry_state"] or "",
        inspection_no=row["inspection_no"] or "", vessel_name=row["vessel_name"] or "",
        vessel_departure_at=moment_or_none(row["vessel_departure_at"]), agent=row["agent"] or "", special=special,
        hold=row["hold"] or "", held_since=moment_or_none(_by(row["held_since"], at)) if row["hold"] else None,
    )  # fmt: skip


def _group(row: Columns, stage: str, at: int) -> str:
    return group_of(
        over=row["finished_at"] <= at or _by(row["released_at"], at) is not None, held=bool(row["hold"]),
        queued=row["left_queue_at"] > at, inspected=stage in ("inspected", "billed"),
    )  # fmt: skip


def _by(time: int | None, at: int) -> int | None:
    """A time a source told, unless it is still to come."""
    return time if time is not None and time <= at else None


def _open_samples(connection: Connection, viewer: Viewer, at: AsOf | None, moment_: int) -> dict[str, int]:
    t = standing(lab_sample, at, ("declaration_no",), lambda t: (sample_open(t, moment_), *visible(viewer, t.c.scope)))
    return dict(connection.execute(select(t.c.declaration_no, func.count()).group_by(t.c.declaration_no)).all())


def sample_open(t: Table, at: int) -> ColumnElement[bool]:
    """Sent and not completed at a moment."""
    return and_(t.c.sent_at <= at, or_(t.c.completed_at.is_(None), t.c.completed_at > at))
