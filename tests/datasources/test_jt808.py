"""JT/T 808 frames: real ones against what another decoder made of them, made-up ones, and damaged ones."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.jt808 import Options, split_place
from datasources.jt808_frames import Damaged, Frame, Splitter, as_text, build, checksum, escaped, parse, unescaped
from datasources.jt808_messages import Positions, batch, location
from datasources.jt808_session import Rules, Session
from datasources.rows import Unplaced
from domain.alias import concealed
from domain.quality import check_all
from domain.records import Reject, VehiclePosition
from tests.contract import jt808_rig as rig
from tests.contract.rig import Clock, Outcome, create, read

EAST_8 = timezone(timedelta(hours=8))
LATER = datetime(2046, 11, 22, 5, 48, 12, tzinfo=UTC)  # later than any file on disk, so that each is at rest


def real(shared_data: Path) -> list[dict[str, Any]]:
    text = (shared_data / "vehicles" / "jt808_messages_with_expectations.json").read_text("utf-8")
    found: list[dict[str, Any]] = json.loads(text)
    return found


def content_of(message: dict[str, Any]) -> bytes:
    return bytes.fromhex(message["hex"])[1:-1]


def frames_of(shared_data: Path) -> list[tuple[Frame, dict[str, Any]]]:
    parsed = [(parse(content_of(m)), m) for m in real(shared_data) if m["scout_decode"]["frame"] == "7e"]
    return [(frame, m) for frame, m in parsed if isinstance(frame, Frame)]


def outcome_of(tmp_path: Path, options: dict[str, Any], clock: Clock | None = None) -> Outcome:
    clock = clock or Clock()
    adapter = create("jt808", options, tmp_path, clock)
    outcome = read(adapter, clock)
    adapter.close()
    return outcome


def positions(outcome: Outcome) -> list[VehiclePosition]:
    return [r for r in outcome.records if isinstance(r, VehiclePosition)]


def frame_of(sent: bytes) -> Frame:
    plain = unescaped(sent[1:-1])
    assert isinstance(plain, bytes)
    found = parse(plain)
    assert isinstance(found, Frame)
    return found


def rows(*frames: bytes, vehicles: dict[str, str] | None = None) -> list[Unplaced | Reject]:
    reading = Positions("trial", EAST_8, vehicles or {})
    found: list[Unplaced | Reject] = []
    for number, sent in enumerate(frames, 1):
        found += reading.read(frame_of(sent), f"x:{number}")
    return found + reading.rest()


def test_every_real_header_and_checksum(shared_data: Path) -> None:
    messages = real(shared_data)
    told = Counter((m["scout_decode"]["frame"], m["scout_decode"].get("checksum_ok")) for m in messages)
    assert told == {("7e", True): 71, ("7e", False): 3, ("other 28", None): 1}
    for message in messages:
        expected, found = message["scout_decode"], parse(content_of(message))
        if not expected.get("checksum_ok"):
            assert isinstance(found, Damaged), message["hex"]
            assert found.reason == "bad_checksum"
            continue
        assert isinstance(found, Frame)
        assert f"0x{found.message_id:04x}" == expected["msg_id"]
        assert bool(found.version) == expected["version_2019"]
        assert (found.total > 1) == expected["subpackage"]
        assert found.phone.hex() == expected["phone_bcd"]
        assert found.serial == expected["serial"]
        assert len(found.body) == expected["body_len_actual"]
        assert found.length_differs == (expected["body_len_declared"] != expected["body_len_actual"])


def test_every_real_location_report(shared_data: Path) -> None:
    reports = [(frame, m) for frame, m in frames_of(shared_data) if frame.message_id == 0x0200]
    assert len(reports) == 44  # of 46; the checksums of two are wrong
    for frame, message in reports:
        expected, found = message["scout_decode"], location(frame.body, EAST_8)
        assert (found.alarms, found.status) == (expected["alarm_bits"], expected["status_bits"])
        assert (found.lat, found.lon) == pytest.approx((expected["lat"], expected["lon"]), abs=1e-9)
        assert found.altitude_metres == expected["alt_m"]
        assert found.speed_kmh == pytest.approx(expected["speed_kmh"])
        assert found.course == expected["course"]
        assert found.at.astimezone(EAST_8).strftime("%y%m%d%H%M%S") == expected["time_bcd_gmt8"]


def test_the_items_behind_a_report(shared_data: Path) -> None:
    """Against the one expectation told elsewhere that concerns an item of the norm's own: 14 satellites."""
    (frame,) = (frame for frame, m in frames_of(shared_data) if m["expect"] == "Position.KEY_SATELLITES, 14")
    (body,) = batch(frame.body)
    assert location(body, EAST_8).satellites == 14
    made = location(rig.report(items=bytes.fromhex("0104000000643001143101080fff")), EAST_8)
    assert (made.mileage_km, made.signal, made.satellites) == (10.0, 20, 8)
    bare = location(rig.report(items=bytes.fromhex("362a4d30302c")), EAST_8)  # a vendor's text, no items
    assert (bare.mileage_km, bare.signal, bare.satellites) == (None, None, None)


