"""examples/real-data.toml held to what the data's README says, through the gate into a real store."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from domain.records import CheckResult, Origin, VesselPosition
from domain.viewer import PORT_OPERATOR as VIEWER
from tests.datasources.recorded import START, Player


@pytest.fixture
def player(shared_data: Path, tmp_path: Path) -> Iterator[Player]:
    made = Player(shared_data, tmp_path)
    yield made
    made.store.close()


def test_the_queue_of_twenty(player: Player) -> None:
    played = player.play("queue", step_seconds=0)
    assert played.summary == (20, 0, 0, 12)
    assert played.flags == {"declaration_no_17_digits": 12, "enterprise_class_unknown": 2}
    picture = player.store.reads.queue(VIEWER)
    assert [row.rank for row in picture.rows] == list(range(1, 21))
    # AEO advanced and fresh goods come first, and the source's own first row is the one that is AEO.
    assert picture.rows[0].source_rank == 1
    assert {row.source_rank for row in picture.rows[1:3]} == {2, 3}
    assert [row.direction for row in picture.rows[3:]] == ["export"] * 10 + ["import"] * 7
    assert {row.origin for row in picture.rows} == {"recorded"}
    assert {row.recorded_time for row in picture.rows} == {datetime(2022, 7, 31, 16, tzinfo=UTC)}


def test_eighteen_that_did_not_agree(player: Player) -> None:
    played = player.play("checks", step_seconds=0)
    assert played.summary == (18, 0, 0, 2)
    assert played.flags == {"declaration_no_blank": 2}
    results = [r.result for r in played.records if isinstance(r, CheckResult)]
    counted = {word: results.count(word) for word in set(results)}
    assert counted == {"container_mismatch": 13, "seal_mismatch": 4, "seal_missing": 1}
    assert [r.check_id for r in played.records if isinstance(r, CheckResult) and not r.seal_no] == ["14"]


def test_the_seven_nodes(player: Player) -> None:
    played = player.play("nodes", step_seconds=0)
    assert played.summary[:3] == (7, 0, 0)
    row = player.store.reads.inspection(VIEWER, "SEED-20220822")
    assert row is not None
    assert list(row.nodes) == ["appointed", "confirmed", "transferred", "assigned", "inspected", "billed", "departed"]
    assert row.nodes["assigned"] == row.nodes["inspected"]
    assert row.nodes["departed"] - row.nodes["appointed"] == timedelta(hours=9, minutes=57)
    assert row.stage == "departed"
    recorded = [r.recorded_time for r in played.records]
    assert recorded[0] == datetime(2022, 8, 22, 1, 52, tzinfo=UTC)  # 09:52 at the port
    assert START - timedelta(minutes=2) < row.nodes["departed"] <= START


def test_the_trucks_of_wuxi(player: Player) -> None:
    first = player.play("vehicles", limit=3)
    seen = player.store.reads.vehicles(VIEWER)
    assert len(seen.ids) > 100
    cursor = player.store.cursor("vehicles")
    player.now += timedelta(hours=1)  # a long stop: the rest has come meanwhile
    rest = player.play("vehicles", cursor=cursor)
    assert first.summary[0] + rest.summary[0] == 14_300
    assert first.summary[1:] == rest.summary[1:] == (0, 0, 0)
    vehicles = player.store.reads.vehicles(VIEWER)
    assert len(vehicles.ids) == 317
    assert all(len(name) == 16 and name.startswith("0") for name in vehicles.ids)
    assert vehicles.recorded is not None
    day = datetime(2020, 7, 18, tzinfo=UTC).timestamp()
    assert np.all((vehicles.recorded >= day) & (vehicles.recorded < day + 16 * 3600))


def test_the_ships_of_the_world(player: Player, shared_data: Path) -> None:
    played = player.play("ais")
    read = {"lines": 50_000, "messages": 48_655, "senders": 9_393, "positions": 43_362, "positions_not_ship": 725}
    assert {name: played.counts[name] for name in read} == read
    assert played.counts["not_available"] == 653
    assert played.counts["undecodable"] == 9
    # Beside the README's 9: two long messages whose halves carry different sequence numbers.
    # Senders of one number in many places (1193046, 123456789, 222222222: as radios leave the factory) and GPS jumps.
    assert played.reasons == {
        "position_not_available": 653, "undecodable": 9, "missing_part": 4, "missing_key": 21,
        "position_unreachable": 170,
    }  # fmt: skip
    taken = played.totals["accepted"] + played.totals["duplicate"]
    assert taken + 21 + 170 == 43_362 - 653 + played.counts["static"]
    assert 30 <= played.seconds <= 60
    _hold_to_the_decoded_box(played.records, shared_data)  # type: ignore[arg-type]
    again = player.play("ais", step_seconds=0, cursor=player.store.cursor("ais"))
    assert again.records == []


def _hold_to_the_decoded_box(records: list[VesselPosition], shared_data: Path) -> None:
    """Against the box of Qingdao as somebody else decoded it."""
    ships = [r for r in records if isinstance(r, VesselPosition)]
    box = {int(r.ref.rpartition(":")[2]): r for r in ships if 35.4 <= r.lat <= 36.6 and 119.5 <= r.lon <= 121.5}
    assert len(box) == 394
    assert len({r.mmsi for r in box.values()}) == 100
    assert {r.origin for r in box.values()} == {Origin.RECORDED}
    offsets = []
    with (shared_data / "ais" / "qingdao_decoded_part1.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            ship = box[int(row["line_no"])]
            assert ship.mmsi == int(row["mmsi"])
            assert (ship.lat, ship.lon) == pytest.approx((float(row["lat"]), float(row["lon"])), abs=1e-5)
            told = float(row["sog_kn"]) if row["sog_kn"] else 102.3
            assert ship.speed_knots == (None if told >= 102.3 else told)
            assert ship.recorded_time is not None
            offsets.append((ship.recorded_time - datetime.fromisoformat(row["approx_utc"])).total_seconds())
    assert max(abs(offset) for offset in offsets) <= 30
    assert np.median(np.abs(offsets)) <= 5


@pytest.mark.slow
def test_the_yard_and_its_peak(player: Player) -> None:
    played = player.play("yard", step_seconds=0)
    assert played.summary == (101_907, 0, 0, 0)
    reads, shift = player.store.reads, played.records[0].event_time - (played.records[0].recorded_time or START)
    assert shift.total_seconds() % 3600 == 0
    begin, end = datetime(2021, 5, 26, tzinfo=UTC) + shift, datetime(2021, 9, 2, tzinfo=UTC) + shift
    course = reads.yard_course(VIEWER, begin, end, "yard")
    hours, counts, when = course.hours, course.boxes, course.peak_at
    assert course.peak == 18_660
    assert when is not None
    assert when - shift == datetime(2021, 7, 11, 11, tzinfo=UTC)  # 19:00 on the port's wall clock
    assert max(counts) == 18_660
    assert hours[int(np.argmax(counts))] == when
    steady = [c for h, c in zip(hours, counts, strict=True) if 10 <= ((h - shift) + timedelta(hours=8)).day <= 25
              and ((h - shift) + timedelta(hours=8)).month == 7]  # fmt: skip
    assert np.mean(steady) == pytest.approx(16_829, rel=0.002)
    picture = reads.yard(VIEWER)
    assert (
        sum(counts[i] for i, h in enumerate(hours) if h == player.now.replace(minute=0, second=0, microsecond=0))
        > 18_000
    )
    assert picture.origins == ["recorded"]
    again = player.play("yard", step_seconds=0, cursor=player.store.cursor("yard"))
    assert again.records == []
