"""Where inspections stand and what the platforms can take: groups of declarations, counts and load by platform.

The groups are the five answers to "whose turn is it": the queue's, the platform's, the release's, nobody's while it is
held, and none any more. Load is what stands on a platform against its bays; what is expected is held against the time
the bays have within ``HORIZON_HOURS`` (seed 000, III: the areas work in turns at weekends and on holidays).
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from domain.disagreement import Word
from domain.rota import Inspections

GROUPS = ("waiting", "in_progress", "to_release", "held", "finished")
HORIZON_HOURS = 4
LEAST_MEASURED = 5  # fewer inspections of a day say nothing of how long one takes


class InspectionRow(msgspec.Struct, kw_only=True):
    """One declaration and its seven nodes; key is the declaration number."""

    key: str
    bill_of_lading: str
    platform: str
    area: str
    direction: str
    mode: str
    enterprise_class: str
    fresh: bool
    farm: bool
    stage: str  # the last node reached, "" before the first
    nodes: dict[str, datetime]  # node -> time reached
    containers: list[str] = []
    samples_open: int = 0
    flags: list[str] = []
    origin: str = ""
    recorded_shift_seconds: float | None = None  # shifted minus recorded time, when replayed
    others: list[Word] = []  # what other feeds say otherwise; of one declaration asked for by its number
    group: str = ""  # of domain.inspection_board.GROUPS
    last_at: datetime | None = None  # when something was last heard of it
    country: str = ""
    second_application: bool = False
    entry_state: str = ""
    inspection_no: str = ""
    vessel_name: str = ""
    vessel_departure_at: datetime | None = None
    agent: str = ""
    special: list[str] = []
    hold: str = ""
    held_since: datetime | None = None


class PlatformCount(msgspec.Struct, kw_only=True):
    """How many declarations of a platform stand where; key is the platform's name, as its source gives it.

    Attributes:
        area: north, south, other, or the source's word.
        waiting: appointed, not confirmed by customs.
        in_progress: confirmed, not inspected.
        on_platform: of those, assigned to officers: their boxes stand at a bay.
        to_release: inspected, neither released nor gone.
        held: stand still, see ``domain.terms.Hold``.
        expected: will ask for a bay within the next hours: waiting or on their way, without those appointed for later.
        minutes: median from assignment to the end of the inspection, of those inspected within 24 h.
        measured: how many those are.
    """

    key: str
    area: str
    waiting: int = 0
    in_progress: int = 0
    on_platform: int = 0
    to_release: int = 0
    held: int = 0
    expected: int = 0
    minutes: float | None = None
    measured: int = 0


class Standing(msgspec.Struct, frozen=True, gc=False):
    """What the counts need of one declaration; ``minutes``: its inspection took, when it was within 24 h."""

    platform: str
    area: str
    group: str
    on_platform: bool = False
    expected: bool = False
    minutes: float | None = None


class PlatformLoad(msgspec.Struct, frozen=True, kw_only=True):
    """A platform at a moment.

    Attributes:
        count: what stands there.
        bays: places to open a box; None where nothing is configured.
        officers: on shift now; 0 while closed.
        load: on the platform against bays, 1.0 = every bay taken; None unknown.
        expected_load: bay time the expected take against the bay time there is within the horizon; None unknown, or
            no bay is open within it.
        over: more than there is room for, now or expected.
        idle: closed with work waiting.
    """

    count: PlatformCount
    bays: int | None = None
    officers: int | None = None
    load: float | None = None
    expected_load: float | None = None
    over: bool = False
    idle: bool = False


class AreaLoad(msgspec.Struct, frozen=True, kw_only=True):
    """An inspection area at a moment; ``opens_at``: when it inspects next, None while open or not within a month."""

    area: str
    open: bool
    opens_at: datetime | None
    platforms: list[PlatformLoad]


def group_of(*, over: bool, held: bool, queued: bool, inspected: bool) -> str:
    """The one group a declaration belongs to: what is over is over, what is held stands still wherever it stands."""
    if over:
        return "finished"
    if held:
        return "held"
    if queued:
        return "waiting"
    return "to_release" if inspected else "in_progress"


def counted(standing: Iterable[Standing]) -> list[PlatformCount]:
    """Counts by platform, in the order of their names within their areas; one is listed once it has any declaration."""
    found: dict[tuple[str, str], PlatformCount] = {}
    took: dict[tuple[str, str], list[float]] = {}
    for one in standing:
        key = (one.area, one.platform)
        count = found.setdefault(key, PlatformCount(key=one.platform, area=one.area))
        if one.group != "finished":
            setattr(count, one.group, getattr(count, one.group) + 1)
        count.on_platform += one.on_platform
        count.expected += one.expected
        if one.minutes is not None:
            took.setdefault(key, []).append(one.minutes)
    for key, minutes in took.items():
        found[key].minutes, found[key].measured = statistics.median(minutes), len(minutes)
    return [found[key] for key in sorted(found)]


def loads(counts: Sequence[PlatformCount], rota: Inspections, at: datetime, zone: ZoneInfo) -> list[AreaLoad]:
    """Areas in the order of the configuration, then the others by name, with the load of their platforms.

    Args:
        counts: by platform.
        rota: what the areas are and how they work.
        at: the moment, aware.
        zone: the port's.
    """
    named = [*rota.areas, *sorted({count.area for count in counts} - set(rota.areas))]
    areas = []
    for area in named:
        mine = [count for count in counts if count.area == area]
        if not mine:
            continue
        opened, minutes = rota.open_at(area, at, zone), open_minutes(rota, area, at, zone)
        areas.append(
            AreaLoad(
                area=area, open=opened, opens_at=None if opened else rota.next_opening(area, at, zone),
                platforms=[_load(count, rota, opened, minutes) for count in mine],
            )
        )  # fmt: skip
    return areas


def _load(count: PlatformCount, rota: Inspections, opened: bool, minutes: float) -> PlatformLoad:
    idle = not opened and count.waiting + count.in_progress > 0
    capacity = rota.capacity(count.area, count.key)
    if capacity is None:
        return PlatformLoad(count=count, idle=idle)
    bays, officers = capacity
    load = count.on_platform / bays if bays else None
    time = bays * minutes
    known = count.minutes is not None and count.measured >= LEAST_MEASURED and time > 0
    expected = count.expected * (count.minutes or 0.0) / time if known else None
    return PlatformLoad(
        count=count, bays=bays, officers=officers if opened else 0, load=load, expected_load=expected,
        over=(load or 0) > 1 or (expected or 0) > 1 or (not bays and count.on_platform > 0), idle=idle,
    )  # fmt: skip


def open_minutes(rota: Inspections, area: str, at: datetime, zone: ZoneInfo, hours: float = HORIZON_HOURS) -> float:
    """Minutes an area inspects within the next hours."""
    until, found = at + timedelta(hours=hours), 0.0
    opens, closes = rota.hours(area)
    first = at.astimezone(zone).date()
    for day in (first + timedelta(days=n) for n in range(-1, int(hours // 24) + 2)):
        if rota.works(area, day):
            begin = max(at, datetime.combine(day, opens, zone))
            end = min(until, datetime.combine(day, closes, zone))
            found += max(0.0, (end - begin).total_seconds() / 60)
    return found
