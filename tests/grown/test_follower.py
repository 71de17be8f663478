"""A web worker lives from the database; hints only make it faster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog

from collecting import Term
from domain.pictures import FeedState
from domain.viewer import PORT_OPERATOR, SYSTEM
from live.bus import Bus, LocalBus
from live.bus_nats import NatsBus
from pipeline.follower import Follower
from pipeline.leadership import LEASE
from settings import Settings, load
from store.engine import open_store
from store.lease import Fence
from tests.grown.rig import FULL, Nats, Site, wait_for
from tools.postgres import Server


class Screen:
    """A follower and what it published."""

    def __init__(self, told: Settings, bus: Bus) -> None:
        self.store = open_store(told.database_url)
        self.pictures: dict[str, Any] = {}
        self.follower = Follower(told, self.store, bus, self.pictures.__setitem__)
        self.follower.start()

    def keys(self, topic: str) -> set[str]:
        return {row.key for row in self.pictures[topic].rows} if topic in self.pictures else set()

    def alerts(self) -> set[str]:
        """Declarations there is an alert for."""
        rows = self.pictures["alerts"].rows if "alerts" in self.pictures else []
        return {row.subject for row in rows if row.rule == "co_inspection_mismatch"}

    def feed(self) -> Any:
        rows = self.pictures["feeds"].rows if "feeds" in self.pictures else []
        return rows[0] if rows else None

    def close(self) -> None:
        self.follower.stop()
        self.store.close()


class House:
    """One port: a site, and what runs on it in this process."""

    def __init__(self, site: Site, kept: contextlib.ExitStack) -> None:
        self.site, self._kept = site, kept
        self.told = load(site.config, {**site.environment})
        self.store = open_store(self.told.database_url)
        kept.callback(self.store.close)

    def bus(self) -> Bus:
        bus = NatsBus([self.told.bus.url], "cockpit") if self.told.bus.url else LocalBus()
        self._kept.callback(bus.close)
        return bus

    def screen(self, bus: Bus | None = None) -> Screen:
        screen = Screen(self.told, bus or self.bus())
        self._kept.callback(screen.close)
        return screen

    def collect(self, bus: Bus | None = None, seconds: float = 600) -> Term:
        token = self.store.leases.acquire(LEASE, f"test {time.monotonic()}", seconds)
        assert token is not None
        term = Term(self.told, bus or self.bus(), Fence(LEASE, token))
        self._kept.callback(term.stop)
        return term


@pytest.fixture
def kept() -> Iterator[contextlib.ExitStack]:
    with structlog.testing.capture_logs(), contextlib.ExitStack() as stack:
        yield stack


def test_what_is_collected_there_is_shown_here(tmp_path: Path, url: str, kept: contextlib.ExitStack) -> None:
    house = House(Site(tmp_path / "site", url), kept)
    one, other = house.screen(), house.screen()
    term = house.collect()
    house.site.put(3)
    for screen in (one, other):
        wait_for(lambda s=screen: s.alerts() == house.site.declarations, what="alerts")  # type: ignore[misc]
        wait_for(lambda s=screen: s.feed() and s.feed().accepted == 3, what="health")  # type: ignore[misc]
        assert screen.feed().state is FeedState.OK
        assert screen.follower.data_age() < 60
        assert all(screen.follower.alive().values())
    # What a person does at one screen the others show, and the collector's rules leave it alone.
    row = one.pictures["alerts"].rows[0]
    assert not one.follower.desk.act(PORT_OPERATOR, row.id, "acknowledge", row.version).refusal
    wait_for(lambda: _state(other, row.key) == "acknowledged", what="the act on the other screen")
    assert _state(one, row.key) == "acknowledged"
    # A switch turned here holds there, and after a change of collectors.
    other.follower.pause("checks")
    wait_for(lambda: term._collector._paused == {"checks"}, what="the pause")
    with pytest.raises(KeyError):
        other.follower.pause("nothing")
    term.stop()
    house.store.leases.release(LEASE, 1)
    again = house.collect()
    assert again._collector._paused == {"checks"}
    late = house.site.put(1)
    one.follower.resume("checks")
    wait_for(lambda: set(late) <= one.alerts(), what="what came during the pause")


def test_a_dead_collector_is_seen(tmp_path: Path, kept: contextlib.ExitStack) -> None:
    site = Site(tmp_path / "site", f"sqlite:///{tmp_path / 'cockpit.db'}")
    site.config.write_text(site.config.read_text().replace("expected_seconds = 600", "expected_seconds = 2"))
    house = House(site, kept)
    screen = house.screen()
    assert "web.no_collector" not in screen.keys("notices")
    term = house.collect(seconds=3)
    wait_for(lambda: screen.feed() and screen.feed().state is FeedState.OK, what="a feed that is well")
    term._collector._poller.stop()  # from here on nobody renews what was saved
    term._collector._upkeep._stopped.set()
    wait_for(lambda: screen.feed().state is FeedState.LATE, what="the feed's lamp")
    wait_for(lambda: "web.no_collector" in screen.keys("notices"), what="the notice")
    house.store.leases.acquire(LEASE, "the next", 600)
    wait_for(lambda: "web.no_collector" not in screen.keys("notices"), what="the notice to go")


def test_a_bus_that_is_down_costs_seconds_and_loses_nothing(
    tmp_path: Path, postgres_url: str, nats: Nats, kept: contextlib.ExitStack
) -> None:
    house = House(Site(tmp_path / "site", postgres_url, bus=nats.url), kept)
    screen = house.screen()
    house.collect()
    house.site.put()
    wait_for(lambda: screen.alerts() == house.site.declarations, what="alerts with the bus")
    nats.kill()
    worst, end = 0.0, time.monotonic() + (300.0 if FULL else 6.0)
    while time.monotonic() < end:
        begun = time.monotonic()
        numbers = set(house.site.put())
        wait_for(lambda n=numbers: n <= screen.alerts(), what="an alert without the bus")  # type: ignore[misc]
        worst = max(worst, time.monotonic() - begun)
    assert worst < (5.0 if FULL else 15.0)  # five on a machine with nothing else to do
    wait_for(lambda: "web.bus_unavailable" in screen.keys("notices"), what="the notice")
    nats.start()
    house.site.put(5)
    wait_for(lambda: screen.alerts() == house.site.declarations, what="everything after the rejoin")
    wait_for(lambda: "web.bus_unavailable" not in screen.keys("notices"), what="the notice to go")


def test_the_collectors_notices_reach_the_screen_and_the_collector_takes_them_away(
    tmp_path: Path, kept: contextlib.ExitStack
) -> None:
    house = House(Site(tmp_path / "site", f"sqlite:///{tmp_path / 'cockpit.db'}"), kept)
    screen, term = house.screen(), house.collect()
    term._collector.notices.post("a", "backfill", percent=3)
    wait_for(lambda: screen.keys("notices") == {"a"}, what="a notice")
    assert house.store.reads.notices(SYSTEM).rows[0].params == {"percent": 3}
    term._collector.notices.take_down("a")
    wait_for(lambda: screen.keys("notices") == set(), what="the notice to go")


def test_a_database_that_goes_away_is_said_and_survived(tmp_path: Path, kept: contextlib.ExitStack) -> None:
    server = Server()
    kept.callback(server.remove)
    house = House(Site(tmp_path / "site", server.url(server.database())), kept)
    screen = house.screen()
    house.collect()
    house.site.put(2)
    wait_for(lambda: screen.alerts() == house.site.declarations, what="alerts")
    server.stop("immediate")
    wait_for(lambda: "web.store" in screen.keys("notices"), what="the notice")
    house.site.put(2)
    assert len(screen.pictures["alerts"].rows) == 2  # what was last read stays
    server.start()
    wait_for(lambda: screen.alerts() == house.site.declarations, what="what came meanwhile")
    wait_for(lambda: "web.store" not in screen.keys("notices"), what="the notice to go")
    assert {row.count for row in screen.pictures["alerts"].rows if row.rule == "co_inspection_mismatch"} == {1}


def test_health_of_another_process_ages_here() -> None:
    from pipeline.stored_health import StoredHealth

    now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    told = load(environ={})
    book = {feed.name: feed for feed in told.feeds}
    rows = [_row(name, now) for name in ("old", *sorted(book, reverse=True))]
    moment = [now]
    health = StoredHealth(told.feeds, lambda: rows, lambda: moment[0])
    assert health.rows() == []
    health.refresh()
    assert [row.key for row in health.rows()] == [feed.name for feed in told.feeds]  # in the order of the file
    assert {kind.__name__ for kind in health.kinds("gates")} == {"GateMove"}
    assert health.kinds("nobody") == frozenset()
    moment[0] = now.replace(minute=1)
    assert {row.state for row in health.rows()} == {FeedState.LATE}
    rows[:] = [msgspec.structs.replace(row, state=FeedState.DOWN) for row in rows]
    health.refresh()
    assert {row.state for row in health.rows()} == {FeedState.DOWN}


def _row(name: str, now: datetime) -> Any:
    from domain.pictures import FeedRow

    return FeedRow(
        key=name, title=name, adapter="x", origin="live", state=FeedState.OK, every_seconds=1, expected_seconds=10,
        last_ok_at=now, brings=["GateMove", "SomethingOfANewerCockpit"],
    )  # fmt: skip


def _state(screen: Screen, key: str) -> str:
    return next((row.state for row in screen.pictures["alerts"].rows if row.key == key), "")


def test_a_second_collector_is_refused(tmp_path: Path) -> None:
    from composition import collecting
    from domain.errors import ConfigError

    site = Site(tmp_path / "site", f"sqlite:///{tmp_path / 'cockpit.db'}")
    with contextlib.closing(open_store(site.database)) as store:
        store.leases.acquire(LEASE, "north:1:x", 60)
        with pytest.raises(ConfigError, match=r"store\.url: north:1:x collects into it"):
            collecting(load(site.config, site.environment), store, LocalBus())
