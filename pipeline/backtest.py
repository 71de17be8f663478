"""Plays a rule instance over the past: how often it would have fired, when, and for how long.

In a process of its own, at low priority: a month is seconds of work, and the live picture must not wait for them. Draft
and published version are played over the same past at the same time. The same question gives the same answer.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog

from domain.backtest import DAYS, Asked, BackTest, Course, course, dates
from domain.errors import CockpitError
from domain.permissions import Permission
from domain.rule_instances import Changes, configured, problems
from domain.rule_versions import in_force, running, with_changes
from domain.rules import rule_of
from domain.rules.base import Rule, RuleInstance
from domain.viewer import Viewer
from pipeline.children import Child, command, end_with_parent, own_store, say
from pipeline.fences import FenceDesk
from pipeline.replaying import Player, Replay, RuleThrewError
from pipeline.rule_past import UnplayableError, past_of
from settings import Settings, numbers
from store.engine import Store

LIMIT_SECONDS = 30.0
MOST_AT_ONCE = 2  # of one serving process
BETWEEN = 256  # changes between two looks at the clock
log = structlog.get_logger(__name__)


class StoppedError(CockpitError):
    """It was cancelled, or took too long: ``code``."""

    def __init__(self, code: str) -> None:
        """Remember which."""
        super().__init__(code)
        self.code = code


class Bench(msgspec.Struct, frozen=True):
    """What is played: the rule, and its instances by ``draft`` and ``published``."""

    rule: Rule
    instances: Mapping[str, RuleInstance]


def bench_of(settings: Settings, store: Store, asked: Asked) -> Bench:
    """The instances a question is about.

    Raises:
        RuleChangesError: no rule is called so, or the changes cannot be.
    """
    limits = numbers(settings.limits)
    known = configured(settings.alerts.rules, limits)
    live, _ = running(known, in_force(store.rules.versions()), limits)
    found = {}
    if asked.changes is not None or asked.name not in live:
        found["draft"] = with_changes(known, asked.name, asked.changes or Changes(), limits)
    if asked.name in live:
        found["published"] = live[asked.name]
    rule = rule_of(asked.name)
    assert rule is not None  # noqa: S101 - else the changes could not be
    return Bench(rule, found)


def play(settings: Settings, store: Store, asked: Asked, stopped: Callable[[], str] = lambda: "") -> BackTest:
    """Play it, here and now.

    Args:
        settings: the configuration.
        store: read from.
        asked: what.
        stopped: asked now and then: why to stop, empty: go on.

    Raises:
        RuleChangesError: no rule is called so, or the changes cannot be.
        StoreUnavailableError: the past cannot be read.
    """
    began, bench = time.monotonic(), bench_of(settings, store, asked)
    since = asked.until - timedelta(days=asked.days)
    blank = BackTest(name=asked.name, since=since, until=asked.until, played_from=since)
    try:
        return msgspec.structs.replace(
            _played(settings, store, asked, bench, blank, stopped), seconds=round(time.monotonic() - began, 2)
        )
    except UnplayableError as why:
        return msgspec.structs.replace(blank, state="unplayable", detail=why.code)
    except RuleThrewError as why:
        return msgspec.structs.replace(blank, state="error", detail=str(why))
    except StoppedError as why:
        state: Any = why.code
        return msgspec.structs.replace(blank, state=state)


def _played(
    settings: Settings, store: Store, asked: Asked, bench: Bench, blank: BackTest, stopped: Callable[[], str]
) -> BackTest:
    viewer = Viewer(name="back-test", scope=asked.scope)
    zone = ZoneInfo(settings.port.timezone)
    fences = FenceDesk(store, settings.geo_folder).in_force()
    instances = [*bench.instances.values()]
    past = past_of(bench.rule, store.reads.rule_past(viewer), blank.since, blank.until, instances, fences)
    replay = Replay(bench.rule, instances, zone, {"fences": fences})
    for number, news in enumerate(past.news):
        if number % BETWEEN == 0 and (why := stopped()):
            raise StoppedError(why)
        replay.take(news)
    replay.end(blank.until)
    days = dates(blank.since, blank.until, zone)
    found: dict[str, Course] = {}
    for (kind, instance), player in zip(bench.instances.items(), replay.players, strict=True):
        found[kind] = _course(kind, instance, player, (past.since, blank.until), days, zone, settings)
    more = found["draft"].total - found["published"].total if len(found) == 2 else None
    return msgspec.structs.replace(
        blank, played_from=past.since, dates=days, operators=settings.alerts.operators, more=more, notes=past.notes,
        **found,
    )  # fmt: skip


def _course(
    kind: str, instance: RuleInstance, player: Player, span: tuple[datetime, datetime], days: Any, zone: ZoneInfo,
    settings: Settings,
) -> Course:  # fmt: skip
    version = None if kind == "draft" else instance.version
    episodes = player.episodes if instance.enabled else []
    return course(
        episodes, version, span, days, zone, settings.alerts, event=player.event, unjudged=player.unjudged
    )  # fmt: skip


def main(settings: Settings, job: str) -> int:
    """The inner command ``backtest``: play, and tell the parent.

    Returns:
        Exit code.
    """
    end_with_parent()
    gc.disable()  # it lives for seconds
    ends = time.monotonic() + LIMIT_SECONDS
    store = own_store(settings)
    try:
        done = play(settings, store, msgspec.json.decode(job, type=Asked),
                    lambda: "too_slow" if time.monotonic() > ends else "")  # fmt: skip
        say(backtest=done)
    finally:
        store.close()
    return 0


class BackTests:
    """Back-tests of one serving process: one of each person at a time, a new one ends the one before. Thread-safe."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Nothing runs."""
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()
        self._running: dict[str, Child] = {}

    def check(self, viewer: Viewer, name: str, changes: Changes | None) -> list[tuple[str, str]]:
        """Keys of a question that make no sense, and why.

        Raises:
            NotAllowedError: the viewer may not change rules.
        """
        viewer.require(Permission.RULES)
        limits = numbers(self._settings.limits)
        base = configured(self._settings.alerts.rules, limits).get(name)
        return list(problems(name, changes or Changes(), limits, base))

    def run(self, viewer: Viewer, name: str, changes: Changes | None, days: int = DAYS) -> BackTest:
        """Play and wait, ``LIMIT_SECONDS`` at most; the changes were checked before.

        Raises:
            NotAllowedError: the viewer may not change rules.
        """
        viewer.require(Permission.RULES)
        until = self._clock()
        asked = Asked(name=name, changes=changes, days=days, until=until, scope=viewer.scope)
        since = until - timedelta(days=days)
        blank = BackTest(name=name, since=since, until=until, played_from=since)
        said: list[BackTest] = []
        ended = threading.Event()
        arguments = [*command(self._settings, "backtest"), "--job", msgspec.json.encode(asked).decode()]
        self.cancel(viewer)
        with self._lock:
            if len(self._running) >= MOST_AT_ONCE:
                return msgspec.structs.replace(blank, state="busy")
            try:
                child = Child(
                    arguments, self._settings, lambda message: said.append(_read(message)), lambda _: ended.set()
                )  # fmt: skip
            except OSError as error:
                log.warning("step_failed", step="backtest", error=repr(error))
                return msgspec.structs.replace(blank, state="failed")
            self._running[viewer.name] = child
        try:
            late = not ended.wait(LIMIT_SECONDS)
        finally:
            child.stop()
            with self._lock:
                mine = self._running.get(viewer.name) is child
                if mine:
                    del self._running[viewer.name]
        if said:
            return said[0]
        return msgspec.structs.replace(blank, state="too_slow" if late else "failed" if mine else "cancelled")

    def cancel(self, viewer: Viewer) -> bool:
        """End what this person has running; tells whether there was anything."""
        with self._lock:
            child = self._running.pop(viewer.name, None)
        if child is not None:
            child.stop()
        return child is not None


def _read(message: Mapping[str, Any]) -> BackTest:
    return msgspec.convert(message["backtest"], BackTest, str_keys=True)  # JSON has no other keys
