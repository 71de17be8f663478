"""Does what the outbox holds when it is due: tells people outside, and puts on record what nobody acknowledged.

Only the collector in charge runs one. Every target has a thread while there is something to tell it, so one that hangs
holds up no other. An entry is claimed, done, and then marked: whoever is killed in between leaves it to be done again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog

from domain.deliveries import (
    FAILURES,
    GIVE_UP,
    SENT,
    SKIPPED,
    Job,
    Message,
    Outcome,
    doing,
    retry_at,
)
from domain.errors import FeedError, StoreUnavailableError
from domain.escalation import ClockWatch, Target, Telling
from pipeline.address import address
from pipeline.secrets import Secrets
from pipeline.sending import seconds_for
from pipeline.step_thread import StepThread
from pipeline.troubles import Troubles
from settings import Settings
from store.engine import Store
from store.writes.outbox import Claimed, Done

LOOK_SECONDS = 0.5
PAUSE_SECONDS = 15.0  # between two messages to one target, but for level I: what comes meanwhile is put together
SINGLY = 5  # so many level I alerts at once get a message each; more are named one by one in one, which is faster
MOST_URGENT, MOST = 50, 200
LOOKED_BACK = 20  # attempts: how often it failed in a row, as far as that matters
LOOK_AGAIN = timedelta(seconds=30)  # at a target that rests: a test may have reached it
KEPT = timedelta(days=90)
FORGET_SECONDS = 3600.0
MARK_TRIES = 5
Escalated = Callable[[Claimed], None]
log = structlog.get_logger(__name__)


class Notifier(StepThread):
    """The thread that looks what is due, and a thread for every target that is told something now.

    What is being sent and not marked by the end of ``stop`` is sent again by the next.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        telling: Telling,
        send: Callable[[Job], dict[int, Outcome]],
        escalated: Escalated,
        clock: Callable[[], datetime],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            settings: language, port and address for the words of messages, and what may be connected to.
            store: its outbox.
            telling: the targets.
            send: sends a job; see ``pipeline.sending``.
            escalated: puts on record that nobody acknowledged an alert; may be called again for the same entry.
            clock: aware UTC.
            ticks: seconds of a clock nobody sets.
        """
        self._settings, self._outbox, self._telling, self._send = settings, store.outbox, telling, send
        self._secrets, self._escalated, self._clock, self._ticks = Secrets(settings, store), escalated, clock, ticks
        self._holder = uuid4().hex
        self._watch = ClockWatch(clock(), ticks())
        self._zone = ZoneInfo(settings.port.timezone)
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._told_at: dict[str, float] = {}
        self._rests: dict[str, float] = {}
        self._forget_at = ticks() + FORGET_SECONDS
        self._troubles = Troubles()
        super().__init__("notifier")

    def _loop(self) -> None:
        taken_over = False
        while not self._stopped.wait(LOOK_SECONDS if taken_over or self._troubles else 0.0):
            try:
                if not taken_over:
                    self._outbox.take_over(self._holder, self._clock())
                    taken_over = True
                self.look()
            except Exception as error:
                self._troubles.failed("notifier", error)
            else:
                self._troubles.worked("notifier")

    def look(self) -> None:
        """Do what is due now: what goes to people in threads, what goes on record here."""
        now = self._clock()
        lost = self._watch.set_back(now, self._ticks())
        if lost:
            log.warning("clock_set_back", seconds=lost.total_seconds())
            self._outbox.set_back(lost)
        for target, kinds in self._outbox.due(now).items():
            if not target:
                self._put_on_record(now)
            elif (wanted := self._wanted(target, kinds)) and self._take(target):
                threading.Thread(target=self._tell, args=(target, wanted), name=f"notify-{target}", daemon=True).start()
        if self._ticks() >= self._forget_at and not self._outbox.forget(now - KEPT):
            self._forget_at = self._ticks() + FORGET_SECONDS

    def _wanted(self, target: str, kinds: set[str]) -> list[str]:
        """Of the kinds that are due those whose turn it is: a test at once, level I before the rest."""
        ticks = self._ticks()
        paused = ticks < self._told_at.get(target, -PAUSE_SECONDS) + PAUSE_SECONDS
        rests = ticks < self._rests.get(target, 0.0)
        held = {"urgent", "notify"} if rests else {"notify"} if paused else set()
        return [kind for kind in ("test", "urgent", "notify") if kind in kinds - held]

    def _take(self, target: str) -> bool:
        with self._lock:
            free = target not in self._busy
            self._busy.add(target)
        return free

    def _put_on_record(self, now: datetime) -> None:
        done = []
        for entry in self._outbox.claim("", ["escalate"], self._holder, now, MOST):
            try:
                self._escalated(entry)
            except Exception as error:
                self._troubles.failed("escalate", error)
                done.append(self._failed(entry, Outcome("failed", type(error).__name__)))
            else:
                self._troubles.worked("escalate")
                done.append(Done(entry.id, "done", SENT))
        if done:
            self._outbox.mark(self._holder, done, now)

    def _tell(self, target: str, wanted: Sequence[str]) -> None:
        try:
            claimed = self._claim(target, wanted[0])
            if claimed:
                self._mark(self._told(target, claimed))
        except Exception as error:
            self._troubles.failed("notify", error, target)
        else:
            self._troubles.worked("notify", target)
        finally:
            with self._lock:
                self._busy.discard(target)

    def _claim(self, target: str, kind: str) -> list[Claimed]:
        """What is to be told now; when it failed again and again one entry, which tells how the target is doing."""
        now, most = self._clock(), MOST_URGENT if kind == "urgent" else MOST
        if kind != "test":
            state = doing(self._outbox.attempts(target, LOOKED_BACK), now)
            if state.rests_until is not None:
                self._rests[target] = self._ticks() + min(state.rests_until - now, LOOK_AGAIN).total_seconds()
                return []
            most = 1 if state.failures >= FAILURES else most
        if kind == "notify":
            self._told_at[target] = self._ticks()
        return self._outbox.claim(target, [kind], self._holder, now, most)

    def _told(self, name: str, claimed: Sequence[Claimed]) -> list[Done]:
        """What became of the entries of one target."""
        target = self._telling.targets.get(name)
        if target is None or not target.enabled:
            return [Done(entry.id, "dead", "no_target") for entry in claimed]
        if claimed[0].kind == "notify" and not target.awake(self._clock(), self._zone):
            return [Done(entry.id, "skipped", SKIPPED) for entry in claimed]
        together = self._together(claimed)
        outcomes = self._sent(name, target, together)
        return [
            Done(entry.id, "done", SENT) if outcome.result == SENT else self._failed(entry, outcome)
            for entries, outcome in zip(together, outcomes, strict=True)
            for entry in entries
        ]

    def _together(self, claimed: Sequence[Claimed]) -> list[list[Claimed]]:
        """The entries of each message."""
        if claimed[0].kind == "test" or (claimed[0].kind == "urgent" and len(claimed) <= SINGLY):
            return [[entry] for entry in claimed]
        return [list(claimed)]

    def _sent(self, name: str, target: Target, together: Sequence[Sequence[Claimed]]) -> list[Outcome]:
        try:
            url = self._secrets.address(f"alerts.targets.{name}", target.url)
        except FeedError as error:
            return [Outcome(error.code, error.detail)] * len(together)
        messages = tuple(
            Message(number, () if entries[0].kind == "test" else tuple(entry.body for entry in entries),
                    by=entries[0].body.get("by", ""))
            for number, entries in enumerate(together)
        )  # fmt: skip
        language = target.language or self._settings.language
        port = self._settings.port
        outcomes = self._send(Job(
            url=url, language=language, timezone=port.timezone, outbound=self._settings.outbound,
            port=port.name_en if language == "en" else port.name_zh, address=address(self._settings),
            seconds=seconds_for(len(messages)), messages=messages,
        ))  # fmt: skip
        results = sorted({outcome.result for outcome in outcomes.values()})
        log.info("notified", target=name, messages=len(messages), results=results)
        return [outcomes[message.number] for message in messages]

    def _failed(self, entry: Claimed, outcome: Outcome) -> Done:
        now = self._clock()
        if entry.kind == "test" or now - entry.at > GIVE_UP:
            return Done(entry.id, "dead", outcome.result, outcome.detail)
        again = retry_at(entry.attempts + 1, now, random.random())  # noqa: S311 - spreads retries, hides nothing
        return Done(entry.id, "pending", outcome.result, outcome.detail, again)

    def _mark(self, done: Sequence[Done]) -> None:
        """Note it, also when the store is busy for a moment: what is not noted is sent again."""
        for left in reversed(range(MARK_TRIES)):
            try:
                self._outbox.mark(self._holder, done, self._clock())
                return
            except StoreUnavailableError as error:
                if not left or error.code == "fenced" or self._stopped.wait(1.0):
                    raise
