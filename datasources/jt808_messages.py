"""JT/T 808 messages that tell positions: 0x0200 (location report), 0x0704 (batch), whole or in parts."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo

import msgspec
from msgspec.structs import replace

from datasources.contract import RAW_LIMIT, Tap
from datasources.jt808_frames import Frame, as_text
from datasources.reading import UnusableError
from datasources.rows import Unplaced
from domain.records import Reject

REGISTRATION, AUTHENTICATION, LOGOUT, GENERAL_ANSWER = 0x0100, 0x0102, 0x0003, 0x0001
LOCATION, BATCH = 0x0200, 0x0704

_FIXED = struct.Struct(">IIIIHHH6s")  # alarms, status, latitude, longitude, altitude, speed, course, time
_LOCATED, _SOUTH, _WEST, _ENCRYPTED = 1 << 1, 1 << 2, 1 << 3, 1 << 5  # bits of the status
_MILEAGE, _SIGNAL, _SATELLITES = 0x01, 0x30, 0x31  # items behind the fixed part
_PARTS_KEPT, _PARTS_MOST = 4, 64  # messages in parts at a time, parts of one
_Key = tuple[str, int, int, int]  # terminal, message, how many parts, serial before the first


class Location(msgspec.Struct, frozen=True):
    """A location report as the terminal sent it, in plain units; nothing is judged yet.

    Attributes:
        alarms: bits of table 24 (0 = emergency button).
        status: bits of table 25 (0 = ignition, 1 = located).
        lon: degrees, west negative.
        lat: degrees, south negative.
        altitude_metres: above sea level.
        speed_kmh: by the receiver.
        course: degrees, clockwise from north.
        at: time of the fix, aware UTC.
        items: what follows, by number, as sent; vendors add their own.
    """

    alarms: int
    status: int
    lon: float
    lat: float
    altitude_metres: int
    speed_kmh: float
    course: int
    at: datetime
    items: Mapping[int, bytes]

    @property
    def located(self) -> bool:
        """Whether the receiver had a fix; else the place is its last one, or none."""
        return bool(self.status & _LOCATED)

    @property
    def encrypted(self) -> bool:
        """Whether the place went through the confidentiality plug-in, which moves it."""
        return bool(self.status & _ENCRYPTED)

    @property
    def mileage_km(self) -> float | None:
        """What the odometer shows; None when not told."""
        item = self.items.get(_MILEAGE, b"")
        return int.from_bytes(item) / 10 if len(item) == 4 else None

    @property
    def signal(self) -> int | None:
        """Strength of the mobile network; None when not told."""
        return _byte(self.items.get(_SIGNAL))

    @property
    def satellites(self) -> int | None:
        """Satellites in use; None when not told."""
        return _byte(self.items.get(_SATELLITES))


def location(body: bytes, zone: tzinfo) -> Location:
    """Read the body of a location report.

    Args:
        body: as sent.
        zone: of the terminals' clocks; the norm says +08:00.

    Raises:
        UnusableError: it is too short, or its time is none.
    """
    if len(body) < _FIXED.size:
        raise UnusableError("undecodable", f"location report of {len(body)} bytes, at least {_FIXED.size} are due")
    alarms, status, lat, lon, altitude, speed, course, clock = _FIXED.unpack_from(body)
    return Location(
        alarms, status,
        -lon / 1e6 if status & _WEST else lon / 1e6, -lat / 1e6 if status & _SOUTH else lat / 1e6,
        altitude, speed / 10, course, _moment(clock, zone), dict(_items(body[_FIXED.size :])),
    )  # fmt: skip


def batch(body: bytes) -> Iterator[bytes]:
    """The bodies of the location reports in a batch.

    Raises:
        UnusableError: it ends before its last report; those before have been handed out.
    """
    count, at = int.from_bytes(body[:2]), 3
    if len(body) < at:
        raise UnusableError("undecodable", f"batch of {len(body)} bytes, at least {at} are due")
    for number in range(1, count + 1):
        size = int.from_bytes(body[at : at + 2])
        if at + 2 + size > len(body):
            raise UnusableError("undecodable", f"batch of {count} reports ends within the {number}.")
        yield body[at + 2 : at + 2 + size]
        at += 2 + size


class Positions:
    """Rows out of the frames of one source; parts of a message wait here for the others."""

    def __init__(self, feed: str, zone: tzinfo, vehicles: Mapping[str, str], tap: Tap | None = None) -> None:
        """Begin with no part waiting.

        Args:
            feed: the feed's name, for rejects.
            zone: of the terminals' clocks.
            vehicles: terminal's number without leading zeros -> what the vehicle goes by, e.g. its plate.
            tap: of the adapter's context.
        """
        self._feed, self._zone, self._vehicles, self._tap = feed, zone, vehicles, tap
        self._waiting: dict[_Key, dict[int, tuple[Frame, str]]] = {}

    def read(self, frame: Frame, ref: str) -> list[Unplaced | Reject]:
        """The positions a frame brings; none when it is of another kind, or a part that waits for others."""
        if frame.message_id not in (LOCATION, BATCH):
            return []
        if frame.total == 1:
            return self._rows(frame, ref)
        if not 1 <= frame.index <= frame.total <= _PARTS_MOST:
            return [self.refuse(frame, ref, "undecodable", f"part {frame.index} of {frame.total}")]
        key = (frame.terminal, frame.message_id, frame.total, (frame.serial - frame.index) & 0xFFFF)
        parts = self._waiting.setdefault(key, {})
        parts[frame.index] = (frame, ref)
        if len(parts) == frame.total:
            del self._waiting[key]
            whole = b"".join(parts[i][0].body for i in range(1, frame.total + 1))
            return self._rows(replace(frame, body=whole, total=1, index=1), ref)
        return self._given_up(next(iter(self._waiting))) if len(self._waiting) > _PARTS_KEPT else []

    def rest(self) -> list[Unplaced | Reject]:
        """What never became whole, at the end of the source."""
        return [row for key in list(self._waiting) for row in self._given_up(key)]

    def refuse(self, frame: Frame, ref: str, reason: str, detail: str) -> Reject:
        """The frame for quarantine."""
        raw = as_text(frame.content)[:RAW_LIMIT]
        return Reject(
            feed=self._feed, ref=ref, reason=reason, detail=f"terminal {frame.terminal or 0}: {detail}", raw=raw
        )

    def _given_up(self, key: _Key) -> list[Unplaced | Reject]:
        parts = self._waiting.pop(key)
        frame, ref = next(iter(parts.values()))
        detail = f"0x{frame.message_id:04x}: {len(parts)} of {frame.total} parts came"
        return [self.refuse(frame, ref, "missing_part", detail)]

    def _rows(self, frame: Frame, ref: str) -> list[Unplaced | Reject]:
        if frame.encrypted:
            return [self.refuse(frame, ref, "undecodable", "encrypted (RSA)")]
        if frame.message_id == LOCATION:
            return [self._row(frame, frame.body, ref)]
        rows: list[Unplaced | Reject] = []
        try:
            for number, body in enumerate(batch(frame.body), 1):
                rows.append(self._row(frame, body, f"{ref}.{number}"))
        except UnusableError as error:
            rows.append(self.refuse(frame, ref, error.reason, error.detail))
        return rows

    def _row(self, frame: Frame, body: bytes, ref: str) -> Unplaced | Reject:
        if self._tap is not None:
            self._tap(ref, as_text(frame.content))
        try:
            found = location(body, self._zone)
        except UnusableError as error:
            return self.refuse(frame, ref, error.reason, error.detail)
        if found.lon == 0.0 and found.lat == 0.0:
            return self.refuse(frame, ref, "position_zero", "lat=0, lon=0")
        if not found.located:
            return self.refuse(
                frame, ref, "not_located", f"status={found.status:08x}, lat={found.lat}, lon={found.lon}"
            )
        if not frame.terminal:
            return self.refuse(frame, ref, "missing_key", "its number is all zeros")
        flags = []
        if frame.length_differs:
            flags.append("length_differs")
        if found.encrypted:
            flags.append("coordinates_encrypted")
        values = {
            "vehicle_id": self._vehicles.get(frame.terminal, frame.terminal),
            "lon": found.lon,
            "lat": found.lat,
            "speed_kmh": found.speed_kmh,
            "heading_degrees": float(found.course),
        }
        return Unplaced(values, found.at, ref, flags)


def _items(rest: bytes) -> Iterator[tuple[int, bytes]]:
    """Items behind the fixed part, each with number and length; what follows the last whole one is the vendor's."""
    at = 0
    while at + 2 <= len(rest) and at + 2 + rest[at + 1] <= len(rest):
        yield rest[at], rest[at + 2 : at + 2 + rest[at + 1]]
        at += 2 + rest[at + 1]


def _byte(item: bytes | None) -> int | None:
    return item[0] if item is not None and len(item) == 1 else None


def _moment(clock: bytes, zone: tzinfo) -> datetime:
    """YY MM DD hh mm ss in binary-coded decimals."""
    digits = clock.hex()
    try:
        if not digits.isdecimal():
            raise ValueError
        return datetime.strptime(f"20{digits}", "%Y%m%d%H%M%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnusableError("not_a_time", f"time: {digits}") from None
