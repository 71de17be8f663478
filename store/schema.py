"""The tables. Times are microseconds (see ``moments``); enumerations are their words; lists JSON.

Every row that came from outside keeps feed, origin, recorded_time, received_at, ref, flags and
scope. State tables hold all versions of a thing: ``valid_from`` is the record's event time,
``valid_to`` the next version's, FOREVER for the current one. Positions and gate states have a
``latest`` table beside a thinned history.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Table, text

from store.building import SUPERSEDED as SUPERSEDED
from store.building import (
    column,
    correctable,
    floats,
    integers,
    known_time,
    provenance,
    texts,
    texts_later,
    times,
    truth_later,
    versions,
    where_current,
)
from store.building import metadata as metadata
from store.columns import TEXT
from store.moments import FOREVER
from store.schema_alerts import alert as alert
from store.schema_alerts import alert_evidence as alert_evidence
from store.schema_alerts import alert_log as alert_log
from store.schema_alerts import delivery as delivery
from store.schema_alerts import dispatch as dispatch
from store.schema_alerts import fence as fence
from store.schema_alerts import outbox as outbox
from store.schema_alerts import rule_state as rule_state
from store.schema_alerts import rule_version as rule_version
from store.schema_alerts import shift as shift
from store.schema_watch import area_event as area_event
from store.schema_watch import recognition as recognition

HEAD = "0022"  # newest migration; a test holds it to the files
yard_block = versions(
    "yard_block", texts("block_id"),
    *texts("name", "terminal", "kind"), *integers("ground_slots", "tiers", "capacity_teu"), *floats("lon", "lat"),
)  # fmt: skip

container_stay = versions(
    "container_stay", texts("feed", "stay_id"),
    *texts("container_no", "block_id"), *integers("bay", "tier", "length_ft"), *texts("kind"),
    *floats("weight_tonnes"), *texts("arrived_by", "departed_by"),
    column("arrived_at", BigInteger), column("departed_at", BigInteger),
    *floats("vgm_tonnes", "max_gross_tonnes"), *texts_later("imdg_class"), *times("declared_at"),
    *floats("set_celsius"),
)  # fmt: skip
# Who came and who left in a span of time, from the index alone.
for _name, _first, _second in (("left", "departed_at", "arrived_at"), ("came", "arrived_at", "departed_at")):
    Index(
        f"container_stay_{_name}", container_stay.c[_first], container_stay.c[_second], container_stay.c.block_id,
        container_stay.c.length_ft, container_stay.c.feed, container_stay.c.origin, container_stay.c.scope,
        container_stay.c.valid_to, **where_current(),
    )  # fmt: skip
# The boxes that stand in the yard now, by number, from the index alone: some ten thousand of hundreds of thousands.
_stands = text(f"valid_to = {FOREVER} AND departed_at = {FOREVER}")
Index(
    "container_stay_box", container_stay.c.departed_at, container_stay.c.container_no, container_stay.c.block_id,
    container_stay.c.arrived_at, container_stay.c.scope, container_stay.c.valid_to,
    sqlite_where=_stands, postgresql_where=_stands,
)  # fmt: skip

# Boxes that came less boxes that left, of each span of time: what stands at t is a sum over few rows
# and the events since, however long the history. See `store.stock`.
yard_stock = Table(
    "yard_stock", metadata, column("known", Integer, key=True), column("span", BigInteger, key=True),
    column("start", BigInteger, key=True),
    *(column(name, TEXT, key=True) for name in ("block_id", "feed", "origin", "scope")),
    column("teu", Integer, key=True), column("boxes", Integer),
    sqlite_with_rowid=False,
)  # fmt: skip

inspection_task = versions(
    "inspection_task", texts("declaration_no"),
    *texts("bill_of_lading", "area", "platform"), column("direction", TEXT, null=True), *texts("enterprise_class"),
    column("fresh", Boolean), column("farm", Boolean), *texts("mode", "country"),
    column("second_application", Boolean), *texts("entry_state", "vessel_name"),
    *times("vessel_departure_at", "applied_at", "appointed_for"), *texts("containers"),
    *integers("source_rank"), *texts("agent"), *texts_later("inspection_no"),
    *texts_later("special", "needs", default="[]"),
    *texts_later("hold", "officer", "order_reason", "test_result", "truck"),
    *times("held_since", "accepted_at", "released_at", "cut_off", "gathered_at"), *floats("fee_cny"),
    *(truth_later(name) for name in ("papers_irregular", "fee_waived")),
)  # fmt: skip

Index("inspection_task_sailing", inspection_task.c.vessel_departure_at, **where_current())

lab_sample = versions(
    "lab_sample", [*texts("declaration_no"), column("sample_no", Integer)],
    column("sent_at", BigInteger), *times("completed_at"),
)  # fmt: skip
machine_scan = versions(
    "machine_scan", texts("declaration_no", "container_no"),
    column("scanned_at", BigInteger), *times("reviewed_at"), column("released_directly", Boolean),
)  # fmt: skip
Index("lab_sample_open", lab_sample.c.completed_at, **where_current())
Index("machine_scan_time", machine_scan.c.scanned_at, **where_current())
vessel_call = versions(
    "vessel_call", texts("call_id"),
    *texts("vessel_name"), *integers("mmsi", "imo"), *texts("berth", "voyage"),
    *times("eta", "ata", "etd", "atd", "cut_off"), *integers("discharge_boxes", "load_boxes"),
)  # fmt: skip

# What feeds said of a thing while another's word is shown: every version (``body``, JSON), where it ``differs``, and
# the name of what is shown: of stays that of another feed's, else the same as ``subject``.
other_word = Table(
    "other_word", metadata, *(column(name, TEXT, key=True) for name in ("dataset", "subject", "feed")),
    column("valid_from", BigInteger, key=True), column("received_at", BigInteger), *texts("body", "differs"),
    column("scope", TEXT, null=True), *texts_later("shown"), sqlite_with_rowid=False,
)  # fmt: skip
_told = text("differs <> ''")
Index("other_word_differs", other_word.c.dataset, other_word.c.shown, sqlite_where=_told, postgresql_where=_told)

# Which feeds ever told of a dataset: where it is one alone, nothing is contested and nothing looked up.
told_by = Table(
    "told_by", metadata, *(column(name, TEXT, key=True) for name in ("dataset", "feed")), sqlite_with_rowid=False
)

# Where several feeds tell of stays: the newest of each, by box, and the stay shown in its place (empty: it is shown).
stay_span = Table(
    "stay_span", metadata, *(column(name, TEXT, key=True) for name in ("feed", "stay_id")), *texts("container_no"),
    *(column(name, BigInteger) for name in ("valid_from", "arrived_at", "departed_at")),
    *texts("shown_feed", "shown_id"), sqlite_with_rowid=False,
)  # fmt: skip
Index("stay_span_box", stay_span.c.container_no)

inspection_step = Table(
    "inspection_step", metadata,
    column("declaration_no", TEXT, key=True), column("node", TEXT, key=True),
    column("event_time", BigInteger, key=True), *provenance(), sqlite_with_rowid=False,
)  # fmt: skip
Index(
    "inspection_step_time", inspection_step.c.node, inspection_step.c.event_time, inspection_step.c.received_at,
    inspection_step.c.scope,
)  # fmt: skip

# Derived from the steps in the same transaction: the newest time of each node in one row, and when
# the declaration left the confirmation queue, so that the queue is one short index range. Columns
# ``..._known`` say the same of the live picture: when it showed the first sign, the first step beyond
# the queue, all departures, all steps. From ``settled_known`` on it showed the row as it stands now.
# Of the declaration's task as it stands now: whether it is farm goods, whose it is, since when it says so
# and since when that is known (both 0 without a task), so that a month of turnarounds needs no join.
inspection_progress = Table(
    "inspection_progress", metadata, column("declaration_no", TEXT, key=True),
    *times("appointed", "confirmed", "transferred", "assigned", "inspected", "billed", "departed"),
    column("left_queue_at", BigInteger), column("finished_at", BigInteger), column("last_at", BigInteger, null=True),
    *texts("feed", "origin"), *times("recorded_time"), column("scope", TEXT, null=True),
    *(known_time(name) for name in ("began_at", "began_known", "left_known", "finished_known")),
    known_time("settled_known", 0),
    column("farm", Boolean, null=True), column("task_scope", TEXT, null=True),
    *(known_time(name, 0) for name in ("task_from", "task_known")), sqlite_with_rowid=False,
)  # fmt: skip
# Which declarations a moment may have to do with, by what happened and by what was known; with the
# columns that say whether the stored row may be taken as it is, so that only the others are looked up.
_STANDS = ("last_at", "settled_known", "task_from", "task_known")
for _name, *_columns in (
    ("queue", "left_queue_at", "began_at"), ("finished", "finished_at", "began_at", *_STANDS, "appointed", "farm"),
    ("queue_known", "left_known", "began_known"), ("finished_known", "finished_known", "began_known", *_STANDS),
):  # fmt: skip
    Index(f"inspection_progress_{_name}", *(inspection_progress.c[_column_] for _column_ in _columns))

gate_move = Table(
    "gate_move", metadata, column("feed", TEXT, key=True), column("move_id", TEXT, key=True),
    column("event_time", BigInteger), *texts("gate_id", "direction", "vehicle_id", "container_no"),
    *times("queued_at"), *texts("visit_id"), *provenance(feed_is_key=True), sqlite_with_rowid=False,
)  # fmt: skip
Index(
    "gate_move_time", gate_move.c.event_time, gate_move.c.received_at, gate_move.c.direction, gate_move.c.visit_id,
    gate_move.c.scope,
)  # fmt: skip

check_result = Table(
    "check_result", metadata, column("feed", TEXT, key=True), column("check_id", TEXT, key=True),
    column("event_time", BigInteger), *texts("declaration_no", "container_no", "seal_no", "result"),
    *provenance(feed_is_key=True),
)  # fmt: skip
Index("check_result_received", check_result.c.received_at)
Index("check_result_declaration", check_result.c.declaration_no)
inspection_photo = Table(
    "inspection_photo", metadata, column("feed", TEXT, key=True), column("photo_id", TEXT, key=True),
    column("event_time", BigInteger), *texts("declaration_no", "container_no", "part", "place"),
    *provenance(feed_is_key=True), sqlite_with_rowid=False,
)  # fmt: skip
Index("inspection_photo_declaration", inspection_photo.c.declaration_no, inspection_photo.c.event_time)
door_event = Table(
    "door_event", metadata, column("container_no", TEXT, key=True), column("event_time", BigInteger, key=True),
    *texts("vehicle_id"), *floats("lon", "lat"), *provenance(),
)  # fmt: skip
Index("door_event_received", door_event.c.received_at)

weather_observation = correctable(Table(
    "weather_observation", metadata, *(column(name, TEXT, key=True) for name in ("station", "feed")),
    column("event_time", BigInteger, key=True), *floats("lon", "lat"),
    *floats("wind_metres_per_second", "gust_metres_per_second", "wind_from_degrees"), *integers("wind_beaufort"),
    *floats("visibility_metres", "temperature_celsius", "pressure_hpa", "precipitation_millimetres"),
    *texts("weather"), *provenance(feed_is_key=True), sqlite_with_rowid=False,
))  # fmt: skip
Index("weather_observation_time", weather_observation.c.event_time)
measurement = correctable(Table(
    "measurement", metadata, *(column(name, TEXT, key=True) for name in ("measure", "subject", "feed")),
    column("event_time", BigInteger, key=True), column("value", Float), *texts("unit"),
    *provenance(feed_is_key=True), sqlite_with_rowid=False,
))  # fmt: skip
Index("measurement_time", measurement.c.event_time)

_VEHICLE = ("speed_kmh", "heading_degrees")
_VESSEL = ("speed_knots", "course_degrees", "heading_degrees")


def _track(name: str, key: Column[Any], columns: list[Column[Any]], latest: bool) -> Table:
    """A history table (thinned), or the latest row of each with what was last kept in history."""
    key.primary_key = True
    kept = [column("kept_time", BigInteger), *floats("kept_lon", "kept_lat", "kept_course")] if latest else []
    return Table(
        name, metadata, key, column("event_time", BigInteger, key=not latest), *columns, *provenance(), *kept,
        sqlite_with_rowid=False,
    )  # fmt: skip


def _vehicle_columns() -> list[Column[Any]]:
    return [
        column("lon", Float), column("lat", Float), *floats(*_VEHICLE),
        *texts("status", "destination", "container_no", "declaration_no"), *floats("off_route_metres"),
    ]  # fmt: skip


def _vessel_columns() -> list[Column[Any]]:
    return [column("lon", Float), column("lat", Float), *floats(*_VESSEL), *integers("nav_status")]


def _other_columns() -> list[Column[Any]]:
    return [column("lon", Float), column("lat", Float), *floats("course_degrees", "speed")]


def _gate_columns() -> list[Column[Any]]:
    return [*texts("name"), *integers("trucks_waiting"), *floats("wait_minutes"), *integers("lanes_open")]


vehicle_position = _track("vehicle_position", column("vehicle_id", TEXT), _vehicle_columns(), latest=False)
vehicle_latest = _track("vehicle_latest", column("vehicle_id", TEXT), _vehicle_columns(), latest=True)
vessel_position = _track("vessel_position", column("mmsi", Integer), _vessel_columns(), latest=False)
vessel_latest = _track("vessel_latest", column("mmsi", Integer), _vessel_columns(), latest=True)
# What feeds say of places while another's word is shown: ``subject`` is dataset, vehicle or vessel, and feed (APART).
other_position = _track("other_position", column("subject", TEXT), _other_columns(), latest=False)
other_latest = _track("other_latest", column("subject", TEXT), _other_columns(), latest=True)
gate_state = _track("gate_state", column("gate_id", TEXT), _gate_columns(), latest=False)
gate_latest = _track("gate_latest", column("gate_id", TEXT), _gate_columns(), latest=True)

# One row per distinct content a vessel ever sent, with the first and the newest time it was heard and when it
# first came here: AIS repeats the same static message every six minutes for years.
vessel_static = Table(
    "vessel_static", metadata, column("mmsi", Integer, key=True), column("digest", TEXT, key=True),
    column("event_time", BigInteger), *integers("imo"), *texts("name", "callsign"), *integers("ship_type"),
    *floats("length_metres", "width_metres", "draught_metres"), *texts("destination"), *provenance(),
    *(known_time(name, 0) for name in ("first_time", "first_received")),
)  # fmt: skip

feed_health = Table(
    "feed_health",
    metadata,
    column("feed", TEXT, key=True),
    *texts("state"),
    column("updated_at", BigInteger),
    *texts("body"),
)
quarantine = Table(
    "quarantine", metadata, Column("id", Integer, primary_key=True, autoincrement=True),
    *texts("feed", "ref", "reason", "detail", "raw"),
    column("digest", TEXT), column("received_at", BigInteger), column("times", Integer),
    Index("quarantine_once", "feed", "digest", unique=True),
)  # fmt: skip
ingest_cursor = Table(
    "ingest_cursor", metadata, column("feed", TEXT, key=True), *texts("body"), column("updated_at", BigInteger)
)


def _rollup(name: str, span: str) -> Table:
    return Table(
        name, metadata, column("metric", TEXT, key=True), column("subject", TEXT, key=True),
        column(span, BigInteger, key=True), column("value", Float), sqlite_with_rowid=False,
    )  # fmt: skip


rollup_hour = _rollup("rollup_hour", "hour")
rollup_day = _rollup("rollup_day", "day")  # ``day``: its first moment, at the port
forecast = Table("forecast", metadata, column("code", TEXT, key=True), column("made_at", BigInteger), *texts("body"))
notice = Table("notice", metadata, column("code", TEXT, key=True), *texts("body"), column("updated_at", BigInteger))

# How good a feed's rows were, by the hour they came in (domain/scores.py); no dataset: what they are cannot be said.
quality_hour = Table(
    "quality_hour", metadata, *(column(name, TEXT, key=True) for name in ("feed", "dataset")),
    column("hour", BigInteger, key=True),
    *(column(name, BigInteger) for name in ("judged", "malformed", "implausible", "cells", "blank", "timed", "late")),
    sqlite_with_rowid=False,
)  # fmt: skip
Index("quality_hour_hour", quality_hour.c.hour)

# What the cockpit itself said (feed health, forecasts, notices, alerts) and from when: the newest row
# of a key at or before t is what it said at t; an empty body says that it was taken back.
known_body = Table(
    "known_body", metadata, column("dataset", TEXT, key=True), column("key", TEXT, key=True),
    column("known_from", BigInteger, key=True), *texts("body"), sqlite_with_rowid=False,
)  # fmt: skip

# Who may do what only one process does at a time; ``token`` grows with every change of holder.
lease = Table(
    "lease", metadata, column("name", TEXT, key=True), *texts("holder"),
    *(column(name, BigInteger) for name in ("token", "taken_at", "expires_at")),
)  # fmt: skip
# Bumped inside every write transaction: what other processes look at to learn that there is news.
change = Table(
    "change", metadata, column("dataset", TEXT, key=True), column("seq", BigInteger), column("at", BigInteger)
)

# What somebody kept for later: a page as it stood (`view`) or a thing (`bookmark`). ``owner`` is the viewer's name.
saved_view = Table(
    "saved_view", metadata,
    *(column(name, TEXT, key=True) for name in ("owner", "kind", "name")), *texts("path", "body"),
    column("updated_at", BigInteger), sqlite_with_rowid=False,
)  # fmt: skip
# The screens of the wall: what each was told to show, and when it was last heard of.
screen = Table(
    "screen", metadata, column("screen_id", TEXT, key=True), *texts("name", "scene", "part", "palette", "body"),
    column("version", BigInteger), column("seen_at", BigInteger), *texts("health"),
    column("updated_at", BigInteger), sqlite_with_rowid=False,
)  # fmt: skip

# What people did, each entry sealed with the one before it (domain/audit.py). Triggers refuse changes and deletions.
audit = Table(
    "audit", metadata, column("seq", BigInteger, key=True), column("at", BigInteger),
    *texts("who", "what", "object", "body", "seal"),
)  # fmt: skip
Index("audit_at", audit.c.at)

# Who may log in and who is in. Of tokens and keys only digests are kept; ``body`` is a struct of domain/accounts.py.
account = Table(
    "account", metadata, column("account_id", TEXT, key=True), *texts("name", "subject", "body"),
    column("version", BigInteger), column("updated_at", BigInteger),
)  # fmt: skip
Index("account_name", account.c.name, unique=True)
_linked = text("subject <> ''")
Index("account_subject", account.c.subject, unique=True, sqlite_where=_linked, postgresql_where=_linked)
session = Table(
    "session", metadata, column("digest", TEXT, key=True), *texts("session_id", "account_id", "body"),
    column("seen_at", BigInteger), column("ends_at", BigInteger),
)  # fmt: skip
Index("session_id", session.c.session_id, unique=True)
Index("session_account", session.c.account_id)
api_key = Table(
    "api_key", metadata, column("digest", TEXT, key=True), *texts("key_id", "body"), column("used_at", BigInteger)
)
Index("api_key_id", api_key.c.key_id, unique=True)
link = Table("link", metadata, column("digest", TEXT, key=True), *texts("body"), column("ends_at", BigInteger))
# Secrets of feeds, encrypted (domain/vault.py), and which settings were in force from when (domain/configured.py).
secret = Table(
    "secret", metadata, column("name", TEXT, key=True), *texts("body"), column("updated_at", BigInteger),
    *texts("updated_by"),
)  # fmt: skip
# Whose alias is whose (domain/alias.py), sealed; under the empty alias the key they are made with.
identity = Table("identity", metadata, column("alias", TEXT, key=True), *texts("body"), column("seen_at", BigInteger))
settings_history = Table("settings_history", metadata, column("at", BigInteger, key=True), *texts("who", "body"))

# Every declaration, with its bill of lading and boxes, by the beginning and the end of their numbers:
# people type the last digits. ``name`` is letters and digits only, ``tail`` the same backwards;
# ``subject`` is the declaration, whose rows say what it is and who may see it.
search_name = Table(
    "search_name", metadata, *(column(name, TEXT, key=True) for name in ("kind", "name", "subject")),
    *texts("tail"), column("seen_at", BigInteger), sqlite_with_rowid=False,
)  # fmt: skip
Index("search_name_tail", search_name.c.kind, search_name.c.tail)
Index("search_name_subject", search_name.c.subject, search_name.c.kind)
