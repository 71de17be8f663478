"""What every record of a feed is stamped with, and epoch seconds made into times."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from datasources.simulation.chance import Ints
from domain.records import Origin


class Stamp(msgspec.Struct, frozen=True):
    """Feed name and origin. The model's records are simulated, whatever the configuration says.

    Attributes:
        feed: the feed's name.
        part: records put into one batch at most, about.
    """

    feed: str
    origin: Origin = Origin.SIMULATED
    part: int = 4_000

    def when(self, at: float) -> datetime:
        """Epoch seconds as aware UTC."""
        return datetime.fromtimestamp(at, UTC)

    def times(self, at: Ints) -> list[datetime]:
        """Many epoch seconds as aware UTC."""
        stamp, zone = datetime.fromtimestamp, UTC
        return [stamp(t, zone) for t in at.tolist()]
