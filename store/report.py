"""What the database holds: rows, bytes, oldest, newest and growth per day of every table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Table, func, select, text

from store.database import Database
from store.moments import DAY, FOREVER, moment
from store.schema import metadata

COUNTED_BYTES = 1 << 30  # a larger table is estimated, not counted
RECENT_DAYS = 7
_GROWS = (
    "valid_from",
    "event_time",
    "known_from",
    "hour",
    "day",
    "received_at",
    "opened_at",
    "begins",
)  # the first a table has
_RENEWED = ("updated_at", "made_at", "at", "taken_at")  # rows written over: they have an age and no growth
_LATEST = {"vehicle_position": "vehicle_latest", "vessel_position": "vessel_latest", "gate_state": "gate_latest"}
_SIZES_POSTGRESQL = """
SELECT coalesce(r.relname, c.relname), sum(pg_total_relation_size(c.oid)),
sum(CASE c.relkind WHEN 'p' THEN 0 ELSE GREATEST(c.reltuples, 0) END)::bigint
FROM pg_class c
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class r ON r.oid = i.inhparent
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace GROUP BY 1
"""
# Cells of a table's pages are its rows: of all pages where the rows lie in the index itself (WITHOUT
# ROWID), of the leaves elsewhere.
_SIZES_SQLITE = """
SELECT m.tbl_name, sum(s.pgsize), sum(CASE WHEN m.type = 'table' AND (s.pagetype = 'leaf' OR (m.sql LIKE
'%WITHOUT ROWID%' AND s.pagetype = 'internal')) THEN s.ncell ELSE 0 END)
FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name
"""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One table of the report.

    Attributes:
        table: its name.
        rows: how many; ``about`` tells an estimate.
        bytes: on disk, with indexes.
        oldest, newest: aware UTC by the table's own time; None without rows or without a time.
        rows_per_day: rows of the last seven days (or of the span there is), per day; None without a time.
        bytes_per_day: the same in bytes.
        about: True when rows and growth are estimates.
    """

    table: str
    rows: int
    bytes: int
    oldest: datetime | None = None
    newest: datetime | None = None
    rows_per_day: float | None = None
    bytes_per_day: float | None = None
    about: bool = False


def report(database: Database) -> list[Line]:
    """All tables, the largest first. Reads only; a table over a gigabyte is estimated."""
    with database.reading() as connection:
        sizes = _sizes(connection)
        lines = [_line(connection, table, *sizes.get(table.name, (0, 0))) for table in metadata.sorted_tables]
    return sorted(lines, key=lambda line: (-line.bytes, line.table))


def files(database: Database) -> dict[str, int]:
    """Bytes of the database by part, cheap enough for every scrape: database, wal."""
    if database.engine.dialect.name == "postgresql":
        with database.reading() as connection:
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        return {"database": int(size)}
    path = str(database.engine.url.database)
    parts = {"database": Path(path), "wal": Path(path + "-wal")}
    return {name: part.stat().st_size for name, part in parts.items() if part.exists()}


def _sizes(connection: Connection) -> Mapping[str, tuple[int, int]]:
    """Bytes and estimated rows by table."""
    query = _SIZES_POSTGRESQL if connection.dialect.name == "postgresql" else _SIZES_SQLITE
    return {name: (int(size), int(rows or 0)) for name, size, rows in connection.execute(text(query))}


def _line(connection: Connection, table: Table, size: int, estimate: int) -> Line:
    about = size > COUNTED_BYTES
    rows = estimate if about else connection.execute(select(func.count()).select_from(table)).scalar_one()
    time = next((name for name in (*_GROWS, *_RENEWED) if name in table.c), None)
    if time is None or not rows:
        return Line(table=table.name, rows=rows, bytes=size, about=about)
    oldest, newest = _span(connection, table, time)
    if time in _RENEWED or table.name in _LATEST.values():
        return Line(table=table.name, rows=rows, bytes=size, oldest=moment(oldest), newest=moment(newest), about=about)
    days = max(1.0, (newest - oldest) / DAY)
    if about or days <= RECENT_DAYS:
        per_day = rows / days
    else:
        recent = select(func.count()).where(table.c[time] > newest - RECENT_DAYS * DAY, table.c[time] <= newest)
        per_day = connection.execute(recent).scalar_one() / RECENT_DAYS
    return Line(
        table=table.name, rows=rows, bytes=size, oldest=moment(oldest), newest=moment(newest),
        rows_per_day=per_day, bytes_per_day=per_day * size / rows, about=about,
    )  # fmt: skip


def _span(connection: Connection, table: Table, time: str) -> tuple[int, int]:
    """Oldest and newest time; of a history by one seek per subject instead of a scan."""
    first, last = func.min(table.c[time]), func.max(table.c[time])
    latest = _LATEST.get(table.name)
    if latest is None:
        oldest, newest = connection.execute(select(first, last).where(table.c[time] < FOREVER)).one()
        return oldest or 0, newest or 0
    subjects = metadata.tables[latest]
    key = subjects.primary_key.columns[0]
    ends = [select(one).where(table.c[key.name] == key).correlate(subjects).scalar_subquery() for one in (first, last)]
    spans = select(ends[0].label("first"), ends[1].label("last")).select_from(subjects).subquery()
    oldest, newest = connection.execute(select(func.min(spans.c.first), func.max(spans.c.last))).one()
    return oldest or 0, newest or 0


def written(lines: list[Line]) -> str:
    """The report as a table of text; ``~`` marks estimates."""
    head = ("dataset", "rows", "bytes", "oldest (UTC)", "newest (UTC)", "rows/day", "bytes/day")
    cells = [head, *(_cells(line) for line in lines)]
    total, growth = sum(line.bytes for line in lines), sum(line.bytes_per_day or 0.0 for line in lines)
    rows = f"{sum(line.rows for line in lines):,}"
    cells.append(("total", rows, _size(total), "", "", "", _size(growth)))
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) if i in (0, 3, 4) else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in cells
    )  # fmt: skip


def _cells(line: Line) -> tuple[str, ...]:
    mark = "~" if line.about else ""
    times = ["" if at is None else f"{at:%Y-%m-%d %H:%M}" for at in (line.oldest, line.newest)]
    per_day = "" if line.rows_per_day is None else f"{mark}{line.rows_per_day:,.0f}"
    grows = "" if line.bytes_per_day is None else mark + _size(line.bytes_per_day)
    return (line.table, f"{mark}{line.rows:,}", _size(line.bytes), *times, per_day, grows)


def _size(value: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1024:
            return f"{value:,.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"
        value /= 1024
    return f"{value:,.1f} TB"
