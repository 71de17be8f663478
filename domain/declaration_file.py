"""One declaration's file: the clock of its seven nodes held against its kind, and everything known about it.

A node ends with whoever has the move reaching it, so the time before it is theirs. Times are taken as told: a node told
before the one it follows gives no duration, a node nobody told gives none either, and neither is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from types import MappingProxyType

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from domain.pictures import AlertRow, InspectionRow, QueueRow
from domain.records import InspectionTask
from domain.terms import Hold, Node

ENTERPRISE, PORT, CUSTOMS = "enterprise", "port", "customs"
# Whose move it is until a node is reached (seed 000, 功能①: the site's operator moves boxes and bills or waives).
MOVERS: Mapping[Node, str] = MappingProxyType({
    Node.APPOINTED: ENTERPRISE, Node.CONFIRMED: CUSTOMS, Node.TRANSFERRED: PORT, Node.ASSIGNED: CUSTOMS,
    Node.INSPECTED: CUSTOMS, Node.BILLED: PORT, Node.DEPARTED: ENTERPRISE,
})  # fmt: skip
_HELD_BY: Mapping[str, str] = {Hold.NOT_APPOINTED: ENTERPRISE, Hold.REJECTED: ENTERPRISE, Hold.SUSPENDED: CUSTOMS}
WHOLE, COMMISSION = "whole", "commission"  # first to last node; 确认委托 to 放行, the seed's own definition
CODES = (*(node.value for node in Node), WHOLE, COMMISSION)
# What a kind has in common; the first of these with enough declarations is compared with.
KINDS = (("farm", "mode", "area"), ("farm", "mode"), ("farm",), ())
LEAST = 30
LONG = 0.9  # longer than this share of its kind and still open: stuck
HOUR = timedelta(hours=1)
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Among(msgspec.Struct, frozen=True, kw_only=True):
    """Where a time stands among those of its kind.

    Attributes:
        n: declarations of the kind that have such a time.
        kind: what they have in common, of ``farm``, ``mode``, ``area``; the fewer, the wider.
        share: of them that took less, 0 to 1, equals counted half; None with fewer than ``LEAST``.
        median_hours, p90_hours: of them.
    """

    n: int
    kind: tuple[str, ...] = ()
    share: float | None = None
    median_hours: float | None = None
    p90_hours: float | None = None


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """The time until a node, or of the whole.

    Attributes:
        code: one of ``CODES``.
        mover: whose move it is or was; empty for the whole.
        state: ``reached``, ``open`` (waited for now), ``untold`` (a later node was reached, this one never told)
            or ``ahead``.
        since: from when it counts; None when that is not told.
        reached: when it ended.
        hours: how long it took, or has been going on; None when it cannot be said.
        flags: ``contradicts`` (ended before it began), ``gap`` (nodes in between were not told).
        among: how that compares with its kind; None where nothing compares.
        stuck_hours: how far beyond the longest tenth of its kind, while it is open; None when it is not.
    """

    code: str
    mover: str = ""
    state: str
    since: datetime | None = None
    reached: datetime | None = None
    hours: float | None = None
    flags: tuple[str, ...] = ()
    among: Among | None = None
    stuck_hours: float | None = None


class Baseline(msgspec.Struct, frozen=True):
    """Declarations that were finished lately, in columns that run in step.

    Attributes:
        hours: by code of the segment; NaN where it cannot be said.
        kinds: ``farm`` (``yes`` or ``no``), ``mode`` and ``area`` of each.
    """

    hours: Mapping[str, Floats]
    kinds: Mapping[str, npt.NDArray[np.str_]]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison of seal or number that did not agree."""

    at: datetime
    result: str
    container_no: str = ""
    seal_no: str = ""
    feed: str = ""


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """Where a photograph lies."""

    at: datetime
    container_no: str = ""
    part: str = ""
    place: str = ""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A container of the declaration: its machine scan (过机), image review (审图), and what did not agree."""

    container_no: str
    scanned_at: datetime | None = None
    reviewed_at: datetime | None = None
    released_directly: bool = False
    checks: list[Check] = []
    photos: list[Photo] = []


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A laboratory sample."""

    sample_no: int
    sent_at: datetime
    completed_at: datetime | None = None


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """Where the truck was."""

    at: datetime
    lon: float
    lat: float
    speed_kmh: float | None = None


class ActOnAlert(msgspec.Struct, frozen=True, kw_only=True):
    """What was done about an alert; ``what``: ``acknowledge``, ``close``. Nobody is named where only that is known."""

    at: datetime
    what: str
    alert: str
    who: str = ""


