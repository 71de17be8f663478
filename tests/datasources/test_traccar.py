"""Traccar: logins, live positions, gaps that close, and answers that lie."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources import listening
from datasources.contract import Batch
from datasources.listening import Message
from datasources.traccar import Options, Traccar
from domain.errors import FeedError
from domain.outbound import Outbound
from domain.records import Record, VehiclePosition
from tests.contract.rig import NOW, Clock, context
from tests.contract.traccar_rig import options
from tests.datasources.tracker import Tracker, device, position


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_BACKOFF_SECONDS", (0.05, 0.2))


def made(url: str, rules: Outbound | None = None, cursor: Any = None, **more: Any) -> Traccar:
    about = context(Path(), Clock(), cursor)
    about.outbound, about.timeout_seconds = rules or about.outbound, 2.0
    return Traccar(msgspec.convert({**options(url), **more}, Options), about)


@contextmanager
def polled(url: str, **more: Any) -> Iterator[Traccar]:
    with closing(made(url, **more)) as adapter:
        yield adapter


def gathered(adapter: Traccar, enough: Callable[[Batch], bool], seconds: float = 15.0) -> Batch:
    """Poll until all that came is as wanted; a FeedError is waited out."""
    end, all_of_it, said = time.monotonic() + seconds, Batch(), "nothing"
    while time.monotonic() < end:
        try:
            batch = adapter.poll()
        except FeedError as error:
            said = str(error)
        else:
            all_of_it.records += batch.records
            all_of_it.rejects += batch.rejects
            all_of_it.problems += batch.problems
            all_of_it.cursor = batch.cursor or all_of_it.cursor
            for key, count in batch.counts.items():
                all_of_it.counts[key] = all_of_it.counts.get(key, 0) + count
            if enough(all_of_it):
                return all_of_it
        time.sleep(0.01)
    raise AssertionError(f"waited in vain; {len(all_of_it.records)} records, {all_of_it.counts}, last: {said}")


def places(records: list[Record]) -> list[tuple[str, str]]:
    return [(r.vehicle_id, f"{r.event_time:%H:%M}") for r in records if isinstance(r, VehiclePosition)]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_live_positions_in_our_units() -> None:
    with Tracker([device(1)], [position(1, 1, "02:00")]) as tracker, polled(tracker.url) as adapter:
        (first,) = gathered(adapter, lambda b: bool(b.records)).records
        assert isinstance(first, VehiclePosition)
        assert (first.vehicle_id, first.speed_kmh, first.heading_degrees) == ("Truck 1", pytest.approx(18.52), 90.0)
        tracker.say({"devices": [device(2)]}, {"events": [{"id": 1, "type": "deviceOnline"}]}, {})
        tracker.drive(position(2, 2, "02:05"), position(3, 1, "02:06"))
        batch = gathered(adapter, lambda b: len(b.records) == 2)
    assert places(batch.records) == [("Truck 2", "02:05"), ("Truck 1", "02:06")]
    assert batch.counts == {"devices": 1, "events": 1, "positions": 2}


def test_a_token_or_a_password_opens_a_session() -> None:
    with Tracker([device(1)], [position(1, 1, "02:00")]) as tracker:
        with polled(tracker.url, user="", password="", token=tracker.token, vehicle="attributes.plate") as adapter:
            batch = gathered(adapter, lambda b: bool(b.records))
        assert places(batch.records) == [("鲁B00001", "02:00")]
        assert batch.cursor is not None
        assert tracker.token not in json.dumps(batch.cursor) + batch.records[0].ref
        for wrong in ({"user": "", "password": "", "token": "wrong"}, {"password": "wrong"}):
            before = len(tracker.asked_for("/api/session"))
            with polled(tracker.url, **wrong) as adapter:
                with pytest.raises(FeedError) as caught:
                    adapter.poll()
                assert (caught.value.code, caught.value.halts) == ("unauthorised", True)
                assert "wrong" not in str(caught.value)
                time.sleep(0.5)  # several waits of a feed that tries again
                assert len(tracker.asked_for("/api/session")) == before + 1


def test_a_gap_closes_and_a_device_without_news_costs_no_request() -> None:
    devices, before = [device(1, positionId=1), device(2, positionId=2)], [position(n, n, "02:00") for n in (1, 2)]
    with Tracker(devices, before) as tracker, polled(tracker.url) as adapter:
        gathered(adapter, lambda b: len(b.records) == 2)
        until(lambda: tracker.connected == 1)
        # What happens while the connection is lost, one report late by a tunnel among it.
        tracker.positions += [position(n, 1, f"02:{at:02}") for n, at in ((3, 30), (4, 10), (5, 40))]
        devices[0]["positionId"] = 5
        tracker.hang_up()
        batch = gathered(adapter, lambda b: len(b.records) >= 3)
        adapter.poll()
    assert places(batch.records) == [("Truck 1", "02:30"), ("Truck 1", "02:10"), ("Truck 1", "02:40")]
    (asked,) = tracker.asked_for("/api/positions")
    assert "deviceId=1" in asked.target


def test_a_restart_fetches_what_was_missed_and_nothing_twice() -> None:
    devices = [device(1, positionId=1)]
    with Tracker(devices, [position(1, 1, "01:00")]) as tracker:
        with polled(tracker.url) as adapter:
            cursor = gathered(adapter, lambda b: bool(b.records)).cursor
        tracker.positions += [position(n, 1, f"02:{n:02}") for n in range(2, 7)]
        devices[0]["positionId"] = 6
        kept = msgspec.json.decode(msgspec.json.encode(cursor))
        with polled(tracker.url, cursor=kept) as adapter:
            batch = gathered(adapter, lambda b: b.counts.get("known", 0) == 2)
    assert [at for _, at in places(batch.records)] == ["02:02", "02:03", "02:04", "02:05", "02:06"]


def test_history_is_bounded_and_what_lies_beyond_is_said() -> None:
    with Tracker([device(1, positionId=9)], [position(9, 1, "02:00")]) as tracker:
        cursor = {"marks": {"1": [NOW.timestamp() - 100 * 3600, 3]}}
        with polled(tracker.url, cursor=cursor, back_fill_hours=12) as adapter:
            batch = gathered(adapter, lambda b: b.counts.get("known", 0) == 1)
    assert len(tracker.asked_for("/api/positions")) == 2  # six hours each
    assert [p.code for p in batch.problems] == ["cut_off"]
    assert "12 h" in batch.problems[0].detail


def test_a_history_that_is_not_given_keeps_nobody_from_listening() -> None:
    with Tracker([device(1, positionId=9)], [position(9, 1, "02:00")]) as tracker:
        tracker.history = "400 Bad Request"
        with polled(tracker.url, cursor={"marks": {"1": [NOW.timestamp() - 3600, 3]}}) as adapter:
            batch = gathered(adapter, lambda b: bool(b.records))
    assert [p.code for p in batch.problems] == ["cut_off"]
    assert "400" in batch.problems[0].detail


def test_a_fix_that_is_old_or_none() -> None:
    said = [
        position(1, 1, "02:00", outdated=True, fixTime="2031-05-04T01:00:00Z"),
        position(2, 2, "02:00", valid=False),
    ]
    with Tracker([device(1), device(2)], said) as tracker:
        with polled(tracker.url) as adapter:
            batch = gathered(adapter, lambda b: bool(b.records and b.rejects))
        assert places(batch.records) == [("Truck 1", "01:00")]
        assert batch.records[0].flags == ("fix_outdated",)
        assert [r.reason for r in batch.rejects] == ["position_not_available"]
        with polled(tracker.url, time="deviceTime") as adapter:  # an old place is not read as one of now
            batch = gathered(adapter, lambda b: len(b.rejects) == 2)
        assert not batch.records


def test_a_server_that_goes_and_comes_back_asks_for_a_login_again() -> None:
    with Tracker([device(1)], [position(1, 1, "02:00")]) as tracker, polled(tracker.url) as adapter:
        gathered(adapter, lambda b: bool(b.records))
        until(lambda: tracker.connected == 1)
        tracker.hang_up()
        until(lambda: len(tracker.asked_for("/api/session")) == 2)
        until(lambda: tracker.connected == 1)
        tracker.drive(position(2, 1, "02:01"))
        gathered(adapter, lambda b: bool(b.records))


def test_further_fields_and_chinese_maps() -> None:
    there = position(1, 1, "02:00", attributes={"container": "CSQU3054383"})
    with Tracker([device(1)], [there]) as tracker:
        more = {"mapping": {"container_no": "attributes.container"}, "coordinates": "gcj02"}
        with polled(tracker.url, **more) as adapter:
            (record,) = gathered(adapter, lambda b: bool(b.records)).records
    assert isinstance(record, VehiclePosition)
    assert record.container_no == "CSQU3054383"
    assert record.lon != 120.21


def test_nothing_of_this_machine_is_reached_unless_allowed() -> None:
    with Tracker([], []) as tracker, polled(tracker.url, rules=Outbound()) as adapter:
        with pytest.raises(FeedError) as caught:
            adapter.poll()
        assert caught.value.code == "address_refused"
        assert not tracker.requests


def test_the_sample_answers(shared_data: Path) -> None:
    """One device and one position, as pytraccar's tests have them: outdated, at 0/0, of 2019, number 0."""
    folder = shared_data / "vehicles" / "traccar"
    devices, positions = (json.loads((folder / f"{name}.json").read_text()) for name in ("devices", "positions"))
    with Tracker(devices, positions) as tracker, polled(tracker.url) as adapter:
        batch = gathered(adapter, lambda b: bool(b.records))
    (record,) = batch.records
    assert isinstance(record, VehiclePosition)
    assert (record.vehicle_id, record.event_time.year, record.flags) == ("string", 2019, ("fix_outdated",))
    assert (record.lat, record.lon) == (0.0, 0.0)  # for the quality gate to refuse
    assert not batch.rejects


