"""GCJ-02 brought to WGS-84: against figures of two other implementations, and there and back anywhere in China."""

from __future__ import annotations

from math import cos, hypot, nan, radians
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.coordinates import from_wgs84, to_wgs84
from datasources.csv_drop import Options
from domain.records import VehiclePosition
from tests.contract.csv_drop_rig import MAPPING
from tests.contract.rig import Clock, create, read

# Longitude and latitude in WGS-84, the same place in GCJ-02; prcoords 1.0.2 and geocoordinates-rs 0.14.2 agree on them.
KNOWN = [
    ((120.2147, 36.0118), (120.21975747469261, 36.01190595338687)),  # Qianwan
    ((121.62, 31.36), (121.62421928585444, 31.357859376022194)),  # Waigaoqiao
    ((113.86, 22.6), (113.86493478645102, 22.596986935450694)),
    ((104.0, 30.6), (104.002303997353, 30.597391875929084)),  # west of the formula's own meridian
    ((87.6, 43.8), (87.60283897227161, 43.80121203029208)),
    ((110.35, 20.02), (110.35441101881037, 20.017997369021984)),
    ((126.6, 45.7), (126.60590230013104, 45.70192625937869)),
]


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return 111_320 * hypot((one[0] - other[0]) * cos(radians(one[1])), one[1] - other[1])


@pytest.mark.parametrize(("wgs84", "gcj02"), KNOWN)
def test_places_others_have_computed(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert from_wgs84(*wgs84) == pytest.approx(gcj02, abs=1e-12)
    assert metres(to_wgs84(*gcj02, "gcj02"), wgs84) < 0.01
    assert 200 < metres(wgs84, gcj02) < 700  # what is at stake: several berths


@given(st.floats(72.1, 137.7), st.floats(0.9, 55.7))
def test_there_and_back(lon: float, lat: float) -> None:
    found = to_wgs84(lon, lat, "gcj02")
    assert metres(from_wgs84(*found), (lon, lat)) < 0.5
    assert metres(to_wgs84(*from_wgs84(lon, lat), "gcj02"), (lon, lat)) < 0.5


@given(st.floats(), st.floats())
def test_what_is_elsewhere_or_no_place_is_left_alone(lon: float, lat: float) -> None:
    assert to_wgs84(lon, lat, "wgs84") == pytest.approx((lon, lat), nan_ok=True, rel=0, abs=0)
    if not (72 <= lon <= 138 and 0 <= lat <= 56):
        assert to_wgs84(lon, lat, "gcj02") == pytest.approx((lon, lat), nan_ok=True, rel=0, abs=0)


@pytest.mark.parametrize("place", [(0.0, 0.0), (4.9, 52.3), (-73.9, 40.7), (181.0, 91.0), (nan, 36.0)])
def test_outside_china_nothing_moves(place: tuple[float, float]) -> None:
    assert to_wgs84(*place, "gcj02") == pytest.approx(place, nan_ok=True, rel=0, abs=0)


def test_a_feed_says_what_its_coordinates_are(tmp_path: Path) -> None:
    """One option on the feed; half a place stays half, for the gate to refuse."""
    (tmp_path / "trucks.csv").write_text(
        "车牌,经度,纬度,时间,速度\n鲁B12345,120.21975747,36.01190595,2031-05-04 10:00:00,31.5\n", "utf-8"
    )
    options = {"dataset": "vehicle_position", "path": "trucks.csv", "mapping": MAPPING, "coordinates": "gcj02"}
    for replay in ({}, {"replay": {"speed": 1.0}}):
        adapter = create("csv_drop", {**options, **replay}, tmp_path, Clock())
        records = read(adapter, Clock()).records
        adapter.close()
        assert [(r.lon, r.lat) for r in records if isinstance(r, VehiclePosition)] == [
            pytest.approx((120.2147, 36.0118), abs=1e-6)
        ]


def test_rows_without_a_place_have_no_coordinates() -> None:
    with pytest.raises(ValueError, match="coordinates: inspection_step has no lon and lat"):
        Options(
            dataset="inspection_step",
            path="a.csv",
            mapping={"declaration_no": "a", "node": "b", "event_time": "c"},
            coordinates="gcj02",
        )
