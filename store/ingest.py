"""One ingest: records of any types, rejects and the cursor in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from domain.deadband import BANDS, Bands
from domain.disagreement import CONTESTED, Order
from domain.records import (
    ContainerStay,
    InspectionStep,
    InspectionTask,
    Record,
    Reject,
    VehiclePosition,
    VesselPosition,
    VesselStatic,
)
from store import sql
from store.database import Database
from store.moments import micros
from store.writes import changes, facts, movers, names, rejects, statics, stays, steps, tracks, versions, words
from store.writes.tally import Tally

QUARANTINE_ROWS = 50_000
NOBODY = Order()  # feeds that contest nothing


class Ingested(msgspec.Struct, kw_only=True):
    """What one ingest did. accepted + duplicate + quarantined = rows handed in.

    Attributes:
        accepted: records that said something new.
        duplicate: records and rejects that were known already.
        late: of the accepted, those older than what was known of their subject: kept in history,
            they never move the live picture back.
        quarantined: rejects not seen before.
        flagged: of the accepted, those with flags.
        flags: accepted records by flag.
        reasons: newly quarantined rows by reason.
        fresh: accepted and not late, in the order handed in: what live and rules may use.
    """

    accepted: int = 0
    duplicate: int = 0
    late: int = 0
    quarantined: int = 0
    flagged: int = 0
    flags: dict[str, int] = {}
    reasons: dict[str, int] = {}
    fresh: list[Record] = []


def ingest(
    database: Database,
    feed: str,
    records: Sequence[Record],
    bad: Sequence[Reject],
    cursor: Mapping[str, Any] | None,
    received_at: datetime,
    bands: Bands = BANDS,
    quarantine_rows: int = QUARANTINE_ROWS,
    order: Order = NOBODY,
    also: Callable[[Connection], bool] | None = None,
) -> Ingested:
    """Store a batch; all or nothing, and the same batch again changes nothing.

    ``also`` is done in the same transaction; True: quarantine is not as it was.

    Everything that can be computed is computed before the write lock is taken.

    Raises:
        StoreUnavailableError: locked, full or unreachable; nothing was written.
    """
    tally = Tally()
    work, named = _prepare(records, received_at, bands, tally, order), names.prepare(records)
    with database.writing(before=[step.before for step in work if step.before is not None]) as connection:
        changed = [step.dataset for step in work if _says_something_new(step, connection, tally)]
        if changed:
            named(connection)
        reasons, again = rejects.write(connection, bad, received_at, quarantine_rows)
        fewer = also(connection) if also is not None else False
        changes.bump(connection, [*changed, *(["quarantine"] if reasons or fewer else [])], received_at)
        if cursor is not None:
            save_cursor(connection, feed, cursor, received_at)
    return _report(records, tally, reasons, again)


def save_cursor(connection: Connection, feed: str, cursor: Mapping[str, Any], at: datetime) -> None:
    """Remember where a feed stands."""
    row = (feed, msgspec.json.encode(cursor).decode(), micros(at))
    sql.insert(connection, "ingest_cursor", ("feed", "body", "updated_at"), [row], ("feed",), ("body", "updated_at"))


def _prepare(
    records: Sequence[Record], received_at: datetime, bands: Bands, tally: Tally, order: Order
) -> list[sql.Work]:
    by_type: dict[type[Record], list[Any]] = {}
    for record in records:
        by_type.setdefault(type(record), []).append(record)
    return [
        replace(_writer(kind, group, received_at, bands, tally, order), dataset=kind.__name__)
        for kind, group in by_type.items()
    ]


def _says_something_new(step: sql.Work, connection: Connection, tally: Tally) -> bool:
    before = len(tally.fresh) + len(tally.late) + len(tally.aside)
    step.write(connection)
    return len(tally.fresh) + len(tally.late) + len(tally.aside) > before


def _writer(
    kind: type[Record], group: list[Any], received_at: datetime, bands: Bands, tally: Tally, order: Order
) -> sql.Work:
    if kind in facts.FACTS:
        return facts.prepare(facts.FACTS[kind], group, received_at, tally)
    if kind in (VehiclePosition, VesselPosition):
        spec, band = tracks.TRACKS[kind], tracks.band_of(kind, bands)
        return movers.prepare(spec, band, group, received_at, tally, order)
    if kind in tracks.TRACKS:
        return tracks.prepare(tracks.TRACKS[kind], tracks.band_of(kind, bands), group, received_at, tally)
    if kind is InspectionStep:
        return steps.prepare(group, received_at, tally)
    if kind is VesselStatic:
        return statics.prepare(group, received_at, tally)
    if kind not in versions.STATES:
        raise TypeError(f"{kind.__name__} is no record the store knows")
    if kind is ContainerStay:
        return stays.prepare(group, received_at, tally, order.ranks)
    if kind not in CONTESTED:
        return versions.prepare(versions.STATES[kind], group, received_at, tally)
    work = words.prepare(kind, group, received_at, tally, order.ranks)
    if kind is not InspectionTask:
        return work

    def write(connection: Connection) -> None:
        work.write(connection)
        steps.ensure_progress(connection, group, received_at)

    return sql.Work(write, work.before)


def _report(records: Sequence[Record], tally: Tally, reasons: Counter[str], again: int) -> Ingested:
    flags: Counter[str] = Counter()
    flagged = 0
    for marks in [record.flags for group in (tally.fresh, tally.late, tally.aside) for record in group if record.flags]:
        flagged += 1
        flags.update(set(marks))
    fresh = list(records)
    if len(tally.fresh) < len(records):
        chosen = {id(record) for record in tally.fresh}
        fresh = [record for record in records if id(record) in chosen and _take(chosen, record)]
    return Ingested(
        accepted=len(tally.fresh) + len(tally.late) + len(tally.aside), duplicate=tally.duplicate + again,
        late=len(tally.late), quarantined=reasons.total(), flagged=flagged, flags=dict(flags), reasons=dict(reasons),
        fresh=fresh,
    )  # fmt: skip


def _take(chosen: set[int], record: Record) -> bool:
    """Take a record once, also when the same object was handed in twice."""
    chosen.discard(id(record))
    return True
