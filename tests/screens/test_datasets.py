"""The catalogue of datasets is made from the code: nothing in it can go stale, and nothing is without words."""

from __future__ import annotations

import inspect
import json
import re

import dash
import pytest
from fastapi.testclient import TestClient

from components import port_map
from components.datasets import Dataset, Field, dataset
from datasources.mapping import DATASETS, field_types
from domain.lineage import Lineage, lineage
from domain.pictures import FeedState
from domain.records import DoorEvent, GateMove, MachineScan, VehiclePosition, YardBlock
from layouts.shell import PAGES
from layouts.stage import Reads
from layouts.tiles import TILES
from live.views import registered
from locales import known
from pages._drawn import READS, drawn_by
from settings import PROJECT
from tests.screens import pictures
from tests.screens.test_pages import lay_out
from tests.screens.trees import text

TOPICS = {"gates": frozenset({GateMove}), "yard": frozenset({YardBlock})}


def test_every_dataset_field_and_owner_has_words() -> None:
    missing = [
        f"{name}.{one}" for name in DATASETS for one in field_types(name)
        if not known(f"field.{one}") and not known(f"field.{name}.{one}")
    ]  # fmt: skip
    assert missing == []
    assert [name for name in DATASETS if not known(f"dataset.{name}")] == []
    assert [kind for kind in DATASETS.values() if not known(f"dataset.owner.{kind.OWNER}")] == []


def test_what_reads_a_dataset_is_what_says_so_itself() -> None:
    found = lineage(GateMove, TOPICS, {"overview": frozenset({"gates", "yard"}), "yard": frozenset({"yard"})})
    assert (found.topics, found.pages, found.kpis) == (["alerts", "forecasts", "gates"], ["overview"], ["truck_turn"])
    assert (found.rules, found.forecasts) == (["gate_queue", "truck_turn"], ["gate_moves"])
    seals = lineage(DoorEvent, TOPICS, {"alerts": frozenset({"alerts"}), "yard": frozenset({"yard"})})
    assert (seals.rules, seals.pages) == (["door_opened"], ["alerts"])
    assert {"route_deviation", "stop_outside", "overspeed"} <= set(lineage(VehiclePosition, TOPICS, {}).rules)
    assert lineage(MachineScan, TOPICS, {}).kpis == ["direct_release_share", "mode_ship_side"]


def test_a_page_draws_what_its_views_its_maps_and_its_reads_are_made_of(client: TestClient) -> None:
    drawn = {one["path"]: drawn_by(one["module"]) for one in dash.page_registry.values() if not one["path_template"]}
    for path in PAGES:
        laid_out = json.dumps(lay_out(client, path))
        shown = {
            topic for name in re.findall(r'"data-view": "([^"]+)"', laid_out) for topic in registered()[name].topics
        }
        shown |= set(port_map.TOPICS) if '"className": "port-map"' in laid_out else set()
        assert shown <= drawn[path], path
    assert drawn["/wall"] >= {topic for one in TILES.values() for topic in one.made_of()}
    assert drawn["/m"] >= {"kpis", "alerts", "vehicles", "inspections"}
    assert not drawn["/yard"] & {"vehicles", "queue"}
    asked = {name for name, one in vars(Reads).items() if inspect.isfunction(one) and not name.startswith("_")}
    assert asked == set(READS)


def test_a_map_is_made_of_what_the_browser_subscribes_to() -> None:
    script = (PROJECT / "assets" / "map.js").read_text(encoding="utf-8")
    listed = re.findall(r'for \(const topic of \[("[^\]]+")\]', script)[0]
    assert {*re.findall(r'[^.]on\("(\w+)"', script), *re.findall(r'"(\w+)"', listed)} == set(port_map.TOPICS)


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_a_dataset_shows_feeds_readers_fields_and_units(lang: str) -> None:
    one = Dataset(
        name="vehicle_position", record="VehiclePosition", owner="carrier", pages={"tracks": "/tracks"},
        fields=[Field("speed_kmh", "number", False), Field("brand_new", "text", True)],
        lineage=Lineage(topics=["vehicles"], pages=["tracks"], rules=["route_deviation"], kpis=[], forecasts=[]),
    )  # fmt: skip
    row = pictures.feed("gps", FeedState.OK, brings=["VehiclePosition"])
    shown = dataset(one, [row, pictures.feed("other", FeedState.OK)], lang, None)
    for words in ("km/h", "vehicles", "brand_new"):
        assert words in text(shown)
    addresses = [node.href for node in shown._traverse() if getattr(node, "href", None)]
    assert addresses == ["/feeds?feed=gps", "/tracks"]
