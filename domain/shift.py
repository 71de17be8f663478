"""Shifts of the duty room and their handover, signed by two: who goes, and another who takes over.

A shift is named by its beginning on the port's clock, ``2026-11-23T20:00``. What is signed is kept with the
signature: the note, and what stood open at that moment. Every function is pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from domain.errors import CockpitError

NOTE_LETTERS = 2000
ACTS = ("sign_out", "take_over")


class ShiftError(CockpitError):
    """A handover cannot take this step; ``code`` is catalogue ``shift.refused.<code>``."""

    def __init__(self, code: str, detail: str) -> None:
        """Remember the code."""
        super().__init__(detail)
        self.code = code


class Shift(msgspec.Struct, frozen=True):
    """A span of duty: [begins, ends), aware UTC, and its name."""

    shift_id: str
    begins: datetime
    ends: datetime


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """The handover of a shift as it stands.

    Attributes:
        shift_id, begins, ends: of which shift.
        version: counts the signatures; 0 before the first.
        note: by who goes.
        out_by, out_at: who goes, and when they signed.
        in_by, in_at: who took over, and when.
        counts: how many of each part (catalogue ``shift.part.<name>``) there were at the signature of who goes.
        open: keys of the alerts that stood open then, worst first.
    """

    shift_id: str
    begins: datetime
    ends: datetime
    version: int = 0
    note: str = ""
    out_by: str = ""
    out_at: datetime | None = None
    in_by: str = ""
    in_at: datetime | None = None
    counts: dict[str, int] = {}
    open: tuple[str, ...] = ()


def shift_at(at: datetime, times: Sequence[str], zone: ZoneInfo) -> Shift:
    """The shift a moment lies in.

    Args:
        at: aware.
        times: when shifts begin, port's time ``HH:MM``, at least one.
        zone: the port's.
    """
    today = at.astimezone(zone).date()
    days = (today + timedelta(days=day) for day in (-1, 0, 1, 2))
    clocks = [time.fromisoformat(text) for text in sorted(set(times))]
    starts = [datetime.combine(day, clock, zone) for day in days for clock in clocks]
    begins = max(start for start in starts if start <= at)
    ends = min(start for start in starts if start > at)
    return Shift(f"{begins:%Y-%m-%dT%H:%M}", begins.astimezone(at.tzinfo), ends.astimezone(at.tzinfo))


def before(shift: Shift, times: Sequence[str], zone: ZoneInfo) -> Shift:
    """The shift before one."""
    return shift_at(shift.begins - timedelta(microseconds=1), times, zone)


def named(shift_id: str, now: datetime, times: Sequence[str], zone: ZoneInfo) -> Shift:
    """The shift of a name.

    Raises:
        ShiftError: ``unknown``: none is called so, or it has not begun.
    """
    try:
        begins = datetime.fromisoformat(shift_id).replace(tzinfo=zone)
        found = shift_at(begins.astimezone(now.tzinfo), times, zone)
    except (ValueError, OverflowError):
        raise ShiftError("unknown", f"no shift is called {shift_id!r}") from None
    if found.shift_id != shift_id or found.begins > now:
        raise ShiftError("unknown", f"no shift is called {shift_id!r}")
    return found


def due(now: datetime, times: Sequence[str], zone: ZoneInfo, taken: Collection[str]) -> Shift:
    """The shift whose handover is next: in its first half the running shift still takes over the one before.

    Args:
        now: aware.
        times: when shifts begin.
        zone: the port's.
        taken: names of shifts that were taken over already.
    """
    running = shift_at(now, times, zone)
    last = before(running, times, zone)
    early = now - running.begins < (running.ends - running.begins) / 2
    return last if early and last.shift_id not in taken else running


def sign_out(
    handover: Handover, by: str, at: datetime, note: str, counts: Mapping[str, int], open_: Sequence[str]
) -> Handover:
    """Sign as the one who goes; until somebody takes over they may sign anew, with another note.

    Raises:
        ShiftError: ``nobody_named``, ``long_note``, ``taken``, or ``other_signed``: somebody else went already.
    """
    _named(by)
    if len(note) > NOTE_LETTERS:
        raise ShiftError("long_note", f"a note has at most {NOTE_LETTERS} letters")
    if handover.in_by:
        raise ShiftError("taken", f"{handover.shift_id} was taken over by {handover.in_by}")
    if handover.out_by and handover.out_by != by:
        raise ShiftError("other_signed", f"{handover.shift_id} was signed by {handover.out_by}")
    return replace(
        handover, version=handover.version + 1, note=note.strip(), out_by=by, out_at=at, counts=dict(counts),
        open=tuple(open_),
    )  # fmt: skip


def take_over(handover: Handover, by: str, at: datetime) -> Handover:
    """Sign as the one who takes over.

    Raises:
        ShiftError: ``nobody_named``, ``not_signed``, ``taken``, or ``same_person``: it takes two.
    """
    _named(by)
    if not handover.out_by:
        raise ShiftError("not_signed", f"nobody signed {handover.shift_id} yet")
    if handover.in_by:
        raise ShiftError("taken", f"{handover.shift_id} was taken over by {handover.in_by}")
    if handover.out_by == by:
        raise ShiftError("same_person", f"{by} signed {handover.shift_id} already")
    return replace(handover, version=handover.version + 1, in_by=by, in_at=at)


def as_of(handover: Handover, at: datetime) -> Handover:
    """The handover with the signatures there were at a moment; of two notes of one person only the last is kept."""
    if handover.out_at is None or handover.out_at > at:
        return Handover(shift_id=handover.shift_id, begins=handover.begins, ends=handover.ends)
    if handover.in_at is not None and handover.in_at > at:
        return replace(handover, in_by="", in_at=None)
    return handover


def _named(by: str) -> None:
    if not by.strip():
        raise ShiftError("nobody_named", "a signature names somebody")
