"""The one way for people to draw fences, and for rules to get at them."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import msgspec
import structlog

from domain.fences import RETIRED, Fence, FenceError, Ground, Point, fence_of
from domain.permissions import Permission
from domain.port_plan import ground_of, places_of, standing_places
from domain.viewer import SYSTEM, Viewer
from store.engine import Store

log = structlog.get_logger(__name__)
WORLD = Ground(-180.0, -90.0, 180.0, 90.0)


class FenceDesk:
    """Keeps what people draw, and gives rules all fences there are."""

    places: dict[str, Point]
    """The middle of each place of the port's drawing, by id and by name."""

    def __init__(self, store: Store, geo: Path) -> None:
        """Read the port's drawing.

        Args:
            store: where fences are kept.
            geo: folder of ``port.geojson``; without one fences may be anywhere and nobody may stand by plan.
        """
        self._store = store
        try:
            plan = msgspec.json.decode((geo / "port.geojson").read_bytes())["features"]
            self.ground, self._plan = ground_of(plan), {one.fence_id: one for one in standing_places(plan)}
            self.places = places_of(plan)
        except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError, IndexError) as error:
            log.warning("no_plan_for_fences", folder=str(geo), error=repr(error))
            self.ground, self._plan, self.places = WORLD, {}, {}
        self._read, self._in_force = -1, self._plan  # before the first look at the store

    def save(self, viewer: Viewer, feature: Any, fence_id: str = "", version: int = 0) -> Fence:
        """Keep a fence as drawn.

        Args:
            viewer: who.
            feature: GeoJSON, see `domain.fences.fence_of`.
            fence_id: the fence it changes; empty: a new one.
            version: the version it was made from.

        Raises:
            NotAllowedError: the viewer may not.
            FenceError: what cannot be, or that somebody else changed it meanwhile.
            StoreUnavailableError: try again.
        """
        viewer.require(Permission.RULES)
        fence = fence_of(feature, self.ground, fence_id or uuid.uuid4().hex[:12], version)
        kept = self._store.put_fence(viewer, fence)
        log.info("fence_set", fence=kept.fence_id, version=kept.version, state=kept.state, by=viewer.name)
        return kept

    def retire(self, viewer: Viewer, fence_id: str, version: int) -> Fence:
        """Take a fence out of force; its versions stay. Errors as ``save``."""
        viewer.require(Permission.RULES)
        known = next((d.fence for d in self._store.reads.fences(viewer) if d.fence.fence_id == fence_id), None)
        if known is None:
            raise FenceError("gone", name=fence_id)
        return self._store.put_fence(viewer, msgspec.structs.replace(known, state=RETIRED, version=version))

    def in_force(self) -> dict[str, Fence]:
        """What rules look at, by id: fences drawn and places of the port's plan; the same mapping while they stay."""
        newest = self._store.reads.changes().get("fence", 0)
        if newest != self._read:
            drawn = {d.fence.fence_id: d.fence for d in self._store.reads.fences(SYSTEM)}
            self._read, self._in_force = newest, {**self._plan, **drawn}
        return self._in_force
