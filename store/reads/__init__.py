"""Everything that can be asked of the store, one file per picture.

EVERY read takes the viewer first; what the viewer may not see is left out in SQL. ``at`` None means
now. Reads fill ``origins`` and ``feeds`` from the rows; ``as_of`` and ``expected_seconds`` belong to
the health of the feeds and are stamped by whoever publishes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.kpis.facts import KpiFacts
from domain.pictures import (
    AlertRow,
    AlertsPicture,
    FeedRow,
    ForecastsPicture,
    GatesPicture,
    InspectionRow,
    InspectionsPicture,
    Positions,
    QueuePicture,
    YardPicture,
)  # fmt: skip
from domain.records import Record
from domain.viewer import Viewer
from store.database import Database
from store.moments import micros, moment
from store.reads import alerts, gates, inspections, kpis, port, positions, yard


class Reads:
    """The named reads. Thread-safe; each call is one consistent view of the database.

    All raise StoreUnavailableError when the database cannot be reached.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], timezone: str) -> None:
        """Read from a migrated database; ``timezone`` says where "today" begins."""
        self._database, self._clock, self._zone = database, clock, ZoneInfo(timezone)

    def _now(self) -> int:
        return micros(self._clock())

    def yard(self, viewer: Viewer, at: datetime | None = None) -> YardPicture:
        """Occupancy by block; boxes outside surveyed blocks one row per feed, key ``feed:<name>``."""
        with self._database.reading() as connection:
            return yard.yard(connection, viewer, _at(at), self._now())

    def yard_hourly(
        self, viewer: Viewer, since: datetime, until: datetime, feed: str | None = None
    ) -> tuple[list[datetime], list[int], list[float]]:
        """Boxes and TEU standing at each full hour of [since, until), exact."""
        with self._database.reading() as connection:
            return yard.yard_hourly(connection, viewer, since, until, feed)

    def yard_peak(
        self, viewer: Viewer, since: datetime, until: datetime, feed: str | None = None
    ) -> tuple[int, datetime | None]:
        """Most boxes at any instant of [since, until) and when first, event by event."""
        with self._database.reading() as connection:
            boxes, at = yard.peak(connection, viewer, micros(since), micros(until), feed)
        return boxes, None if at is None else moment(at)

    def queue(
        self, viewer: Viewer, at: datetime | None = None, platform: str | None = None, limit_minutes: float = 240.0
    ) -> QueuePicture:
        """Waiting declarations in fair order, of one platform or all."""
        with self._database.reading() as connection:
            return inspections.queue(connection, viewer, _at(at), platform, limit_minutes, self._now())

    def inspections(self, viewer: Viewer, at: datetime | None = None) -> InspectionsPicture:
        """Declarations under way or finished within 24 h."""
        with self._database.reading() as connection:
            return inspections.inspections(connection, viewer, _at(at), self._now(), self._zone)

    def inspection(self, viewer: Viewer, declaration_no: str, at: datetime | None = None) -> InspectionRow | None:
        """One declaration and its nodes; None when unknown or not the viewer's."""
        with self._database.reading() as connection:
            return inspections.inspection(connection, viewer, declaration_no, _at(at), self._now())

    def gates(self, viewer: Viewer, at: datetime | None = None, limit_minutes: float = 30.0) -> GatesPicture:
        """The gates with queue, wait and passages of the last hour."""
        with self._database.reading() as connection:
            return gates.gates(connection, viewer, _at(at), limit_minutes, self._now())

    def alerts(self, viewer: Viewer, at: datetime | None = None) -> AlertsPicture:
        """Alerts not closed."""
        with self._database.reading() as connection:
            return alerts.alerts(connection, viewer, _at(at))

    def alert(self, viewer: Viewer, key: str) -> AlertRow | None:
        """One alert as it stands, closed or not."""
        with self._database.reading() as connection:
            return alerts.alert(connection, viewer, key)

    def alert_history(self, viewer: Viewer, since: datetime, until: datetime) -> list[AlertRow]:
        """Alerts alive at some time of [since, until), as they last stood."""
        with self._database.reading() as connection:
            return alerts.history(connection, viewer, micros(since), micros(until))

    def vehicles(self, viewer: Viewer, at: datetime | None = None, newer_than: datetime | None = None) -> Positions:
        """Newest position of each vehicle heard within a day."""
        with self._database.reading() as connection:
            return positions.vehicles(connection, viewer, _at(at), _at(newer_than), self._now())

    def vessels(self, viewer: Viewer, at: datetime | None = None, newer_than: datetime | None = None) -> Positions:
        """Newest position of each vessel heard within a day, labelled with its name."""
        with self._database.reading() as connection:
            return positions.vessels(connection, viewer, _at(at), _at(newer_than), self._now())

    def track(
        self, viewer: Viewer, kind: str, subject: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, float, float, float | None]]:
        """(time, lon, lat, speed) of one of ``vehicles`` or ``vessels`` over [since, until]."""
        with self._database.reading() as connection:
            return positions.track(connection, viewer, kind, subject, micros(since), micros(until))

    def feeds(self, viewer: Viewer) -> list[FeedRow]:
        """Health of every feed as last saved."""
        with self._database.reading() as connection:
            return port.feeds(connection, viewer)

    def kpi_facts(self, viewer: Viewer, now: datetime, timezone: str, limit_minutes: float) -> KpiFacts:
        """What the KPIs are computed from; ``limit_minutes`` is the confirmation limit."""
        with self._database.reading() as connection:
            return kpis.kpi_facts(connection, viewer, micros(now), ZoneInfo(timezone), limit_minutes)

    def forecasts(self, viewer: Viewer) -> ForecastsPicture:
        """The newest forecast of each code."""
        with self._database.reading() as connection:
            return port.forecasts(connection, viewer)

    def series(
        self, viewer: Viewer, metric: str, subject: str, since: datetime, until: datetime
    ) -> tuple[list[datetime], list[float]]:
        """An hourly roll-up over [since, until)."""
        with self._database.reading() as connection:
            return port.series(connection, viewer, metric, subject, since, until)

    def hourly(self, viewer: Viewer, since: datetime, until: datetime) -> list[tuple[str, str, datetime, float]]:
        """Roll-ups computed from the records: (metric, subject, hour, value), exact.

        Events of [hour, hour + 1 h): gate_moves (subject ``port`` and each gate),
        inspections_appointed and inspections_inspected (``port``). Standing at the hour: yard_teu
        and yard_occupancy (``port`` and each surveyed block).
        """
        with self._database.reading() as connection:
            counted = port.hourly_counts(connection, viewer, since, until)
            return counted + yard.occupancy_rows(connection, viewer, micros(since), micros(until))

    def calls(self, viewer: Viewer, at: datetime | None = None) -> list[dict[str, Any]]:
        """Vessel calls in port or due within a week."""
        with self._database.reading() as connection:
            return port.calls(connection, viewer, self._now() if at is None else micros(at))

    def quarantine(self, viewer: Viewer, feed: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
        """Rows that could not be used, newest first."""
        with self._database.reading() as connection:
            return port.quarantined(connection, viewer, feed, limit)

    def received_since(self, viewer: Viewer, since: datetime) -> list[Record]:
        """Check results and door events stored after a moment."""
        with self._database.reading() as connection:
            return port.received_since(connection, viewer, since)

    def counts(self, viewer: Viewer) -> dict[str, int]:
        """Rows per table."""
        with self._database.reading() as connection:
            return port.counts(connection, viewer)

    def changes(self) -> dict[str, int]:
        """A number per dataset that grows with every write that changed it; cheap enough to poll.

        Datasets are record types by name (``VehiclePosition``), and ``alert``, ``feed_health``,
        ``forecast``, ``notice``, ``rollup`` and ``quarantine``. Says nothing about the rows.
        """
        with self._database.reading() as connection:
            return port.changes(connection)


def _at(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
