"""The automatic confirmation cycles of customs' system: when appointments are confirmed together.

Seed 000, 功能②: within one automatic confirmation cycle AEO advanced enterprises and fresh goods always stand first. So
a cycle has a cut, and what a cut does is this:

- Cuts are made every ``cycle_minutes`` of the port's clock, counted from midnight; midnight is always one.
- Whatever waits at a cut is put into one order and confirmed in it, as far as the cut's capacity goes. What earlier
  cuts left over is ordered together with what came since, and has no right of its own over it: only then do those
  with priority "always" stand first, as the seed says.
- What comes in after a cut belongs to the next one. What comes in at the very moment still belongs to it.
- Nobody waits for a later cycle while an earlier one has room, so a later cycle stands wholly behind an earlier one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec


class Cycles(msgspec.Struct, frozen=True):
    """The cuts of a port.

    Attributes:
        minutes: from one cut to the next; a day's last cycle may be shorter.
        timezone: the port's, IANA name.
    """

    minutes: float = 20.0
    timezone: str = "Asia/Shanghai"

    def after(self, at: datetime) -> datetime:
        """The first cut after a moment, aware UTC."""
        return self._cut(at, 1)

    def cut(self, at: datetime) -> datetime:
        """The cut that a moment belongs to: the first at or after it, aware UTC."""
        last = self.before(at)
        return last if last == at else self._cut(at, 1)

    def before(self, at: datetime) -> datetime:
        """The last cut at or before a moment, aware UTC."""
        return self._cut(at, 0)

    def _cut(self, at: datetime, more: int) -> datetime:
        zone = ZoneInfo(self.timezone)
        day = at.astimezone(zone).date()
        start, end = (
            datetime(d.year, d.month, d.day, tzinfo=zone).astimezone(UTC) for d in (day, day + timedelta(days=1))
        )
        step = timedelta(minutes=self.minutes)
        return min(start + ((at - start) // step + more) * step, end)
