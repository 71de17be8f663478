"""The life of an alert: whether the condition holds, and apart from it what people did about it.

Two things are kept apart (ISA-18.2): ``condition`` (firing | clear) belongs to the world,
``state`` (open | acknowledged | closed) to the people. The identity is rule + subject: while an
alert is not closed a repetition raises its count and never makes a second row; after closing, a
recurrence opens the same alert again.

Kinds: a *condition* rule fires while its finding is there and clears when it has been absent for
``clear_after_seconds``. An *event* rule latches: what happened stays firing until a person closes
it. Every function is pure; rows are never changed in place.

Housekeeping (ALARMS.md, stale alarms): a condition that is clear and acknowledged closes by
itself, a clear yellow or blue one also without acknowledgement after half an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from domain.alert_identity import alert_key
from domain.errors import CockpitError
from domain.pictures import AlertRow, AlertsPicture
from domain.rules import is_event
from domain.rules.base import Finding, Rule

REFRESH = timedelta(seconds=60)  # least time between updates of a firing condition's figures
QUIET = timedelta(minutes=10)  # recurrence after such a pause is news even when acknowledged
LINGER = timedelta(minutes=30)  # how long a clear, unacknowledged yellow or blue alert stays
_CLOSES_BY_ITSELF = 3  # from this level on (yellow, blue)


class IllegalStepError(CockpitError):
    """The alert cannot take this step from where it stands."""

    def __init__(self, step: str, reason: str, row: AlertRow) -> None:
        """Remember the step and why it is refused.

        Args:
            step: ``acknowledge``, ``close`` or ``clear``.
            reason: code (catalogue ``alert.step.<reason>``).
            row: the alert as it stands.
        """
        super().__init__(f"{step} {row.key}: {reason} (state {row.state}, condition {row.condition})")
        self.step, self.reason, self.row = step, reason, row


def standing(rows: Sequence[AlertRow]) -> AlertsPicture:
    """The picture of these alerts, with how many of them stand at each level."""
    counts = {str(level): 0 for level in (1, 2, 3, 4)}
    for row in rows:
        counts[str(row.level)] += 1
    return AlertsPicture(
        counts=counts,
        unacknowledged=sum(1 for row in rows if row.state == "open"),
        origins=sorted({row.origin for row in rows if row.origin}),
        feeds=sorted({row.feed for row in rows if row.feed}),
        rows=list(rows),
    )


def firing_keys(rows: Iterable[AlertRow]) -> frozenset[str]:
    """Keys of the alerts whose condition is firing, for the dead-bands of rules."""
    return frozenset(row.key for row in rows if row.condition == "firing")


def raise_new(finding: Finding) -> AlertRow:
    """Open an alert that has never been before."""
    return AlertRow(
        key=alert_key(finding.rule, finding.subject),
        rule=finding.rule,
        level=finding.level,
        subject_kind=finding.subject_kind,
        subject=finding.subject,
        state="open",
        condition="firing",
        opened_at=finding.event_time,
        last_at=finding.event_time,
        count=1,
        **_particulars(finding),
    )


def repeat(row: AlertRow, finding: Finding) -> AlertRow:
    """Count a recurrence on an alert, opening it again when it was closed.

    The level only rises while the alert lives (latched maximum severity). An acknowledged alert asks
    for attention again when its level rises, or when it recurs after ten quiet minutes; a chattering
    sensor does not.
    """
    reopened = row.state == "closed"
    level = finding.level if reopened else min(row.level, finding.level)
    quiet = row.state == "acknowledged" and finding.event_time - row.last_at >= QUIET
    again = reopened or level < row.level or quiet
    changed: dict[str, Any] = {
        "level": level,
        "condition": "firing",
        "count": row.count + 1,
        "last_at": max(row.last_at, finding.event_time),
        "absent_since": None,
        "version": row.version + 1,
        **_particulars(finding),
    }
    if again:
        changed |= {"state": "open", "acknowledged_by": "", "acknowledged_at": None, "closed_at": None}
    if reopened:
        changed["opened_at"] = finding.event_time
    return replace(row, **changed)


def clear(row: AlertRow, at: datetime) -> AlertRow:
    """Note that the condition no longer holds; an acknowledged alert closes with it.

    Raises:
        IllegalStepError: the condition was not firing.
    """
    if row.condition != "firing":
        raise IllegalStepError("clear", "not_firing", row)
    cleared = replace(row, condition="clear", absent_since=at, version=row.version + 1)
    return replace(cleared, state="closed", closed_at=at) if row.state == "acknowledged" else cleared


def acknowledge(row: AlertRow, by: str, at: datetime) -> AlertRow:
    """Note that a person has seen the alert and takes it on; a clear condition closes with it.

    Args:
        row: the alert.
        by: who.
        at: when, aware UTC.

    Raises:
        IllegalStepError: already acknowledged, closed, or nobody named.
    """
    if not by.strip():
        raise IllegalStepError("acknowledge", "nobody_named", row)
    if row.state != "open":
        raise IllegalStepError("acknowledge", "already_acknowledged" if row.state == "acknowledged" else "closed", row)
    seen = replace(row, state="acknowledged", acknowledged_by=by, acknowledged_at=at, version=row.version + 1)
    return replace(seen, state="closed", closed_at=at) if row.condition == "clear" else seen


def close(row: AlertRow, by: str, at: datetime) -> AlertRow:
    """Close an acknowledged alert: what had to be done is done.

    Args:
        row: the alert.
        by: who; kept by the audit, not on the row.
        at: when, aware UTC.

    Raises:
        IllegalStepError: closed already, not acknowledged, nobody named, or the condition of a
            condition rule still fires (it would come back at once).
    """
    if not by.strip():
        raise IllegalStepError("close", "nobody_named", row)
    if row.state == "closed":
        raise IllegalStepError("close", "closed", row)
    if row.state != "acknowledged":
        raise IllegalStepError("close", "not_acknowledged", row)
    if row.condition == "firing" and not is_event(row.rule):
        raise IllegalStepError("close", "still_firing", row)
    return replace(row, state="closed", condition="clear", closed_at=at, version=row.version + 1)


def merge(
    current: Mapping[str, AlertRow] | Iterable[AlertRow],
    findings: Sequence[Finding],
    rules: Iterable[Rule],
    now: datetime,
) -> list[AlertRow]:
    """Bring the findings of one evaluation into the alerts.

    Args:
        current: the alerts known, closed ones included as far as they are at hand.
        findings: what the rules found.
        rules: the rules that were evaluated; alerts of any other rule stay untouched, so a rule
            that failed or had no data does not clear anything.
        now: aware UTC.

    Returns:
        The rows that changed, old keys or new; the same input again gives nothing.
    """
    rows = current if isinstance(current, Mapping) else {row.key: row for row in current}
    by_name = {rule.name: rule for rule in rules}
    changed: dict[str, AlertRow] = {}
    found: set[str] = set()
    for finding in sorted(findings, key=lambda f: f.event_time):
        rule = by_name.get(finding.rule)
        if rule is None:
            continue
        key = alert_key(finding.rule, finding.subject)
        row = changed.get(key) or rows.get(key)
        fresh = _apply(row, finding, rule, now, first=key not in found)
        found.add(key)
        if fresh is not None:
            changed[key] = fresh
    for key, row in rows.items():
        rule = by_name.get(row.rule)
        if key not in found and rule is not None and rule.kind == "condition":
            fresh = _absent(row, rule, now)
            if fresh is not None:
                changed[key] = fresh
    return list(changed.values())


def _apply(row: AlertRow | None, finding: Finding, rule: Rule, now: datetime, *, first: bool) -> AlertRow | None:
    """Bring one finding in; None when it changes nothing."""
    if row is None:
        return raise_new(finding)
    if rule.kind == "event":
        return repeat(row, finding) if finding.event_time > row.last_at else None
    if row.state == "closed" or row.condition == "clear":
        return repeat(row, finding)
    return _still_firing(row, finding, now) if first else None


def _still_firing(row: AlertRow, finding: Finding, now: datetime) -> AlertRow | None:
    """Refresh a condition that goes on: not a repetition, so nothing is counted."""
    if finding.level < row.level:
        return replace(repeat(row, finding), count=row.count)
    news = dict(finding.params) != row.params or (finding.lon, finding.lat) != (row.lon, row.lat)
    if news and now - row.last_at >= REFRESH:
        return replace(row, last_at=now, absent_since=None, **_particulars(finding))
    return replace(row, absent_since=None) if row.absent_since is not None else None


def _absent(row: AlertRow, rule: Rule, now: datetime) -> AlertRow | None:
    """A condition was not found: wait, clear, and in the end tidy up."""
    if row.state == "closed":
        return None
    if row.condition == "clear":
        lingered = row.level >= _CLOSES_BY_ITSELF and now - (row.absent_since or row.last_at) >= LINGER
        return replace(row, state="closed", closed_at=now, version=row.version + 1) if lingered else None
    since = row.absent_since or now
    if (now - since).total_seconds() >= rule.clear_after_seconds:
        return clear(replace(row, last_at=max(row.last_at, since)), now)
    return replace(row, absent_since=now) if row.absent_since is None else None


def _particulars(finding: Finding) -> dict[str, Any]:
    return {
        "params": dict(finding.params),
        "lon": finding.lon,
        "lat": finding.lat,
        "origin": finding.origin,
        "recorded_time": finding.recorded_time,
        "feed": finding.feed,
    }
