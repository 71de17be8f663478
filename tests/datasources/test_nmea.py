"""AIS sentences to ships: values that mean unknown, times, repeats, parts, bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.nmea_clock import LogClock, MessageTimes
from datasources.nmea_decode import Damaged, Decoder, Message
from domain.records import VesselPosition, VesselStatic
from tests.contract.nmea_ais_rig import clock, good, position, sentences
from tests.contract.rig import Clock, Outcome, create, read


def log(tmp_path: Path, lines: list[bytes], **options: Any) -> Outcome:
    (tmp_path / "log.nmea").write_bytes(b"\n".join(lines) + b"\n")
    turned = Clock()
    adapter = create("nmea_ais", {"path": "log.nmea", "speed": 0, **options}, tmp_path, turned)
    outcome = read(adapter, turned, ticks=2)
    adapter.close()
    return outcome


def only(outcome: Outcome) -> Any:
    assert len(outcome.records) == 1
    return outcome.records[0]


def test_a_position(tmp_path: Path) -> None:
    ship = only(log(tmp_path, [clock(30, 10), position(413302380, 12, heading=92, status=5)]))
    assert isinstance(ship, VesselPosition)
    assert (ship.mmsi, ship.lat, ship.lon) == (413302380, 36.01, 120.21)
    assert (ship.speed_knots, ship.course_degrees, ship.heading_degrees, ship.nav_status) == (4.5, 90.0, 92.0, 5)
    assert ship.event_time == datetime(2012, 3, 14, 11, 30, 12, tzinfo=UTC)
    assert ship.recorded_time is None
    assert ship.ref == "log.nmea:2"


def test_values_that_mean_unknown_are_none_without_a_flag(tmp_path: Path) -> None:
    ship = only(log(tmp_path, [clock(30, 0), position(413302380, 60, speed=102.3, course=360, heading=511, status=15)]))
    assert (ship.speed_knots, ship.course_degrees, ship.heading_degrees, ship.nav_status) == (None, None, None, None)
    assert ship.flags == ()


def test_zero_is_a_value(tmp_path: Path) -> None:
    ship = only(log(tmp_path, [clock(30, 0), position(413302380, 0, speed=0, course=0, heading=0, status=0)]))
    assert (ship.speed_knots, ship.course_degrees, ship.heading_degrees, ship.nav_status) == (0.0, 0.0, 0.0, 0)


def test_a_description(tmp_path: Path) -> None:
    voyage = {"imo": 9321483, "ship_type": 70, "draught": 11.5, "destination": "QINGDAO@@"}
    size = {"to_bow": 180, "to_stern": 40, "to_port": 10, "to_starboard": 22}
    lines = sentences(type=5, mmsi=413302380, shipname="HAI WANG XING", callsign="BQXA", **voyage, **size)
    ship = only(log(tmp_path, [clock(30, 0), *lines]))
    assert isinstance(ship, VesselStatic)
    assert (ship.name, ship.callsign, ship.imo, ship.ship_type) == ("HAI WANG XING", "BQXA", 9321483, 70)
    assert (ship.length_metres, ship.width_metres, ship.draught_metres) == (220.0, 32.0, 11.5)
    assert ship.destination == "QINGDAO"


def test_class_b_with_description_gives_both(tmp_path: Path) -> None:
    lines = sentences(type=19, mmsi=413302380, lat=36, lon=120, speed=3, course=5, second=7, shipname="XIAO CHUAN")
    found = log(tmp_path, [clock(30, 0), *lines]).records
    assert {type(r) for r in found} == {VesselPosition, VesselStatic}


def test_positions_outside_the_box_are_counted_not_kept(tmp_path: Path) -> None:
    lines = [clock(30, 0), position(413000001, 1), position(413000002, 2, lat=51.0, lon=4.0)]
    outcome = log(tmp_path, lines, box=[35.4, 119.5, 36.6, 121.5])
    assert only(outcome).mmsi == 413000001
    assert outcome.counts["positions"] == 2
    assert outcome.counts["outside_box"] == 1


def test_a_message_heard_twice_has_one_time(tmp_path: Path) -> None:
    lines = [clock(30, 5), position(413000001, 60), clock(30, 9), clock(30, 9), clock(30, 9), position(413000001, 60)]
    first, second = log(tmp_path, lines).records
    assert first.event_time == second.event_time


def test_the_senders_second_settles_the_minute() -> None:
    times = MessageTimes()
    base = datetime(2012, 3, 14, 11, 30, 2, tzinfo=UTC)
    for second, expected in ((58, -4), (1, -1), (2, 0), (20, 18), (31, 29), (32, -30), (33, -29)):
        [message] = [
            m for m in Decoder().feed(1, position(413000001, second, lon=100 + second)) if isinstance(m, Message)
        ]
        assert times.settle(message, base) == base + timedelta(seconds=expected)


def test_stations_hours_off_do_not_move_the_clock() -> None:
    decoder, ticking = Decoder(), LogClock()
    lines = [clock(30, i % 60) for i in range(20)]
    wrong = sentences(type=4, mmsi=1, year=2011, month=10, day=10, hour=6, minute=0, second=0)[0]
    lines[3:3] = [wrong, wrong]
    for number, line in enumerate([*lines, position(413000001, 60)], start=1):
        ticking.feed(number, decoder.feed(number, line))
    told = [t.clock for t in ticking.timed(23, final=True)]
    assert all(t is not None and t.year == 2012 and t.minute == 30 for t in told)


def test_tag_blocks_tell_the_time(tmp_path: Path) -> None:
    body = b"s:2573535,c:1635731889"
    checksum = 0
    for byte in body:
        checksum ^= byte
    tag = b"\\" + body + b"*%02X\\" % checksum
    ship = only(log(tmp_path, [tag + position(413000001, 60)]))
    assert ship.event_time.timestamp() == 1635731889


def test_parts_of_two_messages_may_interleave(tmp_path: Path) -> None:
    a = sentences(type=5, mmsi=413000001, shipname="A")
    b = [s.replace(b",3,A,", b",4,A,") for s in sentences(type=5, mmsi=413000002, shipname="B")]
    outcome = log(tmp_path, [clock(30, 0), a[0], _summed(b[0]), _summed(b[1]), a[1]])
    assert {r.mmsi for r in outcome.records} == {413000001, 413000002}


def test_memory_for_parts_is_bounded() -> None:
    decoder = Decoder()
    first = sentences(type=5, mmsi=413000001, shipname="A")[0]
    found: list[Message | Damaged] = []
    for number in range(1_000):
        found += decoder.feed(number, _summed(first.replace(b",3,A,", b",%d,A," % number)))
    assert len(found) == 1_000 - 256
    assert {f.reason for f in found if isinstance(f, Damaged)} == {"missing_part"}
    assert len(decoder.rest()) == 256


@given(
    st.lists(st.binary(max_size=120) | st.text(alphabet="!AIVDM,120*\\AB", max_size=60).map(str.encode), max_size=30)
)
def test_any_bytes_are_taken(lines: list[bytes]) -> None:
    decoder, ticking = Decoder(), LogClock()
    for number, line in enumerate(lines, start=1):
        ticking.feed(number, decoder.feed(number, line))
    ticking.feed(len(lines), list(decoder.rest()))
    assert all(isinstance(t.item, (Message, Damaged)) for t in ticking.timed(len(lines), final=True))


@given(st.text(alphabet="0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw", min_size=1, max_size=80))
def test_any_payload_is_a_message_or_damaged(payload: str) -> None:
    for item in Decoder().feed(1, _summed(f"!AIVDM,1,1,,A,{payload},0*00".encode())):
        assert isinstance(item, (Message, Damaged))


def test_a_log_is_paced_by_its_clock(tmp_path: Path) -> None:
    (tmp_path / "log.nmea").write_bytes(b"\n".join(good(1_500)))
    turned = Clock()
    adapter = create("nmea_ais", {"path": "log.nmea", "speed": 150.0}, tmp_path, turned)
    counts = [len(read(adapter, turned, ticks=1, step_seconds=1.0).records) for _ in range(15)]
    assert sum(counts) == 1_500
    assert sum(1 for n in counts if n) > 5  # spread over its 25 minutes, ten seconds of ours
    assert adapter.poll().ended
    adapter.close()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"path": "a", "address": "udp://a:1"},
        {"address": "http://a:1"},
        {"address": "tcp://a"},
        {"path": "${COCKPIT_DATA}/a"},
        {"path": "a", "box": [1, 2, 0, 3]},
        {"path": "a", "speed": -1},
    ],
)
def test_options_that_cannot_work_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        create("nmea_ais", options, tmp_path, Clock())


def _summed(sentence: bytes) -> bytes:
    """A sentence with its checksum set right."""
    body = sentence.partition(b"*")[0][1:]
    checksum = 0
    for byte in body:
        checksum ^= byte
    return b"!" + body + b"*%02X" % checksum
