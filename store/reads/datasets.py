"""Rows of any dataset as they are stored: filtered, of any moment, page by page in an order that stands still.

A page begins behind the last row of the one before by its key, not by a count: rows that come meanwhile neither repeat
nor push out older ones. Every row there is when the first page is read, and still is when the last is, comes once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
)

from domain.records import Node
from domain.viewer import Viewer
from store.codec import OPEN_ENDED, split_flags
from store.limits import within
from store.moments import DAY, FOREVER, moment_or_none
from store.reads.asof import AsOf
from store.reads.dataset_tables import LONGEST_DAYS, Dataset, Field, fields_of
from store.reads.plain import plain
from store.reads.positions import driving
from store.reads.scope import current, current_by_key, stood
from store.reads.words import flagged
from store.schema import SUPERSEDED
from store.sql import postgres

MOST = 5_000  # rows of a page
SECONDS = 15.0  # a page may take
DUE = 7 * DAY  # a call is of a moment when it had come by then or was due within a week, as `Reads.calls` has it

_HEARD = {"event_time": "first_time", "received_at": "first_received", "recorded_time": ""}  # of the first hearing

Value = str | int | float | bool | None  # times as microseconds


class BadQuestionError(ValueError):
    """A question that cannot be answered as it was put.

    Attributes:
        parameter: what is wrong with it.
    """

    def __init__(self, parameter: str, problem: str) -> None:
        """Say what is wrong."""
        super().__init__(problem)
        self.parameter = parameter


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What a field shall be: one of ``values`` (None: unknown), or in [since, until)."""

    field: str
    values: tuple[Value, ...] = ()
    since: Value = None
    until: Value = None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are wanted.

    Attributes:
        filters: all of them hold.
        since: not before, event time, microseconds.
        until: before.
        columns: names of fields, in the order wanted.
        limit: most rows, 1 to ``MOST``.
        after: where the page before ended, as it said; empty for the first.
    """

    filters: tuple[Filter, ...] = ()
    since: int | None = None
    until: int | None = None
    columns: tuple[str, ...] = ()
    limit: int = MOST
    after: str = ""


class Page(msgspec.Struct, frozen=True):
    """Rows in the order of the columns wanted, times aware UTC, and where the next page begins; empty at the end."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    next: str = ""


def page(
    connection: Connection, viewer: Viewer, dataset: Dataset, asked: Question, at: AsOf | None, now: int,
    seconds: float = SECONDS,
) -> Page:  # fmt: skip
    """One page.

    Raises:
        BadQuestionError: the question cannot be answered so.
        TooSlowError: it takes too long.
    """
    _check(dataset, asked, at, now)
    fields, order = fields_of(dataset.name), _order(dataset, asked)
    wanted = [fields[name] for name in asked.columns or fields]
    mark = _mark(dataset, asked, at, order)
    after = _place(asked.after, mark, [dataset.table.c[name].type.python_type for name in order])
    queries = [
        _query(connection, viewer, dataset, asked, at, source, [one.name for one in wanted], order, after)
        for source in _sources(dataset, at, order[0])
    ]
    width = len(wanted)
    with within(connection, seconds):
        found = [plain(connection, query.limit(asked.limit + 1)) for query in queries]
    rows = list(heapq.merge(*found, key=lambda row: row[width:])) if len(found) > 1 else found[0]
    more = len(rows) > asked.limit
    rows = rows[: asked.limit]
    decoders = [_decoder(one) for one in wanted]
    told = [tuple(read(value) for read, value in zip(decoders, row, strict=False)) for row in rows]
    return Page(tuple(one.name for one in wanted), told, _said(mark, rows[-1][width:]) if more else "")


def _check(dataset: Dataset, asked: Question, at: AsOf | None, now: int) -> None:
    fields = fields_of(dataset.name)
    for name in (*asked.columns, *(one.field for one in asked.filters)):
        if name not in fields:
            raise BadQuestionError(name, f"no field of {dataset.name}; fields are {', '.join(fields)}")
    if not 1 <= asked.limit <= MOST:
        raise BadQuestionError("limit", f"is 1 to {MOST}")
    if dataset.kind != "track" or _picked(asked, dataset.keys[0]):
        return
    if asked.since is None:
        raise BadQuestionError("from", f"is needed without {dataset.keys[0]}: name one or more, or a span of time")
    until = asked.until if asked.until is not None else now if at is None else at.at
    if until - asked.since > LONGEST_DAYS * DAY:
        raise BadQuestionError("to", f"is at most {LONGEST_DAYS} days after from without {dataset.keys[0]}")


