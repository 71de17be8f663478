"""GTFS-realtime: a whole country's buses of one moment, and messages that are none."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.gtfs_rt import Options
from datasources.gtfs_rt_message import NAMES, vehicles_in
from datasources.replay import ReplayOptions
from datasources.rows import Unplaced
from domain.errors import FeedError
from domain.quality import check_all
from domain.records import VehiclePosition
from tests.contract.gtfs_rt_rig import AT, SEEN, entity, lay, message
from tests.contract.rig import Clock, Outcome, create, read
from tests.datasources.liar import Liar, Request, answer, http

HEADER_TIME = datetime(2025, 3, 21, 9, 54, 21, tzinfo=UTC)
FILE = "gtfsrt_vehicle_positions_nl_20250321.pb"
LATER = datetime(2046, 11, 22, 5, 48, 12, tzinfo=UTC)  # later than any file on disk, so that each is at rest


def outcome_of(tmp_path: Path, options: dict[str, Any], clock: Clock | None = None) -> Outcome:
    clock = clock or Clock()
    adapter = create("gtfs_rt", options, tmp_path, clock)
    outcome = read(adapter, clock)
    adapter.close()
    return outcome


def positions(outcome: Outcome) -> list[VehiclePosition]:
    return [r for r in outcome.records if isinstance(r, VehiclePosition)]


@pytest.fixture(scope="module")
def country(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    options = {"path": str(shared_data / "vehicles" / FILE), "vehicle": "entity"}
    return outcome_of(tmp_path_factory.mktemp("nl"), options, Clock(LATER))


def test_a_whole_country(country: Outcome) -> None:
    assert country.counts == {"positions": 3_549, "files": 1}
    assert Counter(r.reason for r in country.rejects) == {"position_not_available": 32}
    kept, refused = check_all(country.records, LATER)
    assert len(kept) == 3_517
    assert refused == []
    assert len({r.vehicle_id for r in positions(country)}) == 3_517
    assert {r.speed_kmh for r in positions(country)} == {None}  # not told is not zero
    first = positions(country)[0]
    assert first.vehicle_id == "2025-03-21:CXX:F320:565"
    assert (first.lat, first.lon) == pytest.approx((52.3476, 4.919011), abs=2e-6)  # single precision
    assert first.event_time == datetime(2025, 3, 21, 9, 54, 10, tzinfo=UTC)
    assert first.ref == f"{FILE}:2025-03-21:CXX:F320:565"


def test_positions_of_weeks_ago_do_not_become_now(country: Outcome) -> None:
    ages = [HEADER_TIME - r.event_time for r in positions(country)]
    assert sum(age > timedelta(hours=1) for age in ages) == 57
    assert sum(age < timedelta(0) for age in ages) == 1
    assert min(r.event_time for r in positions(country)) == datetime(2025, 2, 8, 22, 19, 17, tzinfo=UTC)


def test_labels_of_several_operators_are_no_names(shared_data: Path, tmp_path: Path) -> None:
    options = {"path": str(shared_data / "vehicles" / FILE), "vehicle": "label"}
    outcome = outcome_of(tmp_path, options, Clock(LATER))
    assert Counter(r.reason for r in outcome.rejects)["missing_key"] == 11
    flags = Counter(flag for r in positions(outcome) for flag in r.flags)
    seen = Counter(r.vehicle_id for r in positions(outcome))
    assert flags["vehicle_not_unique"] >= sum(n for n in seen.values() if n > 1) > 1_000


def test_the_default_says_what_names_there_are(shared_data: Path, tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, {"path": str(shared_data / "vehicles" / FILE)}, Clock(LATER))
    assert (
        "of 3549 vehicles none has one; have: label (3538), license_plate (0), entity (3549)"
        in (outcome.problems["bad_options"])
    )


def test_a_recording_is_played_from_its_header_on(shared_data: Path, tmp_path: Path) -> None:
    clock = Clock(LATER)
    replay = {"speed": 1.0, "recorded_now": HEADER_TIME.isoformat()}
    options = {"path": str(shared_data / "vehicles" / FILE), "vehicle": "entity", "replay": replay}
    outcome = outcome_of(tmp_path, options, clock)
    assert len(outcome.records) == 3_517
    newest = max(positions(outcome), key=lambda r: r.event_time)
    assert LATER - timedelta(minutes=1) < newest.event_time <= clock.now
    oldest = min(positions(outcome), key=lambda r: r.event_time)
    assert LATER - oldest.event_time == HEADER_TIME - datetime(2025, 2, 8, 22, 19, 17, tzinfo=UTC)
    assert oldest.recorded_time == datetime(2025, 2, 8, 22, 19, 17, tzinfo=UTC)


def test_a_replay_must_say_when_now_is() -> None:
    with pytest.raises(ValueError, match="recorded_now"):
        Options(path="a.pb", replay=ReplayOptions())


def test_speed_course_and_the_time_of_the_message(tmp_path: Path) -> None:
    """Metres a second become km/h; a vehicle that gives no time has that of the message, and says so."""
    timeless = entity(2, bearing=271.5)
    timeless.vehicle.ClearField("timestamp")
    options = lay(message(entity(1, seen=SEEN - 7, speed=10.0), timeless))(tmp_path)
    one, two = positions(outcome_of(tmp_path, options))
    assert (one.speed_kmh, one.heading_degrees, one.flags) == (36.0, None, ())
    assert one.event_time == AT - timedelta(seconds=7)
    assert (two.speed_kmh, two.heading_degrees, two.flags) == (None, 271.5, ("time_of_feed",))
    assert two.event_time == AT


def test_a_deleted_vehicle_is_no_position(tmp_path: Path) -> None:
    gone = entity(1)
    gone.is_deleted = True
    outcome = outcome_of(tmp_path, lay(message(gone))(tmp_path))
    assert (outcome.records, outcome.rejects, outcome.problems) == ([], [], {})
    assert outcome.counts == {"other_types": 1, "files": 1}


def test_chinese_coordinates(tmp_path: Path) -> None:
    options = {**lay(message(entity(1, longitude=120.219757, latitude=36.011906)))(tmp_path), "coordinates": "gcj02"}
    (found,) = positions(outcome_of(tmp_path, options))
    assert (found.lon, found.lat) == pytest.approx((120.2147, 36.0118), abs=1e-5)


def test_what_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasources.gtfs_rt_message._MOST", 3)
    outcome = outcome_of(tmp_path, lay(message(*map(entity, range(4))))(tmp_path))
    assert outcome.problems["too_large"].endswith("4 entities, more than 3")


def test_a_trial_is_told_each_vehicle_as_it_came() -> None:
    told: dict[str, str] = {}
    vehicles_in(message(entity(1), entity(2)), "x.pb", "trial", "id", told.__setitem__)
    assert list(told) == ["x.pb:trip-1", "x.pb:trip-2"]
    assert '"label": "shuttle"' in told["x.pb:trip-1"]


@given(st.binary(max_size=400), st.sampled_from(NAMES))
def test_any_bytes_are_a_message_or_refused(data: bytes, name: Any) -> None:
    with contextlib.suppress(FeedError):
        assert vehicles_in(data, "x.pb", "trial", name).rows == []  # nothing short of a message has a vehicle in it


@given(st.data(), st.sampled_from(NAMES))
def test_damaged_messages_are_read_or_refused(data: st.DataObject, name: Any) -> None:
    whole = bytearray(message(*(entity(i, speed=3.0) for i in range(3))))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FeedError):
        for row in vehicles_in(bytes(whole), "x.pb", "trial", name).rows:
            assert isinstance(row, Unplaced) or (row.reason and row.detail and row.raw)


def test_over_http_a_message_is_read_once_and_a_new_one_again(tmp_path: Path) -> None:
    same = message(entity(1), entity(2))
    served = [same, same, message(entity(3), entity(4, latitude=0.0, longitude=0.0))]

    def reply(request: Request) -> bytes:
        return answer(served[0] if len(served) == 1 else served.pop(0), content_type="application/x-protobuf")

    with Liar(http(reply)) as liar:
        adapter = create("gtfs_rt", {"url": f"{liar.url}/vehicles.pb"}, tmp_path, Clock())
        first = adapter.poll()
        assert len(first.records) == 2
        assert adapter.poll().counts == {"unchanged": 1}
        third = adapter.poll()
        assert len(third.records) + len(third.rejects) == 2
        adapter.close()
        again = create("gtfs_rt", {"url": f"{liar.url}/vehicles.pb"}, tmp_path, Clock(), third.cursor)
        assert again.poll().counts == {"unchanged": 1}
        again.close()


def test_over_http_what_is_no_message_is_said(tmp_path: Path) -> None:
    for body, code in ((b"<html>", "not_gtfs_rt"), (b"", "empty_file"), (message(entity(1))[:-9], "not_gtfs_rt")):
        with Liar(http(answer(body))) as liar:
            adapter = create("gtfs_rt", {"url": liar.url}, tmp_path, Clock())
            with pytest.raises(FeedError) as caught:
                adapter.poll()
            adapter.close()
        assert caught.value.code == code


@pytest.mark.parametrize("options", [{}, {"url": "http://h/", "path": "x"}, {"url": "ftp://h/"},
                                     {"url": "http://h/", "replay": {"recorded_now": "2031-01-01"}}])  # fmt: skip
def test_an_address_or_files(options: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(options, Options)
