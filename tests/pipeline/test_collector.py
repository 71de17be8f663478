"""The steps together, on a real store: from a source's rows to pictures, alerts and back."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from fakes import Hanging, Source, counting, failing, feed, registered, settings, wait_for

from datasources.contract import Batch
from domain import rules
from domain.errors import NotAllowedError
from domain.pictures import AlertRow, FeedRow, FeedState
from domain.records import CheckResult, GateMove, Origin, VehiclePosition
from domain.rules.base import Rule
from domain.viewer import PORT_OPERATOR, SYSTEM, Viewer
from pipeline.alert_desk import CHANGED
from pipeline.collector import Collector
from settings import Feed
from store.engine import Store, open_store


class Topics:
    """The newest picture of every topic, and how often each was published."""

    def __init__(self) -> None:
        self.pictures: dict[str, Any] = {}
        self.times: dict[str, int] = {}

    def __call__(self, topic: str, picture: Any) -> None:
        self.pictures[topic] = picture
        self.times[topic] = self.times.get(topic, 0) + 1

    def rows(self, topic: str) -> list[Any]:
        return self.pictures[topic].rows if topic in self.pictures else []

    def row(self, topic: str, key: str) -> Any:
        return next((row for row in self.rows(topic) if row.key == key), None)


class Running:
    def __init__(self, collector: Collector, store: Store, topics: Topics) -> None:
        self.collector, self.store, self.topics = collector, store, topics

    def health(self, name: str) -> FeedRow:
        return next(row for row in self.collector.health() if row.key == name)

    def count(self, table: str) -> int:
        return self.store.reads.counts(SYSTEM).get(table, 0)


@contextmanager
def running(folder: Path, *feeds: Feed, busy_seconds: float = 5.0) -> Iterator[Running]:
    given = settings(folder, *feeds)
    given.home.mkdir(exist_ok=True)
    store = open_store(given.database_url, busy_seconds=busy_seconds)
    topics = Topics()
    collector = Collector(given, store, topics)
    collector.start()
    try:
        yield Running(collector, store, topics)
    finally:
        collector.stop()
        store.close()


@pytest.fixture
def source() -> Iterator[Source]:
    with registered("fake") as made:
        yield made


def mismatch(number: int, at: datetime) -> CheckResult:
    return CheckResult(
        feed="checks", origin=Origin.SIMULATED, event_time=at, check_id=f"c{number}", ref=f"check {number}",
        declaration_no=f"42582023000000{number:04d}", container_no="MSKU6011672", result="seal_mismatch",
    )  # fmt: skip


def truck(number: int, at: datetime) -> VehiclePosition:
    return VehiclePosition(
        feed="trucks", origin=Origin.SIMULATED, event_time=at, vehicle_id=f"鲁B{number:05d}",
        lon=120.2, lat=36.0, speed_kmh=20.0,
    )  # fmt: skip


def test_rows_reach_the_screens_with_feed_origin_and_age(tmp_path: Path, source: Source) -> None:
    source.poll = lambda context: Batch(records=[truck(n, context.now()) for n in range(5)], counts={"messages": 5})
    with running(tmp_path, feed("trucks", every_seconds=0.3)) as it:
        wait_for(lambda: it.topics.times.get("vehicles", 0) >= 3 and len(it.topics.pictures["vehicles"].ids) == 5)
        picture = it.topics.pictures["vehicles"]
        assert (picture.feeds, picture.origins) == (["trucks"], ["simulated"])
        assert picture.as_of is not None
        assert picture.expected_seconds == 10.0
        wait_for(lambda: it.topics.row("feeds", "trucks").state is FeedState.OK)
        assert it.topics.row("feeds", "trucks").counts["messages"] >= 5
        it.collector.pause("trucks")
        wait_for(lambda: it.topics.pictures["vehicles"].as_of is not None)

        def stands() -> bool:
            """A stopped feed lets the time stand still, once what was under way is stored."""
            before = it.topics.pictures["vehicles"].as_of
            time.sleep(1.5)
            return bool(it.topics.pictures["vehicles"].as_of == before)

        wait_for(stands)
        stood = it.topics.pictures["vehicles"].as_of
        it.collector.resume("trucks")
        wait_for(lambda: it.topics.pictures["vehicles"].as_of > stood)


def test_a_hung_feed_is_down_and_the_other_stays_in_time(tmp_path: Path, source: Source) -> None:
    source.poll = counting()
    with registered("hung") as bad:
        hang = bad.poll = Hanging()
        with running(tmp_path, feed("good"), feed("bad", "hung", timeout_seconds=0.3)) as it:
            latest = []
            wait_for(lambda: it.health("bad").state is FeedState.DOWN)
            for _ in range(10):
                time.sleep(0.1)
                latest.append((datetime.now(UTC) - it.health("good").last_ok_at).total_seconds())
            assert max(latest) < 5.0  # seen: under 0.2; a slow machine is no failure
            assert it.health("good").state is FeedState.OK
            assert it.health("bad").message_code in ("timeout", "hung")
            bad.poll = counting()
            hang.release.set()
            wait_for(lambda: it.health("bad").state is FeedState.OK)
            assert it.count("gate_move") > 0


def test_a_failing_feed_shows_what_is_wrong(tmp_path: Path, source: Source) -> None:
    source.poll = failing("missing_folder")
    with structlog.testing.capture_logs(), running(tmp_path, feed("ais", every_seconds=0.2)) as it:
        wait_for(lambda: it.health("ais").state is FeedState.DOWN)
        assert it.health("ais").message_code == "missing_folder"
        assert it.health("ais").next_poll_at is not None
        wait_for(lambda: it.topics.row("alerts", "feed_down:ais") is not None)  # the rule sees it too


def test_a_locked_store_loses_nothing(tmp_path: Path, source: Source) -> None:
    source.poll = counting(5)
    with structlog.testing.capture_logs(), running(tmp_path, feed("gates"), busy_seconds=0.1) as it:
        wait_for(lambda: it.count("gate_move") >= 10)
        other = sqlite3.connect(it.collector._settings.home / "cockpit.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        polls = source.polls
        wait_for(lambda: it.topics.row("notices", "store") is not None)
        wait_for(lambda: source.polls >= polls + 5)
        it.store.reads.gates(SYSTEM)  # reading goes on
        stood = it.health("gates").last_ok_at
        time.sleep(0.3)
        assert it.health("gates").last_ok_at == stood  # not stored is not delivered
        other.execute("ROLLBACK")
        other.close()
        wait_for(lambda: it.topics.row("notices", "store") is None)
        it.collector.pause("gates")  # a poll under way is still stored
        wait_for(lambda: it.count("gate_move") == it.store.cursor("gates")["next"])  # type: ignore[index]


def test_unusable_rows_are_quarantined_and_the_rest_kept(tmp_path: Path, source: Source) -> None:
    def poll(context: Any) -> Batch:
        good, bad = truck(1, context.now()), truck(2, context.now())
        wrong = VehiclePosition(**{f: getattr(bad, f) for f in bad.__struct_fields__} | {"lat": 91.0, "ref": "row 2"})
        return Batch(records=[good, wrong] if source.polls == 1 else [])

    source.poll = poll
    with running(tmp_path, feed("trucks", every_seconds=0.2)) as it:
        wait_for(lambda: it.health("trucks").accepted == 1)
        assert it.health("trucks").state is FeedState.DEGRADED
        assert it.health("trucks").quarantined == 1
        assert "row 2" in it.health("trucks").message
        assert [row["ref"] for row in it.store.reads.quarantine(SYSTEM)] == ["row 2"]


def test_alerts_come_at_once_and_people_act_on_them(tmp_path: Path, source: Source) -> None:
    source.poll = lambda context: Batch(records=[mismatch(1, context.now())] if source.polls == 1 else [])
    with running(tmp_path, feed("checks")) as it:
        wait_for(lambda: any(row.rule == "co_inspection_mismatch" for row in it.topics.rows("alerts")))
        alert: AlertRow = it.topics.rows("alerts")[0]
        act = it.collector.desk.act
        with pytest.raises(NotAllowedError):
            act(Viewer(name="guest"), alert.id, "acknowledge", alert.version)
        seen = act(PORT_OPERATOR, alert.id, "acknowledge", alert.version).row
        assert (seen.state, seen.acknowledged_by) == ("acknowledged", "loopback")
        assert it.topics.row("alerts", alert.key).state == "acknowledged"
        assert act(PORT_OPERATOR, alert.id, "close", alert.version).refusal == CHANGED
        assert not act(PORT_OPERATOR, alert.id, "close", seen.version).refusal
        assert it.topics.row("alerts", alert.key) is None


def test_racers_on_one_alert_have_one_winner(tmp_path: Path, source: Source) -> None:
    source.poll = lambda context: Batch(records=[mismatch(1, context.now())] if source.polls == 1 else [])
    with running(tmp_path, feed("checks")) as it:
        wait_for(lambda: len(it.topics.rows("alerts")) == 1)
        alert = it.topics.rows("alerts")[0]
        said: list[str] = []

        def race() -> None:
            said.append(it.collector.desk.act(PORT_OPERATOR, alert.id, "acknowledge", alert.version).refusal)

        racers = [threading.Thread(target=race) for _ in range(12)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(60)
        assert sorted(said) == ["", *[CHANGED] * 11]


def test_a_rule_that_throws_is_named_and_the_others_go_on(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(facts: Any) -> list[Any]:
        raise ZeroDivisionError("by design")

    real = rules.all_rules()
    both = (Rule(name="broken", kind="condition", evaluate=broken), *real)
    monkeypatch.setattr(rules, "all_rules", lambda: both)
    source.poll = lambda context: Batch(records=[mismatch(1, context.now())] if source.polls == 1 else [])
    with structlog.testing.capture_logs() as lines, running(tmp_path, feed("checks")) as it:
        wait_for(lambda: any(row.rule == "co_inspection_mismatch" for row in it.topics.rows("alerts")))
        wait_for(lambda: it.topics.row("notices", "rule.broken") is not None)
        assert it.topics.row("notices", "rule.broken").params["rule"] == "broken"
        monkeypatch.setattr(rules, "all_rules", lambda: real)
        wait_for(lambda: it.topics.row("notices", "rule.broken") is None)
    assert [line["event"] for line in lines if line["event"].startswith("rule_")] == ["rule_failed", "rule_recovered"]


def test_what_was_stored_but_not_judged_is_judged_after_a_restart(tmp_path: Path, source: Source) -> None:
    given = settings(tmp_path)
    given.home.mkdir()
    store = open_store(given.database_url)
    now = datetime.now(UTC)
    store.ingest("_rules", [], (), {"received_until": (now - timedelta(minutes=2)).isoformat()}, now)
    store.ingest("checks", [mismatch(1, now)], (), {"next": 1}, now)  # and then the process was killed
    store.close()
    with running(tmp_path, feed("checks")) as it:
        wait_for(lambda: any(row.rule == "co_inspection_mismatch" for row in it.topics.rows("alerts")))
        assert it.topics.rows("alerts")[0].count == 1


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path, source: Source) -> None:
    source.poll = counting(7)
    with running(tmp_path, feed("gates")) as it:
        wait_for(lambda: it.health("gates").accepted >= 21)
    seen = it.health("gates").accepted  # the last batch may have been stored without being counted any more
    source.poll = counting(7)
    with running(tmp_path, feed("gates")) as again:
        wait_for(lambda: again.count("gate_move") >= seen + 21)
        assert again.health("gates").duplicate == 0
    assert source.created[-1]["next"] >= seen


def test_stop_ends_every_thread_in_time(tmp_path: Path, source: Source) -> None:
    before = set(threading.enumerate())
    source.poll = counting()
    with registered("hung") as bad:
        hang = bad.poll = Hanging()
        with running(tmp_path, feed("good"), feed("bad", "hung", timeout_seconds=60)) as it:
            wait_for(hang.entered.is_set)
            begun = time.monotonic()
            it.collector.stop()
            assert time.monotonic() - begun < 30.0  # it does not wait for the hung feed; seen: under a second
            wait_for(lambda: {thread.name for thread in set(threading.enumerate()) - before} <= {"poll-bad"})
        hang.release.set()
        wait_for(lambda: not set(threading.enumerate()) - before)


def test_history_of_hours_is_rolled_up(tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.upkeep.FIRST_ROLL_UP_SECONDS", 0.5)
    now = datetime.now(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
    old = [
        GateMove(feed="gates", origin=Origin.SIMULATED, event_time=hour + timedelta(minutes=n), move_id=f"old{n}",
                 gate_id="G1", direction="in")
        for n in range(12)
    ]  # fmt: skip
    source.poll = lambda context: Batch(records=list(old) if source.polls == 1 else [])
    with running(tmp_path, feed("gates")) as it:
        wait_for(lambda: it.store.reads.series(SYSTEM, "gate_moves", "port", hour, now)[1] != [])
        times, values = it.store.reads.series(SYSTEM, "gate_moves", "port", hour, now)
        assert (times[0], values[0]) == (hour, 12.0)