def _picked(asked: Question, field: str) -> bool:
    return any(one.field == field and one.values for one in asked.filters)


def _order(dataset: Dataset, asked: Question) -> tuple[str, ...]:
    """Columns rows come by: the keys, behind a field with an index of its own when a span of that is asked for."""
    spans = {one.field for one in asked.filters if not one.values}
    lead = next((field for field in dataset.orders if field in spans), None)
    return dataset.keys if lead is None else (lead, *dataset.keys)


class _Source(msgspec.Struct, frozen=True):
    """A table that rows come from, and which of its rows."""

    table: Table
    conditions: tuple[ColumnElement[bool], ...]
    left_out: int | None = None  # times of things that tell their own are left out when later


def _sources(dataset: Dataset, at: AsOf | None, lead: str) -> list[_Source]:
    """Where the rows of a moment are; a row is in one of them, or in none."""
    table = dataset.table
    if dataset.kind == "state":
        if at is None:
            by_key = lead == dataset.keys[0]
            return [_Source(table, (current_by_key(table) if by_key else current(table),))]
        if at.then:
            return [_Source(t, (stood(t, at),)) for t in (table, SUPERSEDED[dataset.name])]
        if dataset.began:
            begins = func.coalesce(*(table.c[name] for name in dataset.began), 0)
            ends = at.at + DUE if dataset.name == "vessel_call" else at.at
            return [_Source(table, (current(table), begins <= ends), at.at)]
        return [_Source(table, (stood(table, at),))]
    if dataset.kind == "heard" and at is not None:
        return [_Source(table, (table.c.first_received <= at.at if at.then else table.c.first_time <= at.at,))]
    tables: list[tuple[Table, tuple[ColumnElement[bool], ...]]] = [(table, ())]
    if dataset.kind == "track":  # the newest fix may be thinned out of history
        latest = dataset.latest
        tables.append((latest, (latest.c.event_time != latest.c.kept_time,)))
    if at is not None and at.then and (twin := SUPERSEDED.get(table.name)) is not None:
        tables.append((twin, (twin.c.known_to > at.at,)))
    return [_Source(t, (*more, *_had_come(t, at))) for t, more in tables]


def _heard_by(t: Table, field: str, at: AsOf) -> ColumnElement[Any]:
    """When something was heard by a moment: the newest time where that had come by then, else the first."""
    came = t.c.event_time <= at.at
    first = t.c[_HEARD[field]] if _HEARD[field] else null()
    return case((came & (t.c.received_at <= at.at) if at.then else came, t.c[field]), else_=first)


def _had_come(table: Table, at: AsOf | None) -> tuple[ColumnElement[bool], ...]:
    if at is None:
        return ()
    return (table.c.received_at <= at.at if at.then else table.c.event_time <= at.at,)


