"""Values of EDIFACT segments: times (DTM), weights (MEA), means of transport (TDT)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from datasources.edifact_segments import Segment
from datasources.edifact_syntax import part
from datasources.reading import UnusableError

# Code list 2379: how the digits of a time are laid out.
_FORMATS = {
    "101": "%y%m%d", "102": "%Y%m%d", "201": "%y%m%d%H%M", "202": "%y%m%d%H%M%S", "203": "%Y%m%d%H%M",
    "204": "%Y%m%d%H%M%S",
}  # fmt: skip
_DIGITS = {"101": 6, "102": 8, "201": 10, "202": 12, "203": 12, "204": 14}
_ZONED = re.compile(r"(\d{12})(?:Z|([+-]\d\d):?(\d\d)?)")  # code 303: minutes, then the zone
_DAY_ONLY = frozenset({"101", "102"})
_TONNES = {"KGM": 0.001, "TNE": 1.0, "LBR": 0.00045359237}
_WEIGHT = re.compile(r"\d{1,9}(?:[.,]\d{1,6})?")
_DEGREES = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{1,3})?")
# Which of several weights counts: verified gross mass, gross, then weight of the cargo as a list gives it.
_WEIGHTS = {"VGM": 3, "G": 2, "AAD": 2, "WT": 1}
_MEANS = {"2": "train", "3": "truck", "8": "barge"}  # code list 8067, mode of transport


def moment(digits: str, layout: str, zone: tzinfo, flags: list[str]) -> datetime:
    """A time of a DTM.

    Args:
        digits: component 2380.
        layout: component 2379.
        zone: for times without one.
        flags: ``time_ambiguous`` and ``time_date_only`` are added.

    Returns:
        Aware UTC. Years of two digits: 70 to 99 are of the last century.

    Raises:
        UnusableError: ``not_a_time``.
    """
    try:
        if layout == "303" and (told := _ZONED.fullmatch(digits)):
            sign = f"{told[2]}{told[3] or '00'}" if told[2] else "+0000"
            return datetime.strptime(told[1] + sign, "%Y%m%d%H%M%z").astimezone(UTC)
        if len(digits) != _DIGITS[layout] or not (digits.isascii() and digits.isdigit()):
            raise ValueError
        local = datetime.strptime(digits, _FORMATS[layout])  # noqa: DTZ007  the zone follows
        first, second = local.replace(tzinfo=zone), local.replace(tzinfo=zone, fold=1)
        if first.utcoffset() != second.utcoffset():
            flags.append("time_ambiguous")
        if layout in _DAY_ONLY:
            flags.append("time_date_only")
        return first.astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        raise UnusableError("not_a_time", f"{digits[:40]!r} in format {layout[:8]!r} (2379)") from None


def prepared_at(day: str, clock: str, zone: tzinfo) -> datetime | None:
    """When an interchange was made (UNB S004); None when it is not told."""
    layout = {10: "201", 12: "203"}.get(len(day + clock), "")
    try:
        return moment(day + clock, layout, zone, [])
    except UnusableError:
        return None


def gross_tonnes(measures: list[Segment], flags: list[str]) -> float | None:
    """The weight that counts among a container's MEA segments, in tonnes; None when none is told."""
    best: tuple[int, str, str] | None = None
    for segment in measures:
        rank = max(_WEIGHTS.get(part(segment, 1), 0), _WEIGHTS.get(part(segment, 2), 0))
        value = part(segment, 3, 1)
        if rank and value and (best is None or rank > best[0]):
            best = (rank, part(segment, 3), value)
    if best is None:
        return None
    # Both marks are in use for decimals, whatever UNA says; thousands are never parted.
    if best[1] not in _TONNES or not _WEIGHT.fullmatch(best[2]):
        flags.append("weight_unreadable")
        return None
    return round(float(best[2].replace(",", ".")) * _TONNES[best[1]], 6)


def verified_tonnes(measures: list[Segment]) -> float | None:
    """The verified gross mass among a container's MEA segments (SOLAS VI/2), in tonnes; None when none is told."""
    return gross_tonnes([s for s in measures if "VGM" in (part(s, 1), part(s, 2))], [])


def set_celsius(temperatures: list[Segment], flags: list[str]) -> float | None:
    """The temperature a container is to keep (TMP+2), in degrees Celsius; None when none is told."""
    told = next((s for s in temperatures if part(s, 1) == "2"), None)
    if told is None or not part(told, 2):
        return None
    value, unit = part(told, 2), part(told, 2, 1)
    if not _DEGREES.fullmatch(value) or unit not in ("CEL", "FAH"):
        flags.append("temperature_unreadable")
        return None
    degrees = float(value.replace(",", "."))
    return round(degrees if unit == "CEL" else (degrees - 32) / 1.8, 1)


def vessel_of(transport: Segment) -> str:
    """``vessel <name> <voyage>`` of the main carriage (TDT+20); its call sign or IMO number where no name is told."""
    name = part(transport, 8, 3) or part(transport, 8)
    return " ".join(("vessel", name, part(transport, 2))).strip() if name else ""


def inland_of(transport: Segment) -> tuple[str, str]:
    """Means (``truck``, ``train``, ``barge`` or empty) and plate of an inland TDT."""
    means = _MEANS.get(part(transport, 3), "")
    plate = part(transport, 8) or part(transport, 8, 3)
    return means, plate if means == "truck" else ""
