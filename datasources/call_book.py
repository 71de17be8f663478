"""Vessel calls put together from events: each tells one time of a call, a call record tells them all.

Of two events on the same time the one made later is believed, and of two made at once an estimate
before a plan. The book is part of the feed's cursor.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from domain.records import Origin, VesselCall

_CALLS_KEPT = 5_000
_FIELDS = {("ARRI", True): "ata", ("ARRI", False): "eta", ("DEPA", True): "atd", ("DEPA", False): "etd"}


class CallTime(msgspec.Struct, kw_only=True):
    """An arrival or departure of a vessel, as one event says.

    Attributes:
        call_id: of the call.
        vessel_name: as the event names it; may be empty.
        imo: IMO number; None when not told.
        voyage: voyage number; may be empty.
        code: ``ARRI`` or ``DEPA``.
        classifier: ``ACT``, ``EST`` or ``PLN``.
        at: the time told, aware UTC.
        said: when the event was made, aware UTC.
        ref: file and event.
        flags: what is irregular about it.
    """

    call_id: str
    vessel_name: str
    imo: int | None
    voyage: str
    code: str
    classifier: str
    at: datetime
    said: datetime
    ref: str
    flags: tuple[str, ...] = ()


class _Call(msgspec.Struct, array_like=True):
    vessel_name: str = ""
    imo: int | None = None
    voyage: str = ""
    times: dict[str, tuple[int, int, int]] = {}  # field -> when, said, rank; unix seconds
    latest: int = 0  # event time of its newest record
    flags: tuple[str, ...] = ()


class CallBook:
    """Remembers calls; one thread at a time."""

    def __init__(self, feed: str, origin: Origin, remember_days: int, cursor: Any = None) -> None:
        """Take up where a cursor left off.

        Args:
            feed: name of the feed, for the records.
            origin: what the records are to carry.
            remember_days: how long a call is remembered after the last news of it.
            cursor: what ``to_cursor`` gave; None at first.
        """
        self._feed, self._origin, self._keep = feed, origin, remember_days * 86_400
        self._calls: dict[str, _Call] = msgspec.convert(cursor or {}, dict[str, _Call])

    def take(self, told: CallTime) -> VesselCall:
        """The call as it is known with this event."""
        call = self._calls.setdefault(told.call_id, _Call())
        field = _FIELDS[told.code, told.classifier == "ACT"]
        new = (int(told.at.timestamp()), int(told.said.timestamp()), int(told.classifier != "PLN"))
        known = call.times.get(field)
        if known is None or new[1:] >= known[1:]:
            again = known is not None and field in ("ata", "atd") and known[0] != new[0]
            call.times[field] = new
            call.vessel_name, call.imo = told.vessel_name or call.vessel_name, told.imo or call.imo
            call.voyage = told.voyage or call.voyage
            call.flags = tuple(dict.fromkeys((*call.flags, *told.flags, *(("told_again",) if again else ()))))
        call.latest = max(call.latest, new[1])
        times = {name: datetime.fromtimestamp(at, UTC) for name, (at, _, _) in call.times.items()}
        return VesselCall(
            feed=self._feed, origin=self._origin, event_time=datetime.fromtimestamp(call.latest, UTC), ref=told.ref,
            flags=call.flags, call_id=told.call_id, imo=call.imo, voyage=call.voyage,
            vessel_name=call.vessel_name or (f"IMO {call.imo}" if call.imo else ""),
            eta=times.get("eta"), ata=times.get("ata"), etd=times.get("etd"), atd=times.get("atd"),
        )  # fmt: skip

    def to_cursor(self) -> Any:
        """What a restart needs, JSON-able; forgets calls nothing was heard of for long."""
        newest = max((call.latest for call in self._calls.values()), default=0)
        kept = [name for name, call in self._calls.items() if call.latest >= newest - self._keep]
        kept.sort(key=lambda name: self._calls[name].latest)
        self._calls = {name: self._calls[name] for name in kept[-_CALLS_KEPT:]}
        return msgspec.to_builtins(self._calls)
