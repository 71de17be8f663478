"""What is kept how long: a sweep that deletes what is older, in transactions nobody notices.

Deleted is only what is over: fixes and facts by their time, versions that were replaced, boxes that
left, declarations that are through with all that belongs to them. What stands, the newest row of
everything, and whatever an open alert is about stay however old they are. Where a table is split
into partitions (PostgreSQL) whole partitions go, and nothing else of that table.

A moment after the cut can be asked for exactly as before: of every vehicle, vessel and gate the last
fix before the cut stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

import msgspec
from sqlalchemy import ColumnElement, Table, bindparam, delete, exists, func, literal, not_, or_, select

from domain.retention import Retention
from store import expiry, stock
from store.database import Database
from store.moments import DAY, FOREVER, micros
from store.schema import (
    alert,
    alert_evidence,
    alert_log,
    area_event,
    check_result,
    container_stay,
    delivery,
    dispatch,
    door_event,
    gate_latest,
    gate_move,
    gate_state,
    identity,
    inspection_photo,
    inspection_progress,
    inspection_step,
    inspection_task,
    known_body,
    lab_sample,
    machine_scan,
    measurement,
    metadata,
    other_latest,
    other_position,
    other_word,
    outbox,
    quality_hour,
    quarantine,
    recognition,
    search_name,
    shift,
    stay_span,
    vehicle_latest,
    vehicle_position,
    vessel_call,
    vessel_latest,
    vessel_position,
    vessel_static,
    weather_observation,
    yard_block,
)

ROWS = 1_000  # of one transaction: the writer is held up for some ten milliseconds
FIND = 20_000  # keys looked for at once
DECLARATIONS = 100  # of one transaction, each with its steps, samples and scans

Swept = tuple[str, int]  # table, rows deleted by the transaction just committed


def sweep(database: Database, keep: Retention, now: datetime) -> Iterator[Swept]:
    """Delete what is too old, one small transaction per item yielded.

    Safe to leave at any item and to begin again; what is left is found by the next sweep.

    Raises:
        StoreUnavailableError: the store does not take writes now, or another process leads.
    """
    days = {name: value for name, value in msgspec.structs.asdict(keep).items() if name.endswith("_days")}
    cuts = {
        name.removesuffix("_days"): micros(now - timedelta(days=value)) for name, value in days.items() if value > 0
    }
    if "positions" in cuts:
        yield from _track(database, vehicle_position, vehicle_latest, cuts["positions"])
        yield from _track(database, vessel_position, vessel_latest, cuts["positions"])
        yield from _track(database, other_position, other_latest, cuts["positions"])
        yield from _rows(database, known_body, _said(cuts["positions"]) & (known_body.c.dataset == "feed_health"))
    if "gate_states" in cuts:
        yield from _track(database, gate_state, gate_latest, cuts["gate_states"])
    if "quarantine" in cuts:
        yield from _rows(database, quarantine, quarantine.c.received_at < cuts["quarantine"])
    if "facts" in cuts:
        yield from _facts(database, cuts["facts"])
        yield from _rows(database, quality_hour, quality_hour.c.hour < cuts["facts"])
    if "states" in cuts:
        yield from _states(database, cuts["states"])
    if "alerts" in cuts:
        yield from _alerts(database, cuts["alerts"])
    if {"positions", "facts", "states"} <= set(cuts):  # no row of theirs is left to be opened
        oldest = min(cuts["positions"], cuts["facts"], cuts["states"])
        yield from _rows(database, identity, (identity.c.seen_at < oldest) & (identity.c.alias != ""))


def _concerned(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether an alert that is not closed is about this subject."""
    one = alert.alias("concerned")
    return exists().where(one.c.valid_to == FOREVER, one.c.state != "closed", one.c.subject == column)


def _facts(database: Database, cut: int) -> Iterator[Swept]:
    if expiry.parts(database, gate_move.name):
        yield from expiry.drop_before(database, gate_move.name, cut)
    else:
        yield from _rows(database, gate_move, gate_move.c.event_time < cut)
    checked = [check_result.c[name] for name in ("declaration_no", "container_no", "check_id")]
    free = not_(or_(*(_concerned(column) for column in checked)))
    yield from _rows(database, check_result, (check_result.c.event_time < cut) & free)
    free = not_(_concerned(door_event.c.container_no))
    yield from _rows(database, door_event, (door_event.c.event_time < cut) & free)
    for table in (weather_observation, measurement, area_event, recognition):
        yield from _rows(database, table, table.c.event_time < cut)


