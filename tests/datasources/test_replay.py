"""A recording played from now: when rows come, which times they carry, what a restart does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from datasources.replay import ReplayOptions, resume_replay, start_replay
from tests.contract.rig import NOW, read
from tests.datasources.drop import HEADER, Drop, at, step

# Rows at 10:00, 10:01, ... local time, not in order: as a file sorted by vehicle is not.
ROWS = HEADER + "".join(step(i, f"10:{i:02}") for i in (5, 0, 3, 1, 9, 7))


def replaying(tmp_path: Path, **replay: Any) -> Drop:
    drop = Drop(tmp_path, replay=replay)
    drop.put("a.csv", ROWS)
    return drop


def minutes(records: list[Any]) -> list[int]:
    return [int(r.declaration_no[-2:]) for r in records]


def test_rows_come_in_their_time_with_both_times(tmp_path: Path) -> None:
    drop = replaying(tmp_path, speed=60.0)  # a recorded minute a second
    adapter = drop.adapter()
    first = read(adapter, drop.clock, ticks=1, step_seconds=3.0)
    assert minutes(first.records) == [0]
    assert first.records[0].event_time == NOW
    assert first.records[0].recorded_time == at("2031-05-04 02:00")
    later = read(adapter, drop.clock, ticks=2, step_seconds=3.0)
    assert minutes(later.records) == [1, 3, 5]
    assert later.records[1].event_time == NOW + timedelta(seconds=3)
    last = read(adapter, drop.clock, ticks=3, step_seconds=3.0)
    assert minutes(last.records) == [7, 9]
    assert adapter.poll().ended
    adapter.close()


def test_what_lies_before_the_recorded_now_comes_at_once_as_history(tmp_path: Path) -> None:
    drop = replaying(tmp_path, speed=2.0, recorded_now="2031-05-04 10:05:30")
    adapter = drop.adapter()
    batches = read(adapter, drop.clock, ticks=1)
    assert minutes(batches.records) == [0, 1, 3, 5]
    assert batches.records[-1].event_time == NOW - timedelta(seconds=15)
    assert batches.records[-1].recorded_time == at("2031-05-04 02:05")
    adapter.close()


def test_a_restart_goes_on_with_the_same_replay(tmp_path: Path) -> None:
    drop = replaying(tmp_path, speed=60.0)
    before = drop.read(ticks=2)  # 0 and, 5 s later, 1, 3, 5
    assert minutes(before.records) == [0, 1, 3, 5]
    drop.clock.turn(3600)
    after = drop.read(before.cursor)
    # After a long stop it has gone on meanwhile: the rest comes at once, in its own time.
    assert minutes(after.records) == [7, 9]
    assert after.records[0].event_time == NOW + timedelta(seconds=7)
    assert after.counts == {}


def test_another_start_in_the_configuration_starts_anew(tmp_path: Path) -> None:
    drop = replaying(tmp_path, speed=60.0)
    before = drop.read(ticks=4)
    drop.options["replay"] = {"speed": 60.0, "recorded_now": "2031-05-04 10:09:30"}
    again = drop.read(before.cursor)
    assert minutes(again.records) == [0, 1, 3, 5, 7, 9]
    assert again.records[-1].event_time > before.records[-1].event_time


def test_rejects_come_once_though_the_file_is_read_again(tmp_path: Path) -> None:
    drop = replaying(tmp_path, speed=1.0)
    drop.put("a.csv", ROWS + "x,y,z\n")
    first = drop.read()
    assert len(first.rejects) == 1
    assert drop.read(first.cursor).rejects == []


def test_rows_of_one_instant_are_not_torn_apart(tmp_path: Path) -> None:
    drop = Drop(tmp_path, replay={"recorded_now": "2031-05-04 12:00"}, chunk_rows=4)
    drop.put("a.csv", HEADER + step(1, "10:00") + "".join(step(i, "11:00") for i in range(2, 12)) + step(12, "11:30"))
    adapter = drop.adapter()
    seen: list[Any] = []
    cursor = None
    while len(seen) < 5:
        batch = adapter.poll()
        seen += batch.records
        cursor = batch.cursor or cursor
    adapter.close()
    rest = drop.read(msgspec.json.decode(msgspec.json.encode(cursor)))
    assert sorted({r.declaration_no for r in [*seen, *rest.records]}) == [step(i)[:18] for i in range(1, 13)]


def test_stays_are_delivered_at_once_with_all_times_shifted(tmp_path: Path) -> None:
    drop = Drop(tmp_path, dataset="container_stay", mapping={"stay_id": "id", "arrived_at": "in", "departed_at": "out"})
    drop.options["replay"] = {"recorded_now": "2021-07-11 19:00", "whole_hours": True}
    drop.put("a.csv", "id,in,out\n1,2021-07-11 18:30,2021-07-12 03:15\n2,2021-07-30 08:00,2021-08-02 08:00\n")
    outcome = drop.read()
    stood, announced = outcome.records
    shift = stood.arrived_at - at("2021-07-11 10:30")
    assert shift.total_seconds() % 3600 == 0
    assert timedelta(0) <= NOW - (at("2021-07-11 11:00") + shift) < timedelta(hours=1)
    assert stood.departed_at == at("2021-07-11 19:15") + shift
    assert stood.event_time == stood.arrived_at
    assert stood.recorded_time == at("2021-07-11 10:30")
    assert announced.arrived_at == at("2021-07-30 00:00") + shift
    assert announced.event_time == NOW
    assert announced.recorded_time == NOW - shift
    assert drop.read(outcome.cursor).records == []


def test_a_load_of_stays_goes_on_at_its_row(tmp_path: Path) -> None:
    drop = Drop(tmp_path, dataset="container_stay", mapping={"stay_id": "id", "arrived_at": "in"}, chunk_rows=10)
    drop.options["replay"] = {"recorded_now": "2021-07-11 19:00"}
    drop.put("a.csv", "id,in\n" + "".join(f"{i},2021-07-10 10:00\n" for i in range(25)))
    adapter = drop.adapter()
    first = adapter.poll()
    adapter.close()
    drop.clock.turn(100)
    rest = drop.read(msgspec.json.decode(msgspec.json.encode(first.cursor)))
    stays = [*first.records, *rest.records]
    assert [r.stay_id for r in stays] == [str(i) for i in range(25)]  # type: ignore[attr-defined]
    assert len({r.event_time for r in stays}) == 1  # the same replay


def test_a_replay_without_start_begins_with_the_first_row() -> None:
    clock = start_replay(ReplayOptions(speed=10), at("2012-03-14 11:30"), NOW, "UTC")
    assert clock.shifted(at("2012-03-14 11:31")) == NOW + timedelta(seconds=6)
    assert clock.recorded(NOW + timedelta(seconds=6)) == at("2012-03-14 11:31")


def test_a_damaged_cursor_starts_anew() -> None:
    for cursor in (None, {}, {"start": 1}, {"start": "x", "recorded_now": "y", "speed": 1.0}):
        assert resume_replay(ReplayOptions(), cursor, "UTC") is None


def test_the_recorded_now_is_in_the_feeds_zone() -> None:
    options = ReplayOptions(recorded_now="2021-07-11 19:00")
    clock = start_replay(options, NOW, NOW, "Asia/Shanghai")
    assert clock.recorded_now == datetime(2021, 7, 11, 11, tzinfo=UTC)
    assert resume_replay(options, clock.to_cursor(), "Asia/Shanghai") == clock
    assert resume_replay(options, clock.to_cursor(), "UTC") is None
