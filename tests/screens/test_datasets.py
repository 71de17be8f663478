"""The catalogue of datasets is made from the code: nothing in it can go stale, and nothing is without words."""

from __future__ import annotations

import pytest

from components.datasets import Dataset, Field, dataset
from datasources.mapping import DATASETS, field_types
from domain.lineage import Lineage, lineage
from domain.pictures import FeedState
from domain.records import DoorEvent, GateMove, MachineScan, VehiclePosition, YardBlock
from locales import known
from tests.screens import pictures
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
    assert (found.topics, found.pages, found.kpis) == (["gates"], ["overview"], ["truck_turn"])
    assert (found.rules, found.forecasts) == (["gate_queue"], ["gate_moves"])
    assert lineage(DoorEvent, TOPICS, {}).rules == ["door_opened"]
    assert lineage(VehiclePosition, TOPICS, {}).rules == ["route_deviation"]
    assert lineage(MachineScan, TOPICS, {}).kpis == ["direct_release_share"]


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
