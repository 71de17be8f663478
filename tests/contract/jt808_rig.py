"""Situations of the adapter jt808, from recordings; for terminals that connect see test_jt808_live.py."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.contract.rig import Case, Expected

AT = datetime(2031, 5, 4, 11, 0)  # by the terminals' clocks, +08:00: 03:00 UTC
LOCATED = 0b11


def frame(message_id: int, body: bytes, phone: str = "013812345678", serial: int = 1, **more: int) -> bytes:
    """A frame as it is sent; ``more``: ``version`` for the header of 2019, ``total`` and ``index`` for a part."""
    version, total = more.get("version", 0), more.get("total", 0)
    attributes = len(body) | (0x4000 if version else 0) | (0x2000 if total else 0)
    content = message_id.to_bytes(2) + attributes.to_bytes(2)
    if version:
        content += bytes([version]) + bytes.fromhex(phone.zfill(20))
    else:
        content += bytes.fromhex(phone.zfill(12))
    content += serial.to_bytes(2)
    if total:
        content += total.to_bytes(2) + more["index"].to_bytes(2)
    content += body
    check = 0
    for byte in content:
        check ^= byte
    sent = b"".join({0x7E: b"\x7d\x02", 0x7D: b"\x7d\x01"}.get(b, bytes([b])) for b in (*content, check))
    return b"\x7e" + sent + b"\x7e"


def report(second: int = 0, status: int = LOCATED, **more: Any) -> bytes:
    """The body of a location report at the port."""
    values = {"lon": 120.21, "lat": 36.01, "speed": 31.5, "course": 90, "clock": AT + timedelta(seconds=second), **more}
    clock = values["clock"] if isinstance(values["clock"], str) else values["clock"].strftime("%y%m%d%H%M%S")
    return (
        values.get("alarms", 0).to_bytes(4) + status.to_bytes(4)
        + round(values["lat"] * 1e6).to_bytes(4) + round(values["lon"] * 1e6).to_bytes(4)
        + (12).to_bytes(2) + round(values["speed"] * 10).to_bytes(2) + values["course"].to_bytes(2)
        + bytes.fromhex(clock) + values.get("items", b"")
    )  # fmt: skip


def location(second: int = 0, phone: str = "013812345678", serial: int = 1, **more: Any) -> bytes:
    return frame(0x0200, report(second, **more), phone, serial)


def batch(*bodies: bytes, declared: int | None = None) -> bytes:
    told = len(bodies) if declared is None else declared
    return told.to_bytes(2) + b"\x01" + b"".join(len(b).to_bytes(2) + b for b in bodies)


def log(*frames: bytes) -> bytes:
    """Frames as a gateway logs them."""
    return b"".join(b"2031-05-04 11:00:00.123 INFO [conn-7] RECV %s\n" % f.hex().encode() for f in frames)


def lay(content: bytes, name: str = "gateway.log") -> Callable[[Path], dict[str, Any]]:
    def lay_out(folder: Path) -> dict[str, Any]:
        (folder / "drop").mkdir()
        (folder / "drop" / name).write_bytes(content)
        return {"path": "drop"}

    return lay_out


def steady(folder: Path) -> dict[str, Any]:
    """A source that goes on for a while: reports of a minute and more, played."""
    lay(log(*(location(i, serial=i) for i in range(80))))(folder)
    return {"path": "drop", "chunk_rows": 7, "replay": {"speed": 4.0}}


def _pipe(folder: Path) -> dict[str, Any]:
    os.mkfifo(folder / "pipe.log")
    return {"path": "pipe.log"}


_GOOD = (location(0), location(5, serial=2))
_WRONG = _GOOD[0][:-2] + bytes([_GOOD[0][-2] ^ 1]) + b"\x7e"

CASES = [
    Case(name="good", lay_out=lay(log(*_GOOD)), expected=Expected(records=2)),
    Case(
        name="byte by byte",
        lay_out=lay(b"RX: " + _GOOD[0].hex(" ").upper().encode() + b"\n"),
        expected=Expected(records=1),
    ),
    Case(name="empty", lay_out=lay(b""), expected=Expected(problem="empty_file", says=("gateway.log",))),
    Case(
        name="malformed frames",
        lay_out=lay(
            log(
                *_GOOD,
                _WRONG,
                frame(0x0200, b"\0" * 20),
                frame(0x0200, report(clock="311304110000")),
                frame(0x0200, report(status=1)),
                frame(0x0200, report(lon=0, lat=0)),
                frame(0x0200, report(), phone="0"),
            )
        ),
        expected=Expected(records=2, rejects=6),
    ),
    Case(name="truncated frame", lay_out=lay(log(*_GOOD)[:-10]), expected=Expected(records=1, rejects=1)),
    Case(
        name="truncated archive",
        lay_out=lay(gzip.compress(log(*(location(i) for i in range(900))))[:-20], "gateway.log.gz"),
        expected=Expected(problem="truncated", says=("gateway.log.gz",)),
    ),
    Case(
        name="batch that breaks off",
        lay_out=lay(log(frame(0x0704, batch(report(0), report(9), declared=3)))),
        expected=Expected(records=2, rejects=1),
    ),
    Case(
        name="part that never comes",
        lay_out=lay(log(frame(0x0704, batch(report(0)), total=2, index=1))),
        expected=Expected(rejects=1),
    ),
    Case(name="messages of other kinds", lay_out=lay(log(frame(0x0002, b""), *_GOOD)), expected=Expected(records=2)),
    Case(name="hang", lay_out=_pipe, expected=Expected(problem="unreadable", says=("pipe.log",))),
    Case(name="duplicate", lay_out=lay(log(*_GOOD, *_GOOD)), expected=Expected(records=4)),
    Case(name="out of order", lay_out=lay(log(*reversed(_GOOD))), expected=Expected(records=2)),
    Case(name="stale", lay_out=lay(log(location(clock="190101100000"))), expected=Expected(records=1)),
    Case(name="true zero", lay_out=lay(log(location(speed=0, course=0))), expected=Expected(records=1)),
    Case(
        name="wrong folder",
        lay_out=lambda folder: {"path": "nowhere"},
        expected=Expected(problem="missing_folder", says=("trial", "nowhere")),
    ),
    Case(
        name="wrong file",
        lay_out=lambda folder: {"path": "nowhere.log"},
        expected=Expected(problem="missing_file", says=("trial", "nowhere.log")),
    ),
    Case(
        name="another kind of file",
        lay_out=lay("车牌,经度\n鲁B1,120\n".encode()),
        expected=Expected(problem="not_jt808", says=("gateway.log",)),
    ),
    Case(
        name="wrong encoding",
        lay_out=lay(log(*_GOOD).decode().encode("utf-16")),
        expected=Expected(problem="not_jt808", says=("gateway.log",)),
    ),
]
