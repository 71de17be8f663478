"""Our drawing of the port keeps what simulation, map and rules rely on."""

from __future__ import annotations

import json
import tomllib
from collections import Counter

import pytest
import shapely

from tests.conftest import REPO
from tests.geo.plan import GEO, features, land, land_file, metres, network, reached
from tools import draw_port

KINDS = ("terminal", "berth", "block", "gate", "area", "platform", "road", "fairway", "anchorage", "label")
STAY_KINDS = {"standard", "reefer", "dangerous", "empty", "inspection"}


def test_the_committed_file_is_what_the_description_draws():
    drawn = draw_port.draw(tomllib.loads((REPO / "tools" / "port_qianwan.toml").read_text("utf-8")))
    committed = json.loads((GEO / "port.geojson").read_text("utf-8"))
    assert json.loads(json.dumps(drawn)) == committed


def test_every_id_is_unique():
    for kind in KINDS:
        ids = [p["id"] for p, _ in features(kind)]
        assert ids, kind
        assert not [i for i, n in Counter(ids).items() if n > 1], kind
    names = [p["name"] for p, _ in features("block")]
    assert len(names) == len(set(names)), "people call blocks by name"


def test_the_size_of_the_port():
    counts = {kind: len(features(kind)) for kind in KINDS}
    assert counts["terminal"] == 6
    assert counts["berth"] >= 20
    assert 55 <= counts["block"] <= 75
    assert counts["gate"] >= 5
    assert counts["area"] == 2
    platforms = Counter(p["area"] for p, _ in features("platform"))
    assert all(4 <= platforms[area] <= 6 for area in ("north", "south"))
    assert sum(p["capacity_teu"] for p, _ in features("block")) == pytest.approx(60_000, rel=0.1)


def test_capacity_follows_from_slots_and_tiers():
    for p, _ in features("block"):
        assert p["capacity_teu"] == p["ground_slots"] * p["tiers"] > 0
        assert p["stay_kind"] in STAY_KINDS
    assert {p["stay_kind"] for p, _ in features("block")} == STAY_KINDS


def test_platform_names_are_the_ports_own():
    names = {p["name_zh"] for p, _ in features("platform")}
    assert {"前湾港北港查验区1号平台", "前湾港南港查验区1号平台"} <= names


def test_terminals_stand_on_land_at_the_water():
    for p, outline in features("terminal"):
        assert outline.difference(land()).area < 0.001 * outline.area, p["id"]
        assert outline.distance(land().boundary) < 1e-5, p["id"]


def test_blocks_lie_inside_their_terminal_or_area_and_never_on_one_another():
    homes = shapely.union_all([s for kind in ("terminal", "area") for _, s in features(kind)])
    blocks = features("block")
    for p, outline in blocks:
        assert homes.contains(outline), p["id"]
    assert sum(s.area for _, s in blocks) == pytest.approx(shapely.union_all([s for _, s in blocks]).area)


def test_berths_are_the_waters_edge():
    terminals = {p["id"]: s for p, s in features("terminal")}
    for p, line in features("berth"):
        assert all(shapely.Point(c).distance(land().boundary) < 0.0002 for c in line.coords), p["id"]
        assert line.distance(terminals[p["terminal"]]) < 1e-6, p["id"]
        assert metres(line.coords[0], line.coords[-1]) == pytest.approx(p["length_m"], rel=0.01)


def test_everything_drivable_is_one_dry_network():
    nodes = network()
    start = next(iter(nodes))
    assert reached(nodes, start) == set(nodes)
    for p, line in features("road"):
        assert line.difference(land()).length < 1e-6, p["id"]


def test_roads_lead_to_every_place_and_out_of_the_box():
    nodes = list(network())
    places = [(p["id"], s.coords[0]) for kind in ("gate", "platform") for p, s in features(kind)]
    places += [(p["id"], s.centroid.coords[0]) for p, s in features("block")]
    for name, place in places:
        assert min(metres(place, node) for node in nodes) < 150, name
    west, south, east, north = land_file()["bbox"]
    ends = {c for p, line in features("road") if p["class"] == "outside" for c in (line.coords[0], line.coords[-1])}
    leaving = [c for c in ends if c[0] in (west, east) or c[1] in (south, north)]
    assert len(leaving) >= 2
    assert {p["class"] for p, _ in features("road")} == {"main", "service", "outside"}


def test_gates_divide_terminal_from_outside():
    """Without its gates the inside of the terminals cannot be left."""
    gates = {s.coords[0] for _, s in features("gate")}
    nodes = {n: near - gates for n, near in network().items() if n not in gates}
    outside = next(n for n in nodes if n[0] == land_file()["bbox"][0])
    free = shapely.MultiPoint(list(reached(nodes, outside)))
    for p, outline in features("terminal"):
        assert not free.intersects(outline), p["id"]


def test_ships_stay_on_water():
    for kind in ("fairway", "anchorage"):
        for p, s in features(kind):
            assert not s.intersects(land()), p["id"]


def test_every_berth_can_be_reached_from_a_fairway():
    box = shapely.box(*land_file()["bbox"])
    for p, line in features("fairway"):
        assert line.coords[0][0] == box.bounds[2], f"{p['id']} begins at the open sea"
    ends = [line.coords[-1] for _, line in features("fairway")]
    routes = [line for _, line in features("fairway")]
    assert len(set(ends)) == len(ends)
    for p, berth in features("berth"):
        assert min(r.distance(berth.interpolate(0.5, normalized=True)) for r in routes) < 0.013, p["id"]


def test_a_frame_places_metres_where_they_belong():
    frame = draw_port.Frame((120.0, 36.0), (120.01, 36.0), "left")
    assert frame.place(0, 0) == (120.0, 36.0)
    north = frame.place(0, 500)
    assert north[0] == 120.0
    assert metres((120.0, 36.0), north) == pytest.approx(500, rel=0.002)
    assert draw_port.Frame((120.0, 36.0), (120.01, 36.0), "right").place(0, 500)[1] < 36.0
    ring = frame.box(0, 10, 0, 20)
    assert shapely.Polygon(ring).exterior.is_ccw
    assert ring[0] == ring[-1]


def test_another_port_can_be_drawn(tmp_path, capsys):
    description, target = tmp_path / "port.toml", tmp_path / "port.geojson"
    description.write_text(
        """
        nodes = {}
        roads = {}
        gates = []
        areas = []
        anchorages = []
        fairways = { main = [[103.7, 1.2], [103.8, 1.25]] }
        [quays.q]
        a = [103.8, 1.26]
        b = [103.81, 1.26]
        inland = "left"
        [[terminals]]
        id = "t"
        name_zh = "一号"
        name_en = "One"
        quay = "q"
        u0 = 0
        columns = 2
        column_m = 200
        rows = 1
        row_m = 90
        prefix = "A"
        berths = 1
        [stacks]
        standard = { rows = 6, tiers = 4 }
        """
    )
    draw_port.main([str(description), str(target)])
    kinds = Counter(f["properties"]["kind"] for f in json.loads(target.read_text("utf-8"))["features"])
    assert (kinds["block"], kinds["berth"], kinds["terminal"]) == (2, 1, 1)
    assert "'block': 2" in capsys.readouterr().out
