"""Fences in the store: every save a version, one of many racers wins, each on record."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.errors import NotAllowedError
from domain.fences import FenceError, FenceKind
from domain.viewer import PORT_OPERATOR, Viewer
from store.engine import Store
from tests.store.samples import NOW, fence


def test_versions_follow_one_another_and_the_past_shows_what_stood(store: Store) -> None:
    now = [NOW - timedelta(hours=2)]
    store._clock = lambda: now[0]
    first = store.put_fence(PORT_OPERATOR, fence())
    now[0] = NOW - timedelta(hours=1)
    second = store.put_fence(PORT_OPERATOR, replace(first, name="危险品罐区", applies=("person", "vehicle")))
    zone = store.put_fence(PORT_OPERATOR, fence("f2", kind=FenceKind.SPEED_ZONE, applies=(), limit=30.0, name="主干道"))
    now[0] = NOW
    store.put_fence(PORT_OPERATOR, replace(second, state="retired"))
    reads = store.reads
    assert [d.fence for d in reads.fences(PORT_OPERATOR)] == [zone]
    assert [d.fence for d in reads.fences(PORT_OPERATOR, NOW - timedelta(minutes=90))] == [first]
    assert [d.fence for d in reads.fences(PORT_OPERATOR, NOW - timedelta(minutes=30), "then")] == [zone, second]
    told = [(d.fence.version, d.fence.state, d.who) for d in reads.fence_history(PORT_OPERATOR, "f1")]
    assert told == [(3, "retired", "loopback"), (2, "active", "loopback"), (1, "active", "loopback")]
    assert [d.fence.fence_id for d in reads.fence_history(PORT_OPERATOR)] == ["f1", "f1", "f2", "f1"]


def test_what_is_not_there_any_more_is_not_changed(store: Store) -> None:
    with pytest.raises(FenceError, match="gone"):
        store.put_fence(PORT_OPERATOR, fence(version=1))
    store.put_fence(PORT_OPERATOR, fence())
    with pytest.raises(FenceError, match="changed"):
        store.put_fence(PORT_OPERATOR, fence())
    with pytest.raises(NotAllowedError):
        store.put_fence(Viewer(name="watch", roles=frozenset({"watch_officer"})), fence("f2"))


def test_of_many_who_change_one_version_one_wins(store: Store) -> None:
    first = store.put_fence(PORT_OPERATOR, fence())

    def change(number: int) -> str:
        try:
            store.put_fence(PORT_OPERATOR, replace(first, name=f"{number}"))
        except FenceError as error:
            return error.code
        return "won"

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(change, range(24)))
    assert sorted(won) == ["changed"] * 23 + ["won"]
    assert [d.fence.name for d in store.reads.fences(PORT_OPERATOR)] == [str(won.index("won"))]
    noted = store.reads.audit(PORT_OPERATOR, NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    assert [one.entry.what for one in noted] == ["fence.set", "fence.set"]
