"""Making the coast: what can be tested without the 100 MB wheel."""

from __future__ import annotations

import math

import pytest
import shapely

from tools import build_basemap

BOX, FINE = (0.0, 0.0, 1.0, 1.0), (0.4, 0.4, 0.6, 0.6)


def wavy(teeth, height):
    """Land below a saw-toothed coast at y = 0.5."""
    tops = [(i / teeth, 0.5 + height * (i % 2)) for i in range(teeth + 1)]
    return shapely.Polygon([(0, 0), *tops, (1, 0)])


def test_detail_is_kept_in_the_fine_box_and_thinned_outside():
    coast = wavy(2000, build_basemap.COARSE_DEGREES / 2)
    (land,) = build_basemap.simplify(coast, BOX, FINE)
    xs = [x for x, y in land.exterior.coords if y > 0.49]
    inside = [x for x in xs if FINE[0] < x < FINE[2]]
    assert len(inside) > 390
    assert len(xs) - len(inside) < 50
    assert land.is_valid


def test_the_seam_leaves_no_slit():
    polygons = build_basemap.simplify(shapely.box(*BOX), BOX, FINE)
    assert [p.area for p in polygons] == [pytest.approx(1.0)]
    assert not polygons[0].interiors


def test_islets_are_dropped_outside_the_fine_box_only():
    islet = 1e-4
    far, near = shapely.box(0.1, 0.1, 0.1 + islet, 0.1 + islet), shapely.box(0.5, 0.5, 0.5 + islet, 0.5 + islet)
    polygons = build_basemap.simplify(shapely.union_all([far, near]), BOX, FINE)
    assert [p.bounds[0] for p in polygons] == [0.5]


def test_the_file_says_licence_and_box():
    made = build_basemap.collection([shapely.box(*BOX)], BOX, FINE)
    assert made["attribution"] == "© OpenStreetMap contributors (ODbL)"
    assert made["bbox"] == list(BOX)
    assert made["features"][0]["properties"] == {"kind": "land"}


def test_boxes_come_from_the_configuration(tmp_path):
    config = tmp_path / "cockpit.toml"
    config.write_text('[port]\ncentre = [1.26, 103.8]\ngeo = "assets/singapore"\n')
    box, fine, folder = build_basemap.boxes_of(config)
    assert (box[1] + box[3]) / 2 == pytest.approx(1.26)
    assert box[3] - box[1] == pytest.approx(1.0)
    assert (box[2] - box[0]) * math.cos(math.radians(1.26)) == pytest.approx(1.0, abs=1e-3)
    assert box[0] < fine[0] < fine[2] < box[2]
    assert folder.name == "singapore"
    config.write_text("[port]\n")
    assert build_basemap.boxes_of(config)[0] == build_basemap.QIANWAN_BOX


@pytest.mark.parametrize("box", [["120", "36", "119", "37"], ["0", "-91", "1", "1"]])
def test_a_box_that_is_none_is_refused(box):
    with pytest.raises(SystemExit, match="must be west south east north"):
        build_basemap.main(["--box", *box])
