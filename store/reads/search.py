"""One search over everything that has a number or a name: what people type is mostly the last digits.

Declarations, bills of lading and declared containers, of which there are millions, are found through the
index of names by their beginning and by their end; boxes in the yard, vehicles, vessels, blocks and
standing alerts are few enough to be looked through. What is found is then read from its own table,
which says whether it was there at the moment and whether the viewer may see it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Table, exists, literal_column, or_, select, true, union_all

from domain.disagreement import FLAG
from domain.pictures import AlertRow
from domain.search import LEAST, Hit
from domain.viewer import Viewer
from store import names
from store.codec import split_flags
from store.moments import FOREVER, moment
from store.names import fit
from store.reads.alerts import by_subject, not_closed
from store.reads.asof import AsOf
from store.reads.movers import movers
from store.reads.scope import current, stood, visible
from store.reads.words import flagged
from store.schema import SUPERSEDED, container_stay, inspection_task, search_name, yard_block

NEAR = 400  # names looked at of each kind; of more, those that come first are taken
_LAST = "\U0010ffff"


def search(
    connection: Connection, viewer: Viewer, text: str, at: AsOf | None, limit: int, rules: Collection[str]
) -> list[Hit]:
    """What a text finds, best first within each kind, at most ``limit`` of a kind.

    Args:
        connection: to read from.
        viewer: who asks.
        text: as typed; signs other than letters and digits do not count.
        at: the moment; None = now.
        limit: most hits of a kind.
        rules: rules whose alerts are meant by their title.
    """
    wanted = names.plain(text)
    hits = _rules(connection, viewer, at, rules, limit)
    if len(wanted) < LEAST:
        return hits
    found = [
        *_declarations(connection, viewer, at, wanted, limit),
        *_containers(connection, viewer, at, wanted, limit),
        *movers(connection, viewer, at, wanted, limit),
        *_blocks(connection, viewer, at, wanted, limit),
    ]
    subjects = {hit.key for hit in found} | {hit.name for hit in found if hit.kind == "container"}
    there = {hit.key for hit in hits}
    about = [row for row in by_subject(connection, viewer, at, subjects) if row.key not in there]
    return found + (hits + [_alert(row, 1) for row in about])[:limit]


def _near(
    connection: Connection, viewer: Viewer, kinds: Sequence[str], wanted: str, limit: int
) -> list[tuple[str, str, str]]:
    """(kind, name, declaration) of names that begin or end so; whole ones first, then the newest."""
    t = search_name
    columns = (t.c.kind, t.c.name, t.c.subject, t.c.seen_at)
    parts = []
    for kind in kinds:
        for column, start in ((t.c.name, wanted), (t.c.tail, wanted[::-1])):
            here = (t.c.kind == kind, column >= start, column < start + _LAST)
            found = select(*columns).where(*here).limit(NEAR).subquery()
            parts.append(select(found).where(*_whose(viewer, found.c.subject)))
    rows = {(row[0], row[1], row[2]): row[3] for row in connection.execute(union_all(*parts))}
    return sorted(rows, key=lambda row: (row[1] == wanted, rows[row]), reverse=True)[: limit * 8]


def _whose(viewer: Viewer, declaration: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
    """Of an enterprise only declarations that ever were its own: else those of others would crowd them out."""
    t = inspection_task
    mine = visible(viewer, t.c.scope)
    return (exists().where(t.c.declaration_no == declaration, *mine),) if mine else ()


def _tasks(
    connection: Connection, viewer: Viewer, at: AsOf | None, numbers: Sequence[str], columns: Sequence[str]
) -> list[Any]:
    chosen = sorted(set(numbers))
    if not chosen:
        return []
    return _versions(connection, inspection_task, at, viewer, lambda t: t.c.declaration_no.in_(chosen), columns)


def _versions(
    connection: Connection, table: Table, at: AsOf | None, viewer: Viewer, match: Any, columns: Sequence[str]
) -> list[Any]:
    """The versions that stood, of rows a condition picks by key."""
    rows: list[Any] = []
    for t in (table, SUPERSEDED[table.name]) if at is not None and at.then else (table,):
        chosen = select(*(t.c[name] for name in columns)).where(match(t), stood(t, at), *visible(viewer, t.c.scope))
        rows += connection.execute(chosen).all()
    return rows


def _declarations(connection: Connection, viewer: Viewer, at: AsOf | None, wanted: str, limit: int) -> Iterator[Hit]:
    near = _near(connection, viewer, (names.DECLARATION, names.BILL), wanted, limit)
    columns = ("declaration_no", "bill_of_lading", "valid_from")
    known = {row[0]: row for row in _tasks(connection, viewer, at, [subject for *_, subject in near], columns)}
    for kind in (names.DECLARATION, names.BILL):
        told = [(name, known[subject]) for one, name, subject in near if one == kind and subject in known]
        for name, (number, bill, since) in told[:limit]:
            written = number if kind == names.DECLARATION else bill
            if names.plain(written) == name:  # a bill of lading that was corrected since is not found by the old one
                yield Hit(kind=kind, key=number, name=written, declaration=number, seen_at=moment(since),
                          score=fit(name, wanted))  # fmt: skip


def _containers(connection: Connection, viewer: Viewer, at: AsOf | None, wanted: str, limit: int) -> list[Hit]:
    """Each box once: with its newest declaration, and the block it stands in."""
    near = _near(connection, viewer, (names.CONTAINER,), wanted, limit)
    tasks = _tasks(
        connection, viewer, at, [subject for *_, subject in near], ("declaration_no", "containers", "valid_from")
    )
    named = {name for _, name, _ in near}
    found: dict[str, Hit] = {}
    for number, written, since in sorted(tasks, key=lambda row: row[2]):
        for box in msgspec.json.decode(written or "[]"):
            if (name := names.plain(box)) in named:
                found[name] = Hit(kind="container", key=box, name=box, declaration=number, seen_at=moment(since),
                                  score=fit(name, wanted))  # fmt: skip
    for box, block, arrived, flags in _standing(connection, viewer, at, wanted, limit):
        name = names.plain(box)
        before = found.get(name) or Hit(kind="container", key=box, name=box, score=fit(name, wanted))
        disagree = FLAG in split_flags(flags)
        found[name] = replace(before, block=block, standing=True, seen_at=moment(arrived), feeds_disagree=disagree)
    return sorted(found.values(), key=lambda hit: (hit.score == 2, hit.seen_at), reverse=True)[:limit]


def _standing(connection: Connection, viewer: Viewer, at: AsOf | None, wanted: str, limit: int) -> list[Any]:
    """Boxes that stand in the yard: those of now from their own index, those of a moment from all stays around it."""

    def rows(t: Table) -> Any:
        stands = (current(t) if at is None or not at.then else stood(t, at), *_there(t, at))
        fits = or_(t.c.container_no.like(f"{wanted}%"), t.c.container_no.like(f"%{wanted}"))
        columns = (t.c.container_no, t.c.block_id, t.c.arrived_at, flagged(viewer, container_stay.name, t, at))
        chosen = select(*columns).where(*stands, fits, *visible(viewer, t.c.scope))
        return connection.execute(chosen.limit(limit * 8)).all()

    tables = (container_stay, SUPERSEDED["container_stay"]) if at is not None and at.then else (container_stay,)
    return [row for t in tables for row in rows(t)]


def _there(t: Table, at: AsOf | None) -> tuple[ColumnElement[bool], ...]:
    if at is None:
        return (t.c.departed_at == literal_column(str(FOREVER)),)  # literal, because a partial index needs it so
    return (t.c.departed_at > at.at, t.c.arrived_at <= at.at)


def _blocks(connection: Connection, viewer: Viewer, at: AsOf | None, wanted: str, limit: int) -> list[Hit]:
    rows = _versions(connection, yard_block, at, viewer, lambda t: true(), ("block_id", "name", "valid_from"))
    hits = []
    for block, name, since in rows:
        fits = [fit(plain, wanted) for plain in (names.plain(block), names.plain(name)) if wanted in plain]
        if fits:
            hits.append(Hit(kind="block", key=block, name=name or block, block=block, seen_at=moment(since),
                            score=max(fits)))  # fmt: skip
    return sorted(hits, key=lambda hit: (-hit.score, hit.name))[:limit]


def _rules(connection: Connection, viewer: Viewer, at: AsOf | None, rules: Collection[str], limit: int) -> list[Hit]:
    """Standing alerts of rules that were meant by name, worst first."""
    if not rules:
        return []
    return [_alert(row, 0) for row in not_closed(connection, viewer, at) if row.rule in rules][:limit]


def _alert(row: AlertRow, fits: int) -> Hit:
    return Hit(kind="alert", key=row.key, name=row.subject, seen_at=row.last_at, alert=row, score=fits)
