"""Vessel calls: every berth has a timetable without end, worked out for any stretch of time.

Call k of a berth begins near k x cycle + phase; vessels of the berth take turns. So the timetable
needs no history, and a vessel is never at two places.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np

from datasources.simulation import identity
from datasources.simulation.chance import DAY, EPOCH_DAY, Floats, Ints, day_start, scatter
from datasources.simulation.geography import Geography

HOUR = 3600
TUG_SHARE = 0.12
_CALLS_PER_BERTH = 1_000_000  # a call's code is berth x this + k
_WORK_MARGIN = 40 * 60  # between mooring and the first lift, and before leaving
ANNOUNCED_BEFORE = 72 * HOUR


class CallTable(msgspec.Struct):
    """Calls in step, sorted by arrival. Times are epoch seconds."""

    code: Ints
    berth: Ints
    number: Ints  # k
    vessel: Ints
    eta: Ints
    ata: Ints
    etd: Ints
    atd: Ints
    anchored: Ints  # seconds spent at anchor before berthing

    def take(self, wanted: Ints) -> CallTable:
        """The calls at these places of the table."""
        return CallTable(*(np.asarray(getattr(self, name))[wanted] for name in self.__struct_fields__))


class Timetable:
    """The berths' timetables and the fleet that keeps them."""

    def __init__(self, seed: int, geography: Geography, vessels: int) -> None:
        self._seed = seed
        self.geography = geography
        self.tugs = max(1, int(vessels * TUG_SHARE)) if vessels > 2 else 0
        self.ships = max(vessels - self.tugs, 1)
        self.berths = self._berths_used()
        used = len(self.berths)
        self.cycle = (22 + 12 * scatter(seed, 10, np.arange(used))) * HOUR
        self._phase = scatter(seed, 11, np.arange(used)) * self.cycle
        self._turns = np.array([len(range(b, self.ships, used)) for b in range(used)])
        self.length = 170 + 190 * scatter(seed, 12, np.arange(self.ships))
        self._around = lru_cache(maxsize=8)(self._windows)

    def _berths_used(self) -> Ints:
        """Berths worked: at least two ships for each, spread evenly along the quays."""
        total = len(self.geography.berths)
        used = max(1, min(total, self.ships // 2))
        return np.unique(np.linspace(0, total - 1, used).round().astype(np.int64))

    def between(self, since: float, until: float) -> CallTable:
        """All calls whose stay at the berth touches [since, until]."""
        berths, numbers = [], []
        for berth, cycle in enumerate(self.cycle):
            zero = day_start(EPOCH_DAY) + self._phase[berth]
            first, last = int((since - zero) // cycle) - 2, int((until - zero) // cycle) + 2
            numbers.append(np.arange(first, last + 1))
            berths.append(np.full(len(numbers[-1]), berth))
        table = self._calls(np.concatenate(berths), np.concatenate(numbers))
        inside = np.flatnonzero((table.atd >= since) & (table.ata <= until))
        return table.take(inside[np.argsort(table.ata[inside], kind="stable")])

    def _calls(self, berth: Ints, k: Ints) -> CallTable:
        """Call ``k`` of each berth, in step."""
        seed, cycle = self._seed, self.cycle[berth]
        planned = day_start(EPOCH_DAY) + self._phase[berth] + k * cycle
        stay = cycle * (0.72 + 0.12 * scatter(seed, 13, berth, k))
        delay = HOUR * (scatter(seed, 14, berth, k) - 0.35) * 1.6
        waits = scatter(seed, 15, berth, k)
        anchored = np.where(waits < 0.45, 0.0, (waits - 0.4) * 16 * HOUR)
        ata, etd = planned + delay, planned + stay
        atd = etd + HOUR * (scatter(seed, 16, berth, k) - 0.4) * 2
        whole = (planned, ata, etd, atd, anchored)
        eta_i, ata_i, etd_i, atd_i, anchored_i = (np.asarray(v // 60 * 60, np.float64).astype(np.int64) for v in whole)
        turn = k % self._turns[berth]
        return CallTable(
            code=berth * _CALLS_PER_BERTH + k,
            berth=berth,
            number=k,
            vessel=berth + turn * len(self.berths),
            eta=eta_i,
            ata=ata_i,
            etd=etd_i,
            atd=atd_i,
            anchored=anchored_i,
        )

    def _windows(self, month: int) -> dict[str, tuple[Ints, Ints, Ints, Ints]]:
        """Working windows by terminal for 32 local days and 40 days to both sides.

        Returns:
            terminal -> (code, first lift, last lift, latest last lift so far), sorted by first lift.
        """
        since = day_start(month * 32) - 40 * DAY
        table = self.between(since, since + 112 * DAY)
        terminal = np.array([self.geography.berths[b].terminal for b in self.berths])[table.berth]
        start, end = table.ata + _WORK_MARGIN, table.atd - _WORK_MARGIN
        windows = {}
        for name in {b.terminal for b in self.geography.blocks}:
            mine = np.flatnonzero(terminal == name) if np.any(terminal == name) else np.arange(len(start))
            mine = mine[np.argsort(start[mine], kind="stable")]
            windows[name] = (table.code[mine], start[mine], end[mine], np.maximum.accumulate(end[mine]))
        return windows

    def next_lift(self, day: int, terminal: str, at: Floats, share: Floats) -> tuple[Ints, Ints]:
        """The first call of the terminal that begins work after each time: (code, lift time)."""
        code, start, end, _ = self._around(day // 32)[terminal]
        place = np.minimum(np.searchsorted(start, at), len(start) - 1)
        return code[place], (start[place] + share * (end[place] - start[place])).astype(np.int64)

    def last_lift(self, day: int, terminal: str, at: Floats, share: Floats) -> tuple[Ints, Ints]:
        """The last call of the terminal that has ended work before each time: (code, lift time)."""
        code, start, end, latest = self._around(day // 32)[terminal]
        place = np.maximum(np.searchsorted(latest, at, side="right") - 1, 0)
        return code[place], (start[place] + share * (end[place] - start[place])).astype(np.int64)

    def departures(self, codes: Ints) -> dict[int, int]:
        """Estimated departure (epoch seconds) by call code."""
        known = np.unique(codes)
        table = self._calls(known // _CALLS_PER_BERTH, known % _CALLS_PER_BERTH)
        return dict(zip(table.code.tolist(), table.etd.tolist(), strict=True))

    def vessel_of(self, code: int) -> int:
        """The ship that makes a call."""
        berth, number = divmod(code, _CALLS_PER_BERTH)
        return int(berth + number % self._turns[berth] * len(self.berths))

    def call_id(self, code: int) -> str:
        """The id a call is known by."""
        berth = self.geography.berths[self.berths[code // _CALLS_PER_BERTH]]
        return f"{berth.id}-{code % _CALLS_PER_BERTH}"

    def voyage(self, code: int) -> str:
        """The voyage number of a call."""
        number = code % _CALLS_PER_BERTH
        return f"{number % 900 + 100}{'EW'[number % 2]}"

    def vessel_name(self, vessel: int) -> str:
        """Name of a ship of the fleet."""
        return identity.vessel_name(vessel)
