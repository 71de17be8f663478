"""The five warnings of seed 000 (功能③): checks that did not agree, and waits beyond their limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from domain.records import Hold
from domain.sailing_pictures import WARNINGS, WarningRow, WarningsPicture, counted
from domain.viewer import Viewer
from store.moments import DAY, HOUR, MINUTE, moment, moment_or_none
from store.reads.alive import Row, alive, in_queue
from store.reads.asof import AsOf
from store.reads.scope import visible
from store.schema import check_result

# List, since when a declaration stands in it, and its limit: domain/settings name and hours of one.
HELD = {
    Hold.NOT_APPOINTED.value: ("unappointed", "appoint_wait_hours"),
    Hold.REJECTED.value: ("rejected", "rejected_wait_hours"),
    Hold.SUSPENDED.value: ("suspended", "suspended_hours"),
}
_EARLY = 10 * MINUTE  # a check may be received a little before its source's clock says it was made
_CHECK = (
    "check_id", "feed", "declaration_no", "container_no", "seal_no", "result", "event_time", "origin", "recorded_time",
    "scope",
)  # fmt: skip


def warnings(
    connection: Connection, viewer: Viewer, at: AsOf | None, now: int, limits: Mapping[str, float]
) -> WarningsPicture:
    """The five lists; checks are those of the last day.

    Args:
        connection: to read from.
        viewer: whose.
        at: the moment; None = now.
        now: the present.
        limits: ``confirm_wait_minutes``, ``appoint_wait_hours``, ``rejected_wait_hours``, ``suspended_hours``.
    """
    moment_ = now if at is None else at.at
    found: list[tuple[WarningRow, str, str | None]] = []
    for row in alive(connection, viewer, at, moment_, moment_):
        one = _overdue(row, moment_, limits)
        if one is not None:
            found.append((one, row["task_feed"], row["task_scope"]))
    found += [_checked(row) for row in _checks(connection, viewer, at, moment_)]
    found.sort(key=lambda one: (WARNINGS.index(one[0].kind), one[0].since, one[0].key))
    rows = [one for one, _, _ in found]
    return WarningsPicture(
        rows=rows, counts=counted([row.kind for row in rows], WARNINGS),
        origins=sorted({row.origin for row in rows}), feeds=sorted({feed for _, feed, _ in found}),
        owners={one.key: scope for one, _, scope in found if scope},
    )  # fmt: skip


def _overdue(row: Row, now: int, limits: Mapping[str, float]) -> WarningRow | None:
    """The list a declaration stands in; None when it waits for nothing, or not for too long."""
    since: int | None
    if row["hold"] in HELD:
        kind, name = HELD[row["hold"]]
        limit = limits[name]
        since = row["held_since"] or (row["accepted_at"] if kind == "unappointed" else None) or row["valid_from"]
    elif in_queue(row, now):
        kind, limit = "unconfirmed", limits["confirm_wait_minutes"] / 60
        appointed = row["appointed"]
        since = appointed if appointed is not None and appointed <= now else row["appointed_for"]
    else:
        return None
    if since is None or now - since <= limit * HOUR:
        return None
    return WarningRow(
        key=f"{kind}:{row['declaration_no']}", kind=kind, declaration_no=row["declaration_no"],
        bill_of_lading=row["bill_of_lading"] or "", platform=row["platform"] or "", area=row["area"] or "",
        direction=row["direction"] or "", since=moment(since), hours=round((now - since) / HOUR, 1), limit_hours=limit,
        origin=row["task_origin"], recorded_time=moment_or_none(row["task_recorded"]),
    )  # fmt: skip


def _checks(connection: Connection, viewer: Viewer, at: AsOf | None, now: int) -> list[Any]:
    t = check_result
    received = (t.c.received_at <= now,) if at is not None and at.then else ()
    query = select(*(t.c[name] for name in _CHECK)).where(
        t.c.received_at > now - DAY - _EARLY, t.c.event_time > now - DAY, t.c.event_time <= now, *received,
        *visible(viewer, t.c.scope),
    )  # fmt: skip
    return list(connection.execute(query).mappings())


def _checked(row: Any) -> tuple[WarningRow, str, str | None]:
    one = WarningRow(
        key=f"check:{row['feed']}:{row['check_id']}", kind="check", declaration_no=row["declaration_no"],
        container_no=row["container_no"], seal_no=row["seal_no"], result=row["result"],
        since=moment(row["event_time"]), origin=row["origin"], recorded_time=moment_or_none(row["recorded_time"]),
    )  # fmt: skip
    return one, row["feed"], row["scope"]