class DeclarationFile(msgspec.Struct, kw_only=True):
    """Everything about one declaration as of a moment.

    Attributes:
        as_of: the moment.
        row: what the list of declarations says, nodes and other feeds' words with it.
        task: what its source says; None when only steps are known.
        segments: in the order of ``CODES``.
        baseline_days: how far back its kind was looked for.
        boxes: its containers, and any other that was checked, scanned or photographed for it.
        checks, photos: those of no container.
        samples: sent to the laboratory.
        truck: that carried it to the inspection area, as it is kept (an alias where plates are masked).
        other_trucks: that say of themselves that they carry boxes of it.
        way: of the truck, between confirmation and the end of the inspection.
        alerts: about it and its containers, closed ones too.
        acts: on them, oldest first, as far as the viewer may see.
        queue: its place while it waits.
    """

    as_of: datetime
    row: InspectionRow
    task: InspectionTask | None = None
    segments: list[Segment] = []
    baseline_days: int = 60
    boxes: list[Box] = []
    checks: list[Check] = []
    photos: list[Photo] = []
    samples: list[Sample] = []
    truck: str = ""
    other_trucks: list[str] = []
    way: list[Fix] = []
    alerts: list[AlertRow] = []
    acts: list[ActOnAlert] = []
    queue: QueueRow | None = None


def clock(nodes: Mapping[str, datetime], now: datetime, task: InspectionTask | None = None) -> list[Segment]:
    """The time until each node, of the whole, and from commission to release; any times are taken.

    Args:
        nodes: node -> time reached, none later than ``now``.
        now: the moment.
        task: gives commission, release and what holds it.
    """
    accepted = task.accepted_at if task is not None else None
    last = max((place for place, node in enumerate(Node) if node in nodes), default=-1)
    before, adjacent = accepted, True
    segments = []
    for place, node in enumerate(Node):
        at = nodes.get(node)
        ahead = "untold" if place < last else "open" if place == last + 1 else "ahead"
        state = ahead if at is None else "reached"
        held = _HELD_BY.get(task.hold) if state == "open" and task is not None else None
        segments.append(_segment(node.value, state, before, at, now, held or MOVERS[node], gap=not adjacent))
        before, adjacent = (at, True) if at is not None else (before, False)
    return [*segments, _whole(nodes, now), _commission(nodes, now, task)]


def _segment(
    code: str, state: str, since: datetime | None, at: datetime | None, now: datetime, mover: str = "",
    *, gap: bool = False,
) -> Segment:  # fmt: skip
    end = at if state == "reached" else now if state == "open" else None
    if since is None or end is None:
        return Segment(code=code, mover=mover, state=state, since=since, reached=at)
    hours, flags = (end - since) / HOUR, ("gap",) if gap else ()
    if hours < 0:
        return Segment(code=code, mover=mover, state=state, since=since, reached=at, flags=(*flags, "contradicts"))
    return Segment(code=code, mover=mover, state=state, since=since, reached=at, hours=hours, flags=flags)


def _whole(nodes: Mapping[str, datetime], now: datetime) -> Segment:
    first, last = nodes.get(Node.APPOINTED), nodes.get(Node.DEPARTED)
    state = "reached" if last is not None else "open" if first is not None else "ahead"
    return _segment(WHOLE, state, first, last, now)


def _commission(nodes: Mapping[str, datetime], now: datetime, task: InspectionTask | None) -> Segment:
    accepted, released = (task.accepted_at, task.released_at) if task is not None else (None, None)
    if released is not None:
        state = "reached"
    elif accepted is None:
        state = "ahead"
    else:
        state = "untold" if Node.DEPARTED in nodes else "open"
    return _segment(COMMISSION, state, accepted, released, now)


def compared(segments: list[Segment], row: InspectionRow, baseline: Baseline) -> list[Segment]:
    """The same segments, each held against finished declarations of its kind.

    A time with a gap is the time of several nodes, and is compared with nothing.
    """
    own = {"farm": "yes" if row.farm else "no", "mode": row.mode, "area": row.area}
    everyone = np.ones(len(baseline.kinds["farm"]), bool)
    same = {name: baseline.kinds[name] == value for name, value in own.items()}
    alike = [(kind, reduce(and_, (same[name] for name in kind), everyone)) for kind in KINDS]
    return [_compared(segment, baseline.hours.get(segment.code), alike) for segment in segments]


def _compared(segment: Segment, told: Floats | None, alike: Sequence[tuple[tuple[str, ...], Flags]]) -> Segment:
    found = None if told is None or "gap" in segment.flags else _among(segment.hours, told, alike)
    if found is None:
        return segment
    stuck = None
    if segment.state == "open" and segment.hours is not None and found.p90_hours is not None:
        stuck = segment.hours - found.p90_hours if segment.hours > found.p90_hours else None
    return replace(segment, among=found, stuck_hours=stuck)


def _among(hours: float | None, told: Floats, alike: Sequence[tuple[tuple[str, ...], Flags]]) -> Among | None:
    """Where a time stands in the narrowest kind with enough declarations; None when nothing at all compares."""
    there = ~np.isnan(told)
    for kind, these in alike:
        others = told[there & these]
        if len(others) >= LEAST:
            return _placed(hours, others, kind)
    return Among(n=int(there.sum())) if there.any() else None


def _placed(hours: float | None, others: Floats, kind: tuple[str, ...]) -> Among:
    share = None
    if hours is not None:
        less, same = int((others < hours).sum()), int((others == hours).sum())
        share = (less + same / 2) / len(others)
    middle, long = np.quantile(others, (0.5, LONG)).tolist()
    return Among(n=len(others), kind=kind, share=share, median_hours=middle, p90_hours=long)
