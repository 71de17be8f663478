"""What can be asked about inspections: the queue, the declarations under way, one declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.declaration_file import DeclarationFile
from domain.integrity import History
from domain.pictures import InspectionRow, InspectionsPicture, QueuePicture
from domain.rota import Inspections
from domain.sailing_pictures import SailingsPicture, WarningsPicture
from domain.segments import Segments
from domain.viewer import Viewer
from store.database import Database
from store.moments import micros
from store.reads import inspections, integrity, queue, sailings, warnings
from store.reads.asof import as_of
from store.reads.baseline import Baselines
from store.reads.declaration_file import declaration_file
from store.reads.queue_past import Expectations
from store.reads.segments import segments


class InspectionReads:
    """The named reads about inspections, a part of ``Reads``.

    Attributes:
        expectations: what is expected of the queue, by how the inspection areas work.
        baselines: what the times of one declaration are held against.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], timezone: str) -> None:
        """Read from a migrated database; ``timezone`` says where "today" begins."""
        self._database, self._clock, self._zone = database, clock, ZoneInfo(timezone)
        self.expectations, self.baselines = Expectations(timezone, Inspections()), Baselines()

    def _now(self) -> int:
        return micros(self._clock())

    def queue(
        self,
        viewer: Viewer,
        at: datetime | None = None,
        platform: str | None = None,
        limit_minutes: float = 240.0,
        known: str = "corrected",
    ) -> QueuePicture:
        """Waiting declarations in fair order, of one platform or all, and what is expected of them."""
        with self._database.reading(viewer) as connection:
            asked = (as_of(at, known), platform, limit_minutes, self._now())
            return queue.queue(connection, viewer, *asked, self.expectations)

    def inspections(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> InspectionsPicture:
        """Declarations under way or finished within 24 h."""
        with self._database.reading(viewer) as connection:
            return inspections.inspections(connection, viewer, as_of(at, known), self._now(), self._zone)

    def inspection(
        self, viewer: Viewer, declaration_no: str, at: datetime | None = None, known: str = "corrected"
    ) -> InspectionRow | None:
        """One declaration and its nodes; None when unknown or not the viewer's."""
        with self._database.reading(viewer) as connection:
            return inspections.inspection(connection, viewer, declaration_no, as_of(at, known), self._now())

    def segments(
        self, viewer: Viewer, since: datetime, at: datetime | None = None, known: str = "corrected"
    ) -> Segments:
        """When declarations passed the points of their inspection: those not finished by ``since``, as columns."""
        with self._database.reading(viewer) as connection:
            return segments(connection, viewer, micros(since), self._now(), as_of(at, known))

    def declaration_file(
        self,
        viewer: Viewer,
        declaration_no: str,
        at: datetime | None = None,
        known: str = "corrected",
        days: int = 60,
        limit_minutes: float = 240.0,
    ) -> DeclarationFile | None:
        """Everything of one declaration, held against those of its kind finished in the ``days`` before.

        None when it is unknown or not the viewer's.
        """
        with self._database.reading(viewer) as connection:
            asked = (declaration_no, as_of(at, known), self._now(), days, limit_minutes)
            return declaration_file(connection, viewer, *asked, self.expectations, self.baselines)

    def sailings(
        self, viewer: Viewer, rota: Inspections, at: datetime | None = None, known: str = "corrected"
    ) -> SailingsPicture:
        """Exports not through inspection, and whether they will make their ships; ``rota``: when areas work."""
        with self._database.reading(viewer) as connection:
            return sailings.sailings(connection, viewer, as_of(at, known), self._now(), rota, self._zone)

    def warnings(
        self, viewer: Viewer, limits: Mapping[str, float], at: datetime | None = None, known: str = "corrected"
    ) -> WarningsPicture:
        """Checks that did not agree, and declarations that wait beyond their limits, by list."""
        with self._database.reading(viewer) as connection:
            return warnings.warnings(connection, viewer, as_of(at, known), self._now(), limits)

    def integrity(
        self, viewer: Viewer, since: datetime, at: datetime | None = None, known: str = "corrected"
    ) -> History:
        """What the integrity watch looks at: declarations not finished by ``since``; for who sees the port."""
        with self._database.reading(viewer) as connection:
            return integrity.history(connection, viewer, as_of(at, known), micros(since), self._now())
