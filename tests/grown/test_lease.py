"""The lease and its fence: one holder at a time, and no write under an old token, whatever happens in which order."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from domain.errors import StoreUnavailableError
from domain.viewer import SYSTEM as SYSTEM_VIEWER
from pipeline.children import own_store
from settings import load
from store.engine import Store, open_store
from store.lease import Fence
from tests.grown.rig import FULL, Site, wait_for

NAME = "collector"
HOLDERS = st.sampled_from(["a", "b", "c"])
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def expire(store: Store, name: str = NAME) -> None:
    """Let the lease run out, as waiting would."""
    with store._database.touching() as connection:
        connection.execute(text("UPDATE lease SET expires_at = 1 WHERE name = :name"), {"name": name})


def write(store: Store, value: int) -> None:
    store.ingest("mark", [], (), {"value": value}, NOW)


class LeaseMachine(RuleBasedStateMachine):
    """Three processes on one database against a model in a few variables."""

    url = ""
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        LeaseMachine.runs += 1
        self.name = f"lease{LeaseMachine.runs}"
        self.plain = open_store(self.url)
        self.stores: dict[int, Store] = {}  # by token
        self.tokens: dict[str, int] = {}  # what each process believes
        self.holder, self.token, self.running = "", 0, False
        self.written, self.counter = 0, 0
        write(self.plain, 0)

    def teardown(self) -> None:
        for store in (self.plain, *self.stores.values()):
            store.close()

    @rule(who=HOLDERS)
    def acquire(self, who: str) -> None:
        got = self.plain.leases.acquire(self.name, who, 600)
        if self.running and self.holder != who:
            assert got is None
            return
        if self.holder != who:
            self.holder, self.token = who, self.token + 1
        self.running = True
        assert got == self.token
        self.tokens[who] = got

    @rule(who=HOLDERS)
    def renew(self, who: str) -> None:
        if who in self.tokens:
            kept = self.plain.leases.renew(self.name, self.tokens[who], 600)
            assert kept == (self.tokens[who] == self.token)
            self.running = self.running or kept

    @rule(who=HOLDERS)
    def release(self, who: str) -> None:
        if who in self.tokens:
            gone = self.plain.leases.release(self.name, self.tokens[who])
            assert gone == (self.tokens[who] == self.token)
            self.running = self.running and not gone

    @rule()
    def time_passes(self) -> None:
        expire(self.plain, self.name)
        self.running = False

    @rule(who=HOLDERS)
    def write(self, who: str) -> None:
        if who not in self.tokens:
            return
        token = self.tokens[who]
        if token not in self.stores:
            self.stores[token] = open_store(self.url)
            self.stores[token].fence(Fence(self.name, token))
        self.counter += 1
        if token == self.token:
            write(self.stores[token], self.counter)
            self.written = self.counter
        else:
            with pytest.raises(StoreUnavailableError, match="fenced"):
                write(self.stores[token], self.counter)

    @invariant()
    def only_the_holder_has_written(self) -> None:
        assert self.plain.cursor("mark") == {"value": self.written}

    @invariant()
    def the_lease_stands_as_in_the_model(self) -> None:
        held = self.plain.leases.held(self.name)
        if held is not None:
            assert (held.holder, held.token, held.left_seconds > 0) == (self.holder, self.token, self.running)


def test_the_fence_holds_in_every_order(url: str) -> None:
    LeaseMachine.url = url
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        LeaseMachine,
        settings=settings(
            max_examples=100 if FULL else 6,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_of_many_who_ask_at_once_one_gets_it(url: str) -> None:
    store = open_store(url)
    start, got = threading.Barrier(8), []

    def ask(number: int) -> None:
        start.wait()
        got.append(store.leases.acquire(NAME, f"process {number}", 60))

    for _ in range(3):  # never held, then run out
        got.clear()
        threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(token is not None for token in got) == [False] * 7 + [True]
        expire(store)
    store.close()


def test_a_clock_of_a_machine_does_not_matter(url: str) -> None:
    wrong = open_store(url, clock=lambda: datetime(1999, 1, 1, tzinfo=UTC))
    assert wrong.leases.acquire(NAME, "a", 60) == 1
    held = wrong.leases.held(NAME)
    assert held is not None
    assert 50 < held.left_seconds <= 60
    wrong.close()


def test_a_lease_runs_out_by_itself(url: str) -> None:
    store = open_store(url)
    assert store.leases.acquire(NAME, "a", 2.0) == 1
    assert store.leases.acquire(NAME, "b", 60) is None
    assert wait_for(lambda: store.leases.acquire(NAME, "b", 60), what="the end of a lease") == 2
    assert store.leases.renew(NAME, 1, 60) is False
    store.close()


def test_renewing_does_not_wait_for_a_long_write(postgres_url: str) -> None:
    leader, asked = open_store(postgres_url), open_store(postgres_url)
    token = asked.leases.acquire(NAME, "a", 60)
    assert token is not None
    leader.fence(Fence(NAME, token))
    with leader._database.writing():
        assert asked.leases.renew(NAME, token, 60)
    for store in (leader, asked):
        store.close()


def test_a_leader_stopped_inside_a_write_is_taken_over_and_has_written_nothing(postgres_url: str) -> None:
    leader, standby = open_store(postgres_url), open_store(postgres_url)
    token = standby.leases.acquire(NAME, "a", 60)
    assert token is not None
    leader.fence(Fence(NAME, token))
    with contextlib.ExitStack() as stack:
        stack.enter_context(pytest.raises(StoreUnavailableError))
        connection: Any = stack.enter_context(leader._database.writing())
        connection.execute(text("INSERT INTO notice (code, body, updated_at) VALUES ('half', '{}', 1)"))
        time.sleep(2.5)  # the process stands still: it holds the lease's row and the lock of the writers
        expire_elsewhere(postgres_url)
        assert standby.leases.acquire(NAME, "b", 60) == token + 1
        write(standby, 7)  # nothing is in the way any more
    assert standby.reads.notices(SYSTEM_VIEWER).rows == []
    with pytest.raises(StoreUnavailableError, match="fenced"):
        write(leader, 8)
    assert standby.cursor("mark") == {"value": 7}
    for store in (leader, standby):
        store.close()


def expire_elsewhere(url: str) -> None:
    other = open_store(url)
    expire(other)
    other.close()


def test_a_store_is_fenced_once(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'x.db'}")
    store.fence(Fence(NAME, 1))
    with pytest.raises(ValueError, match="already"):
        store.fence(Fence(NAME, 2))
    with pytest.raises(StoreUnavailableError, match="fenced"):
        write(store, 1)  # a lease nobody ever took
    store.close()


def test_children_write_behind_the_fence_of_their_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(tmp_path / "site", f"sqlite:///{tmp_path / 'cockpit.db'}")
    told = load(site.config, site.environment)
    store = open_store(site.database)
    monkeypatch.setenv("COCKPIT_FENCE", f"{NAME}:{store.leases.acquire(NAME, 'a', 60)}")
    child = own_store(told)
    write(child, 1)
    expire(store)
    store.leases.acquire(NAME, "b", 60)
    with pytest.raises(StoreUnavailableError, match="fenced"):
        write(child, 2)
    assert store.cursor("mark") == {"value": 1}
    for one in (store, child):
        one.close()
