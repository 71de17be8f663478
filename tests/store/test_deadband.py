"""How far a thinned track can be from the true one: never further than the dead-band promises."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deadband import TURN_AFTER, Bands, DeadBand
from domain.records import VehiclePosition
from store.engine import Store, open_store
from store.moments import SECOND
from store.writes.deadband import METRES_PER_DEGREE, Fix, judge
from tests.store.conftest import NewUrl
from tests.store.samples import NOW, PORT, ago, common

SLACK = 1.005  # the test measures on a plane, the store on the sphere
LON, LAT = 120.2, 36.0
METRES_PER_LON = METRES_PER_DEGREE * math.cos(math.radians(LAT))
Point = tuple[float, float]

steps = st.lists(
    st.tuples(
        st.floats(0.5, 90.0),  # seconds to the next fix
        st.one_of(st.just(0.0), st.floats(0.0, 20.0), st.floats(0.0, 200.0)),  # metres to it
        st.floats(0.0, 360.0),  # in this direction
        st.one_of(st.none(), st.floats(0.0, 359.9)),  # course sent with it
    ),
    min_size=1,
    max_size=40,
)
bands = st.builds(DeadBand, st.floats(5.0, 100.0), st.floats(10.0, 300.0), st.sampled_from([20.0, 45.0, math.inf]))


def drive(legs: list[tuple[float, float, float, float | None]]) -> list[Fix]:
    time, x, y, fixes = 0.0, 0.0, 0.0, [(0, LON, LAT, None)]
    for seconds, metres, direction, course in legs:
        time += seconds
        x, y = x + metres * math.sin(math.radians(direction)), y + metres * math.cos(math.radians(direction))
        fixes.append((int(time * SECOND), LON + x / METRES_PER_LON, LAT + y / METRES_PER_DEGREE, course))
    return fixes


def thin(fixes: list[Fix], band: DeadBand) -> list[Fix]:
    worth, kept = judge(band), fixes[:1]
    for fix in fixes[1:]:
        if worth(kept[-1], fix):
            kept.append(fix)
    return kept


def place(fix: Fix) -> Point:
    return (fix[1] - LON) * METRES_PER_LON, (fix[2] - LAT) * METRES_PER_DEGREE


def between(a: Fix, b: Fix, time: float) -> Point:
    share = (time - a[0]) / (b[0] - a[0])
    (ax, ay), (bx, by) = place(a), place(b)
    return ax + (bx - ax) * share, ay + (by - ay) * share


def to_leg(p: Point, a: Point, b: Point) -> float:
    (x, y), along = (b[0] - a[0], b[1] - a[1]), 0.0
    if x or y:
        along = min(1.0, max(0.0, ((p[0] - a[0]) * x + (p[1] - a[1]) * y) / (x * x + y * y)))
    return math.dist(p, (a[0] + x * along, a[1] + y * along))


def to_path(p: Point, path: list[Point]) -> float:
    return min(to_leg(p, a, b) for a, b in zip(path, path[1:] or path, strict=False))


def along(path: list[Point]) -> list[Point]:
    """Points of a path: its corners and, on every leg, four between."""
    between_ = [
        (a[0] + (b[0] - a[0]) * n / 5, a[1] + (b[1] - a[1]) * n / 5)
        for a, b in itertools.pairwise(path)
        for n in range(5)
    ]
    return [*between_, path[-1]]


@given(steps, bands)
def test_a_thinned_track_is_never_further_off_than_its_band(
    legs: list[tuple[float, float, float, float | None]], band: DeadBand
) -> None:
    fixes = drive(legs)
    kept = thin(fixes, band)
    for fix in fixes:
        last = max(one for one in kept if one[0] <= fix[0])
        way = math.dist(place(fix), place(last))
        assert way < band.metres * SLACK
        assert fix[0] == last[0] or fix[0] - last[0] < band.seconds * SECOND
        if way > band.metres * TURN_AFTER * SLACK and None not in (fix[3], last[3]):
            turn = abs(fix[3] - last[3]) % 360
            assert min(turn, 360 - turn) < band.degrees
    drawn = kept if kept[-1] == fixes[-1] else [*kept, fixes[-1]]  # the newest fix is always known
    true, thinned = [place(fix) for fix in fixes], [place(fix) for fix in drawn]
    assert max(to_path(p, thinned) for p in along(true)) < band.metres * SLACK
    assert max(to_path(p, true) for p in along(thinned)) < band.metres * SLACK
    longest = max(math.dist(a, b) for a, b in itertools.pairwise(true))
    for fix in fixes:
        before = max(one for one in drawn if one[0] <= fix[0])
        after = min((one for one in drawn if one[0] > fix[0]), default=before)
        at = place(before) if after is before else between(before, after, fix[0])
        assert math.dist(at, place(fix)) < (2 * band.metres + longest) * SLACK


def test_the_store_keeps_what_the_band_says_and_the_newest_fix(new_url: NewUrl) -> None:
    chance = random.Random(3)
    legs = [(5.0, chance.uniform(0, 40), chance.uniform(0, 360), chance.uniform(0, 359)) for _ in range(300)]
    fixes, band = drive(legs), DeadBand(60.0, 90.0, 120.0)
    store = open_store(new_url(), clock=lambda: NOW, bands=Bands(vehicles=band))
    begin = ago(hours=1)
    records = [
        VehiclePosition(
            vehicle_id="T", lon=lon, lat=lat, heading_degrees=course, **common(begin + timedelta(microseconds=time))
        )
        for time, lon, lat, course in fixes
    ]
    while records:
        size = chance.randrange(1, 40)
        store.ingest("test", records[:size])
        records = records[size:]
    expected = {fix[0] for fix in (*thin(fixes, band), fixes[-1])}
    assert len(expected) < len(fixes) * 0.7
    found = store.reads.track(PORT, "vehicles", "T", begin, NOW)
    assert {(row[0] - begin) // timedelta(microseconds=1) for row in found} == expected
    store.close()


@pytest.mark.parametrize("wrong", [(-1.0, 60.0), (25.0, -1.0), (math.nan, 60.0), (25.0, 60.0, -5.0)])
def test_a_band_below_zero_is_refused(wrong: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="dead-band"):
        DeadBand(*wrong)


def test_a_turn_on_the_spot_is_not_kept_and_one_on_the_way_is(new_store: Callable[[], Store]) -> None:
    store = new_store()
    spots = [(0, 0.0), (10, 90.0), (20, 100.0), (30, 170.0)]  # metres from the first fix, course
    for second, (metres, course) in enumerate(spots):
        store.ingest("test", [
            VehiclePosition(vehicle_id="T", lon=LON, lat=LAT + metres / METRES_PER_DEGREE, heading_degrees=course,
                            **common(ago(seconds=60 - second)))
        ])  # fmt: skip
    track = store.reads.track(PORT, "vehicles", "T", ago(hours=1), NOW)
    assert [round((row[2] - LAT) * METRES_PER_DEGREE) for row in track] == [0, 10, 30]
