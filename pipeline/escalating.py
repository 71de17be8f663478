"""Between alerts and the outbox: what follows from steps is written with them, what comes due goes on the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.alert import step
from domain.alert_flow import Merged
from domain.escalation import Telling, entries_for, waits
from domain.viewer import SYSTEM
from store.engine import Store
from store.writes.outbox import Claimed, enqueue


def follow(store: Store, telling: Telling) -> None:
    """From now on write into the outbox what follows from the steps this store takes, in their transaction."""

    def told(connection: Any, steps: Any) -> None:
        enqueue(connection, [entry for one, row in steps for entry in entries_for(one, row, telling)])

    store.alerts.told = told


def recorder(store: Store, clock: Callable[[], datetime], changed: Callable[[], None]) -> Callable[[Claimed], None]:
    """What puts on an alert's log that nobody acknowledged it by a stage; called again, it changes nothing.

    The alert itself stays as it is, with its version: an escalation must not get in the way of the person who is just
    acknowledging it.

    Args:
        store: keeps alerts.
        clock: aware UTC.
        changed: called when something was put on record.
    """

    def record(entry: Claimed) -> None:
        body = entry.body
        found = store.reads.alert_file(SYSTEM, body["id"])
        key = f"escalated {body['opened_at']} {body['level']}.{body['stage']}"
        if found is None or not waits(found.alert) or any(one.request_key == key for one in found.history):
            return
        row = found.alert
        if row.opened_at != datetime.fromisoformat(body["opened_at"]):
            return  # closed, and another since
        more = {"stage": body["stage"], "seconds": body["seconds"]}
        said = step(row, row, "escalated", clock(), request_key=key, **more)
        store.alerts.save(Merged(changed=[row], steps=[said]), {row.key: row})
        changed()

    return record
