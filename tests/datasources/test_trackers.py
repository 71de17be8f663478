"""examples/trackers.toml held to what the data's README says, through the gate into a real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.records import VehiclePosition
from domain.viewer import PORT_OPERATOR as VIEWER
from tests.datasources.recorded import START, Player


@pytest.fixture
def player(shared_data: Path, tmp_path: Path) -> Iterator[Player]:
    made = Player(shared_data, tmp_path, "trackers.toml")
    yield made
    made.store.close()


def test_the_terminals(player: Player) -> None:
    played = player.play("terminals", step_seconds=0)
    assert played.counts["messages"] == 75
    assert played.summary == (54, 3, 19, 2)
    assert played.reasons == {"bad_checksum": 3, "not_a_frame": 1, "position_zero": 8, "not_located": 7}
    assert played.flags == {"coordinates_encrypted": 2}
    again = player.play("terminals", step_seconds=0, cursor=player.store.cursor("terminals"))
    assert (again.records, again.rejects) == ([], [])


def test_the_buses_of_a_country(player: Player) -> None:
    played = player.play("buses", limit=10)
    assert played.summary == (3_517, 0, 32, 0)
    assert played.reasons == {"position_not_available": 32}
    old = [r for r in played.records if START - r.event_time > timedelta(hours=1)]
    assert len(old) == 57
    shown = set(player.store.reads.vehicles(VIEWER).ids)
    assert len(shown) > 3_000
    oldest = min(old, key=lambda r: r.event_time)
    assert isinstance(oldest, VehiclePosition)
    assert oldest.vehicle_id not in shown  # seen forty days ago is not "now"
