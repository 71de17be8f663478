"""What the machine does with alerts: findings open, repeat, raise and clear them, and time tidies up.

Identity is rule + subject: while an alert is not closed a repetition raises its count and never makes a second row;
after closing, a recurrence opens the same alert again. A *condition* fires while its finding is there and clears when
it has been absent for the rule's time; an *event* stays firing until a person closes it. Where a rule cannot judge, its
alerts say so and nothing clears. Level I is never hidden and never closes by itself (ISA-18.2, ALARMS.md).

Every function is pure. What is worth a row of the log makes the version grow by one; what only goes on (figures of a
condition, since when it is absent, a finding that has not held long enough) does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.alert import HOUSE, UNHIDDEN, UNSHELVED, closed, closes_alone, kind_of, step
from domain.alert_identity import alert_key
from domain.alert_pictures import AlertRow, LogStep
from domain.alerting import Alerting
from domain.fences import Point
from domain.rules.base import Finding, Judged

REFRESH = timedelta(seconds=60)  # least time between updates of a firing condition's figures
QUIET = timedelta(minutes=10)  # recurrence after such a pause is news even when acknowledged
AHEAD = timedelta(minutes=10)  # a time further ahead than this is of a clock that was set back
HEARD = 8  # newest events of an alert that are known one by one; older ones count as known
LINGERS_FROM = 3  # from this level on (yellow, blue) a clear alert closes without anybody
Where = Callable[[Finding], Point | None]
_HOLDS = ("firing", "no_data", "error")
_HANDLED = ("acknowledged", "assigned", "handling", "confirmed")


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: rows that changed, and the steps of those that took one."""

    changed: list[AlertRow] = []
    steps: list[LogStep] = []


def merge(
    standing: Mapping[str, AlertRow], judged: Sequence[Judged], now: datetime, settings: Alerting = HOUSE,
    only: Container[str] | None = None, where: Where | None = None,
) -> Merged:  # fmt: skip
    """Bring what the rules said in one evaluation into the alerts.

    Args:
        standing: alerts by key, those not closed and the closed ones that are found again.
        judged: what each rule instance said; alerts of any other stay as they are.
        now: aware UTC.
        settings: two-person levels and how long clear alerts linger.
        only: keys to look at; None: all. For bringing the same evaluation into rows that changed meanwhile.
        where: the place of a finding; None: what it tells itself.

    Returns:
        Rows and steps; the same input again gives nothing.
    """
    flow = _Flow(standing, now, settings, only, where or _told)
    for row in standing.values():
        flow.end_shelving(row)
    for one in judged:
        flow.take(one)
    return Merged(changed=list(flow.changed.values()), steps=flow.steps)


def taken(row: AlertRow, what: str, at: datetime, changes: Mapping[str, Any], **body: Any) -> tuple[AlertRow, LogStep]:
    """One step of the machine from outside an evaluation: escalated, suppressed, unsuppressed.

    Raises:
        ValueError: it would hide an alert of level I.
    """
    after = replace(row, **{**changes, "version": row.version + 1})
    if after.hidden and after.level == 1:
        raise ValueError(f"{row.key}: level I is never hidden")
    return after, step(row, after, what, at, **body)


def suppress(row: AlertRow, by: str, at: datetime) -> tuple[AlertRow, LogStep]:
    """Hide an alert behind its parent or group; ValueError for level I."""
    return taken(row, "suppressed", at, {"suppressed_by": by}, by=by)


def unsuppress(row: AlertRow, at: datetime) -> tuple[AlertRow, LogStep]:
    """Show it again: what hid it is gone."""
    return taken(row, "unsuppressed", at, {"suppressed_by": ""}, by=row.suppressed_by)


