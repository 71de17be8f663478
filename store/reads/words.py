"""What other feeds say of a thing whose shown word is another's."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from domain.disagreement import Word, differing, word
from domain.records import Record
from domain.viewer import Viewer
from store.codec import META, decode, fields
from store.reads.asof import AsOf
from store.reads.scope import stood, visible
from store.schema import SUPERSEDED, metadata, other_word
from store.writes.versions import STATES


def disagreed(connection: Connection, viewer: Viewer, dataset: str, at: AsOf | None) -> frozenset[str]:
    """Things of which another feed had said otherwise; of the past too it is held against what is shown now."""
    t = other_word
    query = select(t.c.subject).where(t.c.dataset == dataset, t.c.differs != "", *_by(at), *visible(viewer, t.c.scope))
    return frozenset(connection.execute(query).scalars())


def words(connection: Connection, viewer: Viewer, kind: type[Record], subject: str, at: AsOf | None) -> list[Word]:
    """What other feeds said of a thing by a moment, the newest of each, where it contradicts what stood then."""
    spec, t = STATES[kind], other_word
    shown = _shown(connection, viewer, kind, subject, at)
    if shown is None:
        return []
    same = (t.c.dataset == spec.table) & (t.c.subject == subject)
    query = select(t.c.feed, t.c.body).where(same, *_by(at), *visible(viewer, t.c.scope)).order_by(t.c.valid_from)
    newest = {feed: msgspec.json.decode(body, type=kind) for feed, body in connection.execute(query)}
    return [
        word(shown, newest[feed]) for feed in sorted(newest) if feed != shown.feed and differing(shown, newest[feed])
    ]


def _by(at: AsOf | None) -> tuple[ColumnElement[bool], ...]:
    if at is None:
        return ()
    return (other_word.c.received_at <= at.at if at.then else other_word.c.valid_from <= at.at,)


def _shown(connection: Connection, viewer: Viewer, kind: type[Record], subject: str, at: AsOf | None) -> Any:
    spec = STATES[kind]
    names = (*spec.keys, *(name for name in fields(kind) if name not in spec.keys), *META)
    table = metadata.tables[spec.table]
    for t in (table, SUPERSEDED[spec.table]) if at is not None and at.then else (table,):
        columns = [t.c.valid_from, *(t.c[name] for name in names)]
        query = select(*columns).where(t.c[spec.keys[0]] == subject, stood(t, at), *visible(viewer, t.c.scope))
        row = connection.execute(query).first()
        if row is not None:
            return decode(kind, ("event_time", *names), tuple(row))
    return None
