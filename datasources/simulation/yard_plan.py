"""One day's truck trade and the container stays that hang on it.

A stay is planned with the day its truck comes (imports, exports) or its vessel does
(transhipment); the vessel side is then tied to a call of the block's terminal. A day's plan is a
pure function of (seed, day) and of the timetable.
"""

from __future__ import annotations

import msgspec
import numpy as np

from datasources.simulation.calls import Timetable
from datasources.simulation.chance import (
    DAY,
    EPOCH_DAY,
    Floats,
    Ints,
    by_hour,
    day_start,
    generator,
    scatter,
    spread,
    weekday,
)
from datasources.simulation.geography import Geography
from datasources.simulation.identity import CAPACITY_PER_DAY
from domain.records import StayKind

IMPORT, EXPORT, TRANSHIP = 0, 1, 2
KINDS = (StayKind.STANDARD, StayKind.REEFER, StayKind.DANGEROUS, StayKind.EMPTY)
LENGTHS = np.array([20, 40, 45])
LONGEST_DAYS = 15  # no stay reaches further from its plan day than this

_LEVEL = 0.67  # mean occupancy aimed at
_ROLES = {StayKind.EMPTY: (0.5, 0.5, 0.0)}
_ROLE_SHARES = (0.38, 0.38, 0.24)
_LENGTH_SHARES = {StayKind.REEFER: (0.1, 0.86, 0.04), StayKind.DANGEROUS: (0.7, 0.3, 0.0)}
_USUAL_LENGTHS = (0.4, 0.55, 0.05)
_MEAN_DWELL_DAYS = (5.75, 5.75, 5.75, 7.3)  # by kind, as measured with the snapping to calls included
_WEEK = np.array(  # imports, exports, transhipment by weekday: consignees fetch little at weekends
    [[1.14, 0.97, 1.0], [1.1, 1.0, 1.0], [1.08, 1.03, 1.0], [1.08, 1.06, 1.0], [1.12, 1.08, 1.0], [0.84, 1.0, 1.0],
     [0.64, 0.86, 1.0]]
)  # fmt: skip
_TIDES = ((41.0, 0.25), (13.0, 0.15))  # days, share: boxes stay longer and shorter in slow waves
_HOURS = np.array(
    [
        2.2,
        1.8,
        1.5,
        1.3,
        1.4,
        2.0,
        3.0,
        4.0,
        5.2,
        6.0,
        6.3,
        5.6,
        4.4,
        5.4,
        6.3,
        6.5,
        6.2,
        5.6,
        5.0,
        4.8,
        4.6,
        4.2,
        3.6,
        2.9,
    ]
)
_DUAL_SHARE = 0.3
INSIDE_METRES_PER_SECOND = 25 / 3.6
_BUSIEST_LOAD = 0.70  # share of a gate's capacity used in its busiest hour
_BUSIEST_HOUR = 0.065  # share of a day's trucks in that hour


class Visits(msgspec.Struct):
    """Truck visits of one day in the order they join a gate's queue. Epoch seconds; -1 = none."""

    truck: Ints
    gate: Ints
    block_a: Ints
    block_b: Ints
    queued: Ints
    entered: Ints
    a_from: Ints
    a_until: Ints
    b_from: Ints
    b_until: Ints
    left: Ints
    ahead: Ints  # trucks before it when it joined the queue
    delivers: Ints  # place of the export in the day's stays
    collects: Ints  # place of the import


class Stays(msgspec.Struct):
    """Stays planned with one day; place i of every column is stay ``first + i``."""

    first: int
    role: Ints
    kind: Ints
    block: Ints
    bay: Ints
    tier: Ints
    length: Ints
    weight: Floats
    arrives: Ints
    departs: Ints
    arrival_call: Ints  # code of the call that discharged it, -1 by truck
    departure_call: Ints
    visit: Ints  # visit that delivered or collected it, -1 transhipment


class Slowdown(msgspec.Struct, frozen=True):
    """A gate served slower for a while: an incident."""

    gate: int
    since: int
    until: int
    factor: float


