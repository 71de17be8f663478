"""Two feeds on one thing: the word of the one that goes before is shown, the other's is kept beside it.

The shown word lives in the chain of versions as ever. A word that gives way is written to ``other_word``, every
version of it, and never touches the chain. When the feed that goes before speaks later than the other, its word takes
the place of the other's at the moment from which that held, as a correction does: so what was shown before stays known
(``then``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from domain.disagreement import APART, FLAG, differing, rank, subject
from domain.records import Record
from store import sql
from store.codec import META, decode, fields
from store.moments import FOREVER, micros
from store.writes import tellers, versions
from store.writes.tally import Tally

KEYS = ("dataset", "subject", "feed", "valid_from")
COLUMNS = (*KEYS, "received_at", "body", "differs", "scope", "shown")
_PART = sql.STAGED_FROM - 1  # winners of a contest are not staged: their stage may be laid already
Shown = dict[str, Any]  # subject -> the record shown


def prepare(
    kind: type[Record], group: Sequence[Any], received_at: datetime, tally: Tally, ranks: Mapping[str, int]
) -> sql.Work:
    """Encode outside the lock, as if nobody contested; the returned function parts the words when somebody does."""
    spec, alone = versions.STATES[kind], Tally()
    work = versions.prepare(spec, group, received_at, alone)

    def write(connection: Connection) -> None:
        several = tellers.several(connection, spec.table, group, ranks)
        keys = sorted({_key(spec, record) for record in group}) if several else []
        contested = several and _others_speak(connection, spec, keys, {record.feed for record in group})
        shown = shown_words(connection, kind, keys) if contested else {}
        said = said_words(connection, spec.table, map(named, keys))
        winners, losers, replaced = _part(group, shown, ranks)
        if losers or replaced:
            before = _before(winners, replaced)
            chain(connection, spec, list(before.values()), received_at, Tally())
            chain(connection, spec, winners, received_at, tally)
            # What took the place of another's word is news, however old it is.
            tally.fresh += [record for record in tally.late if id(record) in before]
            tally.late = [record for record in tally.late if id(record) not in before]
        else:
            work.write(connection)
            tally.add(alone)
        if losers or replaced or said:
            now = shown_words(connection, kind, keys)
            keep(connection, spec.table, [*replaced, *losers], now, received_at, tally, len(replaced))
            refresh(connection, spec.table, kind, now)

    return sql.Work(write, work.before)


def _key(spec: versions.StateTable, record: Record) -> sql.Row:
    return tuple(getattr(record, name) for name in spec.keys)


def named(key: sql.Row) -> str:
    """The name of the thing with this key, as `domain.disagreement.subject` has it."""
    return APART.join(map(str, key))


def _part(group: Sequence[Any], shown: Shown, ranks: Mapping[str, int]) -> tuple[Sequence[Any], list[Any], list[Any]]:
    """The records that go into the chain, those that give way, and the shown ones that have to give way."""
    if not shown and len({record.feed for record in group}) == 1:
        return group, [], []
    best: dict[str, int] = {}
    for record in [*group, *shown.values()]:
        name, place = subject(record), rank(ranks, record.feed)
        best[name] = min(best.get(name, place), place)
    winners = [record for record in group if rank(ranks, record.feed) <= best[subject(record)]]
    losers = [record for record in group if rank(ranks, record.feed) > best[subject(record)]]
    replaced = [record for name, record in shown.items() if rank(ranks, record.feed) > best[name]]
    return winners, losers, replaced


def _before(winners: Sequence[Any], replaced: Sequence[Any]) -> dict[int, Any]:
    """Of winners older than the word they take the place of, the same from when that held: else it stayed the newest.

    Returns:
        By the identity of the winner.
    """
    newest = {subject(record): record for record in sorted(winners, key=lambda record: record.event_time)}
    pairs = [(newest[subject(old)], old.event_time) for old in replaced]
    return {id(one): msgspec.structs.replace(one, event_time=since) for one, since in pairs if one.event_time < since}


def chain(
    connection: Connection, spec: versions.StateTable, records: Sequence[Any], received_at: datetime, tally: Tally
) -> None:
    """Write records of any number into the chains of versions."""
    for at in range(0, len(records), _PART):
        versions.prepare(spec, records[at : at + _PART], received_at, tally).write(connection)


def _others_speak(connection: Connection, spec: versions.StateTable, keys: Sequence[sql.Row], feeds: Set[str]) -> bool:
    """Whether any of the words shown, or of those that came, is another feed's; hardly ever."""
    if len(feeds) > 1:
        return True
    rows = sql.probe(connection, spec.table, spec.keys, keys, ("valid_to", "feed"))
    return any(until == FOREVER and feed not in feeds for until, feed in rows)


