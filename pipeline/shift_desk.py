"""The one way to the handover of shifts: what is to be handed over, and the two signatures under it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from domain.errors import NotAllowedError
from domain.permissions import Permission
from domain.shift import Handover, Shift, before, due, named, shift_at, sign_out, take_over
from domain.shift_brief import Brief, brief
from domain.viewer import Viewer
from settings import Settings
from store.engine import Store

LISTED = timedelta(days=30)  # of past handovers
log = structlog.get_logger(__name__)


class ShiftDesk:
    """Tells of shifts and takes signatures; every method blocks."""

    def __init__(
        self, settings: Settings, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Open the desk.

        Args:
            settings: when shifts begin, and the port's zone.
            store: where handovers are kept.
            clock: aware UTC.
        """
        self._store, self._clock = store, clock
        self._zone = ZoneInfo(settings.port.timezone)
        self._times = settings.alerts.shifts

    def shift(self, now: datetime) -> Shift:
        """The shift a moment lies in."""
        return shift_at(now, self._times, self._zone)

    def last(self, now: datetime) -> Shift:
        """The one before it."""
        return before(self.shift(now), self._times, self._zone)

    def due(self, viewer: Viewer, now: datetime) -> Shift:
        """The shift whose handover is next."""
        taken = [one.shift_id for one in self.past(viewer, now) if one.in_by]
        return due(now, self._times, self._zone, taken)

    def named(self, shift_id: str) -> Shift:
        """The shift of a name; ShiftError ``unknown``."""
        return named(shift_id, self._clock(), self._times, self._zone)

    def handover(self, viewer: Viewer, of: Shift) -> Handover:
        """The handover of a shift as it stands, unsigned when nobody has."""
        found = self._store.shifts.handover(viewer, of.shift_id)
        return found or Handover(shift_id=of.shift_id, begins=of.begins, ends=of.ends)

    def past(self, viewer: Viewer, until: datetime) -> list[Handover]:
        """Handovers of the last thirty days, newest first."""
        return self._store.shifts.handovers(viewer, until - LISTED, until)

    def brief(self, viewer: Viewer, of: Shift, at: datetime | None = None, known: str = "corrected") -> Brief:
        """What is to be handed over, now or as it was at a moment.

        Orders are told as they stand now: what they were is in the log of their alerts.
        """
        reads, now = self._store.reads, at or self._clock()
        steps = reads.alert_steps(viewer, of.begins, now)
        standing = reads.alerts(viewer, at, known).rows
        return brief(of.begins, now, steps, standing, reads.alert_orders(viewer), reads.feeds(viewer, at, known))

    def sign_out(self, viewer: Viewer, shift_id: str, version: int, note: str) -> Handover:
        """Sign as the one who goes, with what stands open now.

        Args:
            viewer: who.
            shift_id: of which shift.
            version: the version they saw.
            note: for who comes.

        Raises:
            NotAllowedError: the viewer may not act on alerts, or sees a part of the port only.
            ShiftError: see `domain.shift.sign_out`; ``changed``, ``unknown``.
            StoreUnavailableError: try again.
        """
        of = self._asked(viewer, shift_id)
        told, now = self.brief(viewer, of), self._clock()
        keys = [row.key for row in told.open]
        signed = self._store.shifts.sign(
            viewer, of, version, "sign_out", lambda one: sign_out(one, viewer.name, now, note, told.counts(), keys)
        )
        log.info("shift_signed", shift=shift_id, act="sign_out", by=viewer.name)
        return signed

    def take_over(self, viewer: Viewer, shift_id: str, version: int) -> Handover:
        """Sign as the one who takes over; arguments and errors as ``sign_out``, see `domain.shift.take_over`."""
        of, now = self._asked(viewer, shift_id), self._clock()
        signed = self._store.shifts.sign(viewer, of, version, "take_over", lambda one: take_over(one, viewer.name, now))
        log.info("shift_signed", shift=shift_id, act="take_over", by=viewer.name)
        return signed

    def _asked(self, viewer: Viewer, shift_id: str) -> Shift:
        viewer.require(Permission.ACT_ON_ALERTS)
        if viewer.scope is not None:
            raise NotAllowedError(f"{viewer.name} does not see the whole port")
        return self.named(shift_id)
