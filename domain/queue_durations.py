"""How long declarations took from confirmation to their inspection, by kind, hour and rota: what a forecast adds up."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt

from domain.rota import Inspections

Floats = npt.NDArray[np.float64]
FEWEST = 12
PARTS = 10  # values that stand for a distribution
_HOUR = 3600.0


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """Declarations that were confirmed, in columns; entry i of every column is one of them.

    Attributes:
        since, until: epoch seconds between which they are all there.
        platform, area, mode: words.
        farm: farm goods.
        appointed, confirmed, assigned, inspected: epoch seconds; NaN not reached by ``until``, or not told.
    """

    since: float
    until: float
    platform: npt.NDArray[np.str_]
    area: npt.NDArray[np.str_]
    mode: npt.NDArray[np.str_]
    farm: npt.NDArray[np.bool_]
    appointed: Floats
    confirmed: Floats
    assigned: Floats
    inspected: Floats

    def of_platform(self, platform: str) -> tuple[Floats, Floats]:
        """When those of a platform were confirmed, and appointed."""
        mine = self.platform == platform
        return self.confirmed[mine], self.appointed[mine]


class Durations:
    """What followed confirmation, looked up by the hour of it and by whether the area works the day after.

    Attributes:
        past: of which declarations.
        rota: which area works when.
    """

    def __init__(self, past: Past, rota: Inspections, zone: ZoneInfo) -> None:
        """Prepare; kinds are looked at when first asked for."""
        self.past, self.rota, self._zone = past, rota, zone
        self._hours: dict[tuple[str, int], tuple[int, bool]] = {}
        self._masks: dict[tuple[str, str, bool], list[npt.NDArray[np.bool_]]] = {}
        self._cells: dict[tuple[str, str, bool, int, bool], tuple[Floats, Floats] | None] = {}
        local = {hour: datetime.fromtimestamp(hour * _HOUR, zone) for hour in set(self._whole_hours(past.confirmed))}
        days = {(area, at.date()) for area in set(past.area.tolist()) for at in local.values()}
        works = {(area, day): rota.works(area, day + timedelta(days=1)) for area, day in days}
        at = [local[hour] for hour in self._whole_hours(past.confirmed)]
        self._hour = np.array([moment.hour for moment in at], dtype=np.int64)
        self._next = np.array([works[area, moment.date()] for area, moment in zip(past.area.tolist(), at, strict=True)])
        self._took = (past.assigned - past.confirmed, past.inspected - past.confirmed)

    def after(self, area: str, mode: str, farm: bool, times: Floats) -> tuple[Floats | None, Floats | None]:
        """What followed confirmations at such times, seconds to begin and to be done: a row of values for each time.

        Args:
            area: of its platform.
            mode: how it is inspected.
            farm: whether it is farm goods.
            times: of confirmation, epoch seconds; infinite ones are never followed by anything.

        Returns:
            Two tables, None where too few of the kind are known.
        """
        rows = [self._cell(area, mode, farm, *self._at(area, time)) for time in times.tolist()]
        if any(row is None for row in rows):
            return None, None
        begin, done = (np.array([row[part] for row in rows if row is not None]) for part in (0, 1))
        return begin, done

    def _at(self, area: str, time: float) -> tuple[int, bool]:
        """The port's hour, and whether the area works the day after."""
        if time == float("inf"):
            return 12, True
        asked = (area, int(time // _HOUR))
        if asked not in self._hours:
            local = datetime.fromtimestamp(time, self._zone)
            self._hours[asked] = (local.hour, self.rota.works(area, local.date() + timedelta(days=1)))
        return self._hours[asked]

    def _cell(self, area: str, mode: str, farm: bool, hour: int, works: bool) -> tuple[Floats, Floats] | None:
        asked = (area, mode, farm, hour, works)
        if asked not in self._cells:
            self._cells[asked] = self._found(*asked)
        return self._cells[asked]

    def _found(self, area: str, mode: str, farm: bool, hour: int, works: bool) -> tuple[Floats, Floats] | None:
        """The nearest kind of which there are enough: the same; farm or not; any area; about the hour."""
        apart = np.abs((self._hour - hour + 12) % 24 - 12)
        for kind in self._kinds(area, mode, farm):
            for near in (1, 3):
                chosen = kind & (apart <= near) & (self._next == works)
                parts = [_parts(took[chosen & ~np.isnan(took)]) for took in self._took]
                if parts[0] is not None and parts[1] is not None:
                    return parts[0], parts[1]
        return None

    def _kinds(self, area: str, mode: str, farm: bool) -> list[npt.NDArray[np.bool_]]:
        asked = (area, mode, farm)
        if asked not in self._masks:
            past = self.past
            alike = past.mode == mode
            here = alike & (past.area == area)
            self._masks[asked] = [here & (past.farm == farm), here, alike]
        return self._masks[asked]

    @staticmethod
    def _whole_hours(times: Floats) -> list[int]:
        hours: list[int] = (times // _HOUR).astype(np.int64).tolist()
        return hours


def _parts(values: Floats) -> Floats | None:
    """The middles of the tenths; None of too few."""
    if len(values) < FEWEST:
        return None
    return np.asarray(np.quantile(values, (np.arange(PARTS) + 0.5) / PARTS))
