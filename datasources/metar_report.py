"""One METAR or SPECI report: proven whole, dated, decoded with the library ``metar`` (WMO-No. 306, FM 15 and FM 16).

A report names the day of the month alone, and one that was cut off on its way still reads well: both are looked at
here before the library is asked.
"""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime
from typing import Any

from metar import Metar

from datasources.reading import UnusableError

LONGEST = 1_000  # characters of a report; real ones have some hundred
_BEGIN = re.compile(r"^(?:(METAR|SPECI)\s+)?(?:COR\s+)?([A-Z][A-Z0-9]{3})\s+(?:(\d{2})(\d{2})(\d{2})Z\b|NIL\b)?")
_TEMPERATURE = re.compile(r"\s(?:M?\d{2}|//|XX|MM)/(?:M?\d{2}|//|XX|MM)?(?=\s|$)")
_PRESSURE = re.compile(r"\s(?:Q(?:\d{3,4}|//+|NH\d{4})|A(?:\d{4}|//+)|QFE\d+\S*)(?=\s|$)")


def begins(line: str) -> bool:
    """Whether a line begins a report."""
    found = _BEGIN.match(line)
    return bool(found and (found[1] or found[3]))


def decoded(text: str, reference: datetime) -> tuple[dict[str, Any], datetime, list[str]]:
    """Fields, time (aware UTC) and flags of a report.

    Args:
        text: the report, in one line, without its ``=``.
        reference: aware UTC; the report is of the month in which its day and hour lie nearest to this.

    Raises:
        UnusableError: ``not_a_report``, ``not_a_time``, ``missing_value`` (NIL) or ``report_cut_off``.
    """
    found = _BEGIN.match(text)
    if not found or not (found[1] or found[3]) or len(text) > LONGEST:
        raise UnusableError("not_a_report", f"begins {text[:40]!r}")
    if re.search(r"\sNIL\b", text):
        raise UnusableError("missing_value", f"{found[2]}: sends no report (NIL)")
    if not found[3]:
        raise UnusableError("not_a_time", f"{found[2]}: no day and hour")
    at = _dated(int(found[3]), int(found[4]), int(found[5]), reference)
    if at is None:
        raise UnusableError("not_a_time", f"{found[2]}: {found[3]}{found[4]}{found[5]}Z")
    body = re.split(r"\s(?:RMK|BECMG|TEMPO|NOSIG)\b", text, maxsplit=1)[0]
    lacking = [n for n, p in (("temperature", _TEMPERATURE), ("pressure", _PRESSURE)) if not p.search(body)]
    if len(lacking) == 2:  # either alone is missing from reports of automatic stations, both from none
        raise UnusableError("report_cut_off", f"{found[2]}: neither temperature nor pressure; ends {text[-24:]!r}")
    report = _parsed(text, at)
    flags = ["report_incomplete"] if lacking or not report.decode_completed else []
    return _fields(report, found[2], text), at, flags


def _dated(day: int, hour: int, minute: int, reference: datetime) -> datetime | None:
    """The moment nearest to a reference that has this day of the month; None when there is none."""
    near = []
    for step in (-1, 0, 1):
        month = reference.year * 12 + reference.month - 1 + step
        try:
            near.append(datetime(month // 12, month % 12 + 1, day, hour, minute, tzinfo=UTC))
        except ValueError:
            continue
    return min(near, key=lambda moment: abs(moment - reference), default=None)


def _parsed(text: str, at: datetime) -> Metar.Metar:
    try:
        with warnings.catch_warnings():  # it warns of what it leaves out, with the text; `decode_completed` tells us
            warnings.simplefilter("ignore")
            return Metar.Metar(text, month=at.month, year=at.year, strict=False)
    except Exception as error:  # it promises ParserError alone
        raise UnusableError("malformed", f"{text[:40]!r}: {type(error).__name__}") from None


def _value(quantity: Any, unit: str, factor: float = 1.0) -> float | None:
    return None if quantity is None else float(quantity.value(unit)) * factor


def _fields(report: Metar.Metar, station: str, text: str) -> dict[str, Any]:
    told = {
        "wind_metres_per_second": _value(report.wind_speed, "MPS"),
        "gust_metres_per_second": _value(report.wind_gust, "MPS"),
        "wind_from_degrees": None if report.wind_dir is None else report.wind_dir.value(),
        "visibility_metres": _value(report.vis, "M"),
        "temperature_celsius": _value(report.temp, "C"),
        "pressure_hpa": _value(report.press, "HPA"),
        "precipitation_millimetres": _value(report.precip_1hr, "CM", 10.0),
    }
    codes = ["".join(part or "" for part in group) for group in report.weather]
    if re.search(r"\sCAVOK\b", text):
        codes.insert(0, "CAVOK")
    known = {name: round(value, 2) for name, value in told.items() if value is not None}
    return {"station": station, "weather": " ".join(codes), **known}
