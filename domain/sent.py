"""What is shown of messages to people outside: the log of what became of each."""

from __future__ import annotations

from datetime import datetime

import msgspec

STATES = ("pending", "claimed", "done", "cancelled", "skipped", "dead")
KINDS = ("urgent", "notify", "escalate", "test")


class Sought(msgspec.Struct, frozen=True):
    """Which entries of the log; empty: all.

    Attributes:
        target: name of the target.
        state: one of ``STATES``.
        level: of the alert, 1 to 4; 0: any.
    """

    target: str = ""
    state: str = ""
    level: int = 0


class SentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the outbox and its newest attempt.

    Attributes:
        key: number of the entry.
        at: when it was written.
        due_at: when it is, or was, due.
        kind: one of ``KINDS``.
        target: name; empty for what is told to none.
        state: one of ``STATES``.
        attempts: so far.
        tried_at, result, detail: of the newest; None and empty before.
        alert_id, rule, level, stage: which alert, and how long nobody had acknowledged it; empty and 0 for a test.
        subject: what it is about; empty for who may not see alerts.
    """

    key: int
    at: datetime
    due_at: datetime
    kind: str
    target: str
    state: str
    attempts: int
    tried_at: datetime | None = None
    result: str = ""
    detail: str = ""
    alert_id: str = ""
    rule: str = ""
    level: int = 0
    stage: int = 0
    subject: str = ""