def shown_words(connection: Connection, kind: type[Record], keys: Sequence[sql.Row]) -> Shown:
    """The records shown of things."""
    spec = versions.STATES[kind]
    names = (*spec.keys, *(name for name in fields(kind) if name not in spec.keys), *META)
    rows = sql.probe(connection, spec.table, spec.keys, keys, ("valid_to", "valid_from", *names))
    found = [decode(kind, ("event_time", *names), row[1:]) for row in rows if row[0] == FOREVER]
    return {subject(record): record for record in found}


def said_words(connection: Connection, dataset: str, subjects: Iterable[str]) -> list[sql.Row]:
    """Rows of ``other_word`` of things, with COLUMNS, by key."""
    wanted = [(dataset, name) for name in sorted(subjects)]
    return sorted(set(sql.probe(connection, "other_word", KEYS[:2], wanted, COLUMNS)))


def keep(
    connection: Connection, dataset: str, given: Sequence[Any], shown: Shown, received_at: datetime, tally: Tally,
    known_before: int,
) -> None:  # fmt: skip
    """Write words that gave way.

    Args:
        connection: inside the write transaction.
        dataset: of the things.
        given: the words.
        shown: the record shown of each thing, by what the words call it; of others that matter, too.
        received_at: when the batch came.
        tally: counts them,
        known_before: all but the first so many, counted when they came.
    """
    there = {row[:4]: row[5] for row in said_words(connection, dataset, shown)}
    rows: dict[sql.Row, sql.Row] = {}
    for place, record in enumerate(given):
        name = subject(record)
        body = msgspec.json.encode(msgspec.structs.replace(record, ref="")).decode()
        row_key = (dataset, name, record.feed, micros(record.event_time))
        if place >= known_before:
            if (rows[row_key][5] if row_key in rows else there.get(row_key)) == body:
                tally.duplicate += 1
                continue
            differs = differing(shown[name], record)
            flags = (*record.flags, FLAG) if differs else record.flags
            tally.aside.append(msgspec.structs.replace(record, flags=flags))
        rows[row_key] = (*row_key, micros(received_at), body, "", record.scope, subject(shown[name]))
    sql.insert(connection, "other_word", COLUMNS, list(rows.values()), KEYS, COLUMNS[len(KEYS) :])


def refresh(connection: Connection, dataset: str, kind: type[Record], shown: Shown) -> None:
    """Say anew of every other word in what it contradicts what is shown; of each feed only the newest does.

    Args:
        connection: inside the write transaction.
        dataset: of the things.
        kind: of record.
        shown: the record shown of each thing, by what the other feed calls it.
    """
    rows = said_words(connection, dataset, shown)
    newest = {row[1:3]: row for row in rows}
    changed = []
    for row in rows:
        one, said = shown[row[1]], ""
        if newest[row[1:3]] is row and one.feed != row[2]:
            said = ",".join(differing(one, msgspec.json.decode(row[5], type=kind)))
        if (said, subject(one)) != (row[6], row[8]):
            changed.append((said, subject(one), *row[:4]))
    if changed:
        sign = sql.mark(connection)
        match = " AND ".join(f"{name} = {sign}" for name in KEYS)
        connection.exec_driver_sql(f"UPDATE other_word SET differs = {sign}, shown = {sign} WHERE {match}", changed)