def _query(
    connection: Connection, viewer: Viewer, dataset: Dataset, asked: Question, at: AsOf | None, source: _Source,
    columns: Sequence[str], order: Sequence[str], after: Sequence[Value] | None,
) -> Select[Any]:  # fmt: skip
    """The rows behind a place, in order: the columns wanted, then those of the order."""
    t = source.table

    def told(field: str) -> ColumnElement[Any]:
        if field == "flags":
            return flagged(viewer, dataset.name, t, at)
        column = t.c[dataset.column_of(field)]
        if dataset.kind == "heard" and at is not None and field in _HEARD:
            return _heard_by(t, field, at)
        if source.left_out is None or field not in dataset.later:
            return column
        unknown = literal(FOREVER) if field in OPEN_ENDED else null()
        return case((column > source.left_out, unknown), else_=column)

    sort: list[ColumnElement[Any]] = [t.c[name] for name in order]
    begins: FromClause = t
    conditions = [*source.conditions, *dataset.seen(viewer, t)]
    if dataset.kind == "track" and t is dataset.table and not _picked(asked, order[0]) and not postgres(connection):
        # SQLite walks the latest rows and seeks the span of each: else it would read the whole history.
        latest = dataset.latest
        begins = latest.join(t, t.c[order[0]] == driving(latest, order[0]))
        sort = [latest.c[order[0]], t.c.event_time]
        if after is not None:
            conditions.append(latest.c[order[0]] >= after[0])
    event_time = told("event_time")
    if asked.since is not None:
        conditions.append(event_time >= asked.since)
    if asked.until is not None:
        conditions.append(event_time < asked.until)
    if dataset.name == "inspection_step" and asked.since is not None and not postgres(connection):
        left = [node.value for node in Node if after is None or node.value >= str(after[0])]
        conditions.append(t.c.node.in_(left))  # so that SQLite seeks the span in each
    fields = fields_of(dataset.name)
    conditions += [_holds(fields[one.field], told(one.field), one) for one in asked.filters]
    if after is not None:
        conditions.append(tuple_(*sort) > tuple_(*(literal(value) for value in after)))
    chosen = [told(name).label(f"c{place}") for place, name in enumerate(columns)]
    keys = [column.label(f"k{place}") for place, column in enumerate(sort)]
    return select(*chosen, *keys).select_from(begins).where(*conditions).order_by(*sort)


def _holds(field: Field, column: ColumnElement[Any], one: Filter) -> ColumnElement[bool]:
    if one.values:
        return or_(*_is_one_of(field, column, one.values))
    parts: list[ColumnElement[bool]] = []
    if one.since is not None:
        parts.append(column >= one.since)
        if field.name in OPEN_ENDED:
            parts.append(column < FOREVER)
    if one.until is not None:
        parts.append(column < one.until)
    return and_(*parts)


def _is_one_of(field: Field, column: ColumnElement[Any], values: Sequence[Value]) -> Iterator[ColumnElement[bool]]:
    known = [value for value in values if value is not None and value != ""]
    if field.type == "list":
        whole = "," + column + "," if field.name == "flags" else column
        for value in known:
            part = f",{value}," if field.name == "flags" else msgspec.json.encode(value).decode()
            yield func.replace(whole, part, "") != whole
        if len(known) < len(values):
            yield column.in_(("", "[]"))
        return
    if known:
        yield column.in_(known)
    if len(known) < len(values):
        yield column.is_(None) if field.name not in OPEN_ENDED else column == FOREVER
        if field.type == "text":
            yield column == ""


def _mark(dataset: Dataset, asked: Question, at: AsOf | None, order: Sequence[str]) -> str:
    """Names the question a place belongs to: of another one it means nothing."""
    said = (dataset.name, asked.filters, asked.since, asked.until, None if at is None else (at.at, at.then), order)
    return hashlib.blake2b(msgspec.json.encode(said), digest_size=6).hexdigest()


def _said(mark: str, place: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([mark, *place])).decode().rstrip("=")


def _place(text: str, mark: str, kinds: Sequence[type]) -> tuple[Value, ...] | None:
    """Where the page before ended; it went through the caller's hands, so it is looked at like anything of theirs."""
    if not text:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        said, *place = msgspec.json.decode(raw, type=list[str | int])
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        raise BadQuestionError("next", "is not what a page ended with") from None
    if said != mark or [type(value) for value in place] != list(kinds) or not all(map(_can_be_asked, place)):
        raise BadQuestionError("next", "belongs to another question: ask with the same filters, times and moment")
    return tuple(place)


def _can_be_asked(value: str | int) -> bool:
    """Whether a database takes it: PostgreSQL no text with a zero in it, none more than 64 bits."""
    return "\0" not in value if isinstance(value, str) else -(2**63) <= value < 2**63


def _decoder(field: Field) -> Callable[[Any], Any]:
    """From what is in the column to what is told."""
    if field.type == "time":
        return moment_or_none
    if field.type == "boolean":
        return lambda value: None if value is None else bool(value)
    if field.type == "list":
        return split_flags if field.name == "flags" else _listed
    return _same


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(text)) if text else ()


def _same(value: Any) -> Any:
    return value
