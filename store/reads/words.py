"""What other feeds say of a thing whose shown word is another's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, case, cast, exists, literal, literal_column, select

from domain.disagreement import APART, CONTESTED, FLAG, Word, differing, word
from domain.records import ContainerStay, Record
from domain.viewer import Viewer
from store.codec import META, decode, fields
from store.columns import TEXT
from store.moments import micros
from store.reads.asof import AsOf
from store.reads.scope import stood, visible
from store.schema import SUPERSEDED, metadata, other_word
from store.writes.versions import STATES
from store.writes.words import shown_words

_TOLD = other_word.c.differs != literal_column("''")  # literal, because a partial index needs it so
BOXES = 2_000  # looked at; of more the newest
_STAY = STATES[ContainerStay].table
_NAMES = {STATES[kind].table: STATES[kind].keys for kind in CONTESTED}


def disagreed(connection: Connection, viewer: Viewer, dataset: str, at: AsOf | None) -> frozenset[str]:
    """Things of which another feed had said otherwise; of the past too it is held against what is shown now."""
    t = other_word
    query = select(t.c.shown).where(t.c.dataset == dataset, _TOLD, *_by(at), *visible(viewer, t.c.scope))
    return frozenset(connection.execute(query).scalars())


def declarations_disagreed(connection: Connection, viewer: Viewer, at: AsOf | None) -> frozenset[str]:
    """Declarations of which, or of whose samples or scans, another feed had said otherwise."""
    kinds = [name for name, keys in _NAMES.items() if keys[0] == "declaration_no"]
    found = {name for kind in kinds for name in disagreed(connection, viewer, kind, at)}
    return frozenset(name.partition(APART)[0] for name in found)


def flagged(viewer: Viewer, dataset: str, t: FromClause, at: AsOf | None) -> ColumnElement[Any]:
    """The flags of rows of a dataset, with that of feeds that disagree where they do."""
    if dataset not in _NAMES:
        flags: ColumnElement[Any] = t.c.flags
        return flags
    parts: list[ColumnElement[str]] = [cast(t.c[name], TEXT) for name in _NAMES[dataset]]
    name = reduce(lambda one, other: one + literal(APART) + other, parts)
    other = other_word.c
    said = exists().where(other.dataset == dataset, other.shown == name, _TOLD, *_by(at), *visible(viewer, other.scope))
    return case((~said, t.c.flags), (t.c.flags == "", literal(FLAG)), else_=t.c.flags + literal(f",{FLAG}"))


def words(connection: Connection, viewer: Viewer, kind: type[Record], first: str, at: AsOf | None) -> list[Word]:
    """What other feeds said of a thing by a moment, the newest of each, where it contradicts what stood then.

    Args:
        connection: to read from.
        viewer: who asks.
        kind: of things.
        first: the first part of the thing's name: of a declaration all its samples are meant.
        at: the moment; None = now.
    """
    t, dataset = other_word, STATES[kind].table
    begins = first + APART
    same = t.c.subject == first
    if len(CONTESTED[kind]) > 1:
        same = (t.c.subject > begins) & (t.c.subject < first + chr(ord(APART) + 1))
    query = select(t.c.subject, t.c.feed, t.c.body).where(
        t.c.dataset == dataset, same, *_by(at), *visible(viewer, t.c.scope)
    )
    newest: dict[tuple[str, str], Any] = {}
    for subject, feed, body in connection.execute(query.order_by(t.c.valid_from)):
        newest[subject, feed] = msgspec.json.decode(body, type=kind)
    shown = {subject: _shown(connection, viewer, kind, newest[subject, feed], at) for subject, feed in newest}
    return [
        word(shown[subject], newest[subject, feed], dataset) for subject, feed in sorted(newest)
        if shown[subject] is not None and feed != shown[subject].feed
        and differing(shown[subject], newest[subject, feed])
    ]  # fmt: skip


def boxes_disagreed(connection: Connection, viewer: Viewer, at: AsOf | None, now: int) -> list[Word]:
    """Of boxes that stand in the yard what other feeds say otherwise, the newest first.

    As `disagreed` this is held against what is shown now, of a past moment too.
    """
    t, time = other_word, now if at is None else at.at
    query = select(t.c.shown, t.c.body).where(t.c.dataset == _STAY, _TOLD, *_by(at), *visible(viewer, t.c.scope))
    told = connection.execute(query.order_by(t.c.valid_from.desc(), t.c.subject).limit(BOXES)).all()
    shown = shown_words(connection, ContainerStay, sorted({tuple(name.split(APART)) for name, _ in told}))
    pairs = [(shown[name], msgspec.json.decode(body, type=ContainerStay)) for name, body in told if name in shown]
    return [
        word(one, other, _STAY) for one, other in pairs
        if micros(one.arrived_at) <= time and (one.departed_at is None or time < micros(one.departed_at))
        and (viewer.scope is None or one.scope in viewer.scope)
    ]  # fmt: skip


def _by(at: AsOf | None) -> tuple[ColumnElement[bool], ...]:
    if at is None:
        return ()
    return (other_word.c.received_at <= at.at if at.then else other_word.c.valid_from <= at.at,)


def _shown(connection: Connection, viewer: Viewer, kind: type[Record], like: Record, at: AsOf | None) -> Any:
    """The version that stood of the thing another record speaks of."""
    spec = STATES[kind]
    names = (*spec.keys, *(name for name in fields(kind) if name not in spec.keys), *META)
    table = metadata.tables[spec.table]
    for t in (table, SUPERSEDED[spec.table]) if at is not None and at.then else (table,):
        columns: Sequence[ColumnElement[Any]] = [t.c.valid_from, *(t.c[name] for name in names)]
        same = [t.c[name] == getattr(like, name) for name in spec.keys]
        query = select(*columns).where(*same, stood(t, at), *visible(viewer, t.c.scope))
        row = connection.execute(query).first()
        if row is not None:
            return decode(kind, ("event_time", *names), tuple(row))
    return None
