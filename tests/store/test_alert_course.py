"""The figure around an alert's moment: of every rule that looks at one, with the line that belongs to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.alert_identity import alert_id
from domain.alert_packet import Course
from domain.pictures import AlertRow
from domain.records import Measurement, WeatherObservation
from store.engine import Store
from tests.store.samples import NOW, PORT, ago, common, move


def seen(**figures: tuple[float, float]) -> dict[str, Any]:
    return {name: {"value": value, "limit": limit, "unit": ""} for name, (value, limit) in figures.items()}


def course(store: Store, kind: str, subject: str, saw: dict[str, Any], **params: Any) -> Course | None:
    row = AlertRow(key=f"r:{subject}", rule="r", level=2, subject_kind=kind, subject=subject, state="new",
                   condition="firing", opened_at=ago(minutes=5), last_at=ago(minutes=1), count=1, seen=saw,
                   params=params)  # fmt: skip
    store.save_alerts([row])
    packet = store.reads.alert_packet(PORT, alert_id(row.key))
    assert packet is not None
    return packet.course


@pytest.fixture
def filled(store: Store) -> Store:
    """Two looks at everything."""
    records: list[Any] = []
    for minutes, value in ((30, 1.0), (10, 2.0)):
        at = common(ago(minutes=minutes))
        wind = {"wind_metres_per_second": value, "gust_metres_per_second": value + 10}
        records.append(WeatherObservation(station="M1", visibility_metres=int(100 * value), **wind, **at))
        for measure, subject in (("passengers_waiting", "hall"), ("reefer_celsius", "BOX"), ("reefer_power", "BOX")):
            records.append(Measurement(measure=measure, subject=subject, value=value, unit="", **at))
    for hours in (3, 2):
        records += [move(f"i{hours}", ago(hours=hours, minutes=40), "in", f"v{hours}"),
                    move(f"o{hours}", ago(hours=hours), "out", f"v{hours}")]  # fmt: skip
    store.ingest("test", records)
    kept = (("yard_occupancy", "B7"), ("yard_occupancy", "port"), ("yard_teu", "port"), ("gate_moves", "port"))
    store.save_rollups([(metric, subject, NOW.replace(minute=0) - since, 0.9) for metric, subject in kept
                        for since in (timedelta(hours=2), timedelta(hours=1))])  # fmt: skip
    return store


@pytest.mark.parametrize(
    ("kind", "subject", "saw", "params", "measure", "limit"),
    [
        ("station", "M1", seen(gust=(18, 15)), {}, "gust_metres_per_second", 15),
        ("station", "M1", seen(wind=(18, 14)), {}, "wind_metres_per_second", 14),
        ("station", "M1", seen(visibility=(300, 500)), {}, "visibility_metres", 500),
        ("place", "hall", seen(people=(800, 500)), {}, "passengers_waiting", 500),
        ("container", "BOX", seen(degrees=(6, 3)), {"set_celsius": -18, "celsius": -12}, "reefer_celsius", -15),
        ("container", "BOX", seen(degrees=(6, 3)), {"set_celsius": -18, "celsius": -24}, "reefer_celsius", -21),
        ("container", "BOX", seen(minutes=(20, 10)), {}, "reefer_power", None),
        ("block", "B7", seen(occupancy=(0.9, 0.85)), {}, "yard_occupancy", 0.85),
        ("block", "B7", seen(share=(0.5, 0.3)), {}, "yard_occupancy", None),  # of boxes that stay long: another share
        ("port", "port", seen(occupancy=(0.9, 0.85)), {}, "yard_occupancy", 0.85),
        ("port", "port", seen(minutes=(50, 45)), {}, "truck_turn", 45),
        ("forecast", "gate_moves", seen(probability=(0.9, 0.5)), {"limit": 400}, "gate_moves", 400),
    ],
)  # fmt: skip
def test_the_figure_is_the_one_the_rule_looked_at_and_so_is_its_line(
    filled: Store, kind: str, subject: str, saw: dict[str, Any], params: dict[str, Any], measure: str,
    limit: float | None,
) -> None:  # fmt: skip
    told = course(filled, kind, subject, saw, **params)
    assert told is not None
    assert (told.measure, told.limit, len(told.values)) == (measure, limit, 2)
    if measure == "truck_turn":
        assert told.values == pytest.approx([40, 40])


def test_what_has_no_figure_has_no_chart(filled: Store) -> None:
    assert course(filled, "declaration", "D1", seen(minutes=(2, 1))) is None
    assert course(filled, "station", "M2", seen(gust=(18, 15))) is None
