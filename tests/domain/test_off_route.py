"""Which vehicles are off their route, from one evaluation to the next."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.off_route import FORGET_AFTER, follow
from domain.records import VehiclePosition
from tests.domain.samples import NOW, good

LIMIT = 200.0


def fix(seconds, metres, vehicle="鲁B12345"):
    return replace(
        good(VehiclePosition),
        vehicle_id=vehicle,
        event_time=NOW + timedelta(seconds=seconds),
        off_route_metres=metres,
    )


def test_fixes_beyond_the_limit_are_counted_across_evaluations():
    first = follow({}, [fix(0, 250.0)], LIMIT, NOW)
    second = follow(first, [fix(10, 400.0), fix(20, 300.0)], LIMIT, NOW)
    state = second["鲁B12345"]
    assert (state.fixes, state.since, state.worst_metres) == (3, NOW, 400.0)
    assert state.last.off_route_metres == 300.0


def test_a_fix_on_the_route_ends_it_and_one_without_distance_says_nothing():
    off = follow({}, [fix(0, 250.0)], LIMIT, NOW)
    assert follow(off, [fix(10, None)], LIMIT, NOW) == off
    assert follow(off, [fix(10, LIMIT)], LIMIT, NOW) == {}


def test_late_and_repeated_fixes_change_nothing():
    off = follow({}, [fix(10, 250.0)], LIMIT, NOW)
    assert follow(off, [fix(10, 250.0), fix(5, 0.0)], LIMIT, NOW) == off


def test_a_vehicle_that_fell_silent_is_forgotten():
    off = follow({}, [fix(0, 250.0)], LIMIT, NOW)
    assert follow(off, [], LIMIT, NOW + FORGET_AFTER) == off
    assert follow(off, [], LIMIT, NOW + FORGET_AFTER + timedelta(seconds=1)) == {}


@given(st.lists(st.tuples(st.sampled_from("AB"), st.floats(0, 500)), max_size=20), st.integers(0, 20))
def test_it_does_not_matter_how_fixes_are_parted_into_evaluations(walk, cut):
    fixes = [fix(second, metres, vehicle) for second, (vehicle, metres) in enumerate(walk)]
    now = NOW + timedelta(seconds=len(walk))
    parted = follow(follow({}, fixes[:cut], LIMIT, now), fixes[cut:], LIMIT, now)
    assert parted == follow({}, list(reversed(fixes)), LIMIT, now)
