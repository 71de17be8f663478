"""What who takes over a shift must know, on one screen: changed, open, shelved, out of service, promised, disturbed.

Pure: from the steps of the shift, the alerts that stand, orders to agencies and the health of feeds. Lists are whole
and sorted by what matters; the screen cuts them and says how many more there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from domain.alarm_load import ANNOUNCED, Step, hidden
from domain.pictures import AlertRow, FeedRow, FeedState

PARTS = ("open", "changed", "shelved", "out", "promised", "feeds")
_WELL = frozenset({FeedState.OK, FeedState.STARTING, FeedState.ENDED, FeedState.DISABLED})
_SILENT = frozenset({"comment", "feedback", "measure", "step", "cleared", "suppressed", "unsuppressed"})


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order to an agency that is not done.

    Attributes:
        order_id: which.
        agency: ``customs``, ``border``, ``maritime``, ``port``.
        state: how far it is.
        key, rule, subject, level: of the alert it was given for.
        due_at: by when it is promised; None: nobody said.
    """

    order_id: str
    agency: str
    state: str
    key: str = ""
    rule: str = ""
    subject: str = ""
    level: int = 4
    due_at: datetime | None = None


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one alert in a shift.

    Attributes:
        alert_id, rule, subject, level: which; the worst level it had.
        first, last: of its steps.
        announced: how often it asked for attention.
        escalated: how often nobody answered in time.
        by: who acted, in the order they first did.
        closed_at: when it was closed; None: it stands.
        closed_by: who closed it; empty: it closed by itself.
    """

    alert_id: str
    rule: str
    level: int
    first: datetime
    last: datetime
    subject: str = ""
    announced: int = 0
    escalated: int = 0
    by: tuple[str, ...] = ()
    closed_at: datetime | None = None
    closed_by: str = ""


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """Everything to be handed over.

    Attributes:
        begins, at: the shift's beginning, and the moment it is told of.
        changed: alerts with steps in the shift: worst level first, standing before closed, newest first.
        open: alerts to be dealt with: worst level first, unseen first, oldest first.
        shelved: those to come back soonest first.
        out: alerts taken out of service.
        suppressed: how many stand hidden by design.
        promised: orders not done, due first.
        feeds: disturbed ones, worst first.
    """

    begins: datetime
    at: datetime
    changed: list[Changed]
    open: list[AlertRow]
    shelved: list[AlertRow]
    out: list[AlertRow]
    suppressed: int
    promised: list[Order]
    feeds: list[FeedRow]

    def counts(self) -> dict[str, int]:
        """How many of each part."""
        return {part: len(getattr(self, part)) for part in PARTS}


def brief(
    begins: datetime,
    at: datetime,
    steps: Iterable[Step],
    standing: Sequence[AlertRow],
    orders: Sequence[Order] = (),
    feeds: Sequence[FeedRow] = (),
) -> Brief:
    """What is to be handed over at a moment.

    Args:
        begins: of the shift.
        at: aware UTC.
        steps: of the log, in any order; those outside of [begins, at) are left out.
        standing: alerts not closed.
        orders: not done.
        feeds: health of all.
    """
    of: dict[str, list[AlertRow]] = {"": [], "shelved": [], "out": [], "suppressed": []}
    for row in standing:
        of[hidden(row, at)].append(row)
    return Brief(
        begins=begins, at=at, changed=changed(step for step in steps if begins <= step.at < at),
        open=sorted(of[""], key=lambda row: (row.level, row.state != "new", row.opened_at, row.key)),
        shelved=sorted(of["shelved"], key=lambda row: (row.shelved_until, row.key)),
        out=sorted(of["out"], key=lambda row: (row.level, row.key)), suppressed=len(of["suppressed"]),
        promised=sorted(orders, key=lambda one: (one.due_at is None, one.due_at or at, one.level, one.order_id)),
        feeds=sorted((row for row in feeds if disturbed(row)),
                     key=lambda row: (row.state != FeedState.DOWN, row.state != FeedState.LATE, row.key)),
    )  # fmt: skip


def disturbed(row: FeedRow) -> bool:
    """Whether a feed does not do what it should, or was paused by a person."""
    return row.paused or row.waits or row.state not in _WELL


def changed(steps: Iterable[Step]) -> list[Changed]:
    """What became of each alert, the most important first."""
    of: dict[str, list[Step]] = {}
    for step in sorted(steps, key=lambda step: (step.at, step.alert_id, step.seq)):
        of.setdefault(step.alert_id, []).append(step)
    found = [_changed(of_one) for of_one in of.values() if any(step.what not in _SILENT for step in of_one)]
    found.sort(key=lambda one: (one.last, one.alert_id), reverse=True)
    return sorted(found, key=lambda one: (one.level, one.closed_at is not None))


def _changed(steps: Sequence[Step]) -> Changed:
    """Of the steps of one alert, in order."""
    last = steps[-1]
    end = next((step for step in reversed(steps) if step.to_state == "closed" and step.from_state != "closed"), None)
    closed = end if last.to_state == "closed" else None
    return Changed(
        alert_id=last.alert_id, rule=last.rule, subject=last.subject, level=min(step.level for step in steps),
        first=steps[0].at, last=last.at, announced=sum(1 for step in steps if step.what in ANNOUNCED),
        escalated=sum(1 for step in steps if step.what == "escalated"),
        by=tuple(dict.fromkeys(step.who for step in steps if step.who)),
        closed_at=None if closed is None else closed.at, closed_by="" if closed is None else closed.who,
    )  # fmt: skip