def test_the_real_file_as_a_recording(shared_data: Path, tmp_path: Path) -> None:
    """Read through configuration alone: hexadecimal strings in a JSON file, un-escaped by whoever wrote them."""
    path = str(shared_data / "vehicles" / "jt808_messages_with_expectations.json")
    outcome = outcome_of(tmp_path, {"path": path, "escaped": False}, Clock(LATER))
    assert outcome.counts == {"messages": 75, "positions": 76, "files": 1}
    assert Counter(r.reason for r in outcome.rejects) == {
        "bad_checksum": 3,
        "not_a_frame": 1,
        "position_zero": 8,
        "not_located": 7,
    }
    kept, refused = check_all(outcome.records, LATER)
    assert (len(kept), refused) == (57, [])
    assert Counter(f for r in kept for f in r.flags) == {"coordinates_encrypted": 2}


def test_the_frame_decoder_s_own_bytes(shared_data: Path) -> None:
    pairs = json.loads((shared_data / "vehicles" / "jt808_frame_decoder_test_bytes.json").read_text("utf-8"))
    for plain, sent in (pairs[2:4], pairs[4:6]):  # the first pair is of another protocol
        *_, found = Splitter().feed(bytes.fromhex(sent))
        assert unescaped(found) == bytes.fromhex(plain)[1:-1]


@given(st.binary(max_size=300))
def test_escapes_go_there_and_back(content: bytes) -> None:
    assert unescaped(escaped(content)) == content
    assert b"\x7e" not in escaped(content)


@given(st.binary(max_size=60), st.sampled_from([0, 1]), st.integers(0, 0xFFFF))
def test_what_is_built_is_read(body: bytes, version: int, serial: int) -> None:
    phone = bytes.fromhex("013812345678".zfill(20 if version else 12))
    sent = build(0x8001, body, phone, serial, version)
    assert sent == rig.frame(0x8001, body, "013812345678", serial, version=version)
    found = frame_of(sent)
    assert (found.message_id, found.body, found.serial, found.version) == (0x8001, body, serial, version)
    assert found.terminal == "13812345678"


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_frames_come_out_of_a_stream_in_any_pieces(contents: list[bytes], sizes: list[int]) -> None:
    stream = b"$$" + b"".join(b"\x7e" + escaped(c) + b"\x7e" for c in contents) + b"\x7eunfinished"
    splitter, found, at = Splitter(), [], 0
    while at < len(stream):
        size = sizes[at % len(sizes)]
        found += list(splitter.feed(stream[at : at + size]))
        at += size
    assert [unescaped(c) for c in found] == [b"$$", *contents]
    assert splitter.rest == b"unfinished"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_damaged(content: bytes) -> None:
    plain = unescaped(content)
    found = plain if isinstance(plain, Damaged) else parse(plain)
    if isinstance(found, Damaged):
        assert found.reason
        assert found.detail
    else:
        assert checksum(found.content) == 0
        for row in Positions("trial", EAST_8, {}).read(found, "x:1"):
            assert isinstance(row, (Unplaced, Reject))


@given(st.binary(max_size=120), st.sampled_from([0x0200, 0x0704]))
def test_any_body_is_read_or_refused(body: bytes, message_id: int) -> None:
    for row in rows(rig.frame(message_id, body)):
        if isinstance(row, Unplaced):
            assert -4295 < row.values["lon"] < 4295  # whether it is on earth, the gate says
        else:
            assert row.reason
            assert row.raw


