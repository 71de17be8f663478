"""Rows for the log of alerts, written as they lie in the table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import insert

from domain.alert_identity import alert_id
from domain.dispatch import place
from store.engine import Store
from store.moments import micros
from store.schema_alerts import alert_log, dispatch

MADE = datetime(2026, 11, 21, tzinfo=UTC)
STATES = {"opened": ("", "new"), "acknowledge": ("new", "acknowledged"), "closed": ("acknowledged", "closed")}


def step(key: str, seq: int, at: datetime, what: str = "opened", **more: Any) -> dict[str, Any]:
    """A row of the alert with this key."""
    before, after = STATES.get(what, ("new", "new"))
    return {
        "alert_id": alert_id(key), "seq": seq, "at": micros(at), "opened_at": micros(more.pop("opened_at", at)),
        "what": what, "who": "", "from_state": before, "to_state": after, "level": 3, "version": seq, "note": "",
        "request_key": "", "body": "{}", **more,
    }  # fmt: skip


def order(order_id: str, key: str, state: str = "received", due_at: datetime | None = None) -> dict[str, Any]:
    """An order to customs for the alert with this key."""
    made = place(alert_id(key), MADE, "customs", "officer", MADE, due_at=due_at)
    body = msgspec.structs.replace(made, id=order_id, state=state)
    return {"order_id": order_id, "alert_id": alert_id(key), "agency": "customs", "state": state, "version": 1,
            "body": msgspec.json.encode(body).decode()}  # fmt: skip


def write(store: Store, rows: Iterable[dict[str, Any]], orders: Iterable[dict[str, Any]] = ()) -> None:
    """Put them into the log and among the orders."""
    with store._database.writing() as connection:
        for table, of in ((alert_log, list(rows)), (dispatch, list(orders))):
            if of:
                connection.execute(insert(table), of)
