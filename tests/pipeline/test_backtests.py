"""Back-tests run in processes of their own: one that is cancelled, dies or hangs is ended, said so, and makes room."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.backtest import BackTest
from domain.permissions import Role
from domain.viewer import Viewer
from pipeline import backtest
from pipeline.backtest import MOST_AT_ONCE, BackTests
from settings import load

DEAF = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
TELLS = "open(os.environ['COCKPIT_HOME'] + '/' + str(os.getpid()) + '.pid', 'w').close(); "
HANGS = DEAF + TELLS + "time.sleep(600)"  # and does not end when it is asked to
DIES = "import sys; print('half a mess'); sys.exit(3)"
ANSWERS = (
    "print('{\"backtest\": {\"name\": \"gate_queue\", \"since\": \"2026-11-01T00:00:00Z\","
    " \"until\": \"2026-11-02T00:00:00Z\", \"played_from\": \"2026-11-01T00:00:00Z\"}}')"
)  # fmt: skip
Child = Callable[[str], None]


def boss(name: str = "boss") -> Viewer:
    return Viewer(name=name, roles=frozenset({Role.SUPERVISOR}))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BackTests:
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path))
    return BackTests(load())


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Child:
    """Says what the next children are."""
    return lambda code: monkeypatch.setattr(backtest, "command", lambda settings, name: [sys.executable, "-c", code])


def asked(desk: BackTests, viewer: Viewer | None = None) -> BackTest:
    return desk.run(viewer or boss(), "gate_queue", None)


def running(folder: Path, count: int) -> list[int]:
    """The processes of the children, once so many have begun to hang."""
    ends = time.monotonic() + 60
    while len(found := [int(one.stem) for one in folder.glob("*.pid")]) < count:
        assert time.monotonic() < ends, "no child began"
        time.sleep(0.02)
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def makes_room(desk: BackTests, child: Child) -> None:
    """As many as may run find a place; each says who they are."""
    child(ANSWERS)
    assert [asked(desk, boss(f"p{n}")).state for n in range(MOST_AT_ONCE + 1)] == ["ok"] * (MOST_AT_ONCE + 1)
    assert not desk.cancel(boss())


def test_cancelling_ends_the_process_though_it_does_not_listen(desk: BackTests, child: Child, tmp_path: Path) -> None:
    child(HANGS)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(asked, desk)
        (pid,) = running(tmp_path, 1)
        assert desk.cancel(boss())
        assert waiting.result(60).state == "cancelled"
    assert not alive(pid)
    makes_room(desk, child)


def test_a_new_question_ends_the_one_before_and_others_wait_their_turn(
    desk: BackTests, child: Child, tmp_path: Path
) -> None:
    child(HANGS)
    with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
        waiting: list[Future[BackTest]] = [threads.submit(asked, desk, boss(f"p{n}")) for n in range(MOST_AT_ONCE)]
        pids = running(tmp_path, MOST_AT_ONCE)
        assert asked(desk, boss("late")).state == "busy"
        child(ANSWERS)
        assert asked(desk, boss("p0")).state == "ok"
        assert waiting[0].result(60).state == "cancelled"
        assert [alive(pid) for pid in pids].count(True) == MOST_AT_ONCE - 1
        for n in range(1, MOST_AT_ONCE):
            desk.cancel(boss(f"p{n}"))
            assert waiting[n].result(60).state == "cancelled"
    assert not any(alive(pid) for pid in pids)


def test_one_that_hangs_is_too_slow(
    desk: BackTests, child: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(HANGS)
    monkeypatch.setattr(backtest, "LIMIT_SECONDS", 3.0)
    test = asked(desk)
    assert (test.name, test.state, test.published) == ("gate_queue", "too_slow", None)
    assert not any(alive(pid) for pid in running(tmp_path, 1))
    monkeypatch.setattr(backtest, "LIMIT_SECONDS", 60.0)
    makes_room(desk, child)


@pytest.mark.parametrize("code", [DIES, 'print(\'{"backtest": {"name": 7}}\')', None])
def test_one_that_dies_or_talks_nonsense_has_failed(
    desk: BackTests, child: Child, monkeypatch: pytest.MonkeyPatch, code: str | None
) -> None:
    if code is None:  # it cannot even be started
        monkeypatch.setattr(backtest, "command", lambda settings, name: ["/no/such/program"])
    else:
        child(code)
    assert asked(desk).state == "failed"
    makes_room(desk, child)
