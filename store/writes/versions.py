"""States with their history: every version of a thing, chained by valid_from and valid_to.

The versions kept are exactly those delivered, whatever the order they came in: a late one is put
where it belongs in the chain and the current one stays the newest by event time. A second delivery
of the same moment with other content replaces the first (a source that corrects itself).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from domain.records import ContainerStay, InspectionTask, LabSample, MachineScan, Record, VesselCall, YardBlock
from store import sql
from store.codec import META, encode, fields, prefer
from store.moments import FOREVER
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
Known = dict[sql.Row, dict[int, sql.Row]]  # key -> valid_from -> (valid_to, content...)


class _Chains:
    """The changes to the chains of versions that one batch makes."""

    def __init__(self, width: int, content: int, tally: Tally) -> None:
        """Remember the layout of rows: key columns, valid_from, content, then meta."""
        self.width, self.content, self.tally = width, content, tally
        self.rows: list[sql.Row] = []
        self.ends: list[sql.Row] = []

    def add(self, key: sql.Row, incoming: dict[int, tuple[sql.Row, Record]], known: dict[int, sql.Row]) -> None:
        if not known and len(incoming) == 1:  # nearly always
            ((row, record),) = incoming.values()
            self.rows.append((*row, FOREVER))
            self.tally.fresh.append(record)
            return
        newest = max(known, default=-FOREVER)
        written: dict[int, sql.Row] = {}
        for start, (row, record) in incoming.items():
            there = known.get(start)
            if there is not None and there[1:] == row[self.width + 1 : self.content]:
                self.tally.duplicate += 1
                continue
            written[start] = row
            (self.tally.late if start < newest else self.tally.fresh).append(record)
        if not written:
            return
        starts = sorted({*known, *written})
        for start, end in zip(starts, [*starts[1:], FOREVER], strict=True):
            if start in written:
                self.rows.append((*written[start], end))
            elif known[start][0] != end:
                self.ends.append((end, *key, start))


def prepare(spec: StateTable, records: Sequence[Record], received_at: datetime, tally: Tally) -> sql.Work:
    """Encode outside the lock; the returned function writes inside the transaction."""
    said = tuple(name for name in fields(type(records[0])) if name not in spec.keys)
    rows = encode(records, (*spec.keys, "event_time", *said, *META), received_at)
    width = len(spec.keys)
    incoming: Incoming = {}
    for row, record in zip(rows, records, strict=True):
        versions = incoming.setdefault(row[:width], {})
        start = row[width]
        if start in versions:
            tally.duplicate += 1
            if prefer(versions[start][0], row) is versions[start][0]:
                continue
        versions[start] = (row, record)

    identity = (*spec.keys, "valid_from")
    staged = None
    if len(rows) >= sql.STAGED_FROM and len(incoming) == len(rows):
        staged = sql.Staged(spec.table, spec.keys, (*identity, *said, *META), rows)

    def write(connection: Connection) -> None:
        left = incoming
        if staged is not None:
            again = staged.move(connection, f"valid_to = {FOREVER}")
            tally.fresh += [record for row, record in zip(rows, records, strict=True) if row[:width] not in again]
            left = {key: incoming[key] for key in again}
        known = _known(connection, spec, list(left), said)
        chains = _Chains(width, width + 1 + len(said), tally)
        unknown: dict[int, sql.Row] = {}
        for key, versions in left.items():
            chains.add(key, versions, known.get(key, unknown))
        _store(connection, spec, said, chains)

    return sql.Work(write, staged.lay if staged is not None else None)


def _known(connection: Connection, spec: StateTable, keys: list[sql.Row], said: tuple[str, ...]) -> Known:
    width = len(spec.keys)
    known: Known = {}
    columns = (*spec.keys, "valid_from", "valid_to", *said)
    for row in sql.probe(connection, spec.table, spec.keys, keys, columns):
        known.setdefault(row[:width], {})[row[width]] = row[width + 1 :]
    return known


def _store(connection: Connection, spec: StateTable, said: tuple[str, ...], chains: _Chains) -> None:
    identity = (*spec.keys, "valid_from")
    rest = (*said, *META, "valid_to")
    if chains.ends:  # first, so that never two versions of a subject are current
        match = " AND ".join(f'"{name}" = {sql.mark(connection)}' for name in identity)
        connection.exec_driver_sql(
            f"UPDATE {spec.table} SET valid_to = {sql.mark(connection)} WHERE {match}", chains.ends
        )
    sql.insert(connection, spec.table, (*identity, *rest), chains.rows, identity, rest)
