"""Situations of the adapter nmea_ais."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

from pyais import encode_dict

from tests.contract.rig import Case, Expected


def sentences(**fields: Any) -> list[bytes]:
    """The NMEA sentences of one message."""
    return [line.encode() for line in encode_dict(fields, radio_channel="A", talker_id="AI", seq_id=3)]


def position(mmsi: int, second: int, **more: Any) -> bytes:
    fields = {"type": 1, "mmsi": mmsi, "lat": 36.01, "lon": 120.21, "speed": 4.5, "course": 90.0, "second": second}
    return sentences(**{**fields, **more})[0]


def clock(minute: int, second: int) -> bytes:
    when = {"year": 2012, "month": 3, "day": 14, "hour": 11, "minute": minute, "second": second}
    return sentences(type=4, mmsi=2573535, lat=36.0, lon=120.0, **when)[0]


def good(count: int = 2) -> list[bytes]:
    lines = [clock(30, 0)]
    for i in range(count):
        lines.append(position(413_000_000 + i, i % 60))
        if i % 60 == 59:
            lines.append(clock(31 + i // 60, 0))
    return lines


def _log(lines: list[bytes] | bytes, name: str = "log.nmea") -> Any:
    def lay_out(folder: Path) -> dict[str, Any]:
        (folder / name).write_bytes(lines if isinstance(lines, bytes) else b"\r\n".join(lines) + b"\r\n")
        return {"path": name, "speed": 0}

    return lay_out


def steady(folder: Path) -> dict[str, Any]:
    """A source that goes on for a while: a log replayed."""
    _log(good(300))(folder)
    return {"path": "log.nmea", "speed": 8.0, "chunk_messages": 7}


def _pipe(folder: Path) -> dict[str, Any]:
    os.mkfifo(folder / "pipe.nmea")
    return {"path": "pipe.nmea"}


_LONG = sentences(type=5, mmsi=413000001, shipname="HAI WANG XING", callsign="BQXA", imo=9321483, ship_type=70)
_DAMAGED = position(413000009, 5)[:-2] + b"00"

CASES = [
    Case(name="good", lay_out=_log(good()), expected=Expected(records=2)),
    Case(name="long message", lay_out=_log([clock(30, 0), *_LONG]), expected=Expected(records=1)),
    Case(name="empty", lay_out=_log(b""), expected=Expected(problem="empty_file", says=("log.nmea",))),
    Case(
        name="malformed sentence",
        lay_out=_log([*good(), b"!AIVDM,1,1,,A,,0*26", b"!AIVDM,x,1,,A,15M,0*2", b"!AIVDM", _DAMAGED]),
        expected=Expected(records=2, rejects=4),
    ),
    Case(name="missing part", lay_out=_log([*good(), _LONG[0]]), expected=Expected(records=2, rejects=1)),
    Case(name="part without its first", lay_out=_log([*good(), _LONG[1]]), expected=Expected(records=2, rejects=1)),
    Case(
        name="truncated archive",
        lay_out=_log(gzip.compress(b"\n".join(good(3_000)))[:-300], "log.nmea.gz"),
        expected=Expected(records=-1, problem="truncated", says=("log.nmea.gz",)),
    ),
    Case(name="hang", lay_out=_pipe, expected=Expected(problem="unreadable", says=("pipe.nmea",))),
    Case(name="duplicate", lay_out=_log([*good(), *good()]), expected=Expected(records=4)),
    Case(name="out of order", lay_out=_log([clock(30, 9), *reversed(good())]), expected=Expected(records=2)),
    Case(
        name="stale",
        lay_out=_log([clock(30, 0), position(413000001, 60)]),
        expected=Expected(records=1),
    ),
    Case(
        name="true zero",
        lay_out=_log([clock(30, 0), position(413000001, 0, speed=0.0, course=0.0)]),
        expected=Expected(records=1),
    ),
    Case(
        name="position not available",
        lay_out=_log([*good(), position(413000003, 3, lat=91, lon=181)]),
        expected=Expected(records=2, rejects=1),
    ),
    Case(
        name="wrong file",
        lay_out=lambda folder: {"path": "nowhere.nmea"},
        expected=Expected(problem="missing_file", says=("trial", "nowhere.nmea")),
    ),
    Case(
        name="another kind of file",
        lay_out=_log("车牌,经度\n鲁B1,120\n".encode()),
        expected=Expected(problem="not_nmea", says=("log.nmea",)),
    ),
    Case(
        name="wrong encoding",
        lay_out=_log("\r\n".join(line.decode() for line in good()).encode("utf-16")),
        expected=Expected(problem="not_nmea", says=("log.nmea",)),
    ),
    Case(
        name="log without a clock",
        lay_out=_log([position(413000001, 3), position(413000002, 4)]),
        expected=Expected(records=2, problem="no_clock", says=("log.nmea",)),
    ),
]
