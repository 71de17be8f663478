"""What can be asked about places of the port that people have drawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from domain.viewer import Viewer
from store.database import Database
from store.reads import fences
from store.reads.asof import as_of
from store.reads.fences import Drawn


class PlaceReads:
    """The named reads about fences, a part of ``Reads``."""

    _database: Database
    _clock: Callable[[], datetime]

    def fences(self, viewer: Viewer, at: datetime | None = None, known: str = "corrected") -> list[Drawn]:
        """Fences in force, by name; what was drawn counts from when it was drawn, by either knowledge."""
        with self._database.reading(viewer) as connection:
            return fences.fences(connection, viewer, as_of(at, known))

    def fence_history(self, viewer: Viewer, fence_id: str | None = None, limit: int = 200) -> list[Drawn]:
        """Versions of one fence or of all, newest first, retired ones too."""
        with self._database.reading(viewer) as connection:
            return fences.history(connection, viewer, fence_id, limit)
