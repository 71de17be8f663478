"""The poller keeps every feed to itself: time limits, backoff, clock, log lines."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
import time_machine
from fakes import Hanging, counting, failing, feed, registered, wait_for

from datasources.contract import Batch
from domain.errors import FeedError
from pipeline import adapters, feed_worker, poller
from pipeline.poller import Poller, backoff_seconds
from settings import Feed, Settings


class Outcomes:
    """Remembers what the poller reports."""

    def __init__(self) -> None:
        self.good: dict[str, list[Batch]] = {}
        self.bad: dict[str, list[FeedError]] = {}
        self.room = True

    def delivered(self, feed: Feed, batch: Batch) -> None:
        self.good.setdefault(feed.name, []).append(batch)

    def failed(self, feed: Feed, error: FeedError) -> None:
        self.bad.setdefault(feed.name, []).append(error)

    def may_poll(self, feed: Feed) -> bool:
        return self.room

    def may_continue(self, feed: Feed) -> bool:
        return self.room

    def count(self, name: str) -> int:
        return len(self.good.get(name, []))

    def codes(self, name: str) -> list[str]:
        return [error.code for error in self.bad.get(name, [])]


@pytest.fixture
def outcomes() -> Outcomes:
    return Outcomes()


@pytest.fixture
def start(tmp_path: Any, outcomes: Outcomes) -> Any:
    """Start a poller over feeds; all are stopped at the end."""
    running: list[Poller] = []

    def begin(*feeds: Feed, tick: float = 0.02) -> Poller:
        settings = Settings(home=tmp_path, source=tmp_path / "cockpit.toml", feeds=feeds)
        now = lambda: datetime.now(UTC)  # noqa: E731
        made = Poller(feeds, lambda f: adapters.connect(settings, f, now, None), outcomes, now, tick)
        running.append(made)
        made.start()
        return made

    yield begin
    for made in running:
        made.stop()


def test_each_feed_is_polled_at_its_own_interval(start: Any, outcomes: Outcomes) -> None:
    with registered("fake") as source:
        source.poll = counting()
        start(feed("quick"), feed("slow", every_seconds=1000))
        wait_for(lambda: outcomes.count("quick") >= 4 and outcomes.count("slow") >= 1)
        assert outcomes.count("slow") == 1


def test_a_hung_poll_is_given_up_and_the_others_go_on(start: Any, outcomes: Outcomes) -> None:
    with registered("fake") as good, registered("hung") as bad:
        good.poll = counting()
        hang = bad.poll = Hanging()
        polling = start(feed("good"), feed("bad", "hung", timeout_seconds=0.5))
        wait_for(hang.entered.is_set)
        bad.poll = counting()
        before = outcomes.count("good")
        wait_for(lambda: outcomes.count("good") >= before + 5)
        wait_for(lambda: outcomes.count("bad") >= 2)  # recovers while the first thread still hangs
        assert polling.hanging("bad") >= 1
        hang.release.set()
        wait_for(lambda: polling.hanging("bad") == 0)
        assert set(outcomes.codes("bad")) == {"timeout"}  # a good poll may be too slow on a busy machine
        refs = {record.ref for batch in outcomes.good["bad"] for record in batch.records}
        assert "move 900000" not in refs  # what came too late was thrown away
        assert bad.closed >= 1


def test_two_hung_threads_are_the_limit(start: Any, outcomes: Outcomes) -> None:
    with registered("hung") as bad:
        hang = bad.poll = Hanging()
        polling = start(feed("bad", "hung", timeout_seconds=0.1))
        wait_for(lambda: outcomes.codes("bad")[:2] == ["timeout", "hung"])
        polls = bad.polls
        polling.resume("bad")  # ask for a poll at once
        time.sleep(0.5)
        assert bad.polls == polls == feed_worker.MAX_ABANDONED
        bad.poll = counting()
        hang.release.set()
        wait_for(lambda: outcomes.count("bad") >= 1)


def test_a_failing_feed_is_left_alone_longer_and_logs_twice(
    start: Any, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def backoff(every: float, failures: int) -> float:
        waits.append(backoff_seconds(every, failures, lambda: 0.5))
        return 0.05

    monkeypatch.setattr(poller, "backoff_seconds", backoff)
    with registered("fake") as source, structlog.testing.capture_logs() as lines:
        source.poll = failing()
        start(feed("ais", every_seconds=10))
        wait_for(lambda: len(outcomes.codes("ais")) >= 6)
        source.poll = counting()
        wait_for(lambda: outcomes.count("ais") >= 1)
    assert waits[:6] == pytest.approx([9, 27, 81, 243, 270, 270])
    assert [line["event"] for line in lines] == ["feed_down", "feed_up"]
    assert lines[0]["code"] == "refused"
    assert "10.0.0.7:9000" in lines[0]["detail"]


def test_a_source_that_refuses_us_is_asked_no_more_until_somebody_acts(start: Any, outcomes: Outcomes) -> None:
    """Another wrong password would lock the account there."""

    def refuse(context: Any) -> Batch:
        raise FeedError("unauthorised", "HTTP 401", "ais", halts=True)

    with registered("fake") as source, structlog.testing.capture_logs() as lines:
        source.poll = refuse
        polling = start(feed("ais", every_seconds=0.1))
        wait_for(lambda: len(outcomes.codes("ais")) >= 4)
        assert source.polls == 1
        assert set(outcomes.codes("ais")) == {"unauthorised"}
        source.poll = counting()
        polling.resume("ais")
        wait_for(lambda: outcomes.count("ais") >= 1)
    assert [line["event"] for line in lines] == ["feed_down", "feed_up"]


def test_a_source_that_asks_for_patience_gets_it(start: Any, outcomes: Outcomes) -> None:
    polled: list[float] = []

    def busy(context: Any) -> Batch:
        polled.append(time.monotonic())
        if len(polled) < 3:
            raise FeedError("asked_to_wait", "HTTP 429", "ais", wait_seconds=1.5 if len(polled) == 1 else 600)
        return Batch()

    with registered("fake") as source:
        source.poll = busy
        polling = start(feed("ais", every_seconds=0.1))
        wait_for(lambda: outcomes.codes("ais") == ["asked_to_wait"] * 2)
        wait_for(lambda: (due := polling.next_poll_at("ais")) and due > datetime.now(UTC) + timedelta(seconds=500))
        polling.run("ais")
        wait_for(lambda: outcomes.count("ais") >= 1)
    assert polled[1] - polled[0] > 1.4


@pytest.mark.parametrize("every", [0.5, 1, 2, 5, 10])
@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_a_source_that_is_down_hears_a_tenth_of_what_it_would(every: float, jitter: float) -> None:
    at, polls = 0.0, 0
    while at <= 600:
        polls += 1
        at += backoff_seconds(every, polls, lambda: jitter)
    assert polls <= 0.1 * 600 / every


@pytest.mark.parametrize("failures", [1, 5, 50, 5000])
@pytest.mark.parametrize("every", [0.1, 10, 86_400])
def test_backoff_stays_within_five_minutes(every: float, failures: int) -> None:
    longest = backoff_seconds(every, failures, lambda: 0.0)
    shortest = backoff_seconds(every, failures, lambda: 1.0)
    assert 0 < shortest < longest <= 300


@pytest.mark.parametrize("hours", [-1, 1, 24 * 365])
def test_a_clock_that_is_set_does_not_stop_the_polling(start: Any, outcomes: Outcomes, hours: int) -> None:
    with registered("fake") as source:
        source.poll = counting()
        start(feed("ais", every_seconds=0.3))
        wait_for(lambda: outcomes.count("ais") >= 2)
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours), tick=True):
            before = outcomes.count("ais")
            wait_for(lambda: outcomes.count("ais") >= before + 4)
            settled, begun = outcomes.count("ais"), time.monotonic()
            time.sleep(0.9)
            due = (time.monotonic() - begun) / 0.3
            assert outcomes.count("ais") <= settled + due + 3  # and it is not polled in a frenzy either
        back = outcomes.count("ais")
        wait_for(lambda: outcomes.count("ais") >= back + 3)


def test_an_adapter_that_breaks_its_contract_is_replaced(start: Any, outcomes: Outcomes) -> None:
    with registered("fake") as source:

        def broken(context: Any) -> Batch:
            if source.polls == 1:
                raise ZeroDivisionError
            return Batch()

        source.poll = broken
        with structlog.testing.capture_logs():
            start(feed("ais"))
            wait_for(lambda: outcomes.count("ais") >= 1)
        assert outcomes.codes("ais") == ["crashed"]
        assert len(source.created) == 2


def test_an_ended_recording_is_polled_no_more(start: Any, outcomes: Outcomes) -> None:
    with registered("fake") as source:
        source.poll = lambda context: Batch(ended=True)
        polling = start(feed("replay", every_seconds=0.1))
        wait_for(lambda: outcomes.count("replay") == 1)
        time.sleep(0.4)
        assert source.polls == 1
        assert polling.next_poll_at("replay") is None


def test_more_at_hand_is_fetched_at_once_while_there_is_room(start: Any, outcomes: Outcomes) -> None:
    with registered("fake") as source:
        source.poll = lambda context: Batch(more=source.polls < 5)
        start(feed("file", every_seconds=1000))
        wait_for(lambda: outcomes.count("file") == 5)


def test_no_poll_while_there_is_no_room(start: Any, outcomes: Outcomes) -> None:
    with registered("fake") as source:
        outcomes.room = False
        start(feed("ais"))
        time.sleep(0.4)
        assert source.polls == 0
        outcomes.room = True
        wait_for(lambda: outcomes.count("ais") >= 1)


def test_stop_leaves_no_thread_but_hung_ones(start: Any, outcomes: Outcomes) -> None:
    before = set(threading.enumerate())
    with registered("fake") as good, registered("hung") as bad:
        good.poll = counting()
        hang = bad.poll = Hanging()
        polling = start(feed("good"), feed("bad", "hung", timeout_seconds=0.2))
        wait_for(lambda: outcomes.codes("bad")[:1] == ["timeout"])
        polling.stop()
        wait_for(lambda: {thread.name for thread in set(threading.enumerate()) - before} <= {"poll-bad"})
        hang.release.set()
        wait_for(lambda: not set(threading.enumerate()) - before)


def test_somebody_who_wants_a_poll_now_gets_it_whatever_the_feed_waits_for(start: Any, outcomes: Outcomes) -> None:
    def refuse(context: Any) -> Batch:
        raise FeedError("unauthorised", "HTTP 401", "ais", halts=True)

    with registered("fake") as source, structlog.testing.capture_logs():
        source.poll = refuse
        polling = start(feed("ais", every_seconds=30))
        wait_for(lambda: outcomes.codes("ais") == ["unauthorised"])
        polling.run("ais")
        wait_for(lambda: source.polls == 2)
        source.poll = counting()
        wait_for(lambda: len(outcomes.codes("ais")) == 2)
        polling.run("ais")
        wait_for(lambda: outcomes.count("ais") == 1)
        polling.pause("ais")
        polling.run("ais")  # paused by somebody else: that stands
        time.sleep(0.2)
        assert outcomes.count("ais") == 1
