"""How good the rows of a feed are, in the four dimensions of HS/T 82-2024, 7.2.3 b).

Rows are counted where they are judged, by feed, dataset and hour of receipt. Of these counts:

- compliance (合规性): rows read and in the form they should have, of all rows that came;
- completeness (完整性): cells filled, of those a row of its kind usually fills and the feed's mapping names;
- truthfulness (真实性): rows that contradict neither themselves, nor their numbers, nor what was there before;
- timeliness (时效性): rows not older than the feed is expected to be, and not overtaken by newer ones.

A dimension is None while nothing was counted for it. The overall score is the mean of those known, 0 to 100,
rounded down; beside it stands the worst, by name. A feed that falls silent has no score of that hour: its lamp says so.
Duplicates are no fault: to send a state again is how many sources work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec

from domain.records import (
    CheckResult,
    ContainerStay,
    DoorEvent,
    GateMove,
    GateState,
    InspectionStep,
    InspectionTask,
    Record,
    Reject,
    VehiclePosition,
    VesselCall,
    VesselPosition,
    VesselStatic,
    YardBlock,
)
from domain.watch_records import AreaEvent, Recognition

DIMENSIONS = ("compliance", "completeness", "truthfulness", "timeliness")
WINDOW = timedelta(hours=24)  # what a score looks back on
LOW = 0.9  # a share below this is shown on the tiles that rest on it
SAMPLE = 200  # rows of a batch whose cells are counted, evenly taken; all of a smaller one

# What says that something is missing: that is completeness, and counted by its cells.
BLANK_FLAGS = frozenset({
    "appointment_unknown", "arrival_unknown", "capacity_unknown", "container_no_blank", "declaration_no_blank",
    "departure_missing", "direction_unknown", "enterprise_class_unknown", "sailing_unknown",
})  # fmt: skip
BLANK_REASONS = frozenset({
    "missing_key", "missing_value", "not_located", "position_incomplete", "position_not_available",
})  # fmt: skip
NO_FAULT = frozenset({"report_cancelled", "told_again"})  # a source that corrects itself does well
# What contradicts the world, another field, or what was there before.
UNTRUE = frozenset({
    "clock_ahead", "completed_before_sent", "declaration_no_direction", "declaration_no_year",
    "departed_before_arrived", "etd_before_eta", "feeds_disagree", "future", "inspection_no_direction",
    "inspection_no_year", "negative", "node_order", "place_contradictory", "position_outside_world",
    "position_unreachable", "position_zero", "queued_after_passage", "reviewed_before_scanned", "speed_impossible",
    "time_implausible",
})  # fmt: skip
# Cells a row of its kind usually fills, beside its key.
USUAL: Mapping[type[Record], tuple[str, ...]] = MappingProxyType({
    VehiclePosition: ("speed_kmh", "heading_degrees"),
    VesselPosition: ("speed_knots", "course_degrees"),
    VesselStatic: ("imo", "name", "ship_type", "length_metres"),
    VesselCall: ("vessel_name", "imo", "berth", "eta", "etd"),
    YardBlock: ("name", "terminal", "capacity_teu"),
    ContainerStay: ("container_no", "block_id", "length_ft"),
    InspectionTask: (
        "bill_of_lading", "platform", "direction", "enterprise_class", "mode", "applied_at", "containers",
    ),
    CheckResult: ("declaration_no", "container_no", "seal_no"),
    DoorEvent: ("vehicle_id", "lon", "lat"),
    GateMove: ("vehicle_id",),  # who comes for a box brings none
    GateState: ("lanes_open",),
    AreaEvent: ("what", "lon", "lat"),
    Recognition: ("plate_read",),
})  # fmt: skip
# What is true at its moment only: an old one is of no use, however it came to be old.
OF_NOW = frozenset({VehiclePosition, VesselPosition, GateState, GateMove, DoorEvent, InspectionStep,
                    AreaEvent, Recognition})  # fmt: skip
EVER = datetime(1, 1, 1, tzinfo=UTC)
_OTHERWISE = UNTRUE | BLANK_FLAGS | NO_FAULT
_BLANK = (None, "", (), "unknown")


class Counts(msgspec.Struct):
    """What was counted of some rows.

    Attributes:
        judged: rows that came, with those refused.
        malformed: of them, not in their form.
        implausible: of them, contradicted.
        cells: cells that should be filled, of the rows looked at.
        blank: of them, empty.
        timed: rows whose age counts.
        late: of them, too old or overtaken.
    """

    judged: int = 0
    malformed: int = 0
    implausible: int = 0
    cells: int = 0
    blank: int = 0
    timed: int = 0
    late: int = 0

    def add(self, other: Counts) -> None:
        """Take in what was counted elsewhere."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How good rows are.

    Attributes:
        overall: 0 to 100.
        worst: the dimension with the lowest share, one of ``DIMENSIONS``; the first of equals.
        shares: by dimension, 0 to 1, to four digits; without those nothing was counted for.
        rows: how many rows it rests on.
    """

    overall: int
    worst: str
    shares: dict[str, float]
    rows: int

    def low(self, limit: float = LOW) -> bool:
        """Whether any dimension is below a share."""
        return self.shares[self.worst] < limit


class ScoreRow(msgspec.Struct, kw_only=True):
    """The score of one dataset of a feed over the last day, and its course.

    Attributes:
        key: ``feed/dataset``.
        feed: name of the feed.
        dataset: name of the record type; empty: rows of which nobody can say what they would have become.
        score: of the whole window.
        hours: full hours of the window with rows, aware UTC, oldest first.
        course: overall score of each.
    """

    key: str
    feed: str
    dataset: str
    score: Score
    hours: list[datetime] = []
    course: list[int] = []


def score(counts: Counts) -> Score | None:
    """The score of what was counted; None of nothing."""
    pairs = (
        (counts.judged, counts.malformed), (counts.cells, counts.blank), (counts.judged, counts.implausible),
        (counts.timed, counts.late),
    )  # fmt: skip
    exact = {
        name: max(0.0, 1.0 - bad / whole) for name, (whole, bad) in zip(DIMENSIONS, pairs, strict=True) if whole > 0
    }
    if not exact:
        return None
    overall = int(100 * sum(exact.values()) / len(exact) + 1e-9)
    worst = min(exact, key=exact.__getitem__)
    return Score(
        overall=overall, worst=worst, shares={name: round(share, 4) for name, share in exact.items()},
        rows=counts.judged,
    )  # fmt: skip


def count(
    records: Sequence[Record],
    rejects: Iterable[Reject],
    old: datetime,
    mapped: frozenset[str] | None = None,
    since: datetime = EVER,
) -> dict[str, Counts]:
    """Count the rows of one judged batch by dataset.

    Args:
        records: those kept.
        rejects: those refused; one that does not say its dataset is of the records' when they are of one kind.
        old: what is true at its moment only and older than this is late.
        mapped: fields the feed's mapping names; None when it has none and may fill any.
        since: what happened before nobody waited for: the cockpit was not running yet.
    """
    kinds = set(map(type, records))
    found = {
        kind.__name__: _of_kind(
            kind, records if len(kinds) == 1 else [r for r in records if type(r) is kind], old, mapped, since
        )
        for kind in kinds
    }
    only = next(iter(found)) if len(found) == 1 else ""
    for reject in rejects:
        one = found.setdefault(reject.dataset or only, Counts())
        one.judged += 1
        if reject.reason in BLANK_REASONS:
            one.cells, one.blank = one.cells + 1, one.blank + 1
        elif reject.reason in UNTRUE:
            one.implausible += 1
        else:
            one.malformed += 1
    return found


def _of_kind(
    kind: type[Record], records: Sequence[Record], old: datetime, mapped: frozenset[str] | None, since: datetime
) -> Counts:
    counts = Counts(judged=len(records), timed=len(records))
    for flags in [record.flags for record in records if record.flags]:
        counts.implausible += not UNTRUE.isdisjoint(flags)
        counts.malformed += not _OTHERWISE.issuperset(flags)
    if kind in OF_NOW:
        aged = [record.event_time for record in records if record.event_time < old]
        counts.late = sum([when >= since for when in aged])
        counts.timed -= len(aged) - counts.late
    names = [name for name in USUAL.get(kind, ()) if mapped is None or name in mapped]
    looked_at: Sequence[Any] = records[:: -(-len(records) // SAMPLE)] if names else ()
    counts.cells = len(looked_at) * len(names)
    counts.blank = sum(getattr(record, name) in _BLANK for name in names for record in looked_at)
    return counts
