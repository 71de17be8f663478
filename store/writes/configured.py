"""Settings that are in force, each set once; and what is put on record of a change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert

from domain.audit import Entry
from domain.configured import Shown, changes
from store.moments import micros
from store.reads.configured import newest
from store.schema import settings_history as t

_encoder = msgspec.json.Encoder(order="deterministic")


def keep(connection: Connection, settings: Mapping[str, Shown], who: str, at: datetime) -> Entry | None:
    """Record a set of settings that differs from the last one.

    Returns:
        What to put on record: each changed key before and after, or how many there are at first. Its object is the
        SHA-256 of the set as it is kept, so that the sealed audit vouches for this table too. None when nothing is new.
    """
    last, before = newest(connection)
    found = changes(before, settings)
    if not found:
        return None
    body = _encoder.encode(settings)
    connection.execute(insert(t).values(at=max(micros(at), last + 1), who=who, body=body.decode()))
    was: dict[str, Any] | None = {key: one for key, (one, _) in found.items()}
    now: dict[str, Any] = {key: one for key, (_, one) in found.items()}
    if not before:
        was, now = None, {"settings": len(settings)}
    return Entry(what="settings.change", who=who, object=hashlib.sha256(body).hexdigest(), before=was, after=now)
