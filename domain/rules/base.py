"""What a rule sees and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from domain.off_route import OffRoute
from domain.pictures import FeedRow, GatesPicture, QueuePicture, YardPicture
from domain.records import Record
from domain.sailing_pictures import SailingsPicture, WarningsPicture


class Facts(msgspec.Struct, kw_only=True):
    """Everything a rule may look at in one evaluation.

    Attributes:
        now: aware UTC.
        new: records accepted since the last evaluation, by type.
        yard, queue, gates, sailings, warnings: the current pictures; None before the first data.
        feeds: health of every feed.
        limits: thresholds by name (settings.Limits).
        queue_before: the queue picture of the previous evaluation; None in the first.
        firing: keys of the alerts whose condition is firing (for dead-bands), see alert.firing_keys.
        off_route: vehicles off their route by vehicle id, carried on by off_route.follow.
    """

    now: datetime
    new: Mapping[type[Record], Sequence[Any]]
    yard: YardPicture | None = None
    queue: QueuePicture | None = None
    gates: GatesPicture | None = None
    sailings: SailingsPicture | None = None
    warnings: WarningsPicture | None = None
    feeds: Sequence[FeedRow] = ()
    limits: Mapping[str, float] = {}
    queue_before: QueuePicture | None = None
    firing: frozenset[str] = frozenset()
    off_route: Mapping[str, OffRoute] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's claim that something is wrong with a subject. Identity: (rule, subject)."""

    rule: str
    subject_kind: str
    subject: str
    level: int  # 1 red .. 4 blue
    event_time: datetime
    params: dict[str, Any] = {}
    lon: float | None = None
    lat: float | None = None
    origin: str = ""
    recorded_time: datetime | None = None
    feed: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule.

    Attributes:
        name: catalogue key part: alert.<name>.title, alert.<name>.text.
        kind: ``condition`` (firing while found, clear when no longer found) or ``event`` (once).
        evaluate: pure function from Facts to findings.
        clear_after_seconds: a condition must be absent this long before it counts as clear.
        needs: names of Facts it cannot judge without; while one is None the rule is not evaluated
            and its alerts stay as they are (no data is not "all clear").
        reads: record types it looks at by itself, beside the pictures it needs; for the catalogue of datasets.
    """

    name: str
    kind: str
    evaluate: Callable[[Facts], list[Finding]]
    clear_after_seconds: float = 60.0
    needs: tuple[str, ...] = ()
    reads: frozenset[type[Record]] = frozenset()