def _spans(database: Database, cut: int) -> Iterator[Swept]:
    """Stays held against each other, before the stays themselves: those that left, and those they cover with them."""
    shown = stay_span.alias("shown_span")
    same = (shown.c.feed == stay_span.c.shown_feed) & (shown.c.stay_id == stay_span.c.shown_id)
    yield from _rows(database, stay_span, exists().where(same, shown.c.departed_at < cut - DAY))
    yield from _rows(database, stay_span, stay_span.c.departed_at < cut - DAY)


def _states(database: Database, cut: int) -> Iterator[Swept]:
    yield from _spans(database, cut)
    for table in (yard_block, container_stay, inspection_task, lab_sample, machine_scan, vessel_call):
        yield from _rows(database, table, _replaced(table, cut))
    # A day more: the yard of a moment is shown beside that of the day before.
    left = (container_stay.c.valid_to == FOREVER) & (container_stay.c.departed_at < cut - DAY)
    yield from _rows(database, container_stay, left & not_(_concerned(container_stay.c.container_no)))
    gone = (vessel_call.c.valid_to == FOREVER) & (vessel_call.c.atd < cut)
    yield from _rows(database, vessel_call, gone & not_(_concerned(vessel_call.c.vessel_name)))
    newer = vessel_static.alias("newer")
    renamed = exists().where(newer.c.mmsi == vessel_static.c.mmsi, newer.c.event_time > vessel_static.c.event_time)
    yield from _rows(database, vessel_static, (vessel_static.c.event_time < cut) & renamed)
    yield from _declarations(database, cut)
    for table, time in ((lab_sample, lab_sample.c.completed_at), (machine_scan, machine_scan.c.scanned_at)):
        known = exists().where(inspection_progress.c.declaration_no == table.c.declaration_no)
        yield from _rows(database, table, (time < cut) & not_(known))
    yield from _names(database)
    behind_feed = func.substr(other_word.c.subject, func.length(other_word.c.feed) + 2)
    span = exists().where(stay_span.c.feed == other_word.c.feed, stay_span.c.stay_id == behind_feed)
    kept = (other_word.c.dataset == container_stay.name) & span  # it may be shown again
    yield from _rows(database, other_word, (other_word.c.valid_from < cut) & not_(kept))
    yield from _known_then(database, cut)


def _names(database: Database) -> Iterator[Swept]:
    """Names of declarations that are gone."""
    there = exists().where(inspection_task.c.declaration_no == search_name.c.subject)
    yield from _rows(database, search_name, not_(there))


def _replaced(table: Table, cut: int) -> ColumnElement[bool]:
    """Versions that neither stood after the cut nor were still believed to."""
    over = table.c.valid_to <= cut
    return over & (table.c.known_to <= cut)


def _known_then(database: Database, cut: int) -> Iterator[Swept]:
    """What was believed before the cut and not after it."""
    for name, table in metadata.tables.items():
        if name.startswith("superseded_"):
            yield from _rows(database, table, table.c.known_to <= cut)
    yield from _rows(database, known_body, _said(cut) & known_body.c.dataset.not_in(("alert", "feed_health")))
    with database.writing() as connection:
        sums = stock.expire(connection, cut)
    yield "yard_stock", sums


def _said(cut: int) -> ColumnElement[bool]:
    """What was said before the cut and said otherwise before it, too."""
    later = known_body.alias("later")
    same = (later.c.dataset == known_body.c.dataset) & (later.c.key == known_body.c.key)
    followed = exists().where(same, later.c.known_from > known_body.c.known_from, later.c.known_from <= cut)
    return (known_body.c.known_from < cut) & followed


def _alerts(database: Database, cut: int) -> Iterator[Swept]:
    now = alert.alias("now")
    going = exists().where(now.c.key == alert.c.key, now.c.valid_to == FOREVER, now.c.state != "closed")
    yield from _rows(database, alert, (alert.c.valid_to <= cut) & not_(going))
    closed = (alert.c.valid_to == FOREVER) & (alert.c.state == "closed")
    yield from _rows(database, alert, closed & (alert.c.valid_from < cut))
    yield from _rows(database, known_body, _said(cut) & (known_body.c.dataset == "alert"))
    yield from _around_alerts(database, cut)


