"""The coast: small, valid, where the real coast is, and saying whose it is."""

from __future__ import annotations

import csv
import json

import pytest
import shapely
from shapely.geometry import shape

from tests.geo.plan import GEO, features, land, land_file


def test_land_is_small_and_says_its_licence():
    assert (GEO / "land.geojson").stat().st_size < 200_000
    assert "OpenStreetMap contributors" in land_file()["attribution"]
    assert "ODbL" in land_file()["attribution"]


def test_every_polygon_is_valid_and_none_lies_on_another():
    polygons = [shape(f["geometry"]) for f in land_file()["features"]]
    assert all(p.is_valid and p.area > 0 for p in polygons)
    assert sum(p.area for p in polygons) == pytest.approx(land().area, rel=1e-9)
    assert shapely.box(*land_file()["bbox"]).buffer(1e-6).contains(land())


@pytest.mark.parametrize(
    ("name", "lon", "lat", "dry"),
    [
        ("Qingdao city", 120.37, 36.09, True),
        ("Huangdao", 120.19, 36.03, True),
        ("peninsula of the south quays", 120.24, 36.012, True),
        ("Jiaozhou Bay", 120.22, 36.12, False),
        ("Qianwan basin", 120.22, 36.012, False),
        ("bay mouth", 120.275, 36.033, False),
        ("Yellow Sea", 120.7, 35.8, False),
    ],
)
def test_known_places(name, lon, lat, dry):
    assert land().contains(shapely.Point(lon, lat)) is dry, name


def test_agrees_with_an_extract_made_elsewhere(shared_data):
    theirs = json.loads((shared_data / "geo" / "qingdao_land_osm.geojson").read_text("utf-8"))
    other = shapely.union_all([shapely.make_valid(shape(f["geometry"])) for f in theirs["features"]])
    assert land().symmetric_difference(other).area < 0.003 * other.area, "about 30 m along the open coast"
    fine = shapely.box(*land_file()["fine_bbox"])
    difference = land().symmetric_difference(other).intersection(fine)
    assert difference.area < 0.0001 * fine.area, "the quays keep every corner"


def test_ships_that_were_really_there_swim(shared_data):
    with (shared_data / "ais" / "qingdao_decoded_part1.csv").open(encoding="utf-8") as file:
        ships = [shapely.Point(float(r["lon"]), float(r["lat"])) for r in csv.DictReader(file)]
    ashore = [p for p in ships if land().contains(p)]
    assert len(ships) == 394
    assert len(ashore) <= 9, "the recording's own notes count nine a few metres inside the quays"


def test_ships_that_were_really_there_lie_at_our_berths(shared_data):
    with (shared_data / "ais" / "qingdao_decoded_part1.csv").open(encoding="utf-8") as file:
        ships = [shapely.Point(float(r["lon"]), float(r["lat"])) for r in csv.DictReader(file)]
    quays = shapely.union_all([line for _, line in features("berth")])
    moored = [p for p in ships if p.distance(quays) < 0.001]
    assert len(moored) >= 20, "within 100 m of a berth we drew"
