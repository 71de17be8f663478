"""History is filled in once, the gap after a pause is closed, and the screen can show how far it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import Source, feed, registered, settings, wait_for

from datasources.contract import Batch
from domain.records import GateMove, InspectionStep, Node, Origin
from domain.viewer import SYSTEM
from pipeline import backfill
from pipeline.children import CHILD, Child
from pipeline.notices import NoticeBoard
from settings import Settings
from store.engine import Store, open_store

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def few_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "DAYS", 8)


@pytest.fixture
def source() -> Iterator[Source]:
    with registered("fake") as made:
        yield made


def hourly(asked: list[tuple[datetime, datetime]]) -> Any:
    """A source with a gate move every hour; notes what it is asked for."""

    def backfill(options: Any, context: Any, since: datetime, until: datetime) -> Iterator[Batch]:
        asked.append((since, until))
        moment = since.replace(minute=0, second=0, microsecond=0) + HOUR
        while moment <= until:
            yield Batch(records=[
                GateMove(feed=context.feed, origin=Origin.SIMULATED, event_time=moment, move_id=moment.isoformat(),
                         gate_id="G1", direction="in")
            ])  # fmt: skip
            moment += HOUR

    return backfill


def offer(source: Source, asked: list[tuple[datetime, datetime]]) -> None:
    sys.modules["datasources.fake"].backfill = hourly(asked)  # type: ignore[attr-defined]


def test_all_of_the_history_once_then_only_the_gap(tmp_path: Path, source: Source) -> None:
    asked: list[tuple[datetime, datetime]] = []
    offer(source, asked)
    given, told = settings(tmp_path, feed("gates")), []
    first = backfill.run(given, told.append, lambda: NOW, apart=False)
    assert first["gates"].accepted == backfill.DAYS * 24
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 100
    later = NOW + 5 * HOUR
    again = backfill.run(given, told.append, lambda: later, apart=False)
    assert asked == [(NOW - timedelta(days=backfill.DAYS), NOW), (NOW, later)]
    assert (again["gates"].accepted, again["gates"].duplicate) == (5, 0)
    assert backfill.run(given, told.append, lambda: later, apart=False) == {}

    store = open_store(given.database_url)
    times, values = store.reads.series(SYSTEM, "gate_moves", "port", NOW - 100 * HOUR, later)
    store.close()
    assert len(times) == 104
    assert set(values) == {1.0}


def test_a_backfill_cut_off_is_done_again_whole(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "CHUNK_ROWS", 24)
    asked: list[tuple[datetime, datetime]] = []
    offer(source, asked)
    given = settings(tmp_path, feed("gates"))

    class Cut(Exception):
        pass

    def cut(share: float) -> None:
        if share > 0.5:
            raise Cut

    with pytest.raises(Cut):
        backfill.run(given, cut, lambda: NOW, apart=False)
    whole = backfill.run(given, lambda share: None, lambda: NOW, apart=False)
    assert asked[0] == asked[1]
    assert whole["gates"].duplicate > 50
    assert whole["gates"].accepted + whole["gates"].duplicate == backfill.DAYS * 24


def test_what_a_batch_tells_becomes_visible_at_once(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a declaration stands weeks overdue in the live queue until the next transaction brings its later nodes."""
    monkeypatch.setattr(backfill, "CHUNK_ROWS", 10)
    days = [
        [
            InspectionStep(feed="inspections", origin=Origin.SIMULATED, event_time=NOW - DAY * ago + HOUR * node,
                           declaration_no=f"{ago:02}{number:016}", node=list(Node)[node])
            for node in range(3) for number in range(2)
        ]
        for ago in range(1, 9)
    ]  # fmt: skip
    told = lambda *_: (Batch(records=list(day)) for day in days)  # noqa: E731
    sys.modules["datasources.fake"].backfill = told  # type: ignore[attr-defined]
    transactions: list[list[str]] = []
    ingest = Store.ingest

    def watched(self: Store, feed: str, records: list[InspectionStep], *rest: Any) -> Any:
        transactions.append([record.declaration_no for record in records])
        return ingest(self, feed, records, *rest)

    monkeypatch.setattr(Store, "ingest", watched)
    backfill.run(settings(tmp_path, feed("inspections")), lambda share: None, lambda: NOW, apart=False)
    seen = [set(numbers) for numbers in transactions if numbers]
    assert len(seen) == len(days)
    assert all(one.isdisjoint(other) for place, one in enumerate(seen) for other in seen[:place])