def _around_alerts(database: Database, cut: int) -> Iterator[Swept]:
    """Steps, evidence and orders go with their alert or when it is closed; what was sent, and shifts that ended."""

    def free(column: ColumnElement[str]) -> ColumnElement[bool]:
        one = alert.alias("standing")
        return not_(exists().where(one.c.id == column, one.c.valid_to == FOREVER, one.c.state != "closed"))

    yield from _rows(database, alert_log, (alert_log.c.at < cut) & free(alert_log.c.alert_id))
    yield from _rows(database, alert_evidence, (alert_evidence.c.opened_at < cut) & free(alert_evidence.c.alert_id))
    one = alert.alias("there")
    yield from _rows(database, dispatch, not_(exists().where(one.c.id == dispatch.c.alert_id)))
    yield from _rows(database, outbox, (outbox.c.at < cut) & outbox.c.state.in_(("sent", "failed", "dropped")))
    yield from _rows(database, delivery, delivery.c.at < cut)
    yield from _rows(database, shift, shift.c.ends < cut)


def _declarations(database: Database, cut: int) -> Iterator[Swept]:
    """Declarations that left the inspection area long ago, whole: no sample open, no alert about them."""
    t = inspection_progress
    sample = lab_sample.alias("open_sample")
    waiting = exists().where(
        sample.c.declaration_no == t.c.declaration_no, sample.c.valid_to == FOREVER, sample.c.completed_at.is_(None)
    )
    over = (t.c.finished_at < cut) & not_(waiting) & not_(_concerned(t.c.declaration_no))
    while True:
        with database.reading() as connection:
            found = list(connection.execute(select(t.c.declaration_no).where(over).limit(DECLARATIONS)).scalars())
        deleted = 0
        with database.writing() as connection:
            for table in (inspection_step, inspection_task, lab_sample, machine_scan, inspection_photo, t):
                result = connection.execute(delete(table).where(table.c.declaration_no.in_(found)))
                deleted += result.rowcount
        yield "inspection", deleted
        if len(found) < DECLARATIONS or not deleted:
            return


def _rows(database: Database, table: Table, over: ColumnElement[bool]) -> Iterator[Swept]:
    """Rows of a table by a condition: found without holding up anybody, deleted by key, condition checked again."""
    keys = list(table.primary_key)
    match = [key == bindparam(f"key_{key.name}") for key in keys]
    while True:
        with database.reading() as connection:
            found = connection.execute(select(*keys).where(over).limit(FIND)).all()
        rows, deleted = iter(found), 0
        while chunk := [{f"key_{key.name}": row[i] for i, key in enumerate(keys)} for row in islice(rows, ROWS)]:
            with database.writing() as connection:
                count = connection.execute(delete(table).where(*match, over), chunk).rowcount
            deleted += count
            yield table.name, count
        if len(found) < FIND or not deleted:
            return


def _track(database: Database, history: Table, latest: Table, cut: int) -> Iterator[Swept]:
    """A thinned history, subject by subject along its key: no scan of the whole table."""
    if expiry.parts(database, history.name):
        yield from expiry.drop_before(database, history.name, cut)
        return
    key = history.primary_key.columns[0].name
    for subject, last in _last_before(database, history, latest, cut).items():
        mine = (history.c[key] == subject) & (history.c.event_time < last)
        while True:
            oldest = select(history.c.event_time).where(mine).order_by(history.c.event_time).limit(ROWS)
            with database.writing() as connection:
                # The whole key twice, so that both databases go along it.
                query = delete(history).where(history.c[key] == subject, history.c.event_time.in_(oldest))
                count = connection.execute(query).rowcount
            yield history.name, count
            if count < ROWS:
                break


def _last_before(database: Database, history: Table, latest: Table, cut: int) -> Mapping[object, int]:
    """Subjects with fixes before the last one before the cut, and the time of that one."""
    key = latest.primary_key.columns[0]
    h = history.alias("h")
    mine = h.c[key.name] == key
    last = select(func.max(h.c.event_time)).where(mine, h.c.event_time < literal(cut)).scalar_subquery()
    first = select(func.min(h.c.event_time)).where(mine).scalar_subquery()
    spans = select(key.label("subject"), first.label("first"), last.label("last")).subquery()
    query = select(spans.c.subject, spans.c.last).where(spans.c.last > spans.c.first)
    with database.reading() as connection:
        return dict(connection.execute(query).all())
