"""DCSA Track & Trace events, versions 2.2 and 3.0, brought to one shape and held against their code lists.

The two versions say the same with other names; 3.0 also writes codes as words (``GATED_IN``). What
decides how an event is read must be a known code, else the event is refused: an unknown code is not
taken for the one it resembles.
"""

from __future__ import annotations

import importlib.resources
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from datasources.reading import UnusableError

_TYPES = frozenset({"TRANSPORT", "EQUIPMENT", "SHIPMENT", "IOT", "REEFER"})
_CLASSIFIERS = {
    "ACT": "ACT", "ACTUAL": "ACT", "EST": "EST", "ESTIMATED": "EST", "PLN": "PLN", "PLANNED": "PLN",
    "REQ": "REQ", "REQUESTED": "REQ",
}  # fmt: skip
_TRANSPORT = {"ARRI": "ARRI", "ARRIVED": "ARRI", "DEPA": "DEPA", "DEPARTED": "DEPA", "APPROACHING": "APPROACHING"}
_MOVES = {"GATED_IN": "GTIN", "GATED_OUT": "GTOT", "LOADED": "LOAD", "DISCHARGED": "DISC"}
_EQUIPMENT = frozenset({
    "LOAD", "DISC", "GTIN", "GTOT", "STUF", "STRP", "PICK", "DROP", "INSP", "RSEA", "RMVD", "AVPU", "AVDO", "CUSS",
    "CUSI", "CUSR", "CROS", *_MOVES, "STUFFED", "STRIPPED", "PICKED_UP", "DROPPED_OFF", "INSPECTED", "RESEALED",
    "REMOVED", "AVAILABLE_FOR_PICKUP", "AVAILABLE_FOR_DROP_OFF", "CUSTOMS_SELECTED_FOR_SCAN",
    "CUSTOMS_SELECTED_FOR_INSPECTION", "CUSTOMS_RELEASED", "CROSSED",
})  # fmt: skip
_MODES = frozenset({"", "VESSEL", "RAIL", "TRUCK", "BARGE", "RAIL_TRUCK", "BARGE_TRUCK", "BARGE_RAIL", "MULTIMODAL"})
_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_OTHER_COUNTRIES = frozenset({"XZ", "XK"})  # international waters, Kosovo: in use, not in ISO 3166
_LONGEST = 64


class Event(msgspec.Struct, kw_only=True):
    """One event; texts are empty when not told.

    Attributes:
        kind: ``TRANSPORT``, ``EQUIPMENT``, ``SHIPMENT``, ``IOT`` or ``REEFER``.
        classifier: ``ACT``, ``EST``, ``PLN`` or ``REQ``.
        code: e.g. ``GTIN``, ``ARRI``.
        at: the time told, aware UTC.
        said: when the event was made, aware UTC; None when not told.
        places: UN/LOCODEs it names, the most telling first.
        facility: code of the facility; ``facility_type`` e.g. ``POTE`` for a port terminal.
        facility_type: see above.
        equipment: container number.
        size_code: ISO 6346 size and type.
        empty: None when not told.
        mode: means of transport.
        call_id: of the transport call.
        voyage: import and export voyage of the call, or the one of them there is.
        vessel: its name.
        imo: as written.
    """

    kind: str
    classifier: str
    code: str
    at: datetime
    said: datetime | None
    places: tuple[str, ...]
    facility: str
    facility_type: str
    equipment: str
    size_code: str
    empty: bool | None
    mode: str
    call_id: str
    voyage: str
    vessel: str
    imo: str


def text(source: Any, *path: str) -> str:
    """A text some keys deep in an event; empty when it is not there or no text."""
    for key in path:
        source = source.get(key) if isinstance(source, dict) else None
    return source.strip()[:200] if isinstance(source, str) else ""


