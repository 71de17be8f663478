"""What people draw of the port, kept on record: a part of ``Store``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from domain.audit import Sealer, by
from domain.fences import Fence
from domain.permissions import Permission
from domain.viewer import Viewer
from store.database import Database
from store.writes import audit, changes, fences


class PlaceWrites:
    """Writes of fences."""

    _database: Database
    _clock: Callable[[], datetime]
    _sealer: Sealer

    def put_fence(self, viewer: Viewer, fence: Fence) -> Fence:
        """Keep a fence as somebody drew it, in one transaction with who did; returns it with its new version.

        Raises:
            NotAllowedError: the viewer may not.
            FenceError: see `store.writes.fences.put`.
            StoreUnavailableError: try again.
        """
        viewer.require(Permission.RULES)
        with self._database.writing(durable=True) as connection:
            now = self._clock()
            before, kept = fences.put(connection, fence, viewer.name, now)
            was = None if before is None else before.feature()
            audit.append(connection, self._sealer, by(viewer, "fence.set", kept.fence_id, was, kept.feature()), now)
            changes.bump(connection, ["fence"], now)
            return kept
