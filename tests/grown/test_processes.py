"""The grown cockpit as its user runs it: processes that are killed and stopped, and one port that goes on answering."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import websockets

from bench.kills import killed
from domain.permissions import Role
from domain.viewer import SYSTEM, Viewer
from pipeline.leadership import LEASE
from store.engine import Store, open_store
from tests.grown.rig import FULL, Nats, Site, wait_for
from tests.live.reader import Reader
from tests.ops.racers import RACERS, race
from tools.postgres import Server

TAKE_OVER_SECONDS = 15.0 if FULL else 60.0  # the promise is held on a machine with nothing else to do
LEASE_SECONDS = 4.0  # on a busy machine a renewal may be a second late, and nobody shall take over for that
AUDITOR = Viewer(name="auditor", roles=frozenset({Role.AUDITOR}))
HASHED = ("gates", "inspections", "yard", "vehicles")


class Base:
    """A look into the database of a site."""

    def __init__(self, site: Site, store: Store) -> None:
        self.site, self.store = site, store

    def alerts(self) -> dict[str, int]:
        """Declarations there is an alert for and how often it was raised."""
        rows = self.store.reads.alerts(SYSTEM).rows
        return {row.subject: row.count for row in rows if row.rule == "co_inspection_mismatch"}

    def complete(self) -> bool:
        return set(self.alerts()) == self.site.declarations

    def token(self) -> int:
        held = self.store.leases.held(LEASE)
        return held.token if held else 0


class Grown(Base):
    """A running cockpit of several processes."""

    def __init__(self, site: Site, store: Store, start: Callable[..., subprocess.Popen[bytes]]) -> None:
        super().__init__(site, store)
        self._start = start
        self.address = f"http://127.0.0.1:{site.port}"
        self.collectors = [self.collector()]

    def collector(self) -> subprocess.Popen[bytes]:
        """Another one, ready to stand by."""
        started = self._start("collect")
        said = f"ready (process {started.pid},".encode()
        wait_for(lambda: said in self.site.log.read_bytes(), 90, "a collector")
        return started

    def leader(self) -> subprocess.Popen[bytes]:
        """The process that holds the lease."""

        def holding() -> subprocess.Popen[bytes] | None:
            held = self.store.leases.held(LEASE)
            pid = int(held.holder.split(":")[1]) if held and held.left_seconds > 0 else 0
            return next((one for one in self.collectors if one.pid == pid), None)

        found: subprocess.Popen[bytes] = wait_for(holding, what="a leader")
        return found

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.address + path, timeout=60) as answer:
            return json.load(answer)

    def post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            self.address + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def feed(self, name: str) -> Any:
        """A feed as whichever web worker answers shows it."""
        return next(row for row in self.get("/api/v1/feeds")["rows"] if row["key"] == name)

    def shown(self) -> set[str]:
        """Declarations with an alert, as whichever web worker answers shows them."""
        with contextlib.suppress(OSError):
            rows = self.get("/api/v1/alerts")["rows"]
            return {row["subject"] for row in rows if row["rule"] == "co_inspection_mismatch"}
        return set()


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, postgres: Server, template: str) -> Iterator[Grown]:
    with contextlib.ExitStack() as kept:
        nats = kept.enter_context(Nats())
        folder, database = tmp_path_factory.mktemp("grown") / "site", postgres.url(postgres.database(template))
        site = Site(folder, database, nats.url, workers=2, lease=LEASE_SECONDS)
        store = open_store(site.database)
        kept.callback(store.close)

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            return kept.enter_context(site.running(*arguments))

        web = start("web")
        running = Grown(site, store, start)
        running.leader()
        running.collectors.append(running.collector())
        site.put(20)
        wait_for(running.complete, what="alerts in the database")

        def ready() -> bool:
            assert web.poll() is None, site.log.read_text()[-2000:]
            return running.shown() == site.declarations

        wait_for(ready, 60, "alerts on the screen")
        yield running


def test_both_web_workers_behind_the_port_show_the_same(grown: Grown) -> None:
    grown.post("/api/v1/feeds/checks/acts", {"act": "pause"})  # whoever took it, the collector heeds
    leader = grown.leader()

    def paused() -> bool:
        row = grown.feed("checks")
        return bool(row["paused"]) and row["next_poll_at"] is None

    try:
        wait_for(paused, what="the pause")
        number = grown.site.put()[0]
        time.sleep(1.5)
        assert number not in grown.alerts()
        seen = asyncio.run(_hashes(grown.site.port, 2))
    finally:  # the tests after this one need what is dropped
        grown.post("/api/v1/feeds/checks/acts", {"act": "resume"})
    assert len(seen) == 2  # two workers, told apart by their epochs
    assert len({json.dumps(hashes) for hashes in seen.values()}) == 1
    wait_for(lambda: number in grown.shown(), what="what came during the pause")
    assert grown.leader() is leader


def test_of_a_hundred_who_act_at_once_through_two_web_workers_one_wins(grown: Grown) -> None:
    row = next(row for row in grown.store.reads.alerts(SYSTEM).rows if row.rule == "co_inspection_mismatch")
    assert race(grown.address, row.key) == {200: 1, 409: RACERS - 1}
    now = datetime.now(UTC)
    noted = grown.store.reads.audit(AUDITOR, now - timedelta(hours=1), now + timedelta(hours=1))
    assert len([one for one in noted if one.entry.what.startswith("alert.")]) == 1
    history = grown.store.reads.alert_file(SYSTEM, row.id).history
    assert [one.what for one in history] == ["opened", "acknowledge"]


def test_a_feed_polled_at_once_and_its_rows_tried_again_by_other_processes_than_the_one_that_polls(
    grown: Grown,
) -> None:
    (good,) = grown.site.put(into="rare")
    late = datetime.now(ZoneInfo("Asia/Shanghai")).strftime("%d.%m.%Y %H.%M")
    (bad,) = grown.site.put(into="rare", at=late)

    def aside() -> list[dict[str, Any]]:
        return grown.get("/api/v1/quarantine?feed=rare")["rows"]  # type: ignore[no-any-return]

    assert (good in grown.alerts(), aside()) == (False, [])  # the next poll is an hour away
    grown.post("/api/v1/feeds/rare/acts", {"act": "run"})
    wait_for(lambda: good in grown.shown(), what="what was polled at once")
    (row,) = wait_for(aside, what="the row that cannot be used")
    tried = grown.post("/api/v1/quarantine/again", {"feed": "rare"})
    assert (tried["tried"], tried["taken"], tried["reasons"]) == (1, 0, {row["reason"]: 1})
    assert [one["times"] for one in aside()] == [1]
    try:
        grown.site.configure('{ column = "at", format = "%d.%m.%Y %H.%M" }')
        with grown.site.running("replay", "rare") as again:
            assert again.wait(60) == 0, grown.site.log.read_text()[-2000:]
    finally:
        grown.site.configure()
    for _ in range(4):  # whichever answers
        wait_for(lambda: bad in grown.shown() and not aside(), what="the row tried again")
    assert set(grown.alerts().values()) == {1}
    assert grown.feed("rare")["quarantined"] == 1  # as it came


def test_a_killed_web_worker_is_replaced_and_the_port_goes_on_answering(grown: Grown) -> None:
    async def cut_and_back() -> None:
        async with contextlib.AsyncExitStack() as kept:
            sockets: dict[str, Any] = {}
            while len(sockets) < 2:  # one client at each worker
                socket = await kept.enter_async_context(_live(grown.site.port))
                sockets.setdefault(json.loads(await socket.recv())["epoch"], socket)
            os.kill(_workers(grown)[0], signal.SIGKILL)
            ends = [asyncio.create_task(socket.wait_closed()) for socket in sockets.values()]
            gone, left = await asyncio.wait(ends, timeout=90, return_when=asyncio.FIRST_COMPLETED)
            assert (len(gone), len(left)) == (1, 1)
            async with _live(grown.site.port) as socket:  # a reconnect, and the other worker has it
                assert json.loads(await socket.recv())["epoch"] in sockets
            left.pop().cancel()

    workers = _workers(grown)
    asyncio.run(cut_and_back())
    wait_for(lambda: len(_workers(grown)) > len(workers), 90, "a new worker")
    for _ in range(6):  # whichever answers
        wait_for(lambda: grown.shown() == grown.site.declarations, what="the whole picture")


def test_a_standby_takes_over_from_a_killed_leader(grown: Grown) -> None:
    token, leader = grown.token(), grown.leader()
    leader.kill()
    leader.wait()
    died = time.monotonic()
    grown.site.put(10)
    wait_for(lambda: grown.token() > token, TAKE_OVER_SECONDS, "a new leader")
    assert time.monotonic() - died < TAKE_OVER_SECONDS
    assert grown.leader() is not leader
    wait_for(grown.complete, what="what came meanwhile")
    assert set(grown.alerts().values()) == {1}  # nothing judged twice
    assert grown.store.reads.counts(SYSTEM)["check_result"] == len(grown.site.declarations)
    grown.collectors.remove(leader)
    grown.collectors.append(grown.collector())


def test_a_stopped_leader_finds_another_in_charge_and_stands_by(grown: Grown) -> None:
    stopped, token = grown.leader(), grown.token()
    stopped.send_signal(signal.SIGSTOP)
    grown.site.put(5)
    wait_for(lambda: grown.token() > token, TAKE_OVER_SECONDS, "a new leader")
    wait_for(grown.complete, what="what came meanwhile")
    time.sleep(60.0 if FULL else 1.0)
    stopped.send_signal(signal.SIGCONT)
    wait_for(lambda: b"leadership_lost" in grown.site.log.read_bytes(), what="the old leader to step back")
    grown.site.put(5)
    wait_for(grown.complete, what="what came afterwards")
    assert grown.token() == token + 1  # the one that woke up did not take it back
    assert grown.leader() is not stopped
    assert stopped.poll() is None  # it stands by
    assert set(grown.alerts().values()) == {1}
    assert grown.store.reads.counts(SYSTEM)["check_result"] == len(grown.site.declarations)
    grown.leader().terminate()  # an orderly end gives the lease up at once
    wait_for(lambda: grown.leader() is stopped, what="the one that stood by")


def test_killed_between_commit_and_word_of_it(tmp_path: Path, postgres_url: str) -> None:
    """After the check was stored, and after the alert about it was; fifty times on SQLite is ``make kills``."""
    said = killed(tmp_path / "site", 50 if FULL else 2, postgres_url)
    assert said.once, said


def _workers(grown: Grown) -> list[int]:
    """Process numbers of the web workers, as they said when they were ready, oldest first."""
    said = [line for line in grown.site.log.read_text().splitlines() if line.startswith("web worker: ready")]
    return [int(line.split("process ")[1].rstrip(")")) for line in said]


def _live(port: int) -> Any:
    return websockets.connect(
        f"ws://127.0.0.1:{port}/live", origin=f"http://127.0.0.1:{port}", max_size=None, open_timeout=60
    )  # type: ignore[arg-type]


async def _hashes(port: int, workers: int) -> dict[str, dict[str, str]]:
    """State hashes of some topics by the epoch of the worker that sent them."""
    found: dict[str, dict[str, str]] = {}
    for _ in range(60):
        async with _live(port) as socket:
            epoch = json.loads(await socket.recv())["epoch"]
            if epoch in found:
                continue
            await socket.send(json.dumps({"op": "sub", "topics": dict.fromkeys(HASHED)}))
            readers: dict[str, Reader] = {}
            while len(readers) < len(HASHED):
                message = await asyncio.wait_for(socket.recv(), 20)
                topic = json.loads(message).get("t")
                if topic is not None:
                    readers.setdefault(topic, Reader()).take(message)  # type: ignore[no-untyped-call]
            found[epoch] = {topic: readers[topic].hash() for topic in HASHED}  # type: ignore[no-untyped-call]
        if len(found) == workers:
            break
    return found
