"""Everything is a function of seed, scale and time: history, live and restarts agree."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from datasources import simulation
from domain.errors import FeedError
from domain.records import Origin, VehiclePosition, VesselPosition
from tests.simulation.port import DATASETS, MONDAY, Port, key, latest, tiny_drawing


@pytest.mark.parametrize("dataset", DATASETS)
def test_two_worlds_of_one_seed_are_one(dataset):
    """A second process tells the same story, another seed another one."""
    first = Port().history(dataset, MONDAY - timedelta(hours=3), MONDAY)
    again = Port().history(dataset, MONDAY - timedelta(hours=3), MONDAY)
    other = Port(seed=5).history(dataset, MONDAY - timedelta(hours=3), MONDAY)
    assert first == again
    assert first != other


@pytest.mark.parametrize("dataset", ["yard", "inspections", "gates", "laboratory", "vessels", "guard", "sensors"])
def test_live_and_history_agree(dataset):
    """Whatever live delivered in a working day, the history of the same hours holds with the same values."""
    port = Port()
    port.poll(dataset)
    start = port.now
    live = []
    for _ in range(30):
        port.pass_time(minutes=11)
        live += port.poll(dataset)
    past = latest(port.history(dataset, start, port.now))
    changed = {k: r for k, r in latest(live).items() if k[0] not in ("GateState", "VesselPosition")}
    assert changed
    assert {k: past[k] for k in changed} == changed


def test_positions_agree_with_history():
    """The positions of the back-fill are those live would have delivered in that second."""
    port = Port()
    port.poll("vehicles")
    start = port.now
    live = {}
    for _ in range(70):
        port.pass_time(seconds=1)
        live |= latest(port.poll("vehicles"))
    past = [r for r in port.history("vehicles", start, port.now) if isinstance(r, VehiclePosition)]
    assert len(past) >= 400
    assert all(live[key(r)] == r for r in past)


def test_a_restart_goes_on_where_it_stopped():
    """Restarted or not, the feed delivers the same, nothing twice and nothing left out."""
    through, broken = Port(), None
    through.poll("gates")
    whole = []
    for _ in range(4):
        through.pass_time(minutes=20)
        whole += through.poll("gates")
    broken = Port()
    broken.poll("gates")
    parts = []
    for _ in range(4):
        broken.restart()
        broken.pass_time(minutes=20)
        parts += broken.poll("gates")
    assert parts == whole


def test_the_opening_picture_survives_a_restart():
    """Parts of the opening picture already delivered are not delivered again."""
    port = Port()
    whole = port.poll("yard")
    other = Port()
    feed = simulation.create(other.choose("yard"), other.context("yard"))
    batch = feed.poll()
    assert batch.more
    parts, other.cursors["yard"] = list(batch.records), batch.cursor
    other.restart()
    other.pass_time(seconds=30)
    later = other.poll("yard")
    assert [r for r in parts + later if r.event_time <= MONDAY] == whole


def test_a_long_gap_is_caught_up_but_positions_only_lately():
    """After a day's gap the yard knows all that happened; ships and trucks only report the last minutes."""
    port = Port()
    for dataset in DATASETS:
        port.poll(dataset)
    start = port.now
    port.pass_time(days=1)
    stays = port.poll("yard")
    assert min(r.event_time for r in stays) < start + timedelta(minutes=10)
    assert max(r.event_time for r in stays) > port.now - timedelta(minutes=10)
    positions = [
        r for d in ("vehicles", "vessels") for r in port.poll(d) if isinstance(r, VehiclePosition | VesselPosition)
    ]
    recent = [r for r in positions if r.event_time > port.now - timedelta(minutes=11)]
    assert 0 < len(positions) < 60_000
    assert recent


def test_a_clock_set_back_brings_nothing():
    port = Port()
    port.poll("gates")
    port.pass_time(hours=-1)
    assert port.poll("gates") == []


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_record_says_simulated(dataset):
    """Even when the configuration claims otherwise (the context's origin is live)."""
    records = Port().poll(dataset)
    assert records
    assert {r.origin for r in records} == {Origin.SIMULATED}
    assert all(r.event_time.tzinfo is not None and r.event_time <= MONDAY for r in records)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_drawing_without_roads_is_enough(dataset, tmp_path: Path):
    """No roads, no fairway, no inspection block: straight lines, and no box moved to the area."""
    port = Port(geo=tiny_drawing(tmp_path), trucks=3, vessels=1)
    assert port.poll(dataset) is not None
    port.pass_time(hours=5)
    assert port.poll(dataset) is not None


def test_a_missing_or_broken_drawing_is_named(tmp_path: Path):
    with pytest.raises(FeedError, match=r"port\.geojson"):
        Port(geo=tmp_path).poll("yard")
    (tmp_path / "port.geojson").write_text('{"features": [')
    with pytest.raises(FeedError, match=r"port\.geojson"):
        Port(geo=tmp_path).poll("yard")
    (tmp_path / "port.geojson").write_text('{"features": []}')
    with pytest.raises(FeedError, match="needs blocks"):
        Port(geo=tmp_path).poll("yard")