@pytest.mark.parametrize(("change", "says"), [
    ({"url": "ws://h/"}, "http"), ({"url": "http://h/api/"}, "without /api"), ({"user": ""}, "token"),
    ({"token": "t"}, "either"), ({"password": "${NOT_SET}"}, "NOT_SET"), ({"vehicle": "$.name"}, "vehicle"),
    ({"back_fill_hours": -1}, "back_fill"), ({"mapping": {"colour": "x"}}, "colour"), ({"time": "serverTime"}, "time"),
])  # fmt: skip
def test_options_that_cannot_work(change: dict[str, Any], says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert({**options("http://h"), **change}, Options)


_ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
_POSITION = st.dictionaries(st.sampled_from(sorted(position(1, 1, "02:00"))), _ODD).map(
    lambda change: {**position(1, 1, "02:00"), **change}
)


@given(st.lists(_POSITION | _ODD, max_size=4), st.booleans(), st.binary(max_size=30))
def test_any_position_is_a_record_or_a_clear_refusal(positions: list[Any], history: bool, rubbish: bytes) -> None:
    adapter, batch = made("http://h"), Batch()
    adapter._names = {1: "Truck 1"}
    body = json.dumps(positions if history else {"positions": positions}).encode()
    topic = "history" if history else ""
    adapter._read(Message(NOW, body, topic, False, 1, len(body)), batch)
    assert len(batch.records) + len(batch.rejects) + batch.counts.get("known", 0) == len(positions)
    assert all(r.reason and r.detail and r.raw for r in batch.rejects)
    adapter._read(Message(NOW, rubbish, topic, False, 2, len(rubbish)), batch)
