"""Rules over cargo, weather, people and trucks as timelines: when they fire, at what level, and when they clear."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.pictures import ForecastRow, ForecastsPicture, KpiRow, KpisPicture
from domain.records import ContainerStay, Direction, InspectionTask, Measurement, WeatherObservation
from domain.rules import rule_of
from domain.rules.base import Facts, SubjectError
from tests.domain.rule_timeline import found, instance, play
from tests.domain.samples import BOX, NOW, good

DAY, HOUR, MINUTE = 86_400.0, 3_600.0, 60.0


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def measured(measure, subject, value, at=0.0):
    one = replace(good(Measurement), measure=measure, subject=subject, value=value, event_time=later(at))
    return {"measurements": {(measure, subject): one}}


def stays(*rows, **common):
    made = [replace(good(ContainerStay), departed_at=None, **{**common, **row}) for row in rows]
    return {"stays": {one.container_no: one for one in made}}


def weather(at=0.0, **seen):
    none = dict.fromkeys(("wind_metres_per_second", "gust_metres_per_second", "visibility_metres"))
    one = replace(good(WeatherObservation), station="mast", event_time=later(at), **{**none, **seen})
    return {"weather": {"mast": one}}


def test_people_who_wait_beyond_the_line_for_a_minute():
    table = [(t, measured("passengers_waiting", "hall", n, t)) for t, n in
             [(0, 300), (60, 360), (120, 361), (240, 530), (300, 340), (360, 310)]]  # fmt: skip
    steps = play("passenger_flow", table, until=700)
    assert steps == [(60, "pending", "hall"), (120, "level 3", "hall"), (240, "level 2", "hall"),
                     (300, "level 3", "hall"), (540, "clear", "hall")]  # fmt: skip


def test_a_count_that_is_not_of_people_is_no_crowd():
    assert found("passenger_flow", measured("vessels_at_anchor", "hall", 5_000)) == []


def test_a_hall_that_falls_silent_while_crowded_is_not_taken_for_empty():
    one = instance("passenger_flow")
    facts = Facts(
        now=later(3_000), firing=frozenset({"passenger_flow:hall"}), **measured("passengers_waiting", "hall", 400)
    )
    said = rule_of("passenger_flow").found(facts, one)
    assert [type(error) for error in said] == [SubjectError]
    quiet = Facts(now=later(3_000), **measured("passengers_waiting", "hall", 400))
    assert rule_of("passenger_flow").found(quiet, one) == []


def block_of(long, short):
    old, young = NOW - timedelta(days=16), NOW - timedelta(days=2)
    rows = [{"container_no": f"L{n}", "arrived_at": old} for n in range(long)]
    return stays(*rows, *({"container_no": f"S{n}", "arrived_at": young} for n in range(short)), block_id="A1")


@pytest.mark.parametrize(("long", "short", "count"), [(5, 15, 1), (4, 16, 0), (5, 14, 0), (0, 30, 0), (30, 0, 1)])
def test_a_block_in_which_too_many_boxes_stay_too_long(long, short, count):
    said = found("cargo_dwell", block_of(long, short))
    assert len(said) == count
    if said:
        assert (said[0].subject, said[0].params["count"], said[0].params["oldest_days"]) == ("A1", long, 16)


def test_announced_boxes_are_not_in_the_yard_yet():
    told = block_of(5, 5)
    coming = {
        f"C{n}": replace(good(ContainerStay), container_no=f"C{n}", block_id="A1", arrived_at=later(60))
        for n in range(20)
    }
    assert found("cargo_dwell", {"stays": told["stays"] | coming}) == []


def test_dangerous_goods_warn_after_ten_days_intervene_after_fourteen_and_clear_once_declared():
    box = {"container_no": BOX, "imdg_class": "3", "declared_at": None, "arrived_at": NOW}
    table = [(0, stays(box)), (15 * DAY, stays({**box, "declared_at": later(15 * DAY)}))]
    steps = play("dangerous_undeclared", table, every=DAY / 4, until=16 * DAY)
    assert steps == [(10 * DAY, "level 3", BOX), (14 * DAY, "level 2", BOX), (15.25 * DAY, "clear", BOX)]


def test_goods_that_are_not_dangerous_need_no_such_declaration():
    old = {"container_no": BOX, "arrived_at": NOW - timedelta(days=90), "imdg_class": "", "declared_at": None}
    assert found("dangerous_undeclared", stays(old)) == []


@pytest.mark.parametrize(("vgm", "most", "fires"), [(30.5, 30.48, True), (30.48, 30.48, False), (None, 30.48, False),
                                                    (31.0, None, False)])  # fmt: skip
def test_a_box_heavier_than_its_plate_allows(vgm, most, fires):
    box = {"container_no": BOX, "vgm_tonnes": vgm, "max_gross_tonnes": most, "arrived_at": NOW}
    assert bool(found("vgm_over", stays(box))) is fires


def test_a_mass_that_is_no_number_is_an_error_of_that_box_alone():
    rows = [{"container_no": "A", "vgm_tonnes": math.nan, "max_gross_tonnes": 30.0, "arrived_at": NOW},
            {"container_no": "B", "vgm_tonnes": 31.0, "max_gross_tonnes": 30.0, "arrived_at": NOW}]  # fmt: skip
    said = rule_of("vgm_over").found(Facts(now=NOW, **stays(*rows)), instance("vgm_over"))
    assert [type(one).__name__ for one in said] == ["SubjectError", "Finding"]


def exports(due, **more):
    given = {"direction": Direction.EXPORT, "containers": (BOX,), "cut_off": due, "vessel_name": "OCHRE", **more}
    return {"tasks": {"1": replace(good(InspectionTask), declaration_no="1", **given)}}


def test_exports_without_a_verified_mass_near_their_deadline_one_alert_for_a_vessel():
    light = stays({"container_no": BOX, "vgm_tonnes": None, "arrived_at": NOW - timedelta(days=1)})
    table = [(0, {**exports(later(25 * HOUR)), **light}), (30 * HOUR, {})]
    steps = play("vgm_missing", table, every=HOUR / 2)
    assert steps == [(1 * HOUR, "level 3", "OCHRE"), (19 * HOUR, "level 2", "OCHRE"), (26 * HOUR, "clear", "OCHRE")]


@pytest.mark.parametrize(
    "beside",
    [{"direction": Direction.IMPORT}, {"containers": ("OTHER",)}, {"cut_off": None, "vessel_departure_at": None}],
)
def test_who_needs_no_verified_mass_now(beside):
    facts = {**exports(later(HOUR), **beside), **stays({"container_no": BOX, "vgm_tonnes": None, "arrived_at": NOW})}
    assert found("vgm_missing", facts) == []


def test_a_reefer_without_power_for_a_quarter_of_an_hour():
    yard = stays({"container_no": BOX, "arrived_at": NOW})
    table = [(0, {**measured("reefer_power", BOX, 0.0), **yard}), (1_200, measured("reefer_power", BOX, 1.0, 1_200))]
    steps = play("reefer_power", table, every=MINUTE, until=1_500)
    assert steps == [(0, "pending", BOX), (900, "level 2", BOX), (1_320, "clear", BOX)]
    assert found("reefer_power", measured("reefer_power", BOX, 0.0), hold_on_seconds=0) == []  # it left the yard


def test_a_reefer_too_warm_for_half_an_hour_and_far_too_warm():
    yard = stays({"container_no": BOX, "set_celsius": -18.0, "arrived_at": NOW})
    table = [(t, {**measured("reefer_celsius", BOX, celsius, t), **yard}) for t, celsius in
             [(0, -13.5), (2_400, -9.0), (3_000, -18.0)]]  # fmt: skip
    steps = play("reefer_temperature", table, every=MINUTE, until=3_600)
    assert steps == [(0, "pending", BOX), (1_800, "level 3", BOX), (2_400, "level 2", BOX), (3_300, "clear", BOX)]
    unset = {
        **measured("reefer_celsius", BOX, 30.0),
        **stays({"container_no": BOX, "set_celsius": None, "arrived_at": NOW}),
    }
    assert found("reefer_temperature", unset, hold_on_seconds=0) == []


def test_wind_at_the_cranes_warns_stops_and_holds_until_it_has_dropped():
    table = [(t, weather(t, gust_metres_per_second=speed)) for t, speed in
             [(0, 15.0), (600, 17.0), (1_200, 21.0), (1_800, 15.0), (2_400, 12.0)]]  # fmt: skip
    steps = play("crane_wind", table, every=300, until=3_600)
    assert steps == [(600, "level 3", "mast"), (1_200, "level 2", "mast"), (1_800, "level 3", "mast"),
                     (3_300, "clear", "mast")]  # fmt: skip
    assert found("crane_wind", weather()) == []  # no wind was told


@pytest.mark.parametrize(
    ("seen", "why"),
    [({"visibility_metres": 800.0}, ["visibility"]), ({"wind_metres_per_second": 15.0}, ["wind"]),
     ({"visibility_metres": 900.0, "wind_metres_per_second": 15.0}, ["visibility", "wind"]),
     ({"visibility_metres": 1_500.0, "wind_metres_per_second": 9.0}, []), ({}, [])],
)  # fmt: skip
def test_weather_that_stops_pilotage(seen, why):
    said = found("pilotage_weather", weather(**seen))
    assert [list(one.seen) for one in said] == ([why] if why else [])


def turns(minutes, at=0.0):
    row = KpiRow(key="truck_turn", value=minutes, unit="minutes")
    return {"kpis": KpisPicture(as_of=later(at), expected_seconds=1e9, rows=[row])}


def test_trucks_that_take_too_long():
    table = [(t, turns(minutes, t)) for t, minutes in [(0, 80.0), (60, 95.0), (420, 200.0), (480, 85.0), (540, 70.0)]]
    steps = play("truck_turn", table, every=MINUTE, until=1_300)
    assert steps == [(60, "pending", "port"), (360, "level 3", "port"), (420, "level 2", "port"),
                     (480, "level 3", "port"), (1_140, "clear", "port")]  # fmt: skip
    assert found("truck_turn", turns(None), hold_on_seconds=0) == []


def forecast(chance, mean, upper, past=0.5):
    at = [later(HOUR), later(3 * HOUR), later(20 * HOUR)]
    row = ForecastRow(
        key="yard_occupancy", unit="share", past_times=[NOW], past_values=[past], times=at, mean=mean, lower_80=mean,
        upper_80=upper, lower_95=mean, upper_95=upper, model="m", made_at=NOW, limit=0.85, crossing_probability=chance,
    )  # fmt: skip
    return {"forecasts": ForecastsPicture(as_of=NOW, rows=[row])}


@pytest.mark.parametrize(
    ("facts", "level", "hours"),
    [
        (forecast(0.6, [0.7, 0.8, 0.9], [0.8, 0.9, 1.0]), 4, 3.0),  # the bound crosses in three hours
        (forecast(0.9, [0.7, 0.86, 0.9], [0.8, 0.95, 1.0]), 3, 3.0),  # the middle itself does
        (forecast(0.4, [0.7, 0.86, 0.9], [0.8, 0.95, 1.0]), None, None),  # not probable enough
        (forecast(0.9, [0.7, 0.8, 0.9], [0.8, 0.84, 1.0]), None, None),  # too far ahead
        (forecast(0.9, [0.9, 0.9, 0.9], [0.9, 0.9, 1.0], past=0.9), None, None),  # beyond already
    ],
)
def test_a_forecast_that_will_probably_cross_its_line(facts, level, hours):
    said = found("forecast_crossing", facts)
    assert [(one.level, one.params["hours"]) for one in said] == ([(level, hours)] if level else [])
