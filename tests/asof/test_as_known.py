"""The past as it was: every read as of every moment, held against the live pictures of that moment."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from store.engine import Store, open_store
from tests.asof.port_of_chance import BEGIN, Chance, pictures, replayed, say

SEEDS = range(100 if os.environ.get("COCKPIT_FULL") == "1" else 2)
DELIVERIES = 8


class Clock:
    """A time the test sets."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


def _opened(url: str) -> tuple[Store, Clock]:
    clock = Clock()
    return open_store(url, clock=clock), clock


def _differences(found: dict[str, object], expected: dict[str, object]) -> list[str]:
    return [name for name, picture in expected.items() if found[name] != picture]


@pytest.mark.parametrize("seed", SEEDS)
def test_as_known_then_is_what_the_live_picture_showed(seed: int, new_url: Callable[[], str]) -> None:
    chance = Chance(seed)
    store, clock = _opened(new_url())
    shown = {}
    try:
        for received_at, records in chance.deliveries(DELIVERIES):
            clock.now = received_at
            store.ingest("f", records, received_at=received_at)
            say(store, chance.said(received_at))
            clock.now += timedelta(seconds=chance.dice.choice([0, 0, 1, 88]))
            shown[clock.now] = pictures(store, clock.now)
        clock.now += timedelta(days=3)
        for at, live in shown.items():
            then = pictures(store, at, at=at, known="then")
            wrong = _differences(then, live)
            assert not wrong, (at, wrong[0], then[wrong[0]], live[wrong[0]])
    finally:
        store.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_as_corrected_is_what_a_replay_in_order_shows(seed: int, new_url: Callable[[], str]) -> None:
    chance = Chance(seed)
    deliveries = chance.deliveries(DELIVERIES)
    store, clock = _opened(new_url())
    try:
        for received_at, records in deliveries:
            store.ingest("f", records, received_at=received_at)
        clock.now = deliveries[-1][0] + timedelta(days=3)
        for received_at, _ in deliveries[::3]:
            at = received_at - timedelta(seconds=chance.dice.randrange(600))
            again, again_clock = _opened(new_url())
            again_clock.now = at
            for records in replayed(deliveries, at):
                again.ingest("f", records, received_at=at)
            expected = pictures(again, at)
            again.close()
            corrected = pictures(store, at, at=at, known="corrected")
            wrong = _differences(corrected, expected)
            assert not wrong, (at, wrong[0], corrected[wrong[0]], expected[wrong[0]])
    finally:
        store.close()