@given(st.data())
def test_a_changed_byte_is_found_out(data: st.DataObject) -> None:
    sent = bytearray(rig.location()[1:-1])
    sent[data.draw(st.integers(0, len(sent) - 1))] ^= data.draw(st.integers(1, 255))
    plain = unescaped(bytes(sent))
    assert isinstance(plain, Damaged) or b"\x7e" in sent or b"\x7d" in sent or isinstance(parse(plain), Damaged)


def test_a_position_in_plain_units() -> None:
    (row,) = rows(rig.frame(0x0200, rig.report(status=0b1111, lon=58.4, lat=34.6, speed=61.2, course=271)))
    assert isinstance(row, Unplaced)
    assert row.values == {
        "vehicle_id": "13812345678", "lon": -58.4, "lat": -34.6, "speed_kmh": 61.2, "heading_degrees": 271.0,
    }  # fmt: skip
    assert row.at == datetime(2031, 5, 4, 3, 0, tzinfo=UTC)  # 11:00 at +08:00


def test_a_vehicle_keeps_its_name_when_its_terminal_speaks_a_newer_version() -> None:
    named = {"13812345678": "鲁B12345"}
    old, new = rows(rig.location(), rig.frame(0x0200, rig.report(), version=1), vehicles=named)
    assert isinstance(old, Unplaced)
    assert isinstance(new, Unplaced)
    assert old.values == new.values
    assert old.values["vehicle_id"] == "鲁B12345"


@pytest.mark.parametrize(
    ("sent", "reason", "says"),
    [
        (rig.frame(0x0200, rig.report(status=1)), "not_located", "status=00000001"),
        (rig.frame(0x0200, rig.report(lon=0, lat=0)), "position_zero", "lat=0"),
        (rig.frame(0x0200, rig.report(clock="000000000000")), "not_a_time", "000000000000"),
        (rig.frame(0x0200, rig.report(clock="31050411a000")), "not_a_time", "31050411a000"),
        (rig.frame(0x0200, rig.report()[:27]), "undecodable", "27 bytes"),
        (rig.frame(0x0200, rig.report(), phone="0"), "missing_key", "zeros"),
        (rig.frame(0x0704, b"\0"), "undecodable", "1 bytes"),
    ],
)
def test_what_is_no_position(sent: bytes, reason: str, says: str) -> None:
    (row,) = rows(sent)
    assert isinstance(row, Reject)
    assert row.reason == reason
    assert says in row.detail


def test_an_encrypted_body_is_not_read_as_something_else() -> None:
    plain = bytearray(rig.frame(0x0200, rig.report())[1:-2])
    plain[2] |= 0x04
    (row,) = rows(b"\x7e" + escaped(bytes(plain) + bytes([checksum(bytes(plain))])) + b"\x7e")
    assert isinstance(row, Reject)
    assert (row.reason, "encrypted" in row.detail) == ("undecodable", True)


def test_irregular_reports_are_kept_and_flagged() -> None:
    content = bytearray(rig.frame(0x0200, rig.report(status=0b100011))[1:-2])
    content[3] -= 1
    (row,) = rows(b"\x7e" + escaped(bytes(content) + bytes([checksum(bytes(content))])) + b"\x7e")
    assert isinstance(row, Unplaced)
    assert row.flags == ["length_differs", "coordinates_encrypted"]