def read_event(raw: Any) -> Event:
    """An event as it was sent.

    Raises:
        UnusableError: ``malformed``, ``unknown_value``, ``missing_value``, ``not_a_time``,
            ``time_without_zone``, ``unknown_place`` or ``place_contradictory``, with the attribute and value.
    """
    if not isinstance(raw, dict):
        raise UnusableError("malformed", f"an event must be an object, this is {str(raw)[:_LONGEST]!r}")
    head = raw.get("eventClassification") if isinstance(raw.get("eventClassification"), dict) else raw
    kind = text(head, "eventTypeCode") or text(head, "eventType") or text(raw, "eventType")
    _need(kind in _TYPES, "eventType", kind)
    classifier = text(head, "eventClassifierCode") or text(head, "eventClassifier")
    _need(classifier in _CLASSIFIERS, "eventClassifierCode", classifier)
    at = moment(raw, "eventDateTime")
    if at is None:
        raise UnusableError("missing_value", "eventDateTime: blank")
    call = _object(raw, "transportDetails", "transportCall") or _object(raw, "transportCall")
    equipment = _object(raw, "equipmentDetails") or raw
    place = _object(raw, "eventLocation")
    where = place or call
    return Event(
        kind=kind,
        classifier=_CLASSIFIERS[classifier],
        code=_code(kind, head),
        at=at,
        said=moment(raw, "eventUpdatedDateTime") or moment(raw, "eventCreatedDateTime"),
        places=_places(kind, place, call),
        facility=text(where, "facilityCode") or text(where, "facility", "facilityCode"),
        facility_type=text(where, "facilityTypeCode"),
        equipment=text(equipment, "equipmentReference"),
        size_code=text(equipment, "ISOEquipmentCode"),
        empty=_empty(text(equipment, "emptyIndicatorCode") or text(equipment, "emptyIndicator")),
        mode=_mode(text(call, "modeOfTransport")),
        call_id=text(call, "transportCallID") or text(call, "transportCallReference"),
        voyage=_voyage(call),
        vessel=text(call, "vessel", "vesselName") or text(call, "vesselTransport", "vesselName"),
        imo=text(call, "vessel", "vesselIMONumber") or text(call, "vesselTransport", "vesselIMONumber"),
    )


def moment(raw: Any, name: str) -> datetime | None:
    """A time of an event, aware UTC; None when it is not told.

    Raises:
        UnusableError: ``not_a_time`` or ``time_without_zone``.
    """
    word = text(raw, name)
    if not word:
        return None
    try:
        when = datetime.fromisoformat(word)
        # Python reads a bare date and a time of the week too; the standard wants date, time and offset.
        if len(word) < 16 or word[10:11] not in ("T", "t", " "):
            raise ValueError
        if when.tzinfo is None:
            raise UnusableError("time_without_zone", f"{name}={word[:_LONGEST]}")
        return when.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnusableError("not_a_time", f"{name}: {word[:_LONGEST]!r}") from None


@cache
def countries() -> frozenset[str]:
    """ISO 3166 codes of countries, from the time zone data."""
    table = importlib.resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and line[0] != "#") | _OTHER_COUNTRIES


def _need(right: bool, name: str, value: str) -> None:
    if not right:
        raise UnusableError("unknown_value" if value else "missing_value", f"{name}={value[:_LONGEST]!r}")


def _object(raw: Any, *path: str) -> dict[str, Any]:
    for key in path:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw if isinstance(raw, dict) else {}


def _code(kind: str, head: Any) -> str:
    name = f"{kind.lower()}EventTypeCode"
    code = text(head, name) or text(head, name.removesuffix("Code"))
    if kind == "EQUIPMENT":
        _need(code in _EQUIPMENT, name, code)
        return _MOVES.get(code, code)
    if kind == "TRANSPORT":
        _need(code in _TRANSPORT, name, code)
        return _TRANSPORT[code]
    return code


def _empty(word: str) -> bool | None:
    _need(word in ("", "EMPTY", "LADEN"), "emptyIndicatorCode", word)
    return word == "EMPTY" if word else None


def _mode(word: str) -> str:
    _need(word in _MODES, "modeOfTransport", word)
    return word


def _voyage(call: dict[str, Any]) -> str:
    told = [
        text(call, f"{way}VoyageNumber") or text(call, f"{way}VoyageNumberOrReference", "carrierVoyageNumber")
        or text(call, f"universal{way.capitalize()}VoyageReference")
        for way in ("import", "export")
    ]  # fmt: skip
    return "/".join(dict.fromkeys(v for v in told if v)) or text(call, "carrierVoyageNumber")


def _places(kind: str, place: dict[str, Any], call: dict[str, Any]) -> tuple[str, ...]:
    """UN/LOCODEs, each held against the list of countries; those of one vessel call must agree."""
    at_event = ("eventLocation.UNLocationCode", text(place, "UNLocationCode"))
    at_call = ("transportCall.UNLocationCode", text(call, "UNLocationCode"))
    at_location = ("transportCall.location.UNLocationCode", text(call, "location", "UNLocationCode"))
    told = [(name, code) for name, code in (at_event, at_call, at_location) if code]
    if kind not in ("TRANSPORT", "EQUIPMENT"):
        return tuple(code for _, code in told)
    for name, code in told:
        if not _LOCODE.fullmatch(code) or code[:2] not in countries():
            raise UnusableError("unknown_place", f"{name}={code[:_LONGEST]!r} is no UN/LOCODE")
    if at_call[1] and at_location[1] and at_call[1] != at_location[1]:
        raise UnusableError("place_contradictory", f"{at_call[0]}={at_call[1]}, {at_location[0]}={at_location[1]}")
    return tuple(dict.fromkeys(code for _, code in told))
