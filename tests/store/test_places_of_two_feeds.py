"""Two feeds on one vehicle or vessel: one places it, the other's fixes are kept, what cannot both be true says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.disagreement import FLAG
from domain.records import VehiclePosition, VesselPosition
from domain.retention import Retention
from store.engine import Store
from store.reads.datasets import Filter, Question
from store.retention import sweep
from tests.store.samples import ENTERPRISE, NOW, PORT, ago, common, truck

RANKS, PATIENCE = {"own": 0, "tracker": 1}, {"own": 60.0, "tracker": 60.0}
KEEP = Retention(positions_days=30)
FAR = 121.2  # some 90 km from where the others are


def fix(feed: str, seconds: float, lon: float = 120.2, **more: Any) -> VehiclePosition:
    return replace(truck("T1", ago(seconds=seconds), lon=lon), feed=feed, **more)


def shown(store: Store) -> list[tuple[list[str], float, float]]:
    found = store.reads.vehicles(PORT)
    return [(found.feeds, float(found.lon[0]), NOW.timestamp() - float(found.seen[0]))]


@pytest.fixture
def contested(store: Store) -> Store:
    store.prefer(RANKS, PATIENCE)
    return store


def test_the_feed_that_goes_before_places_it_and_the_others_fixes_are_kept_beside(contested: Store) -> None:
    contested.ingest("own", [fix("own", 50)])
    result = contested.ingest("tracker", [fix("tracker", 30, 120.201)])
    assert (result.accepted, result.fresh, result.flags) == (1, [], {})
    assert shown(contested) == [(["own"], 120.2, 50)]
    assert contested.ingest("tracker", [fix("tracker", 30, 120.201)]).duplicate == 1
    (place,) = contested.reads.elsewhere(PORT, "vehicles", "T1")
    assert (place.feed, place.seen_at, place.disagree, round(place.metres)) == ("tracker", ago(seconds=30), False, 90)
    assert (place.shown_feed, place.shown_at) == ("own", ago(seconds=50))
    assert contested.reads.elsewhere(PORT, "vehicles", "T1", ago(seconds=40)) == []
    assert [one.lon for one in contested.reads.elsewhere(PORT, "vehicles", "T1", ago(seconds=20))] == [120.201]
    assert contested.reads.elsewhere(ENTERPRISE, "vehicles", "T1") == []


def test_another_places_it_while_that_is_silent_and_no_longer_when_it_is_heard_again(contested: Store) -> None:
    contested.ingest("own", [fix("own", 200)])
    contested.ingest("tracker", [fix("tracker", 150, 120.3)])
    assert shown(contested) == [(["own"], 120.2, 200)]
    assert len(contested.ingest("tracker", [fix("tracker", 100, 120.31)]).fresh) == 1
    assert shown(contested) == [(["tracker"], 120.31, 100)]
    assert len(contested.ingest("own", [fix("own", 110, 120.21)]).fresh) == 1  # its clock is behind, or its line slow
    assert shown(contested) == [(["own"], 120.21, 110)]
    contested.ingest("own", [fix("own", 100, 120.22)])  # the very moment of the other's fix
    assert shown(contested) == [(["own"], 120.22, 100)]
    times = [row[0] for row in contested.reads.track(PORT, "vehicles", "T1", ago(hours=1), NOW)]
    assert times == [ago(seconds=s) for s in (200, 110, 100)]


def test_what_cannot_both_be_true_is_flagged_on_both_sides(contested: Store) -> None:
    contested.ingest("own", [fix("own", 50)])
    assert contested.ingest("tracker", [fix("tracker", 40, FAR)]).flags == {FLAG: 1}
    own = fix("own", 30)
    assert contested.ingest("own", [own]).fresh == [own]
    flagged = Question(since=0, columns=("feed", "event_time"), filters=(Filter(field="flags", values=(FLAG,)),))
    span = replace(flagged, since=int(ago(hours=1).timestamp() * 1e6))
    assert contested.reads.records(PORT, "vehicle_position", span).rows == [("own", ago(seconds=30))]
    (place,) = contested.reads.elsewhere(PORT, "vehicles", "T1")
    assert (place.disagree, round(place.metres / 1000)) == (True, 90)


def test_vessels_too_and_what_is_too_old_goes(contested: Store) -> None:
    for days in (95, 90, 0):
        at = ago(days=days, minutes=1)
        for feed in RANKS:
            contested.ingest(
                feed, [VesselPosition(mmsi=412000001, lon=120.3, lat=36.0, **{**common(at), "feed": feed})]
            )
    assert contested.reads.vessels(PORT).feeds == ["own"]
    assert [place.feed for place in contested.reads.elsewhere(PORT, "vessels", "412000001")] == ["tracker"]
    before = contested.reads.counts(PORT)
    assert (before["other_position"], before["other_latest"]) == (3, 1)
    list(sweep(contested._database, KEEP, NOW))
    assert contested.reads.counts(PORT)["other_position"] == 2  # of history the last before stays, for that day's map


_FIXES = st.lists(st.tuples(st.sampled_from(sorted(RANKS)), st.integers(0, 40)), min_size=1, max_size=10, unique=True)


@settings(max_examples=30, deadline=None)
@given(said=_FIXES, data=st.data())
def test_whatever_order_the_fixes_come_in_the_same_is_shown_and_nothing_is_lost(
    throw_away: Callable[[], Store], said: Sequence[tuple[str, int]], data: st.DataObject
) -> None:
    """Fixes every ten seconds, each at a place of its own, so that all are worth keeping."""
    words = [fix(feed, 10 * tick, 120 + tick / 100 + (feed == "own") / 3) for feed, tick in said]
    order = data.draw(st.permutations(words))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(order)))))
    one, other = throw_away(), throw_away()
    for store in (one, other):
        store.prefer(RANKS, PATIENCE)
    accepted = one.ingest("all", words).accepted
    assert accepted == len(words)
    for begin, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
        result = other.ingest("all", order[begin:end])
        assert result.accepted + result.duplicate == end - begin
    assert shown(one) == shown(other)
    newest = max(word.event_time for word in words)
    own = max((word.event_time for word in words if word.feed == "own"), default=None)
    placed_by_own = own is not None and (newest - own).total_seconds() <= PATIENCE["own"]
    assert shown(one)[0][0] == ["own" if placed_by_own else "tracker"] or {w.feed for w in words} == {"own"}