def test_a_message_in_parts() -> None:
    """In any order; parts of another message in between do not get mixed up with them."""
    body = rig.batch(*(rig.report(i) for i in range(40)))
    cuts = [body[i : i + 400] for i in range(0, len(body), 400)]
    parts = [
        rig.frame(0x0704, cut, serial=100 + i, total=len(cuts), index=i) for i, cut in enumerate(cuts, 1)
    ]  # fmt: skip
    other = rig.frame(0x0704, b"\0\1", phone="013800000000", serial=101, total=2, index=1)
    found = rows(parts[2], other, *parts[:2], *parts[3:])
    assert [r.at for r in found if isinstance(r, Unplaced)] == [
        datetime(2031, 5, 4, 3, 0, tzinfo=UTC) + timedelta(seconds=i) for i in range(40)
    ]
    assert [r.reason for r in found if isinstance(r, Reject)] == ["missing_part"]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 70), st.binary(max_size=9)), max_size=40)
)
def test_parts_without_sense_are_bounded(parts: list[tuple[int, int, int, bytes]]) -> None:
    frames = [rig.frame(0x0704, body, serial=s, total=t or 1, index=i) for i, t, s, body in parts]
    assert len(rows(*frames)) <= 5 * len(frames)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0x0001, 0x0002, 0x0003, 0x0100, 0x0102, 0x0200, 0x0704, 0x0900]), st.binary(max_size=50)
        ),
        max_size=8,
    ),
    st.sampled_from([0, 1]),
    st.sampled_from(["", "s"]),
    st.booleans(),
)
def test_whatever_a_terminal_says_is_answered_in_its_own_version(
    said: list[tuple[int, bytes]], version: int, secret: str, only_listed: bool
) -> None:
    session = Session(Rules({"99": "x"}, only_listed, secret), Positions("trial", EAST_8, {}))
    for message_id, body in said:
        heard = session.hear(frame_of(rig.frame(message_id, body, version=version)), "x:1")
        if message_id == 0x0001 and not only_listed:
            assert heard.answer == b""
            continue
        told = frame_of(heard.answer)
        assert told.message_id in (0x8001, 0x8100)
        assert (told.version, told.terminal, told.length_differs) == (version, "13812345678", False)
        assert heard.over or not only_listed


def test_the_terminal_s_number_is_masked_where_quarantine_is_shown() -> None:
    (row,) = rows(rig.frame(0x0200, rig.report(status=1)))
    assert isinstance(row, Reject)
    assert "13812345678" in row.raw
    for shown in (concealed(row.raw), concealed(row.detail)):
        assert "13812345678" not in shown
        assert "138****78" in shown
    plain = unescaped(rig.location()[1:-1])
    assert isinstance(plain, bytes)
    assert bytes.fromhex(as_text(plain).replace(" ", ""))[1:-1] == plain


def test_a_log_is_read_wherever_frames_stand_in_it(tmp_path: Path) -> None:
    """Several in a line, with 0x in front, cut in the middle of a byte; ids of traces that are no frames."""
    one, two = rig.location(0).hex(), rig.location(5).hex()
    text = f"a {one}{two} b 0x{one}\ncut {one[:-5]}\nshort 7e0200 7e\ntrace=5f2c\n"
    outcome = outcome_of(tmp_path, rig.lay(text.encode())(tmp_path))
    assert len(outcome.records) == 3
    assert [r.reason for r in outcome.rejects] == ["not_a_frame"]
    assert outcome.rejects[0].ref == "gateway.log:2"
    assert {r.ref for r in outcome.records} == {"gateway.log:1"}


def test_chinese_coordinates(tmp_path: Path) -> None:
    options = rig.lay(rig.log(rig.location(lon=120.219757, lat=36.011906)))(tmp_path)
    (found,) = positions(outcome_of(tmp_path, {**options, "coordinates": "gcj02"}))
    assert (found.lon, found.lat) == pytest.approx((120.2147, 36.0118), abs=2e-6)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "either listen"),
        ({"listen": "0.0.0.0:6808", "path": "a"}, "either listen"),
        ({"listen": "6808"}, "host:port"),
        ({"listen": "0.0.0.0:70000"}, "host:port"),
        ({"listen": "tcp://0.0.0.0:6808"}, "host:port"),
        ({"listen": "0.0.0.0:6808", "max_connections": 0}, "at least 1"),
        ({"path": "a", "glob": "../*"}, "glob"),
        ({"listen": "0.0.0.0:6808", "vehicles": {"鲁B12345": "x"}}, "no number of a terminal"),
        ({"listen": "0.0.0.0:6808", "vehicles": {"013812345678": "x", "13812345678": "y"}}, "twice"),
        ({"listen": "0.0.0.0:6808", "vehicles": {"1": " "}}, "no name"),
        ({"listen": "0.0.0.0:6808", "only_listed": True}, "needs vehicles"),
    ],
)
def test_options_that_cannot_work(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**options)


def test_where_to_listen() -> None:
    assert split_place("0.0.0.0:6808") == ("0.0.0.0", 6808)
    assert split_place("[::]:6808") == ("::", 6808)
