"""Everything that can be asked of the store, one file per picture.

EVERY read takes the viewer first; what the viewer may not see is left out in SQL. ``at`` None means
now. A past moment is read as it was by today's knowledge (``known="corrected"``) or by what had been
received by then (``known="then"``): docs/adr/0013-bitemporal-reads.md. Reads fill ``origins`` and
``feeds`` from the rows; ``as_of`` and ``expected_seconds`` belong to the health of the feeds and are
stamped by whoever publishes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.configured import Secret, Stood
from domain.disagreement import Elsewhere
from domain.kept import Kept
from domain.kpis.facts import KpiFacts
from domain.pictures import (
    FeedRow,
    ForecastsPicture,
    GatesPicture,
    NoticesPicture,
    Positions,
    YardCourse,
    YardPicture,
)  # fmt: skip
from domain.quarantine import Looked, SetAside, Sought
from domain.records import Record
from domain.scores import ScoreRow
from domain.screen_pictures import ScreensPicture
from domain.search import Hit
from domain.viewer import Viewer
from store import days
from store.database import Database
from store.moments import SECOND, micros, moment
from store.reads import (
    audit,
    configured,
    feed_course,
    fixes,
    gates,
    kept,
    kpis,
    port,
    positions,
    quality,
    quarantine,
    screens,
    secrets,
    yard,
    yard_course,
)
from store.reads.alert_log import AlertLogReads
from store.reads.alert_reads import AlertReads
from store.reads.asof import as_of, knows_then
from store.reads.dataset_tables import DATASETS
from store.reads.datasets import Page, Question, page
from store.reads.elsewhere import elsewhere
from store.reads.fixes import Fixes
from store.reads.movers import sees_vehicle
from store.reads.outbox import OutboxReads
from store.reads.places import PlaceReads
from store.reads.rules import RuleReads
from store.reads.scope import sees_port
from store.reads.search import search


class Reads(AlertReads, AlertLogReads, PlaceReads, RuleReads, OutboxReads):
    """The named reads. Thread-safe; each call is one consistent view of the database.

    All raise StoreUnavailableError when the database cannot be reached.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], timezone: str) -> None:
        """Read from a migrated database; ``timezone`` says where "today" begins."""
        super().__init__(database, clock, timezone)
        self.conceal: Callable[[str], str] = str  # what free texts go through before they are shown

    def yard(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> YardPicture:
        """Occupancy by block; boxes outside surveyed blocks one row per feed, key ``feed:<name>``."""
        with self._database.reading(viewer) as connection:
            return yard.yard(connection, viewer, as_of(at, known), self._now())

    def yard_course(
        self,
        viewer: Viewer,
        since: datetime,
        until: datetime,
        feed: str | None = None,
        known: str = "corrected",
    ) -> YardCourse:
        """Boxes and TEU at each full hour of [since, until), and the most at any instant; exact.

        ``then``: as the live picture showed them.
        """
        then = knows_then(known)
        with self._database.reading(viewer) as connection:
            return yard_course.course(connection, viewer, micros(since), micros(until), feed, then)

    def gates(
        self, viewer: Viewer, at: datetime | None = None, limit_minutes: float = 30.0, known: str = "corrected"
    ) -> GatesPicture:
        """The gates with queue, wait and passages of the last hour."""
        with self._database.reading(viewer) as connection:
            return gates.gates(connection, viewer, as_of(at, known), limit_minutes, self._now())

    def vehicles(
        self,
        viewer: Viewer,
        at: datetime | None = None,
        newer_than: datetime | None = None,
        known: str = "corrected",
    ) -> Positions:
        """Newest position of each vehicle heard within a day."""
        with self._database.reading(viewer) as connection:
            moment_ = as_of(at, known)
            return positions.positions(connection, viewer, "vehicles", moment_, _at(newer_than), self._now())

    def vessels(
        self,
        viewer: Viewer,
        at: datetime | None = None,
        newer_than: datetime | None = None,
        known: str = "corrected",
    ) -> Positions:
        """Newest position of each vessel heard within a day, labelled with its name."""
        with self._database.reading(viewer) as connection:
            moment_ = as_of(at, known)
            return positions.positions(connection, viewer, "vessels", moment_, _at(newer_than), self._now())

    def track(
        self,
        viewer: Viewer,
        kind: str,
        subject: str,
        since: datetime,
        until: datetime,
        at: datetime | None = None,
        known: str = "corrected",
    ) -> list[tuple[datetime, float, float, float | None]]:
        """(time, lon, lat, speed) of one of ``vehicles`` or ``vessels`` over [since, until], as of a moment."""
        with self._database.reading(viewer) as connection:
            moment_ = as_of(at, known)
            return positions.track(connection, viewer, kind, subject, micros(since), micros(until), moment_)

    def elsewhere(
        self, viewer: Viewer, kind: str, subject: str, at: datetime | None = None, known: str = "corrected"
    ) -> list[Elsewhere]:
        """Where other feeds place one of ``vehicles`` or ``vessels`` than the one that goes before them."""
        with self._database.reading(viewer) as connection:
            return elsewhere(connection, viewer, kind, subject, as_of(at, known))

    def fixes(
        self,
        viewer: Viewer,
        kind: str,
        since: datetime,
        until: datetime,
        known: str = "corrected",
        every_seconds: int = 0,
    ) -> Fixes:
        """All fixes of ``vehicles`` or ``vessels`` over [since, until], and of each the last one before.

        ``then``: what had been received by ``until`` and was ever the newest. ``every_seconds``: of
        each subject at most one fix, the last, of each so long a span; 0 = all.
        """
        then = knows_then(known)
        with self._database.reading(viewer) as connection:
            span = every_seconds * SECOND
            return fixes.fixes(connection, viewer, kind, micros(since), micros(until), then, span)

    def feeds(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> list[FeedRow]:
        """Health of every feed as last saved by then; both kinds of knowledge agree."""
        with self._database.reading(viewer) as connection:
            return port.feeds(connection, viewer, as_of(at, known))

    def scores(self, viewer: Viewer, at: datetime | None = None) -> list[ScoreRow]:
        """How good the rows of every feed were over the last day, by dataset, hour by hour; the port's figure."""
        with self._database.reading(viewer) as connection:
            return quality.scores(connection, viewer, as_of(at, "corrected"), self._now())

    def quality_hours(self, viewer: Viewer, since: datetime) -> quality.Hours:
        """What scores are made of: counts by feed, dataset and hour, of the hours after a moment."""
        with self._database.reading(viewer) as connection:
            return quality.hours(connection, micros(since)) if sees_port(viewer) else {}

    def kpi_facts(
        self,
        viewer: Viewer,
        now: datetime,
        timezone: str,
        limit_minutes: float,
        at: datetime | None = None,
        known: str = "corrected",
    ) -> KpiFacts:
        """What the KPIs are computed from; ``limit_minutes`` is the confirmation limit.

        With ``at`` the facts are those of that moment and ``now`` is not looked at.
        """
        with self._database.reading(viewer) as connection:
            moment_ = as_of(at, known)
            return kpis.kpi_facts(connection, viewer, micros(at or now), ZoneInfo(timezone), limit_minutes, moment_)

    def forecasts(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> ForecastsPicture:
        """The newest forecast of each code; both kinds of knowledge agree."""
        with self._database.reading(viewer) as connection:
            return port.forecasts(connection, viewer, as_of(at, known))

    def notices(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> NoticesPicture:
        """What the cockpit said about itself; both kinds of knowledge agree."""
        with self._database.reading(viewer) as connection:
            return port.notices(connection, viewer, as_of(at, known))

    def screens(self, viewer: Viewer) -> ScreensPicture:
        """The screens of the walls: what people set, and what each told of itself."""
        with self._database.reading(viewer) as connection:
            return screens.screens(connection, viewer)

    def oldest(self, viewer: Viewer) -> datetime | None:
        """The time of the oldest record of what happens in the port; None while nothing is stored."""
        with self._database.reading(viewer) as connection:
            found = port.oldest(connection, viewer)
        return None if found is None else moment(found)

    def series(
        self, viewer: Viewer, metric: str, subject: str, since: datetime, until: datetime
    ) -> tuple[list[datetime], list[float]]:
        """An hourly roll-up over [since, until)."""
        with self._database.reading(viewer) as connection:
            return port.series(connection, viewer, metric, subject, since, until)

    def daily(
        self, viewer: Viewer, metric: str, subject: str, since: datetime, until: datetime
    ) -> tuple[list[datetime], list[float]]:
        """A roll-up per day of the port over [since, until): midnights as UTC, a day's sum or mean; whole days only."""
        with self._database.reading(viewer) as connection:
            return days.series(connection, viewer, metric, subject, since, until)

    def hourly(self, viewer: Viewer, since: datetime, until: datetime) -> list[tuple[str, str, datetime, float]]:
        """Roll-ups computed from the records: (metric, subject, hour, value), exact.

        Events of [hour, hour + 1 h): gate_moves (subject ``port`` and each gate),
        inspections_appointed and inspections_inspected (``port``). Standing at the hour: yard_teu
        (``port``) and yard_occupancy (``port`` and each surveyed block).
        """
        with self._database.reading(viewer) as connection:
            counted = port.hourly_counts(connection, viewer, since, until)
            return counted + yard.occupancy_rows(connection, viewer, micros(since), micros(until))

    def calls(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> list[dict[str, Any]]:
        """Vessel calls in port or due within a week."""
        with self._database.reading(viewer) as connection:
            return port.calls(connection, viewer, as_of(at, known), self._now())

    def search(
        self,
        viewer: Viewer,
        text: str,
        at: datetime | None = None,
        limit: int = 8,
        known: str = "corrected",
        rules: Collection[str] = (),
    ) -> list[Hit]:
        """What has a number or name that begins or ends so, alerts also by their rule; ``limit`` of a kind at most."""
        with self._database.reading(viewer) as connection:
            return search(connection, viewer, text, as_of(at, known), limit, rules)

    def kept(self, viewer: Viewer, kind: str) -> list[Kept]:
        """What the viewer kept of a kind, ``view`` or ``bookmark``, newest first; nobody sees another's."""
        with self._database.reading(viewer) as connection:
            return kept.kept(connection, viewer, kind)

    def audit(
        self, viewer: Viewer, since: datetime, until: datetime, text: str = "", limit: int = 1000
    ) -> list[audit.Noted]:
        """Who did what in a span, newest first; see `store.reads.audit.entries`."""
        with self._database.reading() as connection:
            return audit.entries(connection, viewer, since, until, text, limit)

    def secrets(self, viewer: Viewer) -> list[Secret]:
        """The secrets of feeds by name, without their values; NotAllowedError."""
        with self._database.reading() as connection:
            return secrets.secrets(connection, viewer)

    def settings_history(self, viewer: Viewer, until: datetime, limit: int = 100) -> list[Stood]:
        """Settings that were in force, each set from when and by whom, newest first; NotAllowedError."""
        with self._database.reading() as connection:
            return configured.history(connection, viewer, until, limit)

    def backup(self, viewer: Viewer) -> dict[str, Any] | None:
        """What the last backup said of itself; see `store.reads.configured.backup`."""
        with self._database.reading() as connection:
            return configured.backup(connection, viewer)

    def quarantine(
        self, viewer: Viewer, feed: str | None = None, limit: int = 200, at: datetime | None = None
    ) -> list[dict[str, Any]]:
        """Rows that could not be used, newest first; those there were at the moment."""
        with self._database.reading(viewer) as connection:
            rows = port.quarantined(connection, viewer, feed, limit, at)
        return [{**row, **{name: self.conceal(row[name]) for name in ("ref", "detail", "raw")}} for row in rows]

    def records(
        self, viewer: Viewer, dataset: str, asked: Question, at: datetime | None = None, known: str = "corrected"
    ) -> Page:
        """A page of a dataset's rows as they are stored; KeyError, BadQuestionError, TooSlowError."""
        spec = DATASETS[dataset]
        with self._database.reading(viewer) as connection:
            return page(connection, viewer, spec, asked, as_of(at, known), self._now())

    def feed_course(self, viewer: Viewer, until: datetime) -> dict[str, feed_course.Course]:
        """Rows accepted and outages of each feed in the 24 hours before a moment, hour by hour."""
        with self._database.reading(viewer) as connection:
            return feed_course.course(connection, viewer, micros(until))

    def set_aside(
        self, viewer: Viewer, sought: Sought, at: datetime | None = None, offset: int = 0, limit: int = 200
    ) -> Looked:
        """A page of the rows in quarantine that are sought, newest first, with their number and reasons."""
        with self._database.reading(viewer) as connection:
            return quarantine.look(connection, viewer, sought, at, offset, limit, self.conceal)

    def set_aside_ids(self, viewer: Viewer, sought: Sought) -> list[int]:
        """Numbers of all rows in quarantine that are sought, oldest first."""
        with self._database.reading(viewer) as connection:
            return quarantine.ids(connection, viewer, sought, self.conceal)

    def set_aside_rows(self, viewer: Viewer, ids: Sequence[int]) -> list[SetAside]:
        """Rows in quarantine by number, with all that is kept of them."""
        with self._database.reading(viewer) as connection:
            return quarantine.whole(connection, viewer, ids, self.conceal)

    def sees_vehicle(self, viewer: Viewer, vehicle_id: str) -> bool:
        """Whether a position of a vehicle was heard, and the viewer may see the newest."""
        with self._database.reading(viewer) as connection:
            return sees_vehicle(connection, viewer, vehicle_id)

    def received_since(self, viewer: Viewer, since: datetime) -> list[Record]:
        """Checks, doors opened and what cameras told, stored after a moment."""
        with self._database.reading(viewer) as connection:
            return port.received_since(connection, viewer, since)

    def counts(self, viewer: Viewer) -> dict[str, int]:
        """Rows per table."""
        with self._database.reading(viewer) as connection:
            return port.counts(connection, viewer)

    def changes(self) -> dict[str, int]:
        """A number per dataset that grows with every write that changed it; cheap enough to poll.

        Datasets are record types by name (``VehiclePosition``), and ``alert``, ``feed_health``,
        ``forecast``, ``notice``, ``rollup``, ``screen`` and ``quarantine``. Says nothing about the rows.
        """
        with self._database.reading() as connection:
            return port.changes(connection)


def _at(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
