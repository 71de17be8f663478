"""The live topics: what each is made of, how it is read and how often."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from domain import kpis
from domain.errors import StoreUnavailableError
from domain.kpis.facts import KpiFacts
from domain.pictures import FeedRow, KpisPicture, Picture
from domain.records import (
    CheckResult,
    ContainerStay,
    GateMove,
    GateState,
    InspectionStep,
    InspectionTask,
    LabSample,
    MachineScan,
    Record,
    VehiclePosition,
    VesselCall,
    VesselPosition,
    VesselStatic,
    YardBlock,
)
from domain.viewer import SYSTEM, Viewer
from pipeline.alert_desk import alerts_picture
from pipeline.freshness import Head, behind, head_of, stamp
from pipeline.publish import Topic
from pipeline.screen_desk import screens_picture
from settings import Settings
from store.engine import Store
from store.reads.feed_course import Course

# A position older than this beside the newest one is of something that has left.
VEHICLES_STAY = timedelta(minutes=30)
VESSELS_STAY = timedelta(minutes=60)

_KPI_SECONDS = 15.0  # read every 5 s: no KPI is expected to be younger

_YARD: frozenset[type[Record]] = frozenset({YardBlock, ContainerStay})
_INSPECTION: frozenset[type[Record]] = frozenset({InspectionTask, InspectionStep})
_GATES: frozenset[type[Record]] = frozenset({GateMove, GateState})
_LABORATORY: frozenset[type[Record]] = frozenset({LabSample, MachineScan})
_KPIS = _YARD | _INSPECTION | _GATES | _LABORATORY
_STAMPED = {
    "inspections": _INSPECTION | _LABORATORY, "gates": _GATES, "yard": _YARD, "sailings": _INSPECTION | {VesselCall},
}  # fmt: skip
_SAILING_SECONDS = 15.0  # weighs thousands of finished declarations, and hours change little meanwhile
_COURSE_SECONDS = 60.0
_SCOPED_SECONDS = 60.0  # a picture of an enterprise is read every ten seconds, or when its turn comes


class Readings:
    """Reads the pictures of all topics."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        health: Callable[[], Sequence[FeedRow]],
        kinds_of: Callable[[str], frozenset[type[Record]]],
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare.

        Args:
            settings: limits and time zone.
            store: read from.
            health: rows of all feeds.
            kinds_of: record types a feed has brought.
            clock: aware UTC.
        """
        self._settings, self._store, self._clock = settings, store, clock
        self._health, self._kinds_of = health, kinds_of
        self._course: Mapping[str, Course] = {}
        self._course_due = 0.0

    def moving(self) -> list[Topic]:
        """Topics that must not wait for slower reads: positions, alerts, lamps."""
        return [
            Topic(name="feeds", seconds=1.0, read=self.feeds, renew_seconds=0.0, own_head=True),
            Topic(name="alerts", seconds=5.0, read=self.alerts, renew_seconds=5.0, own_head=True,
                  datasets=frozenset({"alert"}), at_once=True),
            Topic(name="screens", seconds=1.0, read=self.screens, own_head=True, datasets=frozenset({"screen"}),
                  at_once=True),
            Topic(name="vehicles", seconds=0.5, read=self.vehicles, kinds=frozenset({VehiclePosition})),
            Topic(name="vessels", seconds=0.5, read=self.vessels, kinds=frozenset({VesselPosition, VesselStatic})),
        ]  # fmt: skip

    def standing(self) -> list[Topic]:
        """Topics that change slowly or are costly to read."""
        reads, limits = self._store.reads, self._settings.limits
        return [
            Topic(name="queue", seconds=3.0, kinds=_INSPECTION, renew_seconds=30.0, prompt=True,
                  read=lambda: reads.queue(SYSTEM, None, None, limits.confirm_wait_minutes)),
            Topic(name="inspections", seconds=3.0, kinds=_STAMPED["inspections"],
                  read=partial(self.inspections, SYSTEM)),
            Topic(name="sailings", seconds=_SAILING_SECONDS, kinds=_STAMPED["sailings"], read=self.sailings,
                  renew_seconds=_SAILING_SECONDS, own_head=True, costly=True),
            Topic(name="warnings", seconds=5.0, kinds=_INSPECTION | {CheckResult}, renew_seconds=30.0, prompt=True,
                  read=lambda: reads.warnings(SYSTEM, msgspec.structs.asdict(limits))),
            Topic(name="gates", seconds=3.0, kinds=_STAMPED["gates"], read=partial(self.gates, SYSTEM), prompt=True),
            Topic(name="yard", seconds=5.0, kinds=_STAMPED["yard"], read=partial(self.yard, SYSTEM), prompt=True),
            Topic(name="kpis", seconds=5.0, kinds=_KPIS, read=partial(self.kpis, SYSTEM), renew_seconds=10.0,
                  own_head=True, costly=True),
            Topic(name="forecasts", seconds=5.0, read=self.forecasts, renew_seconds=600.0, own_head=True,
                  datasets=frozenset({"forecast"}), at_once=True),
        ]  # fmt: skip

    def scoped(self, topic: str, scope: frozenset[str]) -> Any:
        """A picture of ``domain.parts.READ`` for an enterprise, stamped; it is read at a calm pace, and says so.

        Args:
            topic: which.
            scope: enterprise codes.
        """
        viewer = Viewer(name="enterprise", scope=scope)
        picture = {"inspections": self.inspections, "gates": self.gates, "yard": self.yard, "kpis": self.kpis}[topic](
            viewer
        )
        if topic in _STAMPED:
            feeds = behind(self._health(), self._kinds_of, _STAMPED[topic], picture.feeds)
            picture = stamp(picture, head_of(feeds, self._clock()))
            picture.score = None  # a figure of the whole port's feeds
        picture.expected_seconds = max(picture.expected_seconds, _SCOPED_SECONDS)
        for row in picture.rows if topic == "kpis" else ():
            row.expected_seconds = max(row.expected_seconds, _SCOPED_SECONDS)
        return picture

    def inspections(self, viewer: Viewer) -> Any:
        """Declarations under way."""
        return self._store.reads.inspections(viewer, None)

    def sailings(self) -> Picture:
        """Whether exports make their ships; read at a calm pace, so an age of that is fresh."""
        picture: Picture = self._store.reads.sailings(SYSTEM, self._settings.inspections)
        feeds = behind(self._health(), self._kinds_of, _STAMPED["sailings"], picture.feeds)
        stamped = stamp(picture, head_of(feeds, self._clock()))
        stamped.expected_seconds = max(stamped.expected_seconds, 1.5 * _SAILING_SECONDS)
        return stamped

    def gates(self, viewer: Viewer) -> Any:
        """The gates."""
        return self._store.reads.gates(viewer, None, self._settings.limits.gate_wait_minutes)

    def yard(self, viewer: Viewer) -> Any:
        """The yard."""
        return self._store.reads.yard(viewer, None)

    def feeds(self) -> Picture:
        """The lamps; they are as of now, whatever they say."""
        rows = [with_course(row, self._courses()) for row in self._health()]
        return Picture(as_of=self._clock(), expected_seconds=5.0, rows=rows)

    def _courses(self) -> Mapping[str, Course]:
        """The last 24 hours of each feed, read once a minute; as it was when the store cannot be read."""
        if time.monotonic() >= self._course_due:
            self._course_due = time.monotonic() + _COURSE_SECONDS
            with contextlib.suppress(StoreUnavailableError):
                self._course = self._store.reads.feed_course(SYSTEM, self._clock())
        return self._course

    def alerts(self) -> Any:
        """The alerts standing."""
        return alerts_picture(self._store, self._clock())

    def screens(self) -> Any:
        """The screens of the walls."""
        return screens_picture(self._store, self._settings.wall, self._clock())

    def vehicles(self) -> Any:
        """Vehicles seen lately."""
        return self._store.reads.vehicles(SYSTEM, None, self._lately(VehiclePosition, VEHICLES_STAY))

    def vessels(self) -> Any:
        """Vessels seen lately."""
        return self._store.reads.vessels(SYSTEM, None, self._lately(VesselPosition, VESSELS_STAY))

    def kpis(self, viewer: Viewer) -> KpisPicture:
        """The KPI strip."""
        limits, zone = self._settings.limits, self._settings.port.timezone
        now = self._clock()
        facts = self._store.reads.kpi_facts(viewer, now, zone, limits.confirm_wait_minutes)
        health = self._health()
        return kpis_picture(facts, lambda kinds: head_of(behind(health, self._kinds_of, kinds), now))

    def forecasts(self) -> Any:
        """The forecasts last made; hourly work, so an hour and a half is fresh."""
        picture = self._store.reads.forecasts(SYSTEM)
        picture.as_of = max((row.made_at for row in picture.rows), default=None)
        picture.expected_seconds = 5400.0
        return picture

    def _lately(self, kind: type[Record], stay: timedelta) -> datetime:
        """Since when a position counts: measured from the newest one, so a stopped feed's picture stays, for a while.

        A feed of last year's positions leaves the map empty: where something was then is not where it is.
        """
        newest = [
            row.last_event_at
            for row in self._health()
            if row.last_event_at is not None and kind in self._kinds_of(row.key)
        ]
        gone = self._clock() - timedelta(hours=self._settings.limits.position_gone_hours)
        return max(gone, max(newest, default=gone + stay) - stay)


def with_course(row: FeedRow, courses: Mapping[str, Course]) -> FeedRow:
    """The row with its last hours."""
    if (course := courses.get(row.key)) is None:
        return row
    return msgspec.structs.replace(row, hours=course.hours, outages=course.outages)


def kpis_picture(facts: KpiFacts, head: Callable[[frozenset[type[Record]]], Head]) -> KpisPicture:
    """The KPI strip of some facts.

    Args:
        facts: at the moment shown.
        head: the head of a picture made of such records.
    """
    rows, made_of = kpis.compute_all(facts), kpis.kinds()
    for row in rows:
        own = head(made_of[row.key])
        row.as_of, row.feeds = own.as_of, list(own.feeds)
        row.expected_seconds = max(own.expected_seconds, _KPI_SECONDS)
    whole = head(_KPIS)
    return KpisPicture(
        as_of=whole.as_of,
        expected_seconds=max(whole.expected_seconds, _KPI_SECONDS),
        feeds=list(whole.feeds),
        origins=list(whole.origins),
        rows=rows,
    )
