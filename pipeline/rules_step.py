"""Evaluates the rules over what was just stored and keeps the alerts.

Rules that judge records or pictures do so at once: what is new wakes the step. Everything is judged each second. A rule
that throws turns to its error state, named in a notice; its alerts stay as they are, and what it threw on waits
(``rule_debts``). Records wait here until an evaluation that saw them was saved, so nothing is missed while the store
cannot write; how far that got is itself stored, so a killed process takes up the checks and door events it had stored
but not yet judged.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any

import msgspec
import structlog

from domain import alert
from domain.alert_parents import ways
from domain.alert_places import place_of
from domain.errors import StoreUnavailableError
from domain.fences import Fence, Point
from domain.pictures import FeedRow, QueuePicture
from domain.records import Record
from domain.rules.base import Facts, Judged
from domain.viewer import SYSTEM
from pipeline.alert_desk import ALERTS_LOCK
from pipeline.alert_memory import AlertMemory
from pipeline.counts import RULES, STEPS
from pipeline.fact_book import FactBook
from pipeline.notices import NoticeBoard
from pipeline.rule_book import RuleBook
from pipeline.rule_watch import PICTURES, RuleWatch
from pipeline.troubles import Troubles
from store.engine import Store

MARK = "_rules"  # name under which the store keeps how far the rules got
MARK_EVERY_SECONDS = 5.0
TIDY_EVERY_SECONDS = 60.0
REST_SECONDS = 0.05  # at least so long between two evaluations
LOOK_BACK = timedelta(hours=6)
log = structlog.get_logger(__name__)


class RulesStep:
    """One thread that evaluates the rules every second, and those that look at something new when it comes."""

    def __init__(
        self,
        store: Store,
        rules: RuleBook,
        health: Callable[[], Sequence[FeedRow]],
        latest: Callable[[str], Any],
        changed: Callable[[], None],
        notices: NoticeBoard,
        clock: Callable[[], datetime],
        zone: tzinfo,
        every_seconds: float = 1.0,
        fences: Callable[[], dict[str, Fence]] | None = None,
        plan: Mapping[str, Point] = MappingProxyType({}),
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            store: alerts are read from and saved to it.
            rules: the rule instances that shall run, asked every second.
            health: rows of all feeds.
            latest: newest picture of a topic (yard, queue, gates), None before the first.
            changed: called when alerts were saved.
            notices: where rules that throw are named.
            clock: aware UTC.
            zone: the port's.
            every_seconds: time between two evaluations of everything.
            fences: those in force, by id, asked every second: the same mapping while they stay. None: there are none.
            plan: places of the port's drawing by id and by name, for alerts that name one.
        """
        self._store, self._rules, self._health, self._latest = store, rules, health, latest
        self._changed, self._notices, self._clock, self._every = changed, notices, clock, every_seconds
        self._zone, self._fences, self._plan = zone, fences, plan
        self._lock = threading.Lock()
        self._arrived: list[Record] = []  # under the lock; the rest belongs to the thread
        self._received = clock()
        self._new: list[Record] = []  # not judged yet
        self._since_tick: list[Record] = []
        self._book = FactBook()
        self._watch = RuleWatch(lambda name: RULES.of(name).timed())
        self._queue_before: QueuePicture | None = None
        self._alerts = AlertMemory(store)
        self._failed: dict[str, str] = {}
        self._states: dict[str, tuple[str, str]] = {}
        self._marked = self._tidied = self._told = 0.0
        self._troubles = Troubles()
        self._stopped, self._news = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._loop, name="rules", daemon=True)

    def start(self) -> None:
        """Take up what was left unjudged, then evaluate.

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
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def add(self, records: Sequence[Record], received_at: datetime) -> None:
        """Records that were accepted and are not late."""
        with self._lock:
            self._arrived.extend(records)
            self._received = max(self._received, received_at)
        self._news.set()

    def pictured(self, topic: str) -> None:
        """A picture was published: rules that look at it do so now."""
        if topic in PICTURES:
            self._news.set()

    @STEPS.of("rules").timed()
    def evaluate(self, whole: bool = True) -> None:
        """One evaluation; raises when it cannot be saved, and then sees the same records again.

        Args:
            whole: of everything; False: by the rules that judge records, or look at pictures, of what is new.
        """
        now, received = self._clock(), self._take()
        if not whole and self._watch.states():  # else nobody would judge what is new
            facts = self._facts(now)
            judged = self._watch.wake(facts, self._book.take())
            if judged:
                with ALERTS_LOCK:
                    self._save(judged, facts)
        else:
            self._renew()
            with ALERTS_LOCK:
                facts = self._facts(now)
                since_tick = msgspec.structs.replace(facts, new=_by_kind(self._since_tick))
                self._save(self._watch.tick(facts, since_tick, self._book.take()), facts)
        self._keep(facts, whole, received)

    def _take(self) -> datetime:
        """Bring what has arrived into the book."""
        with self._lock:
            arrived, self._arrived, received = self._arrived, [], self._received
        self._new += arrived
        self._since_tick += arrived
        now = self._clock()
        self._book.add(arrived, now)
        if time.monotonic() - self._tidied >= TIDY_EVERY_SECONDS:
            self._tidied = time.monotonic()
            self._book.tidy(now)
        return received

    def _renew(self) -> None:
        """Take over what people set meanwhile: rules, and the fences these look at."""
        self._rules.renew()
        self._watch.run(self._rules.running)
        if self._fences and (fences := self._fences()) is not self._book.facts.get("fences"):
            self._book.replace("fences", fences)
        self._alerts.up = ways(one for one in self._rules.running.values() if one.enabled)

    def _facts(self, now: datetime) -> Facts:
        known: dict[str, Any] = {**{name: self._latest(name) for name in PICTURES}, **self._book.facts}
        return Facts(
            now=now, zone=self._zone, new=_by_kind(self._new), feeds=self._health(), queue_before=self._queue_before,
            firing=alert.firing_keys(self._alerts.standing().values()), silent=self._watch.silent(), **known,
        )  # fmt: skip

    def _save(self, judged: Sequence[Judged], facts: Facts) -> None:
        vessels = self._latest("vessels")
        if self._alerts.judge(judged, facts.now, lambda finding: place_of(finding, facts, self._plan, vessels)):
            self._changed()

    def _keep(self, facts: Facts, whole: bool, received: datetime) -> None:
        self._watch.keep()
        seen, self._new = bool(self._new), []
        if whole:
            self._queue_before, self._since_tick = facts.queue, []
            states = self._watch.states()
            self._name_failed({name: why for name, (state, why) in states.items() if state == "error"})
            self._keep_states(states)
        if seen and not self._watch.owing and time.monotonic() - self._marked >= MARK_EVERY_SECONDS:
            self._marked = time.monotonic()
            self._mark(received)

    def _keep_states(self, states: dict[str, tuple[str, str]]) -> None:
        """Told at once when an instance comes into another state, every minute when only the words for it changed."""
        same = {name: state for name, (state, _) in states.items()} == {
            name: state for name, (state, _) in self._states.items()
        }
        if states != self._states and (not same or time.monotonic() - self._told >= TIDY_EVERY_SECONDS):
            self._store.rules.keep_states(states)
            self._states, self._told = states, time.monotonic()

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
        due = time.monotonic()
        while not self._stopped.is_set():
            whole = time.monotonic() >= due
            if whole:
                due = time.monotonic() + self._every
            self._news.clear()
            try:
                if not taken_up:
                    self._book.add(self._store.rules.newest(), self._clock())
                    self._take_up()
                    taken_up = True
                self.evaluate(whole)
            except Exception as error:
                self._troubles.failed("rules", error)
                self._stopped.wait(self._every)
            else:
                self._troubles.worked("rules")
            self._stopped.wait(REST_SECONDS)
            self._news.wait(max(0.0, due - time.monotonic()))


def _by_kind(records: Sequence[Record]) -> dict[type[Record], list[Record]]:
    found: dict[type[Record], list[Record]] = defaultdict(list)
    for record in records:
        found[type(record)].append(record)
    return found
