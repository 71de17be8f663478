"""The tables. Times are microseconds (see ``moments``); enumerations are their words; lists JSON.

Every row that came from outside keeps feed, origin, recorded_time, received_at, ref, flags and
scope. State tables hold all versions of a thing: ``valid_from`` is the record's event time,
``valid_to`` the next version's, FOREVER for the current one. Positions and gate states have a
``latest`` table beside a thinned history.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, text
from sqlalchemy.types import TypeEngine

from store.columns import TEXT
from store.moments import FOREVER

HEAD = "0016"  # newest migration; a test holds it to the files
metadata = MetaData()
SUPERSEDED: dict[str, Table] = {}  # state table -> its twin


def _column(
    name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], key: bool = False, null: bool = False
) -> Column[Any]:
    return Column(name, kind, primary_key=key, nullable=null, autoincrement=False)


def _texts(*names: str) -> list[Column[Any]]:
    return [_column(name, TEXT) for name in names]


def _times(*names: str) -> list[Column[Any]]:
    return [_column(name, BigInteger, null=True) for name in names]


def _floats(*names: str) -> list[Column[Any]]:
    return [_column(name, Float, null=True) for name in names]


def _integers(*names: str) -> list[Column[Any]]:
    return [_column(name, Integer, null=True) for name in names]


def _provenance(feed_is_key: bool = False) -> list[Column[Any]]:
    feed = [] if feed_is_key else _texts("feed")
    return [
        *feed, *_texts("origin"), *_times("recorded_time"), _column("received_at", BigInteger),
        *_texts("ref", "flags"), _column("scope", TEXT, null=True),
    ]  # fmt: skip


def _known(name: str, default: int = FOREVER) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, server_default=str(default), autoincrement=False)


def _said_later(name: str) -> Column[Any]:
    """A text that rows of earlier schemas do not have."""
    return Column(name, TEXT, nullable=False, server_default="", autoincrement=False)


def _versions(name: str, keys: list[Column[Any]], *columns: Column[Any], known: bool = True) -> Table:
    """A state table: one row per version of a thing.

    A version was the newest known one, what the live picture shows, from ``received_at`` to
    ``known_to``. What a second delivery of the same moment replaced goes to a twin table.
    """
    for key in keys:
        key.primary_key = True
    feed_is_key = any(key.name == "feed" for key in keys)
    rest = [_column("valid_to", BigInteger), *columns, *_provenance(feed_is_key)]
    if known:
        SUPERSEDED[name] = Table(
            f"superseded_{name}", metadata, *(key._copy() for key in keys),
            _column("valid_from", BigInteger, key=True), _column("known_to", BigInteger, key=True),
            *(column._copy() for column in rest), sqlite_with_rowid=False,
        )  # fmt: skip
    return Table(
        name, metadata, *keys, _column("valid_from", BigInteger, key=True), *rest,
        *([_known("known_to")] if known else []), sqlite_with_rowid=False,
    )  # fmt: skip


def _where_current() -> dict[str, Any]:
    condition = text(f"valid_to = {FOREVER}")
    return {"sqlite_where": condition, "postgresql_where": condition}


yard_block = _versions(
    "yard_block", _texts("block_id"),
    *_texts("name", "terminal", "kind"), *_integers("ground_slots", "tiers", "capacity_teu"), *_floats("lon", "lat"),
)  # fmt: skip

container_stay = _versions(
    "container_stay", _texts("feed", "stay_id"),
    *_texts("container_no", "block_id"), *_integers("bay", "tier", "length_ft"), *_texts("kind"),
    *_floats("weight_tonnes"), *_texts("arrived_by", "departed_by"),
    _column("arrived_at", BigInteger), _column("departed_at", BigInteger),
)  # fmt: skip
# Who came and who left in a span of time, from the index alone.
for _name, _first, _second in (("left", "departed_at", "arrived_at"), ("came", "arrived_at", "departed_at")):
    Index(
        f"container_stay_{_name}", container_stay.c[_first], container_stay.c[_second], container_stay.c.block_id,
        container_stay.c.length_ft, container_stay.c.feed, container_stay.c.origin, container_stay.c.scope,
        container_stay.c.valid_to, **_where_current(),
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
    "yard_stock", metadata, _column("known", Integer, key=True), _column("span", BigInteger, key=True),
    _column("start", BigInteger, key=True),
    *(_column(name, TEXT, key=True) for name in ("block_id", "feed", "origin", "scope")),
    _column("teu", Integer, key=True), _column("boxes", Integer),
    sqlite_with_rowid=False,
)  # fmt: skip

inspection_task = _versions(
    "inspection_task", _texts("declaration_no"),
    *_texts("bill_of_lading", "area", "platform"), _column("direction", TEXT, null=True), *_texts("enterprise_class"),
    _column("fresh", Boolean), _column("farm", Boolean), *_texts("mode", "country"),
    _column("second_application", Boolean), *_texts("entry_state", "vessel_name"),
    *_times("vessel_departure_at", "applied_at", "appointed_for"), *_texts("containers"),
    *_integers("source_rank"), *_texts("agent"), _said_later("inspection_no"),
)  # fmt: skip

Index("inspection_task_sailing", inspection_task.c.vessel_departure_at, **_where_current())

lab_sample = _versions(
    "lab_sample", [*_texts("declaration_no"), _column("sample_no", Integer)],
    _column("sent_at", BigInteger), *_times("completed_at"),
)  # fmt: skip
machine_scan = _versions(
    "machine_scan", _texts("declaration_no", "container_no"),
    _column("scanned_at", BigInteger), *_times("reviewed_at"), _column("released_directly", Boolean),
)  # fmt: skip
Index("lab_sample_open", lab_sample.c.completed_at, **_where_current())
Index("machine_scan_time", machine_scan.c.scanned_at, **_where_current())
vessel_call = _versions(
    "vessel_call", _texts("call_id"),
    *_texts("vessel_name"), *_integers("mmsi", "imo"), *_texts("berth", "voyage"),
    *_times("eta", "ata", "etd", "atd", "cut_off"), *_integers("discharge_boxes", "load_boxes"),
)  # fmt: skip

# What feeds said of a thing while another's word is shown: every version (``body``, JSON) and where it ``differs``.
other_word = Table(
    "other_word", metadata, *(_column(name, TEXT, key=True) for name in ("dataset", "subject", "feed")),
    _column("valid_from", BigInteger, key=True), _column("received_at", BigInteger), *_texts("body", "differs"),
    _column("scope", TEXT, null=True), sqlite_with_rowid=False,
)  # fmt: skip
_told = text("differs <> ''")
Index("other_word_differs", other_word.c.dataset, other_word.c.subject, sqlite_where=_told, postgresql_where=_told)

inspection_step = Table(
    "inspection_step", metadata,
    _column("declaration_no", TEXT, key=True), _column("node", TEXT, key=True),
    _column("event_time", BigInteger, key=True), *_provenance(), sqlite_with_rowid=False,
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
    "inspection_progress", metadata, _column("declaration_no", TEXT, key=True),
    *_times("appointed", "confirmed", "transferred", "assigned", "inspected", "billed", "departed"),
    _column("left_queue_at", BigInteger), _column("finished_at", BigInteger), _column("last_at", BigInteger, null=True),
    *_texts("feed", "origin"), *_times("recorded_time"), _column("scope", TEXT, null=True),
    *(_known(name) for name in ("began_at", "began_known", "left_known", "finished_known")), _known("settled_known", 0),
    _column("farm", Boolean, null=True), _column("task_scope", TEXT, null=True),
    *(_known(name, 0) for name in ("task_from", "task_known")), sqlite_with_rowid=False,
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
    "gate_move", metadata, _column("feed", TEXT, key=True), _column("move_id", TEXT, key=True),
    _column("event_time", BigInteger), *_texts("gate_id", "direction", "vehicle_id", "container_no"),
    *_times("queued_at"), *_texts("visit_id"), *_provenance(feed_is_key=True), sqlite_with_rowid=False,
)  # fmt: skip
Index(
    "gate_move_time", gate_move.c.event_time, gate_move.c.received_at, gate_move.c.direction, gate_move.c.visit_id,
    gate_move.c.scope,
)  # fmt: skip

check_result = Table(
    "check_result", metadata, _column("feed", TEXT, key=True), _column("check_id", TEXT, key=True),
    _column("event_time", BigInteger), *_texts("declaration_no", "container_no", "seal_no", "result"),
    *_provenance(feed_is_key=True),
)  # fmt: skip
Index("check_result_received", check_result.c.received_at)
door_event = Table(
    "door_event", metadata, _column("container_no", TEXT, key=True), _column("event_time", BigInteger, key=True),
    *_texts("vehicle_id"), *_floats("lon", "lat"), *_provenance(),
)  # fmt: skip
Index("door_event_received", door_event.c.received_at)

weather_observation = Table(
    "weather_observation", metadata, *(_column(name, TEXT, key=True) for name in ("station", "feed")),
    _column("event_time", BigInteger, key=True), *_floats("lon", "lat"),
    *_floats("wind_metres_per_second", "gust_metres_per_second", "wind_from_degrees"), *_integers("wind_beaufort"),
    *_floats("visibility_metres", "temperature_celsius", "pressure_hpa", "precipitation_millimetres"),
    *_texts("weather"), *_provenance(feed_is_key=True), sqlite_with_rowid=False,
)  # fmt: skip
Index("weather_observation_time", weather_observation.c.event_time)
measurement = Table(
    "measurement", metadata, *(_column(name, TEXT, key=True) for name in ("measure", "subject", "feed")),
    _column("event_time", BigInteger, key=True), _column("value", Float), *_texts("unit"),
    *_provenance(feed_is_key=True), sqlite_with_rowid=False,
)  # fmt: skip
Index("measurement_time", measurement.c.event_time)

_VEHICLE = ("speed_kmh", "heading_degrees")
_VESSEL = ("speed_knots", "course_degrees", "heading_degrees")


def _track(name: str, key: Column[Any], columns: list[Column[Any]], latest: bool) -> Table:
    """A history table (thinned), or the latest row of each with what was last kept in history."""
    key.primary_key = True
    kept = [_column("kept_time", BigInteger), *_floats("kept_lon", "kept_lat", "kept_course")] if latest else []
    return Table(
        name, metadata, key, _column("event_time", BigInteger, key=not latest), *columns, *_provenance(), *kept,
        sqlite_with_rowid=False,
    )  # fmt: skip


def _vehicle_columns() -> list[Column[Any]]:
    return [
        _column("lon", Float), _column("lat", Float), *_floats(*_VEHICLE),
        *_texts("status", "destination", "container_no", "declaration_no"), *_floats("off_route_metres"),
    ]  # fmt: skip


def _vessel_columns() -> list[Column[Any]]:
    return [_column("lon", Float), _column("lat", Float), *_floats(*_VESSEL), *_integers("nav_status")]


def _gate_columns() -> list[Column[Any]]:
    return [*_texts("name"), *_integers("trucks_waiting"), *_floats("wait_minutes"), *_integers("lanes_open")]


vehicle_position = _track("vehicle_position", _column("vehicle_id", TEXT), _vehicle_columns(), latest=False)
vehicle_latest = _track("vehicle_latest", _column("vehicle_id", TEXT), _vehicle_columns(), latest=True)
vessel_position = _track("vessel_position", _column("mmsi", Integer), _vessel_columns(), latest=False)
vessel_latest = _track("vessel_latest", _column("mmsi", Integer), _vessel_columns(), latest=True)
gate_state = _track("gate_state", _column("gate_id", TEXT), _gate_columns(), latest=False)
gate_latest = _track("gate_latest", _column("gate_id", TEXT), _gate_columns(), latest=True)

# One row per distinct content a vessel ever sent, with the newest time it was heard: AIS repeats
# the same static message every six minutes for years.
vessel_static = Table(
    "vessel_static", metadata, _column("mmsi", Integer, key=True), _column("digest", TEXT, key=True),
    _column("event_time", BigInteger), *_integers("imo"), *_texts("name", "callsign"), *_integers("ship_type"),
    *_floats("length_metres", "width_metres", "draught_metres"), *_texts("destination"), *_provenance(),
)  # fmt: skip

alert = _versions(
    "alert", _texts("key"),
    *_texts("rule"), _column("level", Integer), *_texts("subject", "state", "condition"),
    _column("opened_at", BigInteger), _column("version", Integer), *_texts("body"), known=False,
)  # fmt: skip
Index("alert_standing", alert.c.state, **_where_current())
Index("alert_subject", alert.c.subject, **_where_current())

feed_health = Table(
    "feed_health",
    metadata,
    _column("feed", TEXT, key=True),
    *_texts("state"),
    _column("updated_at", BigInteger),
    *_texts("body"),
)
quarantine = Table(
    "quarantine", metadata, Column("id", Integer, primary_key=True, autoincrement=True),
    *_texts("feed", "ref", "reason", "detail", "raw"),
    _column("digest", TEXT), _column("received_at", BigInteger), _column("times", Integer),
    Index("quarantine_once", "feed", "digest", unique=True),
)  # fmt: skip
ingest_cursor = Table(
    "ingest_cursor", metadata, _column("feed", TEXT, key=True), *_texts("body"), _column("updated_at", BigInteger)
)


def _rollup(name: str, span: str) -> Table:
    return Table(
        name, metadata, _column("metric", TEXT, key=True), _column("subject", TEXT, key=True),
        _column(span, BigInteger, key=True), _column("value", Float), sqlite_with_rowid=False,
    )  # fmt: skip


rollup_hour = _rollup("rollup_hour", "hour")
rollup_day = _rollup("rollup_day", "day")  # ``day``: its first moment, at the port
forecast = Table("forecast", metadata, _column("code", TEXT, key=True), _column("made_at", BigInteger), *_texts("body"))
notice = Table("notice", metadata, _column("code", TEXT, key=True), *_texts("body"), _column("updated_at", BigInteger))

# How good a feed's rows were, by the hour they came in (domain/scores.py); no dataset: what they are cannot be said.
quality_hour = Table(
    "quality_hour", metadata, *(_column(name, TEXT, key=True) for name in ("feed", "dataset")),
    _column("hour", BigInteger, key=True),
    *(_column(name, BigInteger) for name in ("judged", "malformed", "implausible", "cells", "blank", "timed", "late")),
    sqlite_with_rowid=False,
)  # fmt: skip
Index("quality_hour_hour", quality_hour.c.hour)

# What the cockpit itself said (feed health, forecasts, notices, alerts) and from when: the newest row
# of a key at or before t is what it said at t; an empty body says that it was taken back.
known_body = Table(
    "known_body", metadata, _column("dataset", TEXT, key=True), _column("key", TEXT, key=True),
    _column("known_from", BigInteger, key=True), *_texts("body"), sqlite_with_rowid=False,
)  # fmt: skip

# Who may do what only one process does at a time; ``token`` grows with every change of holder.
lease = Table(
    "lease", metadata, _column("name", TEXT, key=True), *_texts("holder"),
    *(_column(name, BigInteger) for name in ("token", "taken_at", "expires_at")),
)  # fmt: skip
# Bumped inside every write transaction: what other processes look at to learn that there is news.
change = Table(
    "change", metadata, _column("dataset", TEXT, key=True), _column("seq", BigInteger), _column("at", BigInteger)
)

# What somebody kept for later: a page as it stood (`view`) or a thing (`bookmark`). ``owner`` is the viewer's name.
saved_view = Table(
    "saved_view", metadata,
    *(_column(name, TEXT, key=True) for name in ("owner", "kind", "name")), *_texts("path", "body"),
    _column("updated_at", BigInteger), sqlite_with_rowid=False,
)  # fmt: skip
# The screens of the wall: what each was told to show, and when it was last heard of.
screen = Table(
    "screen", metadata, _column("screen_id", TEXT, key=True), *_texts("name", "scene", "part", "palette", "body"),
    _column("version", BigInteger), _column("seen_at", BigInteger), *_texts("health"),
    _column("updated_at", BigInteger), sqlite_with_rowid=False,
)  # fmt: skip

# What people did, each entry sealed with the one before it (domain/audit.py). Triggers refuse changes and deletions.
audit = Table(
    "audit", metadata, _column("seq", BigInteger, key=True), _column("at", BigInteger),
    *_texts("who", "what", "object", "body", "seal"),
)  # fmt: skip
Index("audit_at", audit.c.at)

# Who may log in and who is in. Of tokens and keys only digests are kept; ``body`` is a struct of domain/accounts.py.
account = Table(
    "account", metadata, _column("account_id", TEXT, key=True), *_texts("name", "subject", "body"),
    _column("version", BigInteger), _column("updated_at", BigInteger),
)  # fmt: skip
Index("account_name", account.c.name, unique=True)
_linked = text("subject <> ''")
Index("account_subject", account.c.subject, unique=True, sqlite_where=_linked, postgresql_where=_linked)
session = Table(
    "session", metadata, _column("digest", TEXT, key=True), *_texts("session_id", "account_id", "body"),
    _column("seen_at", BigInteger), _column("ends_at", BigInteger),
)  # fmt: skip
Index("session_id", session.c.session_id, unique=True)
Index("session_account", session.c.account_id)
api_key = Table(
    "api_key", metadata, _column("digest", TEXT, key=True), *_texts("key_id", "body"), _column("used_at", BigInteger)
)
Index("api_key_id", api_key.c.key_id, unique=True)
link = Table("link", metadata, _column("digest", TEXT, key=True), *_texts("body"), _column("ends_at", BigInteger))
# Secrets of feeds, encrypted (domain/vault.py), and which settings were in force from when (domain/configured.py).
secret = Table(
    "secret", metadata, _column("name", TEXT, key=True), *_texts("body"), _column("updated_at", BigInteger),
    *_texts("updated_by"),
)  # fmt: skip
# Whose alias is whose (domain/alias.py), sealed; under the empty alias the key they are made with.
identity = Table(
    "identity", metadata, _column("alias", TEXT, key=True), *_texts("body"), _column("seen_at", BigInteger)
)
settings_history = Table("settings_history", metadata, _column("at", BigInteger, key=True), *_texts("who", "body"))

# Every declaration, with its bill of lading and boxes, by the beginning and the end of their numbers:
# people type the last digits. ``name`` is letters and digits only, ``tail`` the same backwards;
# ``subject`` is the declaration, whose rows say what it is and who may see it.
search_name = Table(
    "search_name", metadata, *(_column(name, TEXT, key=True) for name in ("kind", "name", "subject")),
    *_texts("tail"), _column("seen_at", BigInteger), sqlite_with_rowid=False,
)  # fmt: skip
Index("search_name_tail", search_name.c.kind, search_name.c.tail)
Index("search_name_subject", search_name.c.subject, search_name.c.kind)