class YardPlanner:
    """Plans days of truck trade."""

    def __init__(
        self, seed: int, geography: Geography, timetable: Timetable, gate_metres: Floats, road: Floats
    ) -> None:
        """Fix what does not change from day to day.

        Args:
            seed: of the world.
            geography: the ground.
            timetable: vessel calls.
            gate_metres: road metres, gates x blocks.
            road: road metres, blocks x blocks.
        """
        self._seed, self._geography, self._timetable = seed, geography, timetable
        self._gate_metres, self._road = gate_metres, road
        self._terminal = np.array([b.terminal for b in geography.blocks])
        self._kind = np.array([KINDS.index(b.kind) if b.kind in KINDS else -1 for b in geography.blocks])
        self._capacity = geography.capacity()
        self._numbers = [self._flows(_WEEK[day]) for day in range(7)]
        per_weekday = [int(sum(self._visits_of(n))) for n in self._numbers]
        self._visit_sums = np.concatenate(([0], np.cumsum(per_weekday)))

    @staticmethod
    def _visits_of(flows: Ints) -> tuple[int, int]:
        exports, imports = int(flows[:, EXPORT].sum()), int(flows[:, IMPORT].sum())
        dual = int(min(exports, imports) * _DUAL_SHARE)
        return exports, imports - dual

    def _flows(self, factor: Floats) -> Ints:
        """Boxes a day, kinds x roles."""
        flows = np.zeros((len(KINDS), 3), np.int64)
        for number, kind in enumerate(KINDS):
            capacity = self._capacity[self._kind == number].sum()
            teu = float(np.dot(_LENGTH_SHARES.get(kind, _USUAL_LENGTHS), LENGTHS) / 20)
            boxes = _LEVEL * capacity / (teu * _MEAN_DWELL_DAYS[number])
            flows[number] = np.round(boxes * np.array(_ROLES.get(kind, _ROLE_SHARES)) * factor)
        return flows

    def visits_before(self, day: int) -> int:
        """Running number of the day's first visit since the epoch day."""
        weeks, rest = divmod(day - EPOCH_DAY, 7)
        start = weekday(EPOCH_DAY)
        partial = sum(
            int(self._visit_sums[(start + i) % 7 + 1] - self._visit_sums[(start + i) % 7]) for i in range(rest)
        )
        return int(weeks * self._visit_sums[7] + partial)

    @property
    def visits_per_day(self) -> float:
        """Mean over the week."""
        return float(self._visit_sums[7]) / 7

    def block_weights(self, day: int) -> Floats:
        """How much each block is favoured: fixed likes and dislikes and a slow swell of its own."""
        number = np.arange(len(self._capacity))
        fixed = 0.9 + 0.18 * scatter(self._seed, 20, number)
        period = 18 + 16 * scatter(self._seed, 21, number)
        swell = np.sin(2 * np.pi * (day / period + scatter(self._seed, 22, number)))
        return self._capacity * fixed * (1 + 0.15 * swell)

    def plan(self, day: int, trucks: int, slowdowns: tuple[Slowdown, ...] = ()) -> tuple[Stays, Visits]:
        """The day's stays and visits.

        Args:
            day: local day.
            trucks: road trucks that take turns.
            slowdowns: gate incidents.
        """
        rng = generator(self._seed, 2, day)
        flows = self._numbers[weekday(day)]
        kind = np.repeat(np.repeat(np.arange(len(KINDS)), 3), flows.ravel())
        role = np.repeat(np.tile(np.arange(3), len(KINDS)), flows.ravel())
        stays = self._boxes(rng, day, kind, role)
        visits = self._visits(day, stays, trucks, ())
        self._tie(rng, day, stays, visits)
        if slowdowns:  # changes when the trucks come through, never which call a box belongs to
            visits = self._visits(day, stays, trucks, slowdowns)
            self._by_truck(stays, visits)
        return stays, visits

    def _boxes(self, rng: np.random.Generator, day: int, kind: Ints, role: Ints) -> Stays:
        count = len(kind)
        order = rng.permutation(count)
        kind, role = kind[order], role[order]
        weights = self.block_weights(day)
        block, length = np.zeros(count, np.int64), np.zeros(count, np.int64)
        for number, name in enumerate(KINDS):
            mine = np.flatnonzero(kind == number)
            if not len(mine):
                continue
            block[mine] = spread(rng, np.where(self._kind == number, weights, 0.0), len(mine))
            length[mine] = LENGTHS[spread(rng, np.array(_LENGTH_SHARES.get(name, _USUAL_LENGTHS)), len(mine))]
        bays = np.array([max(1, b.ground_slots // 6) for b in self._geography.blocks])[block]
        tiers = np.array([b.tiers for b in self._geography.blocks])[block]
        load = np.where(kind == KINDS.index(StayKind.EMPTY), 0.0, rng.gamma(4.0, 3.6, count))
        nothing = np.full(count, -1, np.int64)
        return Stays(
            first=(day - EPOCH_DAY) * CAPACITY_PER_DAY, role=role, kind=kind, block=block,
            bay=(rng.random(count) * bays).astype(np.int64) * 2 + 1,
            tier=1 + (rng.random(count) ** 1.3 * tiers).astype(np.int64),
            length=length, weight=np.round(np.minimum(load, 28.0) + np.where(length > 20, 3.8, 2.3), 1),
            arrives=nothing.copy(), departs=nothing.copy(), arrival_call=nothing.copy(),
            departure_call=nothing.copy(), visit=nothing.copy(),
        )  # fmt: skip

    def _visits(self, day: int, stays: Stays, trucks: int, slowdowns: tuple[Slowdown, ...]) -> Visits:
        rng = generator(self._seed, 4, day)
        exports, imports = np.flatnonzero(stays.role == EXPORT), np.flatnonzero(stays.role == IMPORT)
        dual = int(min(len(exports), len(imports)) * _DUAL_SHARE)
        count = len(exports) + len(imports) - dual
        order = rng.permutation(count)
        none = np.full(count, -1, np.int64)
        delivers, collects = none.copy(), none.copy()
        delivers[: len(exports)] = exports
        collects[len(exports) - dual :] = imports
        delivers, collects = delivers[order], collects[order]
        first = stays.block[np.where(delivers >= 0, delivers, collects)]
        second = np.where((delivers >= 0) & (collects >= 0), stays.block[collects], -1)
        near = np.argsort(self._gate_metres, axis=0)[:, first]
        gate = near[np.minimum((rng.random(count) ** 1.8 * 2.6).astype(np.int64), len(near) - 1), np.arange(count)]
        queued = day_start(day) + by_hour(rng, _HOURS, count)
        entered, ahead = self._through(rng, gate, queued, slowdowns)
        pace = INSIDE_METRES_PER_SECOND * (0.75 + 0.4 * rng.random(count))
        handling = 240 + rng.gamma(3.0, 240.0, (2, count))
        a_from = entered + 30 + self._gate_metres[gate, first] / pace
        a_until = a_from + handling[0]
        b_from = np.where(second >= 0, a_until + 30 + self._road[first, second] / pace, -1)
        b_until = np.where(second >= 0, b_from + handling[1], -1)
        last = np.where(second >= 0, second, first)
        left = (
            np.maximum(a_until, b_until) + 60 + self._gate_metres[gate, last] / pace + 60 + rng.gamma(2.0, 60.0, count)
        )
        whole = [np.asarray(v).astype(np.int64) for v in (a_from, a_until, b_from, b_until, left)]
        truck = (self.visits_before(day) + np.arange(count)) % trucks
        a_from_i, a_until_i, b_from_i, b_until_i, left_i = whole
        return Visits(
            truck, gate, first, second, queued, entered, a_from_i, a_until_i, b_from_i, b_until_i, left_i,
            ahead, delivers, collects,
        )  # fmt: skip

    def _through(
        self, rng: np.random.Generator, gate: Ints, queued: Ints, slowdowns: tuple[Slowdown, ...]
    ) -> tuple[Ints, Ints]:
        """Serve each gate's queue in order of arrival (Lindley); returns entry times and trucks ahead."""
        entered, ahead = np.zeros(len(gate), np.int64), np.zeros(len(gate), np.int64)
        draw = 0.5 + rng.exponential(0.5, len(gate))
        for number in range(len(self._gate_metres)):
            mine = np.flatnonzero(gate == number)
            if not len(mine):
                continue
            at = queued[mine].astype(np.float64)
            service = _BUSIEST_LOAD * 3600 / (len(mine) * _BUSIEST_HOUR) * draw[mine]
            for slow in slowdowns:
                if slow.gate == number:
                    service = np.where((at >= slow.since) & (at < slow.until), service * slow.factor, service)
            done = np.cumsum(service)
            out = done + np.maximum.accumulate(at - np.concatenate(([0.0], done[:-1])))
            entered[mine] = out.astype(np.int64) + 1
            ahead[mine] = np.arange(len(mine)) - np.searchsorted(entered[mine], queued[mine], side="right")
        return entered, ahead

    def _tie(self, rng: np.random.Generator, day: int, stays: Stays, visits: Visits) -> None:
        """Give every stay its two ends: the truck's time and the lift of a call."""
        count = len(stays.role)
        self._by_truck(stays, visits)
        longer = 1.0 + sum(
            share * float(np.sin(2 * np.pi * (day / period + scatter(self._seed, 23, int(period)))))
            for period, share in _TIDES
        )
        dwell = (0.7 + rng.gamma(2.2, 2.0, count) * np.where(stays.kind == 3, 1.3, 1.0)) * longer
        dwell = np.clip(dwell, 0.5, LONGEST_DAYS - 3) * DAY
        moment = day_start(day) + rng.random(count) * DAY
        share = rng.random((2, count))
        terminal = self._terminal[stays.block]
        for name in np.unique(terminal):
            self._lift(day, str(name), terminal == name, stays, dwell, moment, share)

    @staticmethod
    def _by_truck(stays: Stays, visits: Visits) -> None:
        number = np.arange(len(visits.truck))
        out, back = visits.delivers >= 0, visits.collects >= 0
        stays.visit[visits.delivers[out]] = number[out]
        stays.visit[visits.collects[back]] = number[back]
        ends = np.where(visits.block_b >= 0, visits.b_until, visits.a_until)
        stays.arrives[visits.delivers[out]] = visits.a_until[out]
        stays.departs[visits.collects[back]] = ends[back]

    def _lift(
        self, day: int, terminal: str, here: np.ndarray, stays: Stays, dwell: Floats, moment: Floats, share: Floats
    ) -> None:
        inward = np.flatnonzero(here & (stays.role != EXPORT))
        leaves = np.where(stays.role == IMPORT, stays.departs - dwell, moment)[inward]
        code, at = self._timetable.last_lift(day, terminal, leaves, share[0, inward])
        stays.arrival_call[inward], stays.arrives[inward] = code, at
        outward = np.flatnonzero(here & (stays.role != IMPORT))
        code, at = self._timetable.next_lift(day, terminal, (stays.arrives + dwell)[outward], share[1, outward])
        stays.departure_call[outward], stays.departs[outward] = code, at
