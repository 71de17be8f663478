"""Whether two fixes can be of one thing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.reach import (
    FORGOTTEN_SECONDS,
    GIVEN_UP,
    NEAR_DEGREES,
    SLACK_METRES,
    Doubted,
    doubt,
    limit,
    metres,
    reachable,
    seconds,
    words,
)
from domain.records import Origin, VehiclePosition, VesselPosition
from tests.domain.samples import NOW

COMMON = {"feed": "test", "origin": Origin.LIVE}


def ship(second=0.0, lon=120.2, lat=36.0, mmsi=412_345_678):
    return VesselPosition(**COMMON, event_time=NOW + timedelta(seconds=second), mmsi=mmsi, lon=lon, lat=lat)


def truck(second=0.0, lon=120.2, lat=36.0):
    return VehiclePosition(
        **COMMON, event_time=NOW + timedelta(seconds=second), vehicle_id="鲁B12345", lon=lon, lat=lat
    )


places = st.builds(
    ship, st.floats(-1e6, 1e6), st.floats(-180, 180), st.floats(-90, 90), st.sampled_from([412_345_678, 111_412_001])
)


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [
        (ship(), ship(lat=37.0), 111_195),
        (ship(), ship(lon=121.2), 89_959),
        (ship(lon=179.99, lat=0.0), ship(lon=-179.99, lat=0.0), 2_224),  # across the date line
        (ship(lon=0.0, lat=90.0), ship(lon=90.0, lat=90.0), 0),
        (ship(lon=0.0, lat=-90.0), ship(lon=0.0, lat=90.0), 20_015_087),
    ],
)
def test_distances_are_those_on_a_sphere(one, other, far):
    assert metres(one, other) == pytest.approx(far, abs=1)


@given(places, places)
def test_it_does_not_matter_which_came_first(one, other):
    other = replace(other, mmsi=one.mmsi)
    assert reachable(one, other) == reachable(other, one)
    assert reachable(one, one)


@given(places, st.floats(-0.999, 0.999), st.floats(-0.999, 0.999))
def test_what_is_near_needs_no_clock(one, east, north):
    lat = min(90.0, max(-90.0, one.lat + north * NEAR_DEGREES))
    lon = min(180.0, max(-180.0, one.lon + east * NEAR_DEGREES))
    assert metres(one, replace(one, lon=lon, lat=lat)) < SLACK_METRES


@given(st.floats(1, 1e5), st.floats(0.0, 0.99))
def test_what_keeps_below_the_limit_is_always_reachable(apart, share):
    north = limit(ship()) * apart * share / 111_195
    assert reachable(ship(lat=-30.0), ship(apart, lat=min(90.0, -30.0 + north)))


def test_a_jump_of_300_knots_is_none():
    knots_300 = 300 * 1852 / 3600
    for apart in (10, 60, 3600):
        assert not reachable(ship(), ship(apart, lat=36.0 + knots_300 * apart / 111_195))
        assert not reachable(truck(), truck(-apart, lat=36.0 + knots_300 * apart / 111_195))
    helicopter = 111_412_001
    assert reachable(ship(mmsi=helicopter), ship(60, lat=36.0 + knots_300 * 60 / 111_195, mmsi=helicopter))


def test_after_a_long_silence_it_may_be_anywhere():
    assert reachable(truck(), truck(FORGOTTEN_SECONDS + 1, lat=-36.0, lon=-60.0))
    assert not reachable(truck(), truck(FORGOTTEN_SECONDS - 1, lat=-36.0, lon=-60.0))


def test_a_recording_played_fast_is_held_to_its_own_clock():
    one, other = (
        replace(ship(s / 100, lat=36.0 + s / 20_000), recorded_time=NOW + timedelta(seconds=s)) for s in (0, 600)
    )
    assert seconds(one, other) == 600
    assert reachable(one, other)
    assert not reachable(replace(one, recorded_time=None), other)


def test_three_that_agree_are_believed_and_one_is_not():
    believed, doubted = ship(), None
    for second in (10, 20):
        doubted = doubt(believed, doubted, ship(second, lat=40.0))
        assert doubted is not None
    assert doubt(believed, doubted, ship(30, lat=40.0)) is None


def test_what_agrees_with_nothing_is_doubted_until_the_believed_one_is_given_up():
    believed, doubted = ship(), None
    for number in range(1, GIVEN_UP):
        doubted = doubt(believed, doubted, ship(number, lat=-60.0 + number * 10.0 * (-1) ** number))
        assert isinstance(doubted, Doubted)
        assert (doubted.agree, doubted.all) == (1, number)
    assert doubt(believed, doubted, ship(GIVEN_UP, lat=5.0)) is None


def test_the_reason_says_how_far_and_how_fast():
    said = words(ship(), ship(60, lat=37.0))
    assert said.startswith("lat=37.0, lon=120.2: 111.2 km from lat=36.0, lon=120.2 at 2026-03-02T08:00:00+00:00, 60 s")
    assert said.endswith("would be 3602 knots")
    assert words(ship(), ship(lat=37.0)).endswith("at the same time")