class _Flow:
    """One evaluation on its way into the rows."""

    def __init__(
        self, standing: Mapping[str, AlertRow], now: datetime, policy: Alerting, only: Container[str] | None,
        where: Where,
    ) -> None:  # fmt: skip
        self._standing, self._now, self._policy, self._only, self._where = standing, now, policy, only, where
        self.changed: dict[str, AlertRow] = {}
        self.steps: list[LogStep] = []
        self._of_rule: dict[str, list[str]] = defaultdict(list)
        for key, row in standing.items():
            if row.state != "closed":
                self._of_rule[row.rule].append(key)

    def _row(self, key: str) -> AlertRow | None:
        return self.changed.get(key) or self._standing.get(key)

    def _put(self, before: AlertRow | None, after: AlertRow, what: str = "", **body: Any) -> AlertRow:
        """Keep a changed row; with ``what`` it is a step, and its version grows."""
        if what:
            after = replace(after, version=1 if before is None else before.version + 1)
            self.steps.append(step(before, after, what, self._now, **body))
        self.changed[after.key] = after
        return after

    def end_shelving(self, row: AlertRow) -> None:
        """Shelving ends by itself."""
        mine = self._only is None or row.key in self._only
        if mine and row.shelved_until is not None and row.shelved_until <= self._now:
            self._put(row, replace(row, **UNSHELVED), "shelve_ended", by=row.shelved_by)

    def take(self, judged: Judged) -> None:
        """What one rule said."""
        if judged.state != "ok":
            self._unjudged(judged)
        found = self._findings(judged)
        if judged.state != "ok" or judged.kind != "condition":
            return
        pending = {alert_key(one.rule, one.subject) for one in judged.pending}
        for key in self._of_rule.get(judged.rule, ()):
            row = self._row(key)
            if row is None or key in found or (self._only is not None and key not in self._only):
                continue
            if row.subject in judged.unjudged:
                self._wait(row)
            elif key in pending:
                self._pending(row)
            else:
                self._absent(row, judged)

    def _unjudged(self, judged: Judged) -> None:
        """Of a condition nobody can see, nobody knows whether it still holds. An event has happened either way."""
        for key in self._of_rule.get(judged.rule, ()):
            row = self._row(key)
            if row is None or kind_of(row) == "event" or row.condition not in _HOLDS or row.condition == judged.state:
                continue
            if self._only is None or key in self._only:
                unsure = replace(row, condition=judged.state, detail=judged.detail, absent_since=None)
                self._put(row, unsure, judged.state, detail=judged.detail)

    def _findings(self, judged: Judged) -> set[str]:
        found: set[str] = set()
        for finding in sorted(judged.findings, key=lambda one: one.event_time):
            key = alert_key(finding.rule, finding.subject)
            if self._only is not None and key not in self._only:
                continue
            row = self._row(key)
            if row is None:
                self._open(finding, judged)
            elif judged.kind == "event":
                self._event(row, finding, judged)
            elif row.state == "closed" or row.condition in ("clear", "pending"):
                self._repeat(row, finding, judged)
            elif key not in found:
                self._still(row, finding, judged)
            found.add(key)
        return found

    def _open(self, finding: Finding, judged: Judged) -> None:
        at = self._sane(finding.event_time)
        row = AlertRow(
            key=alert_key(finding.rule, finding.subject), rule=finding.rule, kind=judged.kind, level=finding.level,
            subject_kind=finding.subject_kind, subject=finding.subject, state="new", condition="firing",
            agency=judged.agency, opened_at=at, last_at=at, count=1,
            heard=_micros([finding.event_time]) if judged.kind == "event" else [],
            **self._particulars(finding, judged),
        )  # fmt: skip
        self._put(None, row, "opened")

    def _event(self, row: AlertRow, finding: Finding, judged: Judged) -> None:
        """Each event counts once, in whatever order they come; those older than the ones known count as known."""
        (at,) = _micros([finding.event_time])
        limit = _micros([self._now + AHEAD])[0]
        known = [one for one in row.heard if one <= limit] or ([] if row.heard else _micros([row.last_at]))
        late = at < min(known, default=at) and (len(known) >= HEARD or not row.heard)
        if at in known or late:
            return
        self._repeat(replace(row, heard=sorted([*known, at])[-HEARD:]), finding, judged)

    def _repeat(self, row: AlertRow, finding: Finding, judged: Judged) -> None:
        """Count a recurrence, opening the alert again when it was closed.

        The level only rises while the alert lives (latched maximum severity). What somebody has seen asks for
        attention again when its level rises, when it was said to be dealt with, or after ten quiet minutes; a
        chattering sensor does not.
        """
        reopened = row.state == "closed"
        level = finding.level if reopened else min(row.level, finding.level)
        quiet = row.state == "acknowledged" and finding.event_time - row.last_at >= QUIET
        again = reopened or level < row.level or quiet or row.state == "confirmed"
        last = self._sane(finding.event_time)
        changes: dict[str, Any] = {
            "level": level, "condition": "firing", "kind": judged.kind, "count": row.count + 1, "absent_since": None,
            "last_at": max(row.last_at, last) if row.last_at <= self._now + AHEAD else last, "latched": False,
            **self._particulars(finding, judged),
        }  # fmt: skip
        if again:
            changes |= {"state": "new", "acknowledged_by": "", "acknowledged_at": None, "confirmed_by": "",
                        "confirmed_at": None, "closed_at": None, "closed_by": ""}  # fmt: skip
        if reopened:
            changes |= {
                "opened_at": last,
                "last_at": last,
                "assignee": "",
                "agency": judged.agency,
                "steps_done": [],
                "notes": 0,
            }
        if level == 1:
            changes |= UNHIDDEN
        what = "opened" if reopened else "level_raised" if level < row.level else "repeated"
        self._put(self._row(row.key), replace(row, **changes), what)

    def _still(self, row: AlertRow, finding: Finding, judged: Judged) -> None:
        """Refresh a condition that goes on: not a repetition, so nothing is counted."""
        if row.condition != "firing":
            row = self._put(row, replace(row, condition="firing", detail="", absent_since=None), "judged")
        if finding.level < row.level:
            self._raise(row, finding, judged)
            return
        news = dict(finding.params) != row.params or self._where(finding) != _place(row)
        if news and not timedelta(0) <= self._now - row.last_at < REFRESH:
            self._put(row, replace(row, last_at=self._now, absent_since=None, **self._particulars(finding, judged)))
        elif row.absent_since is not None:
            self._put(row, replace(row, absent_since=None))

    def _raise(self, row: AlertRow, finding: Finding, judged: Judged) -> None:
        changes: dict[str, Any] = {
            "level": finding.level, "absent_since": None, "last_at": max(row.last_at, self._sane(finding.event_time)),
            "state": "new", "acknowledged_by": "", "acknowledged_at": None, "confirmed_by": "", "confirmed_at": None,
            **self._particulars(finding, judged), **(UNHIDDEN if finding.level == 1 else {}),
        }  # fmt: skip
        self._put(row, replace(row, **changes), "level_raised", from_level=row.level)

    def _pending(self, row: AlertRow) -> None:
        """It is found again and has not held long enough: what was clear is no longer sure to be."""
        if row.condition == "clear":
            self._put(row, replace(row, condition="pending"))
        elif row.condition == "firing":
            self._wait(row)

    def _wait(self, row: AlertRow) -> None:
        if row.condition == "firing" and row.absent_since is not None:
            self._put(row, replace(row, absent_since=None))

    def _absent(self, row: AlertRow, judged: Judged) -> None:
        """A condition was not found: wait, clear, and in the end tidy up."""
        now = self._now
        if row.condition in ("no_data", "error"):
            row = self._put(row, replace(row, condition="firing", detail="", absent_since=now), "judged")
        elif row.condition == "pending":
            row = self._put(row, replace(row, condition="clear"))
        since = row.absent_since
        if since is None or since > now:  # a clock was set back
            since = now
        if row.condition == "clear":
            self._linger(row, since)
        elif (now - since).total_seconds() >= judged.clear_after_seconds:
            self._clear(row, since)
        elif since != row.absent_since:
            self._put(row, replace(row, absent_since=since))

    def _linger(self, row: AlertRow, since: datetime) -> None:
        alone = row.level >= LINGERS_FROM and row.level not in self._policy.two_person_levels and row.state == "new"
        if alone and not row.assignee and self._now - since >= timedelta(minutes=self._policy.linger_minutes):
            self._put(row, replace(row, **closed(self._now)), "closed")
        elif since != row.absent_since:
            self._put(row, replace(row, absent_since=since))

    def _clear(self, row: AlertRow, since: datetime) -> None:
        """It no longer holds; an acknowledged alert that is nobody's closes with it."""
        last = max(row.last_at, since) if row.last_at <= self._now + AHEAD else since
        gone = replace(
            row, condition="clear", absent_since=self._now, last_at=last, latched=row.state not in _HANDLED
        )  # fmt: skip
        if row.state == "acknowledged" and closes_alone(row, self._policy):
            gone = replace(gone, **closed(self._now))
        self._put(row, gone, "cleared")

    def _particulars(self, finding: Finding, judged: Judged) -> dict[str, Any]:
        lon, lat = self._where(finding) or (None, None)
        return {
            "params": dict(finding.params), "seen": dict(finding.seen), "instance_version": judged.version,
            "lon": lon, "lat": lat, "origin": finding.origin, "recorded_time": finding.recorded_time,
            "feed": finding.feed, "detail": "",
        }  # fmt: skip

    def _sane(self, time: datetime) -> datetime:
        """A finding's time; one that is yet to come for longer than clocks differ is now."""
        return time if time <= self._now + AHEAD else self._now


def _micros(times: Iterable[datetime]) -> list[int]:
    return [int(time.timestamp() * 1_000_000) for time in times]


def _told(finding: Finding) -> Point | None:
    return None if finding.lon is None or finding.lat is None else (finding.lon, finding.lat)


def _place(row: AlertRow) -> Point | None:
    return None if row.lon is None or row.lat is None else (row.lon, row.lat)
