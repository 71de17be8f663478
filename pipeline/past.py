"""Pictures of a past moment, made of the store's reads and stamped as the live ones are.

The head of a picture (as_of, expected_seconds) comes from the health its feeds had at that moment.
By today's knowledge of a time at which nobody watched the feeds (before the first start, or filled in
later) the picture is as of that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np

from domain.parts import part_of
from domain.pictures import FeedRow, FeedState, Picture, Positions
from domain.records import Record
from domain.viewer import SYSTEM, Viewer
from pipeline.freshness import Head, behind, head_of, stamp
from pipeline.screen_desk import screens_picture
from pipeline.topics import VEHICLES_STAY, VESSELS_STAY, Readings, kpis_picture, with_course
from settings import Settings
from store.engine import Store

KEPT_SECONDS = 65.0  # the store keeps a well feed's health once a minute
Ask = Callable[[datetime, str, Viewer], Any]
_KINDS = {kind.__name__: kind for kind in Record.__subclasses__()}


class Past:
    """Reads the picture any topic had at a moment.

    Attributes:
        kinds: record types each topic is made of.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        """Prepare.

        Args:
            settings: limits and time zone.
            store: read from.
        """
        self._settings, self._store, self._reads = settings, store, store.reads
        live = Readings(settings, store, list, lambda _: frozenset(), lambda: datetime.now(UTC))
        self.kinds = {topic.name: topic.kinds for topic in (*live.moving(), *live.standing())}
        limits = settings.limits
        reads, gone = store.reads, timedelta(hours=limits.position_gone_hours)
        self._read: dict[str, Ask] = {
            "vehicles": lambda at, known, viewer: _lately(reads.vehicles(viewer, at, at - gone, known), VEHICLES_STAY),
            "vessels": lambda at, known, viewer: _lately(reads.vessels(viewer, at, at - gone, known), VESSELS_STAY),
            "yard": lambda at, known, viewer: reads.yard(viewer, at, known),
            "queue": lambda at, known, viewer: reads.queue(viewer, at, None, limits.confirm_wait_minutes, known),
            "inspections": lambda at, known, viewer: reads.inspections(viewer, at, known),
            "sailings": lambda at, known, viewer: reads.sailings(viewer, settings.inspections, at, known),
            "warnings": lambda at, known, viewer: reads.warnings(viewer, msgspec.structs.asdict(limits), at, known),
            "gates": lambda at, known, viewer: reads.gates(viewer, at, limits.gate_wait_minutes, known),
        }
        self._own: dict[str, Ask] = {
            "feeds": self._feeds, "alerts": self._alerts, "kpis": self._kpis, "forecasts": self._forecasts,
            "notices": self._notices, "clock": self._clock, "screens": self._screens,
        }  # fmt: skip

    def picture(self, topic: str, at: datetime, known: str, viewer: Viewer) -> Any:
        """The picture of a topic.

        Args:
            topic: one of domain.pictures.TOPICS.
            at: aware UTC.
            known: ``corrected`` or ``then``.
            viewer: whose; one with a scope gets his part of it.

        Raises:
            KeyError: no such topic.
            StoreUnavailableError: the store cannot be read.
        """
        if topic in self._read:
            picture = self._read[topic](at, known, viewer)
            head = self._head(at, known, self.kinds[topic], picture.feeds)
            if viewer.scope is not None:
                head = msgspec.structs.replace(head, score=None)  # a figure of the whole port's feeds
            return stamp(picture, head)
        return self._own[topic](at, known, viewer)

    def _feeds(self, at: datetime, known: str, viewer: Viewer) -> Picture:
        courses = self._reads.feed_course(SYSTEM, at)
        rows = [with_course(row, courses) for row in self._reads.feeds(SYSTEM, at, known)]
        return _part("feeds", Picture(as_of=at, expected_seconds=5.0, rows=rows), viewer)

    def _alerts(self, at: datetime, known: str, viewer: Viewer) -> Picture:
        picture = self._reads.alerts(viewer, at, known)
        picture.as_of, picture.expected_seconds = at, 30.0
        return picture

    def _kpis(self, at: datetime, known: str, viewer: Viewer) -> Picture:
        limit, zone = self._settings.limits.confirm_wait_minutes, self._settings.port.timezone
        facts = self._reads.kpi_facts(viewer, at, zone, limit, at, known)
        return kpis_picture(facts, lambda kinds: self._head(at, known, kinds))

    def _forecasts(self, at: datetime, known: str, viewer: Viewer) -> Picture:
        picture = self._reads.forecasts(viewer, at, known)
        picture.as_of = max((row.made_at for row in picture.rows), default=None)
        picture.expected_seconds = 5400.0
        return picture

    def _notices(self, at: datetime, known: str, viewer: Viewer) -> Picture:
        picture = self._reads.notices(SYSTEM, at, known)
        picture.expected_seconds = 0.0
        return _part("notices", picture, viewer)

    def _screens(self, _at: datetime, _known: str, viewer: Viewer) -> Picture:
        """Screens have no past: who sets them must see them as they are."""
        return _part("screens", screens_picture(self._store, self._settings.wall, datetime.now(UTC)), viewer)

    @staticmethod
    def _clock(at: datetime, _known: str, _viewer: Viewer) -> dict[str, float]:
        return {"now": at.timestamp()}

    def _head(self, at: datetime, known: str, kinds: frozenset[type[Record]], named: Sequence[str] = ()) -> Head:
        health = [_going_on(row, at) for row in self._reads.feeds(SYSTEM, at, known)]
        head = _head_of(health, at, kinds, named)
        if head.as_of is not None or known == "then":
            return head
        return msgspec.structs.replace(_head_of(self._reads.feeds(SYSTEM), at, kinds, named), as_of=at)


def _part(topic: str, picture: Picture, viewer: Viewer) -> Picture:
    """Of what the cockpit says of itself, the part for this viewer."""
    part: Picture = picture if viewer.scope is None else part_of(topic, picture, viewer.scope)
    return part


def _going_on(row: FeedRow, at: datetime) -> FeedRow:
    """The row with the good polls that came since it was kept.

    Health is kept when a lamp changes, else once a minute. Until then a feed that was well was asked
    at its own pace.
    """
    if row.state not in (FeedState.OK, FeedState.DEGRADED) or row.last_ok_at is None or row.every_seconds <= 0:
        return row
    since = (at - row.last_ok_at).total_seconds()
    if not 0 < since < KEPT_SECONDS + row.every_seconds:
        return row
    polls = since // row.every_seconds
    return msgspec.structs.replace(row, last_ok_at=row.last_ok_at + timedelta(seconds=polls * row.every_seconds))


def _head_of(health: Sequence[FeedRow], at: datetime, kinds: frozenset[type[Record]], named: Sequence[str]) -> Head:
    brought = {row.key: frozenset(_KINDS[name] for name in row.brings if name in _KINDS) for row in health}
    return head_of(behind(health, brought.__getitem__, kinds, named), at)


def _lately(positions: Positions, stay: timedelta) -> Positions:
    """Without what was silent for so long beside the newest: it has left, as in the live picture."""
    if not positions.ids:
        return positions
    keep = np.flatnonzero(positions.seen > positions.seen.max() - stay.total_seconds())
    columns = {name: getattr(positions, name)[keep] for name in ("lon", "lat", "speed", "heading", "status", "seen")}
    return msgspec.structs.replace(
        positions,
        ids=[positions.ids[i] for i in keep],
        labels=[positions.labels[i] for i in keep],
        recorded=None if positions.recorded is None else positions.recorded[keep],
        **columns,
    )
