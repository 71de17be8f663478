"""What may be wrong with a value, and what follows: refused, or kept with a flag.

The building blocks of ``record_checks``. A check raises UnusableError, or adds flag codes
(catalogue ``flag.<code>``) to what it found.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from domain.identifiers import MmsiKind, container_flag, declaration_flag, imo_is_valid, mmsi_kind

FUTURE_LIMIT = timedelta(minutes=10)


class UnusableError(Exception):
    """The record cannot be used."""

    def __init__(self, reason: str, detail: str) -> None:
        """Remember the reason code and the field with its value."""
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Irregular:
    """What was found wrong with a record that is kept all the same."""

    __slots__ = ("flags", "repairs")

    def __init__(self) -> None:
        """Begin with nothing found."""
        self.flags: list[str] = []
        self.repairs: dict[str, Any] = {}


def need_key(value: str, field: str) -> None:
    """Refuse a blank key field."""
    if not value or value.isspace():
        raise UnusableError("missing_key", f"{field}={value!r}")


def need_number(value: float | None, field: str, least: float = 0.0) -> None:
    """Refuse NaN, infinities and values below ``least``; None is unknown and fine."""
    if value is None:
        return
    if not math.isfinite(value):
        raise UnusableError("not_a_number", f"{field}={value}")
    if value < least:
        raise UnusableError("negative", f"{field}={value}")


def need_speed(value: float | None, field: str, limit: float) -> None:
    """Refuse a speed that is no number, negative, or beyond what such a thing can do."""
    need_number(value, field)
    if value is not None and value >= limit:
        raise UnusableError("speed_impossible", f"{field}={value}")


def need_place(lon: float | None, lat: float | None) -> None:
    """Refuse a position outside the world, exactly 0/0 (a receiver without a fix), or half given."""
    if lon is None and lat is None:
        return
    if lon is None or lat is None:
        raise UnusableError("position_incomplete", f"lat={lat}, lon={lon}")
    if not (math.isfinite(lat) and math.isfinite(lon)):
        raise UnusableError("not_a_number", f"lat={lat}, lon={lon}")
    if not -90.0 <= lat <= 90.0:
        raise UnusableError("position_outside_world", f"lat={lat}")
    if not -180.0 <= lon <= 180.0:
        raise UnusableError("position_outside_world", f"lon={lon}")
    if lat == 0.0 and lon == 0.0:
        raise UnusableError("position_zero", "lat=0, lon=0")


def empty_angle(value: float | None, field: str, found: Irregular) -> None:
    """Empty and flag an angle outside 0-360 degrees."""
    if value is not None and not 0.0 <= value <= 360.0:
        found.repairs[field] = None
        found.flags.append(f"{field.removesuffix('_degrees')}_out_of_range")


def need_order(first: datetime | None, second: datetime | None, reason: str, names: tuple[str, str]) -> None:
    """Refuse two times in the wrong order; equal ones are legal."""
    if first is not None and second is not None and second < first:
        raise UnusableError(reason, f"{names[0]}={first.isoformat()}, {names[1]}={second.isoformat()}")


def need_past(when: datetime | None, now: datetime, field: str) -> None:
    """Refuse an actual time that lies ahead by more than ten minutes."""
    if when is not None and when - now > FUTURE_LIMIT:
        raise UnusableError("future", f"{field}={when.isoformat()}")


def judge_container(container_no: str, found: Irregular) -> None:
    """Flag a container number that is not right by ISO 6346."""
    flag = container_flag(container_no)
    if flag:
        found.flags.append(flag)


def judge_declaration(declaration_no: str, found: Irregular) -> None:
    """Flag an irregular declaration number."""
    flag = declaration_flag(declaration_no)
    if flag:
        found.flags.append(flag)


def judge_mmsi(mmsi: int, found: Irregular) -> None:
    """Refuse an impossible MMSI, flag one that is not a ship's."""
    if not 0 < mmsi <= 999_999_999:
        raise UnusableError("missing_key", f"mmsi={mmsi}")
    if mmsi_kind(mmsi) is not MmsiKind.SHIP:
        found.flags.append("mmsi_not_ship")


def judge_imo(number: int | None, found: Irregular) -> None:
    """Flag an IMO number with a wrong check digit; 0 is AIS for "not available"."""
    if number and not imo_is_valid(number):
        found.flags.append("imo_check_digit")
