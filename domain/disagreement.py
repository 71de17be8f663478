"""Where two feeds say different things of one thing: whose word is shown, and what the other says otherwise.

A feed goes before another by its ``priority`` (lower first), else by its place in the configuration. Its word is shown;
the other's is kept beside it, with every later version. Feeds that are equal, as all are to a store nobody told of
feeds, do not contest: the newest word is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

import msgspec

from domain.identifiers import is_container_form
from domain.records import (
    ContainerStay,
    EnterpriseClass,
    InspectionMode,
    InspectionTask,
    LabSample,
    MachineScan,
    Record,
    VesselCall,
)

# What is watched, and the fields that name a thing.
CONTESTED: Mapping[type[Record], tuple[str, ...]] = {
    InspectionTask: ("declaration_no",),
    LabSample: ("declaration_no", "sample_no"),
    MachineScan: ("declaration_no", "container_no"),
    VesselCall: ("call_id",),
    ContainerStay: ("feed", "stay_id"),  # the stay of one feed; which of another is the same: `covered`
}
# Fields of theirs that are times.
TIMES = frozenset(
    field.name
    for kind in CONTESTED
    for field in msgspec.structs.fields(kind)
    if datetime in (field.type, *get_args(field.type))
)
FLAG = "feeds_disagree"
APART = "\x1f"  # between the parts of a name: the sign of old for it, in no number of any paper
NEAR = timedelta(minutes=10)  # two systems note one event when they learn of it: nearer times do not contradict
PATIENCE = 60.0
LAST = 1 << 30  # the rank of a feed that stands in no configuration any more
_OWN_PLACE = frozenset({"source_rank", "entry_state"})  # what a source says of itself, not of the thing
_UNSAID = (None, "", (), EnterpriseClass.UNKNOWN, InspectionMode.UNKNOWN)


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed says of a thing whose shown word is another feed's.

    Attributes:
        feed: who says it.
        said_at: since when it says so.
        fields: field -> (what is shown, what this feed says), of those that contradict.
        shown_feed: whose word is shown.
        shown_at: since when that feed says so: a feed that fell silent keeps its word, and this tells how old it is.
        dataset: what kind of thing it is said of.
        part: which of several: the number of a sample, the box of a scan or of a stay; else empty.
    """

    feed: str
    said_at: datetime
    fields: dict[str, tuple[str, str]] = {}
    shown_feed: str = ""
    shown_at: datetime | None = None
    dataset: str = ""
    part: str = ""


def subject(record: Record) -> str:
    """The name of the thing a record speaks of, as one text."""
    return APART.join(str(getattr(record, name)) for name in CONTESTED[type(record)])


class Order(NamedTuple):
    """Which feed goes before which, and how long each may be silent.

    Attributes:
        ranks: the place of each; the lower goes before. Empty: nobody contests.
        patience: seconds a feed is waited for before another places a vehicle or vessel; ``PATIENCE`` when not named.
    """

    ranks: Mapping[str, int] = MappingProxyType({})
    patience: Mapping[str, float] = MappingProxyType({})


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Where a feed places a vehicle or vessel that another, which goes before it, places.

    Attributes:
        feed: who says it.
        seen_at: of when.
        lon, lat: degrees WGS84.
        metres: from where it is shown.
        shown_feed, shown_at: whose word is shown, of when.
        disagree: it cannot have been at both places in the time between.
    """

    feed: str
    seen_at: datetime
    lon: float
    lat: float
    metres: float
    shown_feed: str
    shown_at: datetime
    disagree: bool


def rank(ranks: Mapping[str, int], feed: str) -> int:
    """The place of a feed; the lower goes before."""
    return ranks.get(feed, LAST) if ranks else 0


class Stay(NamedTuple):
    """The newest a feed says of one stay: [arrived_at, departed_at), microseconds, open-ended while it stands."""

    feed: str
    stay_id: str
    container_no: str
    arrived_at: int
    departed_at: int

    @property
    def key(self) -> tuple[str, str]:
        """What names it."""
        return self.feed, self.stay_id


def covered(stays: Iterable[Stay], ranks: Mapping[str, int]) -> dict[tuple[str, str], tuple[str, str]]:
    """Stays of one box that are the same as one of a feed that goes before: they overlap it in time.

    A box stands in one place. So of stays of different feeds that overlap one is shown, that of the feed that goes
    before, and those it covers cover none themselves. A feed's own stays are its own affair. What never stood (it left
    when or before it came) is the same as nothing, and a number that is no box's in form names none.

    Returns:
        By the key of each that is not shown, the key of the newest shown one that covers it. It depends on what was
        said alone, not on the order in which it came.
    """
    shown: list[Stay] = []
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for stay in sorted(stays, key=lambda stay: (rank(ranks, stay.feed), stay.key)):
        over = [one for one in shown if one.feed != stay.feed and _overlap(one, stay)]
        if over:
            found[stay.key] = max(over, key=lambda one: (one.arrived_at, one.key)).key
        elif is_container_form(stay.container_no):
            shown.append(stay)
    return found


def _overlap(one: Stay, other: Stay) -> bool:
    return max(one.arrived_at, other.arrived_at) < min(one.departed_at, other.departed_at)


def differing(shown: Record, other: Record) -> tuple[str, ...]:
    """The fields in which two records of one thing contradict: both say something, and not the same.

    What stands in a record because nobody said anything (a default) contradicts nothing, nor does a time nearer than
    ``NEAR``.
    """
    return tuple(name for name, default in _own(type(shown)) if _contradict(shown, other, name, default))


def word(shown: Record, other: Record, dataset: str = "") -> Word:
    """What the other says, beside what is shown."""
    fields = {name: (_text(getattr(shown, name)), _text(getattr(other, name))) for name in differing(shown, other)}
    return Word(
        feed=other.feed, said_at=other.event_time, fields=fields, shown_feed=shown.feed, shown_at=shown.event_time,
        dataset=dataset,
        part=other.container_no if isinstance(other, ContainerStay) else subject(other).partition(APART)[2],
    )  # fmt: skip


def _contradict(shown: Record, other: Record, name: str, default: Any) -> bool:
    one, two = getattr(shown, name), getattr(other, name)
    if isinstance(one, datetime) and isinstance(two, datetime):
        return abs(one - two) > NEAR
    return one != two and not any(value in _UNSAID or value == default for value in (one, two))


@cache
def _own(kind: type[Record]) -> tuple[tuple[str, Any], ...]:
    common = {*Record.__struct_fields__, *_OWN_PLACE, *CONTESTED[kind]}
    return tuple((f.name, f.default) for f in msgspec.structs.fields(kind) if f.name not in common)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