def test_feeds_without_history_are_left_alone(tmp_path: Path, source: Source) -> None:
    given = settings(tmp_path, feed("gates"))
    assert not backfill.has_work(given)
    assert backfill.run(given, lambda share: None, lambda: NOW, apart=False) == {}


def test_processes_of_their_own_store_the_same_as_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "DAYS", 1)
    now, stored, shares = datetime.now(UTC), [], []
    for home, apart in (("here", False), ("apart", True)):
        world = {"trucks": 20, "vessels": 5, "seed": 3}
        feeds = [feed(name, "simulation", options={"dataset": name, **world}) for name in ("laboratory", "gates")]
        given = settings(tmp_path / home, *feeds)
        stored.append(backfill.run(given, shares.append, lambda: now, apart=apart))
        store = open_store(given.database_url)
        stored.append(store.reads.counts(SYSTEM))
        store.close()
    assert stored[0] == stored[2]
    assert stored[0]["gates"].accepted > 0
    assert stored[1] == stored[3]
    assert shares[-1] == 1.0


def _child(given: Settings, code: str, **told: Any) -> Child:
    return Child(
        [sys.executable, "-c", code], given, told.get("message", lambda m: None), told.get("end", lambda c: None)
    )


def test_progress_reaches_the_parent_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, messages, codes = settings(tmp_path), [], []
    code = (
        "from pipeline.children import say\nprint('chatter')\nsay(share=0.25)\n"
        "say(feed='x', counts={})\nraise SystemExit(4)"
    )
    child = _child(given, code, message=messages.append, end=codes.append)
    wait_for(lambda: codes == [4])
    assert messages == [{"share": 0.25}, {"feed": "x", "counts": {}}]
    assert "chatter" in capsys.readouterr().err  # its log is not lost
    child.stop()


def test_a_child_that_watches_its_parent_ends_cleanly(tmp_path: Path) -> None:
    codes: list[int] = []
    _child(settings(tmp_path), "from pipeline.children import end_with_parent; end_with_parent()", end=codes.append)
    wait_for(lambda: codes == [0])


def test_stop_ends_a_child(tmp_path: Path) -> None:
    child = _child(settings(tmp_path), "import time; time.sleep(600)")
    assert child.running
    child.stop()
    assert not child.running


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    grandchild = "from pipeline.children import end_with_parent; end_with_parent(); import time; time.sleep(600)"
    parent = (
        "import subprocess, sys, time\n"
        f"c = subprocess.Popen([sys.executable, '-c', {grandchild!r}], stdin=subprocess.PIPE)\n"
        "print(c.pid, flush=True); time.sleep(600)"
    )
    environment = {**os.environ, CHILD: "1"}
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, env=environment,
        cwd=Path(__file__).parents[2],
    ) as process:  # fmt: skip
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert _alive(pid)
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: not _alive(pid))


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_notices_are_published_when_they_change() -> None:
    shown: list[list[str]] = []
    board = NoticeBoard(lambda topic, picture: shown.append([row.code for row in picture.rows]))
    board.post("backfill", "backfill", percent=1)
    board.post("backfill", "backfill", percent=1)
    board.post("backfill", "backfill", percent=2)
    board.take_down("nothing")
    board.take_down("backfill")
    assert shown == [["backfill"], ["backfill"], []]
