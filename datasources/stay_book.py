"""Which boxes stand: arrivals and departures told one by one, put together to stays.

Gate and vessel reports each tell one half: a gate-in or discharge opens a stay, a gate-out or load
of the same container closes it. This book keeps what was told of each box in the order it happened
and pairs it, so that reports may come twice, corrected, late or in any order: the boxes that stand
at any moment are the same in the end.

- Told again (the same arrival or departure by another report): the stay keeps its id and the content
  of the newer report; the record is flagged ``told_again``.
- A departure whose arrival is not known is kept as a stay that begins when it ends, flagged
  ``arrival_unknown``: it stands at no time, and is filled in when the arrival comes.
- An arrival of a box that stands already: its departure was never told. The old stay ends where the
  new one begins, flagged ``departure_missing``, until the true departure comes.
- A cancelled arrival leaves a stay of no length, a cancelled departure an open one; both are flagged
  ``report_cancelled``.

The book is part of the feed's cursor, about 200 bytes for each box it knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from datasources.reading import UnusableError
from domain.plausibility import FUTURE_LIMIT
from domain.quality import EARLIEST
from domain.records import ContainerStay, Origin, StayKind

_SAME_CALL = 10 * 86_400  # seconds in which a voyage neither discharges nor loads a box twice
_SAME_PASSAGE = 2 * 3_600  # seconds by which a gate report told again with a corrected time is off at most
_BOXES_KEPT = 60_000


class Cargo(msgspec.Struct, array_like=True, frozen=True):
    """What a report says of the goods in a box; None or empty is not told."""

    vgm_tonnes: float | None = None
    imdg_class: str = ""
    set_celsius: float | None = None


class Movement(msgspec.Struct, kw_only=True):
    """One container came in or went out, as one report says.

    Attributes:
        container_no: as ``domain.identifiers.normalise_container`` gives it.
        inward: True for gate-in and discharge.
        at: when it happened, aware UTC.
        said: when the report was made, aware UTC; the later report is believed.
        by: ``truck``, ``train``, ``barge``, ``vessel <name> <voyage>`` or empty.
        length_ft: None when not told.
        kind: None when not told.
        weight_tonnes: gross; None when not told.
        cargo: what else is told of the goods.
        ref: file, message and number of the container in it.
        flags: what is irregular about it.
    """

    container_no: str
    inward: bool
    at: datetime
    said: datetime
    by: str = ""
    length_ft: int | None = None
    kind: StayKind | None = None
    weight_tonnes: float | None = None
    cargo: Cargo = Cargo()
    ref: str = ""
    flags: tuple[str, ...] = ()


def need_happened(at: datetime, now: datetime) -> None:
    """Refuse a time that lies ahead or long ago: the books must not build on what the quality gate refuses.

    Raises:
        UnusableError: ``future`` or ``time_implausible``.
    """
    if at - now > FUTURE_LIMIT:
        raise UnusableError("future", f"{at.isoformat()} lies ahead")
    if at < EARLIEST:
        raise UnusableError("time_implausible", at.isoformat())


class _Event(msgspec.Struct, array_like=True):
    """An arrival or departure as the newest report tells it, times in unix seconds."""

    at: int
    outward: bool
    said: int
    by: str
    length_ft: int | None
    kind: StayKind | None
    weight_tonnes: float | None
    flags: tuple[str, ...]
    stay_id: str = ""  # of the stay it began, or is by itself
    since: int = 0  # event time of that stay's first record: when it was first said to begin
    latest: int = 0  # and of its newest record, which none that corrects it may fall behind
    cargo: Cargo = Cargo()


class _Stay(msgspec.Struct, frozen=True):
    """A pair: what opened and what closed it; ``guessed`` is when it must have ended at the latest."""

    came: _Event | None
    left: _Event | None
    guessed: int | None = None

    @property
    def identity(self) -> tuple[int, int, int | None]:
        """What tells whether a later pairing is the same."""
        return id(self.came), id(self.left), self.guessed

    def tells(self, event: _Event) -> bool:
        """Whether the event is one of its ends."""
        return event is self.came or event is self.left


class StayBook:
    """Remembers boxes; one thread at a time."""

    def __init__(self, feed: str, origin: Origin, remember_days: int, cursor: Any = None) -> None:
        """Take up where a cursor left off.

        Args:
            feed: name of the feed, for the records.
            origin: what the records are to carry.
            remember_days: how long a box that has left is remembered, to know late repeats.
            cursor: what ``to_cursor`` gave; None at first.
        """
        self._feed, self._origin, self._keep = feed, origin, remember_days * 86_400
        self._boxes: dict[str, list[_Event]] = msgspec.convert(cursor or {}, dict[str, list[_Event]])
        self._told_again = self._forgotten = 0

    def take(self, m: Movement) -> list[ContainerStay]:
        """What a movement says of the stays, as records in the order of their event times."""
        events = self._boxes.setdefault(m.container_no, [])
        before = {stay.identity for stay in _paired(events)}
        event = _told_again(events, m)
        if event is not None:
            self._told_again += int(m.said.timestamp()) != event.said
            _retell(event, m)
        else:
            event = _event(m)
            events.append(event)
        events.sort(key=lambda e: (e.at, e.outward))
        touched = [s for s in _paired(events) if s.identity not in before or s.tells(event)]
        return [record for stay in touched for record in self._records(stay, m, event)]

    def cancel(self, m: Movement) -> list[ContainerStay]:
        """Take back a movement told before; empty when it is not known."""
        events = self._boxes.get(m.container_no, [])
        gone = _told_again(events, m)
        if gone is None:
            return []
        pairs = _paired(events)
        before = {stay.identity for stay in pairs}
        mate = next(s.left if s.came is gone else s.came for s in pairs if s.tells(gone))
        events.remove(gone)
        gone.flags = (*gone.flags, "report_cancelled")
        records = []
        if mate is None:  # nothing is left of the stay
            ended = _Stay(gone, None, gone.at) if not gone.outward else _Stay(None, gone)
            records.append(self._record(ended, m, max(gone.latest, gone.at), guess=False))
        else:
            if mate.outward:
                mate.stay_id, mate.since, mate.latest = gone.stay_id, mate.at, gone.latest
            mate.flags = tuple(dict.fromkeys((*mate.flags, "report_cancelled")))
        for stay in _paired(events):
            if stay.identity not in before:
                records += self._records(stay, m, None)
        if not events:
            del self._boxes[m.container_no]
        return records

    def counts(self) -> dict[str, int]:
        """Since asked last: movements told again by another report, boxes that stand and had to be forgotten."""
        found = {"told_again": self._told_again, "forgotten": self._forgotten}
        self._told_again = self._forgotten = 0
        return {name: count for name, count in found.items() if count}

    def to_cursor(self) -> Any:
        """What a restart needs, JSON-able; forgets what left long ago."""
        self._forget()
        return msgspec.to_builtins(self._boxes)

    def _records(self, stay: _Stay, m: Movement, event: _Event | None) -> Iterator[ContainerStay]:
        """The records of a stay a movement touches: its opening one when that changed, and the newest."""
        came, left = stay.came, stay.left
        first = came or left
        if first is None:
            return
        if not first.stay_id:
            if left is not None and left.stay_id:  # a departure that stood alone has found its arrival
                first.stay_id, first.latest = left.stay_id, left.latest
                left.stay_id = ""  # one stay has the name; should they be parted again, it is the arrival's
            else:
                first.stay_id = self._new_name(m.container_no, first)
            first.since = first.at
        end = left.at if left is not None else stay.guessed
        version = max(first.latest, first.since, end or 0)
        # Two records of one moment would be one to the store, so the newest stands for both then.
        if came is not None and event is came and came.since < version:
            yield self._record(_Stay(came, None), m, came.since)
        yield self._record(stay, m, version)
        first.latest = version

    def _new_name(self, container_no: str, event: _Event) -> str:
        name = f"{container_no}-{_moment(event.at):%Y%m%dT%H%M%S}{'-out' if event.outward else ''}"
        taken = {told.stay_id for told in self._boxes.get(container_no, [])}
        while name in taken:  # by a stay that was told to begin then, and has been corrected since
            name += "x"
        return name

    def _record(self, stay: _Stay, m: Movement, version: int, guess: bool = True) -> ContainerStay:
        ends = [told for told in (stay.came, stay.left) if told is not None]
        flags = [flag for told in ends for flag in told.flags]
        if stay.came is None:
            flags.append("arrival_unknown")
        if stay.guessed is not None and guess:
            flags.append("departure_missing")
        departed = stay.left.at if stay.left is not None else stay.guessed
        return ContainerStay(
            feed=self._feed, origin=self._origin, event_time=_moment(version), ref=m.ref,
            flags=tuple(dict.fromkeys(flags)), stay_id=ends[0].stay_id, container_no=m.container_no,
            length_ft=next((t.length_ft for t in ends if t.length_ft is not None), None),
            kind=next((t.kind for t in ends if t.kind is not None), StayKind.STANDARD),
            # Weighed last counts: a box is weighed for its vessel after it came in.
            weight_tonnes=next((t.weight_tonnes for t in reversed(ends) if t.weight_tonnes is not None), None),
            arrived_by=stay.came.by if stay.came else "", departed_by=stay.left.by if stay.left else "",
            arrived_at=_moment(ends[0].at), departed_at=None if departed is None else _moment(departed),
            vgm_tonnes=next((t.cargo.vgm_tonnes for t in reversed(ends) if t.cargo.vgm_tonnes is not None), None),
            imdg_class=next((t.cargo.imdg_class for t in reversed(ends) if t.cargo.imdg_class), ""),
            set_celsius=next((t.cargo.set_celsius for t in reversed(ends) if t.cargo.set_celsius is not None), None),
        )  # fmt: skip

    def _forget(self) -> None:
        """Drop what left long before the newest event known, and the oldest boxes when there are too many."""
        newest = max((events[-1].at for events in self._boxes.values() if events), default=0)
        cut = newest - self._keep
        for box, events in list(self._boxes.items()):
            if events and (events[0].at >= cut or (len(events) == 1 and not events[0].outward)):
                continue
            kept = [s for s in _paired(events) if (s.left.at if s.left else s.guessed or newest) >= cut]
            self._boxes[box] = [told for s in kept for told in (s.came, s.left) if told is not None]
            if not kept:
                del self._boxes[box]
        if (over := len(self._boxes) - _BOXES_KEPT) > 0:
            by_age = sorted(self._boxes, key=lambda b: (not self._boxes[b][-1].outward, self._boxes[b][-1].at))
            for box in by_age[:over]:
                self._forgotten += not self._boxes.pop(box)[-1].outward


def _event(m: Movement) -> _Event:
    at, said = int(m.at.timestamp()), int(m.said.timestamp())
    return _Event(at, not m.inward, said, m.by, m.length_ft, m.kind, m.weight_tonnes, m.flags, cargo=m.cargo)


def _paired(events: list[_Event]) -> list[_Stay]:
    """Stays out of arrivals and departures in the order they happened."""
    stays: list[_Stay] = []
    standing: _Event | None = None
    for event in events:
        if event.outward:
            stays.append(_Stay(standing, event))
            standing = None
            continue
        if standing is not None:
            stays.append(_Stay(standing, None, event.at))
        standing = event
    return [*stays, _Stay(standing, None)] if standing is not None else stays


def _told_again(events: list[_Event], m: Movement) -> _Event | None:
    """The event that a movement tells once more: the same, or moved a little with nothing in between."""
    at, near = int(m.at.timestamp()), _SAME_CALL if m.by.startswith("vessel ") else _SAME_PASSAGE
    same = [e for e in events if e.outward is not m.inward]
    exact = next((e for e in same if e.at == at), None)
    if exact is not None:
        return exact
    close = [e for e in same if abs(e.at - at) <= near and e.by == m.by]
    found = min(close, key=lambda e: abs(e.at - at), default=None)
    if found is None:
        return None
    first, last = sorted((found.at, at))
    between = any(first <= e.at <= last for e in events if e is not found)
    return None if between else found


def _retell(event: _Event, m: Movement) -> None:
    """Take over what a newer report says; that it was said twice stays visible."""
    new = _event(m)
    again = ("told_again",) if new.said != event.said or "told_again" in event.flags else ()
    if new.said >= event.said:
        event.at, event.said, event.by = new.at, new.said, new.by
        event.length_ft, event.kind, event.weight_tonnes = new.length_ft, new.kind, new.weight_tonnes
        event.flags, event.cargo = m.flags, new.cargo
    event.flags = tuple(dict.fromkeys((*event.flags, *again)))


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
