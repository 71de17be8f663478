"""The map's frame as the server sends it."""

from __future__ import annotations

import json
import re

import pytest

from components.port_map import ATTRIBUTION, port_map
from domain.alert_pictures import HANDLING
from domain.pictures import STATUS
from domain.rules import all_rules
from tests.conftest import REPO
from tests.geo.plan import features


def walk(component):
    """A component and everything in it."""
    yield component
    children = getattr(component, "children", None)
    for child in children if isinstance(children, list) else [children]:
        if child is not None and not isinstance(child, str):
            yield from walk(child)
        elif child is not None:
            yield child


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_attribution_is_always_on_the_map(language):
    assert ATTRIBUTION in list(walk(port_map("map", language)))
    assert "OpenStreetMap" in ATTRIBUTION
    assert "ODbL" in ATTRIBUTION


def test_no_tile_layer_asks_anybody():
    kinds = {type(c).__name__ for c in walk(port_map("map", "en"))}
    assert "TileLayer" not in kinds
    assert "MapContainer" in kinds


def test_limits_and_places_are_handed_over():
    frame = port_map("map", "en", yard_limit=0.9, late_seconds=300, geo_url="/assets/other").to_plotly_json()["props"]
    assert (frame["data-yard-limit"], frame["data-late-seconds"], frame["data-geo"]) == ("0.9", "300", "/assets/other")
    assert frame["id"] == "map-frame"


def spoken():
    """Every catalogue key the browser side asks for."""
    scripts = "".join(path.read_text("utf-8") for path in sorted((REPO / "assets").glob("map*.js")))
    keys = set(re.findall(r'text\("(map\.[\w.]+)"', scripts))
    assert len(keys) > 20
    keys |= {f"map.status.{status}" for status in STATUS}
    keys |= {f"map.stay.{p['stay_kind']}" for p, _ in features("block")}
    keys |= {f"map.alert.{state}" for state in HANDLING}
    keys |= {f"map.outside.{kind}" for kind in ("vehicles", "vessels")} | {"map.vehicle", "map.vessel"}
    return keys | {"map.unit.knots", "map.unit.kmh"} | {f"alert.{rule.name}.title" for rule in all_rules()}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_text_the_browser_side_asks_for_is_handed_over(language):
    texts = json.loads(port_map("map", language).to_plotly_json()["props"]["data-texts"])
    assert not [key for key in spoken() if not texts.get(key)]
    assert texts["map.counts"].count("{") == 2, "the browser fills the numbers in"


def test_the_browser_side_numbers_states_as_the_domain_does():
    script = (REPO / "assets" / "map-text.js").read_text("utf-8")
    (listed,) = re.findall(r"M\.STATUS = \[([^\]]+)\]", script)
    assert tuple(re.findall(r'"(\w+)"', listed)) == STATUS


def test_feed_text_can_never_become_markup():
    for path in (REPO / "assets").glob("map*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", path.read_text("utf-8")), (
            path.name
        )
