"""Playing a recording as if it happened now.

One recorded instant (``recorded_now``) is laid on the moment the replay started; every other time
moves with it, stretched by the speed. The start is remembered in the feed's cursor, so a restart
goes on with the same replay and every row keeps the event time it had: ingest stays idempotent.
After a long stop the replay has gone on as if the cockpit had been running: the rows of the time
in between come at once, with the event times they would have had, and a recording that would have
ended meanwhile is at its end.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

_HOUR = 3600.0


class ReplayOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a recording is played.

    Attributes:
        speed: recorded seconds per second; 1.0 = as it happened.
        recorded_now: the recorded instant that is "now" when the replay starts, ISO 8601, in the
            feed's time zone unless it names one; empty = the first row's time.
        whole_hours: shift by whole hours only, so that values by the hour agree with the
            recording's own hours; the start is then up to an hour further on in the recording.
    """

    speed: float = 1.0
    recorded_now: str = ""
    whole_hours: bool = False

    def __post_init__(self) -> None:
        """Refuse speeds and times that mean nothing."""
        if not 0.01 <= self.speed <= 100_000:
            raise ValueError(f"speed must be 0.01 to 100000, is {self.speed}")
        if self.whole_hours and self.speed != 1.0:
            raise ValueError("whole_hours needs speed = 1.0")
        if self.recorded_now:
            try:
                datetime.fromisoformat(self.recorded_now)
            except ValueError:
                raise ValueError(f"recorded_now is not an ISO 8601 time: {self.recorded_now!r}") from None


class ReplayClock(msgspec.Struct, frozen=True):
    """The clock of one running replay.

    Attributes:
        start: when the replay started, aware UTC.
        recorded_now: the recorded instant laid on ``start``, aware UTC.
        speed: recorded seconds per second.
    """

    start: datetime
    recorded_now: datetime
    speed: float = 1.0

    def shifted(self, recorded: datetime) -> datetime:
        """The time at which a recorded instant happens in the replay."""
        return self.start + (recorded - self.recorded_now) / self.speed

    def recorded(self, now: datetime) -> datetime:
        """The recorded instant the replay has reached at ``now``."""
        return self.recorded_now + (now - self.start) * self.speed

    def to_cursor(self) -> dict[str, Any]:
        """What a restart needs to go on."""
        return {
            "start": self.start.isoformat(),
            "recorded_now": self.recorded_now.isoformat(),
            "speed": self.speed,
        }


def start_replay(options: ReplayOptions, first: datetime, now: datetime, timezone: str) -> ReplayClock:
    """Start a replay.

    Args:
        options: as configured.
        first: the first row's recorded time, aware; used when no ``recorded_now`` is set.
        now: the moment the replay starts, aware UTC.
        timezone: IANA name for a ``recorded_now`` without a zone.
    """
    recorded = first
    if options.recorded_now:
        named = datetime.fromisoformat(options.recorded_now)
        recorded = named if named.tzinfo else named.replace(tzinfo=ZoneInfo(timezone))
    recorded = recorded.astimezone(UTC)
    if options.whole_hours:
        shift = (now - recorded).total_seconds()
        recorded += timedelta(seconds=shift % _HOUR)  # the shift shrinks to whole hours
    return ReplayClock(now, recorded, options.speed)


def resume_replay(options: ReplayOptions, cursor: dict[str, Any] | None, timezone: str) -> ReplayClock | None:
    """The replay a cursor remembers, unless the configuration asks for another one since.

    Args:
        options: as configured now.
        cursor: what ``to_cursor`` gave, or None.
        timezone: IANA name for a ``recorded_now`` without a zone.
    """
    try:
        clock = ReplayClock(
            datetime.fromisoformat((cursor or {})["start"]),
            datetime.fromisoformat((cursor or {})["recorded_now"]),
            float((cursor or {})["speed"]),
        )
    except (KeyError, ValueError, TypeError):
        return None
    if clock.speed != options.speed:
        return None
    if options.recorded_now and clock != start_replay(options, clock.recorded_now, clock.start, timezone):
        return None
    return clock
