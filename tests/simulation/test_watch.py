"""What the simulated port's cameras and gauges tell: as rare as in a port, and consistent with the rest of it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from domain.records import ContainerStay, DoorEvent, Measurement, StayKind, WeatherObservation
from domain.watch_records import AreaEvent, Recognition
from tests.simulation.port import MONDAY, Port

DAYS = 14


@pytest.fixture(scope="module")
def told():
    port = Port(trucks=1200)
    since = MONDAY - timedelta(days=DAYS)
    return [r for name in ("guard", "sensors", "yard") for r in port.history(name, since, MONDAY)]


def of(kind, told):
    return [r for r in told if type(r) is kind]


def test_what_crosses_lines_is_rare_and_has_a_place(told):
    events = of(AreaEvent, told)
    count = Counter(e.kind for e in events)
    assert set(count) == {"crossing", "intrusion", "tripwire"}
    assert 0.3 < count["intrusion"] / DAYS < 3
    assert 0.1 < count["tripwire"] / DAYS < 2.5
    assert all(35.9 < e.lat < 36.1 and 120.1 < e.lon < 120.3 for e in events)
    assert len({e.event_id for e in events}) == len(events)


def test_a_few_of_many_recognitions_do_not_agree(told):
    seen = of(Recognition, told)
    pairs = ("plate", "container", "position")
    wrong = [r for r in seen if any(getattr(r, f"{p}_read") != getattr(r, f"{p}_expected") for p in pairs)]
    assert 1 < len(wrong) / DAYS < 8
    assert len(seen) / DAYS > 100
    assert all(r.place for r in seen)


def test_a_box_is_opened_in_the_yard_now_and_then_while_it_stands_there(told):
    stays = {r.container_no: r for r in of(ContainerStay, told)}
    doors = of(DoorEvent, told)
    assert 0 < len(doors) / DAYS < 2
    assert all(stays[d.container_no].arrived_at < d.event_time and not d.vehicle_id for d in doors)


def test_weather_stays_within_what_there_is(told):
    seen = of(WeatherObservation, told)
    assert len(seen) == 2 * DAYS * 144
    assert all(0 < r.wind_metres_per_second <= r.gust_metres_per_second < 45 for r in seen)
    assert all(50 < r.visibility_metres < 20_000 and -20 < r.temperature_celsius < 40 for r in seen)


def test_reefers_keep_their_temperature_but_for_the_few_in_trouble(told):
    boxes = {r.container_no: r for r in of(ContainerStay, told) if r.kind is StayKind.REEFER}
    assert all(r.set_celsius is not None for r in boxes.values())
    measured = of(Measurement, told)
    readings = [r for r in measured if r.measure == "reefer_celsius" and r.subject in boxes]
    warm = {r.subject for r in readings if r.value > boxes[r.subject].set_celsius + 2}
    dark = {r.subject for r in measured if r.measure == "reefer_power" and r.value == 0}
    assert 0.3 < len(dark) / DAYS < 6
    assert 0 < len(warm) / DAYS < 6
    assert len({r.subject for r in readings}) > 1_000


def test_goods_are_told_as_they_become_known(told):
    stays = of(ContainerStay, told)
    weighed = [r for r in stays if r.vgm_tonnes is not None]
    assert weighed
    assert all(abs(r.vgm_tonnes - r.weight_tonnes) < 0.5 or r.vgm_tonnes > r.max_gross_tonnes for r in weighed)
    assert 0 < sum(r.vgm_tonnes > r.max_gross_tonnes for r in weighed) / DAYS < 4
    assert {r.kind for r in stays if r.imdg_class} <= {StayKind.DANGEROUS, StayKind.INSPECTION}
    assert all(r.imdg_class for r in stays if r.kind is StayKind.DANGEROUS)
    assert all(r.declared_at <= r.event_time for r in stays if r.declared_at)
