"""States with their history: every version of a thing, chained by valid_from and valid_to.

The versions kept are exactly those delivered, whatever the order they came in: a late one is put
where it belongs in the chain and the current one stays the newest by event time. A second delivery
of the same moment with other content replaces the first (a source that corrects itself).

A version stood in the live picture from when it was received until a newer one was (``known_to``);
one that came late never did. What a correction replaces is kept in the twin table with the span of
time in which it stood, so that the picture of any past moment can be given back as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection

from domain.records import ContainerStay, InspectionTask, LabSample, MachineScan, Record, VesselCall, YardBlock
from store import sql
from store.codec import META, R, decode, encode, fields, prefer
from store.moments import FOREVER, micros
from store.schema import SUPERSEDED
from store.stock import FIELDS, Movements
from store.writes.tally import Tally


class StateTable(msgspec.Struct, frozen=True):
    """Where a kind of state is kept and what identifies its subject."""

    table: str
    keys: tuple[str, ...]


STATES: dict[type[Record], StateTable] = {
    YardBlock: StateTable("yard_block", ("block_id",)),
    ContainerStay: StateTable("container_stay", ("feed", "stay_id")),
    InspectionTask: StateTable("inspection_task", ("declaration_no",)),
    LabSample: StateTable("lab_sample", ("declaration_no", "sample_no")),
    MachineScan: StateTable("machine_scan", ("declaration_no", "container_no")),
    VesselCall: StateTable("vessel_call", ("call_id",)),
}

Incoming = dict[sql.Row, dict[int, tuple[sql.Row, Record]]]  # key -> valid_from -> row
Known = dict[sql.Row, dict[int, "_Version"]]  # key -> valid_from -> version


class _Version(msgspec.Struct, frozen=True):
    """A stored version.

    Attributes:
        valid_to: when the next one begins to hold.
        known_to: until when it stood in the live picture.
        said: its content.
        meta: how it came, in the order of META.
    """

    valid_to: int
    known_to: int
    said: sql.Row
    meta: sql.Row

    @property
    def received_at(self) -> int:
        """When it came, microseconds."""
        return int(self.meta[META.index("received_at")])


class _Chains:
    """The changes to the chains of versions that one batch makes."""

    def __init__(self, width: int, said: int, received_at: int, tally: Tally) -> None:
        """Remember the layout of rows: key columns, valid_from, content, then meta."""
        self.width, self.content, self.tally = width, width + 1 + said, tally
        self.received_at = received_at
        self.rows: list[sql.Row] = []  # ..., valid_to, known_to
        self.ends: list[sql.Row] = []  # valid_to, known_to, key..., valid_from
        self.gone: list[sql.Row] = []  # key..., valid_from, valid_to, known_to, content..., meta...
        self.came: list[sql.Row] = []  # rows that are the newest of their subject now
        self.left: list[sql.Row] = []  # and those that were

    def add(self, key: sql.Row, incoming: dict[int, tuple[sql.Row, Record]], known: dict[int, _Version]) -> None:
        if not known and len(incoming) == 1:  # nearly always
            ((row, record),) = incoming.values()
            self.rows.append((*row, FOREVER, FOREVER))
            self.came.append(row)
            self.tally.fresh.append(record)
            return
        newest = max(known, default=-FOREVER)
        written: dict[int, sql.Row] = {}
        for start, (row, record) in incoming.items():
            there = known.get(start)
            if there is not None and there.said == row[self.width + 1 : self.content]:
                self.tally.duplicate += 1
                continue
            written[start] = row
            (self.tally.late if start < newest else self.tally.fresh).append(record)
        if written:
            self._link(key, written, known)

    def _link(self, key: sql.Row, written: dict[int, sql.Row], known: dict[int, _Version]) -> None:
        """Put the new versions into the chain."""
        starts = sorted({*known, *written})
        stood, stands = max(known, default=None), starts[-1]
        if stands in written:
            self.came.append(written[stands])
            if stood is not None:
                self.left.append((*key, stood, *known[stood].said, *known[stood].meta))
        for start, end in zip(starts, [*starts[1:], FOREVER], strict=True):
            before = known.get(start)
            if start in written:
                self.rows.append((*written[start], end, FOREVER if start == stands else self.received_at))
                if before is not None:
                    self.set_aside(key, start, before)
            elif before is not None:
                until = self.received_at if start == stood != stands else before.known_to
                if (end, until) != (before.valid_to, before.known_to):
                    self.ends.append((end, until, *key, start))

    def set_aside(self, key: sql.Row, start: int, before: _Version) -> None:
        """Keep what is being replaced, if the live picture ever showed it."""
        until = min(before.known_to, self.received_at)
        if before.received_at < until:
            self.gone.append((*key, start, before.valid_to, until, *before.said, *before.meta))


def prepare(spec: StateTable, records: Sequence[Record], received_at: datetime, tally: Tally) -> sql.Work:
    """Encode outside the lock; the returned function writes inside the transaction."""
    said = tuple(name for name in fields(type(records[0])) if name not in spec.keys)
    rows = encode(records, (*spec.keys, "event_time", *said, *META), received_at)
    width, received, columns = len(spec.keys), micros(received_at), (*spec.keys, "valid_from", *said, *META)
    staged = None
    if len(rows) >= sql.STAGED_FROM and len({row[:width] for row in rows}) == len(rows):
        staged = sql.Staged(spec.table, spec.keys, columns, rows)
    incoming = _by_key(rows, records, width, tally) if staged is None else {}

    def write(connection: Connection) -> None:
        left = incoming
        chains = _Chains(width, len(said), received, tally)
        if staged is not None:
            again = staged.move(connection, f"valid_to = {FOREVER}")
            new, left = _parted(rows, records, width, again)
            tally.fresh += [record for _, record in new]
            chains.came += [row for row, _ in new]
        known = _known(connection, spec, list(left), said)
        unknown: dict[int, _Version] = {}
        for key, versions in left.items():
            chains.add(key, versions, known.get(key, unknown))
        _store(connection, spec, said, chains)
        if spec.table == "container_stay":
            _move(connection, chains, columns)

    return sql.Work(write, staged.lay if staged is not None else None)


def _by_key(rows: list[sql.Row], records: Sequence[Record], width: int, tally: Tally) -> Incoming:
    incoming: Incoming = {}
    for row, record in zip(rows, records, strict=True):
        versions = incoming.setdefault(row[:width], {})
        start = row[width]
        if start in versions:
            tally.duplicate += 1
            if prefer(versions[start][0], row) is versions[start][0]:
                continue
        versions[start] = (row, record)
    return incoming


def _parted(
    rows: list[sql.Row], records: Sequence[Record], width: int, again: set[sql.Row]
) -> tuple[list[tuple[sql.Row, Record]], Incoming]:
    """Rows, one of each key, parted into those of new keys and those of keys seen before."""
    pairs = list(zip(rows, records, strict=True))
    if not again:
        return pairs, {}
    known = {row[:width]: {row[width]: (row, record)} for row, record in pairs if row[:width] in again}
    return [pair for pair in pairs if pair[0][:width] not in again], known


def _known(connection: Connection, spec: StateTable, keys: list[sql.Row], said: tuple[str, ...]) -> Known:
    width, content = len(spec.keys), len(said) + len(spec.keys) + 3
    known: Known = {}
    columns = (*spec.keys, "valid_from", "valid_to", "known_to", *said, *META)
    for row in sql.probe(connection, spec.table, spec.keys, keys, columns):
        version = _Version(row[width + 1], row[width + 2], row[width + 3 : content], row[content:])
        known.setdefault(row[:width], {})[row[width]] = version
    return known


def _store(connection: Connection, spec: StateTable, said: tuple[str, ...], chains: _Chains) -> None:
    identity = (*spec.keys, "valid_from")
    rest = (*said, *META, "valid_to", "known_to")
    if chains.ends:  # first, so that never two versions of a subject are current
        sign = sql.mark(connection)
        match = " AND ".join(f'"{name}" = {sign}' for name in identity)
        connection.exec_driver_sql(
            f"UPDATE {spec.table} SET valid_to = {sign}, known_to = {sign} WHERE {match}", chains.ends
        )
    sql.insert(connection, spec.table, (*identity, *rest), chains.rows, identity, rest)
    aside = (*identity, "valid_to", "known_to", *said, *META)
    twin = SUPERSEDED[spec.table].name
    sql.insert(connection, twin, aside, chains.gone, (*identity, "known_to"), ("valid_to", *said, *META))


def once(spec: StateTable, records: Sequence[Any], received_at: datetime, tally: Tally) -> list[Any]:
    """Records of one type, one for each moment of each thing, as `prepare` chooses them."""
    kind: type[Record] = type(records[0])
    said = tuple(name for name in fields(kind) if name not in spec.keys)
    rows = encode(records, (*spec.keys, "event_time", *said, *META), received_at)
    chosen = _by_key(rows, records, len(spec.keys), tally)
    return [record for versions in chosen.values() for _, record in versions.values()]


def retire(
    connection: Connection, spec: StateTable, kind: type[R], keys: list[sql.Row], received_at: datetime
) -> list[R]:
    """Take things out of the picture with all their versions; what the picture showed of them stays known.

    Returns:
        The versions taken out.
    """
    said = tuple(name for name in fields(kind) if name not in spec.keys)
    names = (*spec.keys, "event_time", *said, *META)
    chains, gone = _Chains(len(spec.keys), len(said), micros(received_at), Tally()), []
    for key, versions in _known(connection, spec, keys, said).items():
        newest = max(versions)
        chains.left.append((*key, newest, *versions[newest].said, *versions[newest].meta))
        for start, version in versions.items():
            chains.set_aside(key, start, version)
            gone.append(decode(kind, names, (*key, start, *version.said, *version.meta)))
    _store(connection, spec, said, chains)
    match = " AND ".join(f'"{name}" = {sql.mark(connection)}' for name in spec.keys)
    if gone:
        connection.exec_driver_sql(f"DELETE FROM {spec.table} WHERE {match}", keys)
    if spec.table == "container_stay":
        _move(connection, chains, (*spec.keys, "valid_from", *said, *META))
    return gone


def _move(connection: Connection, chains: _Chains, columns: tuple[str, ...]) -> None:
    """Bring the yard's stock up to date."""
    pick = itemgetter(*(columns.index(name) for name in FIELDS))
    received = itemgetter(columns.index("received_at"))
    movements = Movements(chains.received_at)
    movements.replaced(list(map(pick, chains.left)), list(map(received, chains.left)))
    movements.came(list(map(pick, chains.came)))
    movements.write(connection)
