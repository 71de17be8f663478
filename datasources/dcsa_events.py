"""Adapter ``dcsa_events``: DCSA Track & Trace events 2.2 and 3.0, over HTTP or dropped as JSON files.

An answer or a file is an array of events, an object that holds them in ``events``, one event, or one event a line.
Gate-in and discharge open the stay of a container, gate-out and load close it (actual events; planned
and estimated ones are counted); arrivals and departures of vessels become calls with their planned,
estimated and actual times. A carrier tells of all ports of a voyage: only events at this port are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from datasources.call_book import CallBook, CallTime
from datasources.contract import RAW_LIMIT, Adapter, Batch, Context
from datasources.dcsa_model import Event, read_event
from datasources.dcsa_web import EventPages, EventsWeb, check_source
from datasources.document_drop import Document, DocumentDrop, check_drop
from datasources.reading import UnusableError
from datasources.size_types import kind_of, size_type
from datasources.stay_book import Movement, StayBook, need_happened
from domain.errors import FeedError
from domain.identifiers import normalise_container
from domain.records import GateMove, Reject

_PART = 1_000  # events of one part
_INWARD = {"GTIN": True, "DISC": True, "GTOT": False, "LOAD": False}
_MEANS = {"RAIL": "train", "TRUCK": "truck", "BARGE": "barge"}


class Options(EventsWeb, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The feed's table in the configuration, with those of ``datasources.dcsa_web.EventsWeb`` for an address.

    Attributes:
        path: file or folder the events are dropped into (``.gz`` too); relative to the configuration file.
        places: UN/LOCODEs that are this port, e.g. ``["CNTAO", "CNQDG"]``; events elsewhere are counted as
            ``elsewhere`` and not read.
        facilities: facility codes (SMDG or BIC) that are ours; events that name another are elsewhere. Empty:
            every facility of the places.
        facility_types: types of facilities whose gates and stays are ours; events that name another type (a
            depot, a customer) are elsewhere. ``POTE`` is a port terminal.
        glob: which files of a folder, e.g. ``*.json``.
        settle_seconds: how long a file must have stood still before it is read.
        max_megabytes: larger files or answers, unpacked, are refused.
        chunk_records: about how many records one poll brings.
        gate_id: name of the gate for gate moves; default the facility's code, else ``gate``.
        remember_days: how long a box that has left, or a call, is remembered, to know a late repeat.
    """

    path: str = ""
    places: tuple[str, ...]
    facilities: tuple[str, ...] = ()
    facility_types: tuple[str, ...] = ("POTE",)
    glob: str = "*"
    settle_seconds: float = 2.0
    max_megabytes: float = 50.0
    chunk_records: int = 5_000
    gate_id: str = ""
    remember_days: int = 30

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        check_source(self)
        if self.path:
            check_drop(self)
        if not self.places or any(len(place) != 5 for place in self.places):
            raise ValueError("places must name the UN/LOCODEs of this port, five letters each")
        if self.remember_days < 1:
            raise ValueError("remember_days must be at least 1")


def create(options: Options, context: Context) -> Adapter:
    """The adapter for one feed."""
    reader = EventReader(options, context)
    return EventPages(options, context, reader) if options.url else DocumentDrop(options, context, reader)


