"""When inspection areas work and what they can take: officers on shift, bays, the rota of weekends and holidays.

Seed 000, III: on Saturdays the north area works, on Sundays the south area; on public holidays the two take turns.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

WEEKEND = {5: "saturday", 6: "sunday"}


class Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An inspection area.

    Attributes:
        opens, closes: port's time between which it inspects, ``HH:MM``.
        weekend: on which of ``saturday``, ``sunday`` it works.
        bays: places where a box can be opened, of each platform.
        officers: on shift at each platform.
    """

    opens: str = "08:00"
    closes: str = "20:30"
    weekend: tuple[str, ...] = ()
    bays: int = 4
    officers: int = 3


class Platform(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a platform has otherwise than its area says; None: as the area."""

    bays: int | None = None
    officers: int | None = None


class Inspections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the port's inspection areas are and how they work.

    Attributes:
        cycle_minutes: how often customs' system confirms appointments by itself.
        baseline_days: how many days back declarations are compared with.
        holidays: public holidays, ISO dates; on them the areas take turns, in the order of their tables.
        areas: by the word records use for them.
        platforms: by the name the source gives them.
    """

    cycle_minutes: float = 20.0
    baseline_days: int = 60
    holidays: tuple[str, ...] = ()
    areas: dict[str, Area] = {}
    platforms: dict[str, Platform] = {}

    def capacity(self, area: str, platform: str) -> tuple[int, int] | None:
        """Bays and officers of a platform; None where nothing is configured."""
        own, of_area = self.platforms.get(platform, Platform()), self.areas.get(area)
        if of_area is None:
            return None if own.bays is None or own.officers is None else (own.bays, own.officers)
        bays = of_area.bays if own.bays is None else own.bays
        return bays, of_area.officers if own.officers is None else own.officers

    def works(self, area: str, day: date) -> bool:
        """Whether an area inspects on a local day; one that is not configured always does."""
        if area not in self.areas:
            return True
        if day.isoformat() in self.holidays:
            return list(self.areas)[self._turn(day) % len(self.areas)] == area
        weekend = WEEKEND.get(day.weekday())
        return weekend is None or weekend in self.areas[area].weekend

    def open_at(self, area: str, at: datetime, zone: ZoneInfo) -> bool:
        """Whether an area inspects at a moment."""
        local = at.astimezone(zone)
        opens, closes = self.hours(area)
        return self.works(area, local.date()) and opens <= local.time() < closes

    def hours(self, area: str) -> tuple[time, time]:
        """Port's time an area opens and closes; the whole day of one that is not configured."""
        known = self.areas.get(area)
        return (time.fromisoformat(known.opens), time.fromisoformat(known.closes)) if known else (time.min, time.max)

    def next_opening(self, area: str, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When an area inspects next: the moment itself while it does; None when not within a month."""
        if self.open_at(area, at, zone):
            return at
        opens, _ = self.hours(area)
        first = at.astimezone(zone).date()
        for days in range(32):
            start = datetime.combine(first + timedelta(days=days), opens, zone)
            if start > at and self.works(area, start.date()):
                return start.astimezone(at.tzinfo)
        return None

    def problems(self) -> list[tuple[str, str]]:
        """Keys that make no sense, and why."""
        found = []
        if not 1 <= self.cycle_minutes <= 1440:
            found.append(("cycle_minutes", "must be 1 to 1440 minutes"))
        if not 1 <= self.baseline_days <= 400:
            found.append(("baseline_days", "must be 1 to 400 days"))
        wrong = [day for day in self.holidays if _date(day) is None]
        found += [("holidays", f"{day!r} is no date like 2026-10-01") for day in wrong]
        for name, area in self.areas.items():
            if _time(area.opens) is None or _time(area.closes) is None or area.opens >= area.closes:
                found.append((f"areas.{name}.opens", "opens and closes must be HH:MM, one before the other"))
            if set(area.weekend) - set(WEEKEND.values()):
                found.append((f"areas.{name}.weekend", f"must be of {', '.join(WEEKEND.values())}"))
        counts: list[tuple[str, Area | Platform]] = [(f"areas.{name}", area) for name, area in self.areas.items()]
        counts += [(f"platforms.{name}", platform) for name, platform in self.platforms.items()]
        for key, one in counts:
            wrong = [what for what in ("bays", "officers") if not 0 <= (getattr(one, what) or 0) <= 1000]
            found += [(f"{key}.{what}", "must be 0 to 1000") for what in wrong]
        return found

    def _turn(self, day: date) -> int:
        """How many holidays in a row came before this one."""
        turn = 0
        while (day - timedelta(days=turn + 1)).isoformat() in self.holidays:
            turn += 1
        return turn


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if len(text) == len("HH:MM") else None
    except ValueError:
        return None
