"""Looking through quarantine: the port's alone, a page at a time.

One walk over the rows sought gives their number, their reasons and the page; the raw rows of the page are read
after. Where plates are concealed a text is looked for in what is shown, not in what is kept: who may not see a plate
must not find out about it by searching.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from domain.quarantine import Looked, SetAside, Sought
from domain.viewer import Viewer
from store.moments import micros, moment
from store.reads.scope import sees_port
from store.schema import quarantine as t

HEAD = 300  # characters of a raw row in a list
AT_ONCE = 500
Conceal = Callable[[str], str]


def look(
    connection: Connection, viewer: Viewer, sought: Sought, at: datetime | None, offset: int, limit: int, shown: Conceal
) -> Looked:
    """A page of the rows sought, newest first.

    Args:
        connection: to read from.
        viewer: an enterprise sees nothing.
        sought: which rows.
        at: of those there were at a moment; None = now.
        offset: rows left out.
        limit: rows of the page.
        shown: what texts go through before they are shown.
    """
    if not sees_port(viewer):
        return Looked()
    found = _found(connection, sought, at, shown)
    feeds = Counter(row.feed for row in found if sought.reason in ("", row.reason))
    mine = [row for row in found if sought.feed in ("", row.feed)]
    reasons = Counter(row.reason for row in mine)
    ids = [row.id for row in mine if sought.reason in ("", row.reason)]
    return Looked(
        rows=_rows(connection, ids[offset : offset + limit], shown, HEAD), total=len(ids),
        reasons=dict(reasons.most_common()), feeds=dict(feeds.most_common()),
    )  # fmt: skip


def ids(connection: Connection, viewer: Viewer, sought: Sought, shown: Conceal) -> list[int]:
    """Numbers of all rows sought, oldest first."""
    if not sees_port(viewer):
        return []
    found = _found(connection, sought, None, shown)
    return sorted(r.id for r in found if sought.reason in ("", r.reason) and sought.feed in ("", r.feed))


def whole(connection: Connection, viewer: Viewer, wanted: Sequence[int], shown: Conceal) -> list[SetAside]:
    """Rows by number, with all that is kept of them, in the order asked for; those that are gone are left out."""
    return _rows(connection, wanted, shown) if sees_port(viewer) else []


def _found(connection: Connection, sought: Sought, at: datetime | None, shown: Conceal) -> Sequence[Row[Any]]:
    """All rows sought, of every feed and reason: id, feed, reason; newest first."""
    where: list[ColumnElement[bool]] = []
    if at is not None:  # numbers grow with the first time a row came, and only the last time is kept
        last = select(t.c.id).where(t.c.received_at <= micros(at)).order_by(t.c.id.desc()).limit(1)
        where.append(t.c.id <= last.scalar_subquery())
    if sought.since is not None:
        where.append(t.c.received_at >= micros(sought.since))
    if sought.until is not None:
        where.append(t.c.received_at < micros(sought.until))
    named = [t.c.id, t.c.feed, t.c.reason]
    if sought.text:
        texts = (t.c.ref, t.c.detail, t.c.raw)
        where.append(or_(*(column.icontains(sought.text, autoescape=True) for column in texts)))
        named += texts if shown is not str else ()
    query = select(*named).where(*where).order_by(t.c.received_at.desc(), t.c.id.desc())
    if not sought.text or shown is str:
        return connection.execute(query).all()
    wanted = sought.text.casefold()
    rows = connection.execution_options(yield_per=AT_ONCE).execute(query)
    return [row for row in rows if any(wanted in shown(text).casefold() for text in (row.ref, row.detail, row.raw))]


def _rows(connection: Connection, wanted: Sequence[int], shown: Conceal, head: int = 0) -> list[SetAside]:
    raw = func.substr(t.c.raw, 1, head) if head else t.c.raw
    names = (t.c.id, t.c.feed, t.c.ref, t.c.reason, t.c.detail, t.c.received_at, t.c.times)
    found: dict[int, SetAside] = {}
    for first in range(0, len(wanted), AT_ONCE):
        query = select(*names, raw.label("raw"), func.length(t.c.raw).label("length"))
        for row in connection.execute(query.where(t.c.id.in_(wanted[first : first + AT_ONCE]))).mappings():
            told = {name: shown(row[name]) for name in ("ref", "detail", "raw")}
            found[row["id"]] = SetAside(**{**row, **told, "received_at": moment(row["received_at"])})
    return [found[one] for one in wanted if one in found]