class EventReader:
    """Reads lists of events; knows nothing of where they come from.

    Attributes:
        newest: when the newest event read was made; None before the first.
    """

    def __init__(self, options: Options, context: Context) -> None:
        """Take up the stays and calls of ``context.cursor``."""
        self._options, self._context = options, context
        cursor, keep = context.cursor or {}, options.remember_days
        self._stays = StayBook(context.feed, context.origin, keep, cursor.get("stays"))
        self._calls = CallBook(context.feed, context.origin, keep, cursor.get("calls"))
        self.newest: datetime | None = None
        self._places = {place.upper() for place in options.places}

    def read(self, document: Document) -> Iterator[Batch]:
        """What the events of a document say, a thousand to a part.

        Args:
            document: its bytes; ``changed_at`` stands for when events were made that do not say it.

        Raises:
            FeedError: ``not_events``.
        """
        batch = Batch()
        for number, raw in enumerate(events(document), start=1):
            self._event(raw, number, document, batch)
            if number % _PART == 0:
                yield batch
                batch = Batch()
        yield batch

    def to_cursor(self) -> dict[str, Any]:
        """Stays and calls."""
        return {"stays": self._stays.to_cursor(), "calls": self._calls.to_cursor()}

    def _event(self, raw: Any, number: int, document: Document, batch: Batch) -> None:
        batch.count("events")
        identity = raw.get("eventID") if isinstance(raw, dict) else None
        ref = f"{document.name}:{str(identity)[:80] if identity else number}"
        if self._context.tap is not None and not isinstance(raw, BrokenLine):
            self._context.tap(ref, _json(raw))
        try:
            if isinstance(raw, BrokenLine):
                raise UnusableError("undecodable", raw.detail)
            event = read_event(raw)
            said = min(event.said or document.changed_at, self._context.now())
            if event.said is not None:
                self.newest = max(said, self.newest or said)
            if event.kind not in ("EQUIPMENT", "TRANSPORT"):
                batch.count(event.kind.lower())
            elif self._elsewhere(event):
                batch.count("elsewhere")
            elif event.kind == "EQUIPMENT":
                self._equipment(event, self._movement(event, ref, said), batch)
            else:
                self._transport(event, ref, said, batch)
        except UnusableError as error:
            shown = raw.text if isinstance(raw, BrokenLine) else _json(raw)
            batch.rejects.append(
                Reject(feed=self._context.feed, ref=ref, reason=error.reason, detail=error.detail, raw=shown)
            )

    def _elsewhere(self, event: Event) -> bool:
        if not event.places:
            raise UnusableError("missing_value", "no UNLocationCode: the event may be anywhere")
        if event.places[0] not in self._places:
            return True
        ours = self._options.facilities
        if ours and event.facility and event.facility not in ours:
            return True
        types = self._options.facility_types
        return bool(types and event.facility_type and event.facility_type not in types)

    def _movement(self, event: Event, ref: str, said: datetime) -> Movement:
        container_no = normalise_container(event.equipment)
        if not container_no:
            raise UnusableError("missing_value", "equipmentReference: blank")
        gate = event.code in ("GTIN", "GTOT")
        by = _MEANS.get(event.mode, "truck" if gate else " ".join(("vessel", event.vessel, event.voyage)).strip())
        size = size_type(event.size_code)
        return Movement(
            container_no=container_no, inward=_INWARD.get(event.code, True), at=event.at, said=said,
            by="" if by == "vessel" else by, length_ft=size.length_ft if size else None,
            kind=kind_of(size, bool(event.empty), False), ref=ref, flags=() if size else ("size_type_unknown",),
        )  # fmt: skip

    def _equipment(self, event: Event, m: Movement, batch: Batch) -> None:
        if event.code not in _INWARD:
            batch.count("equipment_other")
            return
        if event.classifier != "ACT":  # a plan moves no box; when it has moved, the terminal says so
            batch.count("announced")
            return
        if len(event.places) > 1 and event.code in ("LOAD", "DISC"):
            raise UnusableError("place_contradictory", "eventLocation and transportCall: " + ", ".join(event.places))
        need_happened(event.at, self._context.now())
        batch.records += self._stays.take(m)
        for name, count in self._stays.counts().items():
            batch.counts[name] = batch.counts.get(name, 0) + count
        if event.code in ("GTIN", "GTOT") and m.by == "truck":
            way, gate = "in" if m.inward else "out", self._options.gate_id or event.facility or "gate"
            batch.records.append(
                GateMove(
                    feed=self._context.feed, origin=self._context.origin, event_time=m.at, ref=m.ref, flags=m.flags,
                    move_id=f"{gate}-{way}-{m.at:%Y%m%dT%H%M%S}-{m.container_no}", gate_id=gate, direction=way,
                    container_no=m.container_no,
                )
            )  # fmt: skip

    def _transport(self, event: Event, ref: str, said: datetime, batch: Batch) -> None:
        if event.mode not in ("", "VESSEL") or event.code not in ("ARRI", "DEPA") or event.classifier == "REQ":
            batch.count("transport_other")
            return
        if len(event.places) > 1:
            raise UnusableError("place_contradictory", "eventLocation and transportCall: " + ", ".join(event.places))
        if not (event.vessel or event.imo):
            raise UnusableError("missing_value", "vessel: neither name nor IMO number")
        imo = int(event.imo) if event.imo.isascii() and event.imo.isdigit() and len(event.imo) == 7 else None
        if event.classifier == "ACT":
            need_happened(event.at, self._context.now())
        told = CallTime(
            call_id=event.call_id or f"{event.imo or event.vessel}-{event.voyage}-{event.places[0]}",
            vessel_name=event.vessel, imo=imo, voyage=event.voyage, code=event.code, classifier=event.classifier,
            at=event.at, said=said, ref=ref, flags=("imo_check_digit",) if event.imo and imo is None else (),
        )  # fmt: skip
        batch.records.append(self._calls.take(told))


class BrokenLine(msgspec.Struct, frozen=True):
    """A line that is no JSON, in a file with one event a line."""

    text: str
    detail: str


def events(document: Document) -> Iterator[Any]:
    """The events of a document, undigested.

    Raises:
        FeedError: ``not_events``: it is no JSON, or JSON that holds no events.
    """
    try:
        whole = _decode(document.data)
    except ValueError as error:
        lines = document.data.strip().splitlines()
        try:
            first = _decode(lines[0]) if len(lines) > 1 else None
        except ValueError:
            first = None
        if not _is_event(first):
            raise FeedError("not_events", f"is no JSON: {str(error)[:120]}", document.name) from None
        yield from (_line(line) for line in lines if line.strip())
        return
    if isinstance(whole, dict) and isinstance(whole.get("events"), list):
        whole = whole["events"]
    elif _is_event(whole):
        whole = [whole]
    if not isinstance(whole, list):
        raise FeedError("not_events", "is JSON, but no list of events and no object that holds one", document.name)
    yield from whole


def _is_event(value: Any) -> bool:
    return isinstance(value, dict) and ("eventType" in value or "eventClassification" in value)


def _line(line: bytes) -> Any:
    try:
        return _decode(line)
    except ValueError as error:
        return BrokenLine(line[:RAW_LIMIT].decode("utf-8", "backslashreplace"), str(error)[:120])


def _decode(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _json(raw: Any) -> str:
    return msgspec.json.encode(raw).decode()[:RAW_LIMIT]
