"""Remembers where everything was last believed to be, feed by feed, and refuses what cannot have come from there.

Each feed is held against its own past: two feeds that disagree are no jump. The judgement is `domain.reach`; this
module keeps what it needs, in bounded memory. Of a restart the newest positions in the store are what is known;
where plates are masked the store does not hold them by the names feeds use, and vehicles begin anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from domain.errors import StoreUnavailableError
from domain.quality import Verdict, reject
from domain.reach import FORGOTTEN_SECONDS, NEAR_DEGREES, Doubted, Fix, doubt, words
from domain.records import Record, Reject, VehiclePosition, VesselPosition

REASON = "position_unreachable"
SUBJECTS = 50_000  # remembered of a feed, 20 MB at most; a port's own are some thousands
Restore = Callable[[str, datetime], Iterable[Record]]
log = structlog.get_logger(__name__)


class Trail:
    """Of one feed the last believed fix of every vehicle and vessel, and what is doubted. One thread at a time."""

    def __init__(self, known: Iterable[Record] = (), subjects: int = SUBJECTS) -> None:
        """Begin.

        Args:
            known: newest positions from before.
            subjects: most vehicles and vessels remembered.
        """
        self._subjects = subjects
        self._believed: dict[str | int, Fix] = {}  # by vehicle_id or MMSI: text and numbers never meet
        self._doubted: dict[str | int, Doubted] = {}
        for fix in known:
            if isinstance(fix, VehiclePosition | VesselPosition):
                self._believed[fix.vehicle_id if isinstance(fix, VehiclePosition) else fix.mmsi] = fix

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._believed) + len(self._doubted)

    def part(self, records: Sequence[Record]) -> tuple[list[Record], list[Reject]]:
        """Part records into the believed, in their order, and the refused; other kinds pass.

        A fix near the last one, as nearly all are, costs a quarter of a microsecond: its time is not looked at.
        """
        believed, near, refused = self._believed, NEAR_DEGREES, []
        gone: set[int] = set()
        for place, record in enumerate(records):
            if type(record) is VehiclePosition:
                key: str | int = record.vehicle_id
            elif type(record) is VesselPosition:
                key = record.mmsi
            else:
                continue
            last = believed.get(key)
            if last is not None and not (-near < record.lon - last.lon < near and -near < record.lat - last.lat < near):
                why = self._doubt(key, last, record)
                if why:
                    gone.add(place)
                    refused.append(reject(record, Verdict(None, REASON, why)))
                    continue
            believed[key] = record
            if self._doubted:
                self._doubted.pop(key, None)
        if len(believed) > self._subjects:
            self._forget()
        kept = [record for place, record in enumerate(records) if place not in gone] if gone else list(records)
        return kept, refused

    def _doubt(self, key: str | int, last: Fix, fix: Fix) -> str:
        """What is wrong with a fix far from the last one; empty when it is believed."""
        doubted = doubt(last, self._doubted.get(key), fix)
        if doubted is None:
            return ""
        self._doubted[key] = doubted
        return words(last, fix)

    def _forget(self) -> None:
        """Make room: what was silent so long that it may be anywhere, then what was silent longest."""
        newest_first = sorted(self._believed.items(), key=lambda item: item[1].event_time, reverse=True)
        oldest = newest_first[0][1].event_time - timedelta(seconds=FORGOTTEN_SECONDS)
        kept = [item for item in newest_first[: self._subjects * 9 // 10] if item[1].event_time >= oldest]
        self._believed = dict(kept)
        self._doubted = {key: doubted for key, doubted in self._doubted.items() if key in self._believed}


class Reach:
    """The trails of all feeds."""

    def __init__(self, restore: Restore = lambda feed, since: ()) -> None:
        """Begin.

        Args:
            restore: the newest positions a feed brought since a moment, as the store has them.
        """
        self._restore = restore
        self._trails: dict[str, Trail] = {}

    def of(self, feed: str, now: datetime) -> Trail:
        """A feed's trail; what was known before is looked up once, and not missed when it cannot be had."""
        trail = self._trails.get(feed)
        if trail is None:
            try:
                known = list(self._restore(feed, now - timedelta(seconds=FORGOTTEN_SECONDS)))
            except StoreUnavailableError as error:
                log.warning("positions_not_restored", feed=feed, code=error.code)
                known = []
            trail = self._trails[feed] = Trail(known)
        return trail
