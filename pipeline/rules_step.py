"""Evaluates the rules over what was just stored and keeps the alerts.

A rule that throws is left out of that evaluation, named in a notice, and its alerts stay as they
are. Records wait here until an evaluation that saw them was saved, so nothing is missed while the
store cannot write; how far that got is itself stored, so a killed process takes up the checks and
door events it had stored but not yet judged.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from domain import alert, off_route, rules
from domain.alert_identity import alert_key
from domain.errors import StoreUnavailableError
from domain.pictures import AlertRow, FeedRow, QueuePicture
from domain.records import Record, VehiclePosition
from domain.rules.base import Facts, Finding
from domain.viewer import SYSTEM
from pipeline.alert_desk import ALERTS_LOCK
from pipeline.counts import RULES, STEPS
from pipeline.notices import NoticeBoard
from pipeline.troubles import Troubles
from store.engine import Store

MARK = "_rules"  # name under which the store keeps how far the rules got
MARK_EVERY_SECONDS = 5.0
LOOK_BACK = timedelta(hours=6)
log = structlog.get_logger(__name__)


class RulesStep:
    """One thread that evaluates the rules every second."""

    def __init__(
        self,
        store: Store,
        limits: Mapping[str, float],
        health: Callable[[], Sequence[FeedRow]],
        latest: Callable[[str], Any],
        changed: Callable[[], None],
        notices: NoticeBoard,
        clock: Callable[[], datetime],
        every_seconds: float = 1.0,
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            store: alerts are read from and saved to it.
            limits: thresholds by name.
            health: rows of all feeds.
            latest: newest picture of a topic (yard, queue, gates), None before the first.
            changed: called when alerts were saved.
            notices: where rules that throw are named.
            clock: aware UTC.
            every_seconds: time between two evaluations.
        """
        self._store, self._limits, self._health, self._latest = store, limits, health, latest
        self._changed, self._notices, self._clock, self._every = changed, notices, clock, every_seconds
        self._lock = threading.Lock()
        self._new: list[Record] = []
        self._received = clock()
        self._queue_before: QueuePicture | None = None
        self._off_route: dict[str, off_route.OffRoute] = {}
        self._absent: dict[str, datetime | None] = {}
        self._failed: dict[str, str] = {}
        self._marked = 0.0
        self._troubles = Troubles()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="rules", daemon=True)

    def start(self) -> None:
        """Take up what was left unjudged, then evaluate every second.

        A database that was never judged gets its mark before anything is stored: what the first
        collector of its life leaves behind when it is killed is then found by the next.
        """
        try:
            if self._store.cursor(MARK) is None:
                self._mark(self._clock())
        except StoreUnavailableError as error:
            log.warning("step_failed", step="rules_mark", code=error.code)
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread; waits for an evaluation under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def add(self, records: Sequence[Record], received_at: datetime) -> None:
        """Records that were accepted and are not late."""
        with self._lock:
            self._new.extend(records)
            self._received = max(self._received, received_at)

    @STEPS.of("rules").timed()
    def evaluate(self) -> None:
        """One evaluation; raises when it cannot be saved, and then sees the same records again."""
        with self._lock:
            records, received = list(self._new), self._received
        now = self._clock()
        by_kind: dict[type[Record], list[Record]] = defaultdict(list)
        for record in records:
            by_kind[type(record)].append(record)
        positions: list[Any] = by_kind.get(VehiclePosition, [])
        limit = self._limits["route_deviation_metres"]
        following = off_route.follow(self._off_route, positions, limit, now)
        queue = self._latest("queue")
        with ALERTS_LOCK:
            current = self._current()
            facts = Facts(
                now=now, new=by_kind, yard=self._latest("yard"), queue=queue, gates=self._latest("gates"),
                sailings=self._latest("sailings"), warnings=self._latest("warnings"),
                feeds=self._health(), limits=self._limits, queue_before=self._queue_before,
                firing=alert.firing_keys(current), off_route=following,
            )  # fmt: skip
            outcome = rules.evaluate(facts, timed=lambda name: RULES.of(name).timed())
            known = self._with_closed(current, outcome.findings)
            merged = alert.merge(known, outcome.findings, outcome.evaluated, now)
            rows = [row for row in merged if _differs(row, known.get(row.key))]
            if rows:
                self._store.save_alerts(rows)
        self._absent.update({row.key: row.absent_since for row in merged})
        if rows:
            self._changed()
        self._keep(queue, following, len(records), received)
        self._name_failed(outcome.failed)

    def _current(self) -> list[AlertRow]:
        rows = self._store.reads.alerts(SYSTEM, None).rows
        keys = {row.key for row in rows}
        self._absent = {key: since for key, since in self._absent.items() if key in keys}
        # Since when a condition is absent is not worth a version in the store: it is kept here.
        return [msgspec.structs.replace(row, absent_since=self._absent.get(row.key)) for row in rows]

    def _with_closed(self, current: Sequence[AlertRow], findings: Sequence[Finding]) -> dict[str, AlertRow]:
        """The alerts at hand and the closed ones that are found again: they go on, not anew."""
        known = {row.key: row for row in current}
        for key in {alert_key(f.rule, f.subject) for f in findings} - known.keys():
            row = self._store.reads.alert(SYSTEM, key)
            if row is not None:
                known[key] = row
        return known

    def _keep(self, queue: QueuePicture | None, following: dict[str, Any], seen: int, received: datetime) -> None:
        self._queue_before, self._off_route = queue, following
        with self._lock:
            del self._new[:seen]
        if seen and time.monotonic() - self._marked >= MARK_EVERY_SECONDS:
            self._marked = time.monotonic()
            self._mark(received)

    def _mark(self, received: datetime) -> None:
        self._store.ingest(MARK, [], (), {"received_until": received.isoformat()}, received)

    def _name_failed(self, failed: Mapping[str, str]) -> None:
        for name, error in failed.items():
            if name not in self._failed:
                log.warning("rule_failed", rule=name, error=error)
                self._notices.post(f"rule.{name}", "rule_failed", "warning", rule=name, error=error)
        for name in self._failed.keys() - failed.keys():
            log.info("rule_recovered", rule=name)
            self._notices.take_down(f"rule.{name}")
        self._failed = dict(failed)

    def take_up(self, since: datetime) -> None:
        """Judge what was received since a moment; what was judged already is found to be known.

        Raises:
            StoreUnavailableError: nothing was taken up.
        """
        left = self._store.reads.received_since(SYSTEM, since)
        if left:
            log.info("rules_take_up", records=len(left))
            self.add(left, self._clock())

    def _take_up(self) -> None:
        """Judge what a killed process had stored and not judged."""
        mark = self._store.cursor(MARK)
        if mark is None:
            return
        # A minute more: a delivery that waited for the store carries an earlier time than its neighbours.
        until = datetime.fromisoformat(mark["received_until"]) - timedelta(minutes=1)
        self.take_up(max(until, self._clock() - LOOK_BACK))

    def _loop(self) -> None:
        taken_up = False
        while not self._stopped.wait(self._every if taken_up or self._troubles else 0.0):
            try:
                if not taken_up:
                    self._take_up()
                    taken_up = True
                self.evaluate()
            except Exception as error:
                self._troubles.failed("rules", error)
            else:
                self._troubles.worked("rules")


def _differs(row: AlertRow, before: AlertRow | None) -> bool:
    """Whether more changed than the time since when the condition is absent."""
    return before is None or msgspec.structs.replace(row, absent_since=before.absent_since) != before
