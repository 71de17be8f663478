"""Tables of what cameras and sensors along the port's lines tell (domain/watch_records.py)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, Table

from store.building import column, floats, metadata, provenance, texts
from store.columns import TEXT

area_event = Table(
    "area_event", metadata, column("feed", TEXT, key=True), column("event_id", TEXT, key=True),
    column("event_time", BigInteger), *texts("area", "kind", "what", "direction"), column("count", Integer),
    *floats("lon", "lat"), *texts("photo"), *provenance(feed_is_key=True), sqlite_with_rowid=False,
)  # fmt: skip
recognition = Table(
    "recognition", metadata, column("feed", TEXT, key=True), column("event_id", TEXT, key=True),
    column("event_time", BigInteger),
    *texts("place", "camera", "plate_read", "plate_expected", "container_read", "container_expected"),
    *texts("appointment_no", "position_read", "position_expected"), *floats("lon", "lat"), *texts("photo"),
    *provenance(feed_is_key=True), sqlite_with_rowid=False,
)  # fmt: skip
for _table in (area_event, recognition):
    Index(f"{_table.name}_time", _table.c.event_time)
    Index(f"{_table.name}_received", _table.c.received_at)
