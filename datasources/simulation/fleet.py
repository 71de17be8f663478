"""Road vehicles in motion.

Road trucks on their visits, trucks with inspected boxes, terminal tractors between quay and stack,
and traffic outside.
"""

from __future__ import annotations

import msgspec
import numpy as np

from datasources.simulation import haulage, identity
from datasources.simulation.chance import EPOCH_DAY, Floats, Ints, day_start, local_day, scatter
from datasources.simulation.legs import Legs, legs
from datasources.simulation.world import World
from datasources.simulation.yard_plan import INSIDE_METRES_PER_SECOND, Visits

DRIVING, QUEUEING, LOADING, IDLE = range(4)
STATUS = ("driving", "queueing", "loading", "idle")
_OUTSIDE_METRES_PER_SECOND = 42 / 3.6
_TRUCK_LENGTH = 16.0  # metres a queueing truck takes
WINDOW_SECONDS = 3_600


class Notes(msgspec.Struct):
    """What a leg's truck carries and where it goes; in step with a list, place = Legs.note."""

    container: list[str]
    declaration: list[str]
    destination: list[str]
    planned: list[int]  # route that should be driven, when it is not the one that is; else -1
    owner: list[str]  # enterprise whose declared goods it carries; "" = nobody's

    def add(self, container: str, declaration: str, destination: str, planned: int = -1, owner: str = "") -> int:
        """Take up a note; returns its place."""
        self.container.append(container)
        self.declaration.append(declaration)
        self.destination.append(destination)
        self.planned.append(planned)
        self.owner.append(owner)
        return len(self.container) - 1

    def all(self, containers: list[str], destinations: list[str], planned: list[int] | None = None) -> Ints:
        """Take up notes in step; returns their places."""
        first = len(self.container)
        self.container += containers
        self.declaration += [""] * len(containers)
        self.owner += [""] * len(containers)
        self.destination += destinations
        self.planned += planned if planned is not None else [-1] * len(containers)
        return np.arange(first, len(self.container))


class _Trade(msgspec.Struct):
    """Some visits of a day's plan."""

    day: int
    near: Ints  # their places in the day's visits, rising
    visits: Visits
    brings: list[str]
    takes: list[str]


class Window(msgspec.Struct):
    """All legs that touch one hour."""

    legs: Legs
    notes: Notes


class Fleet:
    """The vehicles: who they are and, hour by hour, what they do."""

    def __init__(self, world: World) -> None:
        self._world = world
        total = world.scale.trucks
        self.road, self.transfer = haulage.transfer_trucks(world)
        rest = total - self.road - self.transfer
        self.outside = round(rest * 0.2)
        self.tractors = rest - self.outside
        self.ids = [identity.plate(i) for i in range(self.road + self.transfer)]
        self.ids += [identity.tractor(i) for i in range(self.tractors)]
        self.ids += [identity.plate(self.road + self.transfer + i) for i in range(self.outside)]
        self._names = self._place_names()

    def _place_names(self) -> list[str]:
        ground = self._world.geography
        names = [g.id for g in ground.gates] + [b.id for b in ground.blocks] + [p.name for p in ground.platforms]
        names += [ground.berths[b].id for b in self._world.timetable.berths]
        return names + ["outside"] * len(self._world.homes)

    def window(self, hour: int) -> Window:
        """The legs of an hour, counted from 1970 (UTC)."""
        return self._world.keep("hour", hour, self._window)

    def _window(self, hour: int) -> Window:
        start, end = hour * WINDOW_SECONDS, (hour + 1) * WINDOW_SECONDS
        notes = Notes([""], [""], ["outside"], [-1], [""])
        parts = [self._idle(start)]
        parts += self._visits(start, end, notes)
        for day in range(local_day(start) - 1, local_day(end) + 1):
            parts += self._transfers(day, start, end, notes)
        parts += self._shuttles(start, end, notes)
        self._world.roads.lines.settle()
        return Window(Legs.join([p for p in parts if len(p.mover)]), notes)

    def on_approach(self, visits: Visits, visit: int, at: int) -> tuple[float, float]:
        """Longitude and latitude of a truck on its way to the gate, without a window's other legs."""
        world, one = self._world, slice(visit, visit + 1)
        home = world.home_place + visits.truck[one] % len(world.homes)
        path = world.roads.routes(home, visits.gate[one])
        lines = world.roads.lines
        tail = np.minimum(visits.ahead[one] * _TRUCK_LENGTH, lines.length[path] * 0.8)
        metres = lines.length[path] - tail - (visits.queued[one] - at) * _OUTSIDE_METRES_PER_SECOND
        lon, lat, _ = lines.at(path, metres)
        return round(float(lon[0]), 6), round(float(lat[0]), 6)

    def _idle(self, start: int) -> Legs:
        """Everybody stands at home before the first leg."""
        world, total = self._world, self._world.scale.trucks
        movers = np.arange(total)
        home = world.home_place + movers % len(world.homes)
        inner = (movers >= self.road) & (movers < self.road + self.transfer + self.tractors)
        platform = world.platform_place + movers % len(world.geography.platforms)
        place = np.where(inner, platform, home)
        path = world.roads.routes(place, place)
        return legs(movers, np.full(total, start - 200_000), np.full(total, start - 199_940), path, 0, 0, IDLE, 0)

    def _visits(self, start: int, end: int, notes: Notes) -> list[Legs]:
        """Legs of road trucks on visits that touch [start, end]."""
        world = self._world
        trade = [self._visits_near(day, start, end) for day in range(local_day(start) - 1, local_day(end) + 2)]
        v = Visits(*(np.concatenate([getattr(t.visits, name) for t in trade]) for name in Visits.__struct_fields__))
        number = [(t.day, n) for t in trade for n in t.near.tolist()]
        brings, takes = [b for t in trade for b in t.brings], [b for t in trade for b in t.takes]
        kept = self._possible(v)
        if not len(kept):
            return []
        v = Visits(*(getattr(v, name)[kept] for name in Visits.__struct_fields__))
        number, brings, takes = ([column[i] for i in kept.tolist()] for column in (number, brings, takes))
        home = world.home_place + v.truck % len(world.homes)
        a, b = world.block_place + v.block_a, world.block_place + np.maximum(v.block_b, 0)
        dual = v.block_b >= 0
        last = np.where(dual, b, a)
        routes, length = world.roads.routes, self._length
        come, to_a, to_b, out = routes(home, v.gate), routes(v.gate, a), routes(a, b), routes(last, v.gate)
        tail = np.minimum(v.ahead * _TRUCK_LENGTH, length(come) * 0.8)
        go, planned = self._ways_home(number, v, home)
        begins = v.queued - ((length(come) - tail) / _OUTSIDE_METRES_PER_SECOND).astype(np.int64)
        ends = v.left + (length(go) / _OUTSIDE_METRES_PER_SECOND).astype(np.int64)
        fore, back = np.zeros(len(begins)), length(go).copy()
        straight_on = self._without_rest(v, come, go, planned, begins, ends, fore, back)
        rests = np.setdiff1d(np.arange(len(begins)), straight_on)
        tail = np.minimum(tail, length(come) * 0.8)
        gate = [self._names[g] for g in v.gate.tolist()]
        block_a, block_b = [self._names[p] for p in a.tolist()], [self._names[p] for p in last.tolist()]
        to_gate, inner = notes.all(brings, gate), notes.all(brings, block_a)
        second = notes.all([""] * len(gate), block_b)
        to_exit, home_note = notes.all(takes, gate), notes.all(takes, ["outside"] * len(gate), planned.tolist())
        two = np.flatnonzero(dual)
        leaves = np.where(dual, v.b_until, v.a_until)
        b_end = length(to_b)[two]
        return [
            legs(v.truck, begins, v.queued, come, fore, length(come) - tail, DRIVING, to_gate),
            legs(v.truck, v.queued, v.entered, come, length(come) - tail, length(come), QUEUEING, to_gate),
            legs(v.truck, v.entered, v.a_from, to_a, 0, length(to_a), DRIVING, inner),
            legs(v.truck, v.a_from, v.a_until, to_a, length(to_a), length(to_a), LOADING, inner),
            legs(v.truck[two], v.a_until[two], v.b_from[two], to_b[two], 0, b_end, DRIVING, second[two]),
            legs(v.truck[two], v.b_from[two], v.b_until[two], to_b[two], b_end, b_end, LOADING, second[two]),
            legs(v.truck, leaves, v.left, out, 0, length(out), DRIVING, to_exit),
            legs(v.truck, v.left, ends, go, 0, back, DRIVING, home_note),
            legs(v.truck[rests], ends[rests], ends[rests] + 60, go[rests], back[rests], back[rests], IDLE, 0),
        ]

    def _visits_near(self, day: int, start: int, end: int) -> _Trade:
        """Visits of a day's plan by trucks of this fleet, a few hours around [start, end]."""
        stays, visits = self._world.trade(day)
        hours = (visits.queued > start - 14_400) & (visits.queued < end + 7_200)
        near = np.flatnonzero(hours & (visits.truck < self.road))
        v = Visits(*(getattr(visits, name)[near] for name in Visits.__struct_fields__))
        carried = []
        for place in (v.delivers, v.collects):
            numbers = identity.container_numbers(stays.first + np.maximum(place, 0))
            carried.append([box if p >= 0 else "" for box, p in zip(numbers, place.tolist(), strict=True)])
        return _Trade(day, near, v, carried[0], carried[1])

    def _length(self, path: Ints) -> Floats:
        return self._world.roads.lines.length[path]

    def _pairs(self, v: Visits) -> tuple[Ints, Ints]:
        """Each visit and the next of the same truck."""
        order = np.lexsort((v.queued, v.truck))
        same = v.truck[order[:-1]] == v.truck[order[1:]]
        return order[:-1][same], order[1:][same]

    def _possible(self, v: Visits) -> Ints:
        """Visits a truck can make: those too soon after its last one are another truck's, which does not report."""
        first, then = self._pairs(v)
        seconds = np.maximum(v.queued[then] - v.left[first], 1)
        metres = self._world.roads.metres[v.gate[first], v.gate[then]]
        missed = then[(seconds < 120) | (metres / seconds > _OUTSIDE_METRES_PER_SECOND * 1.5)]
        return np.setdiff1d(np.arange(len(v.truck)), missed)

    def _without_rest(
        self, v: Visits, come: Ints, go: Ints, planned: Ints, begins: Ints, ends: Ints, fore: Floats, back: Floats
    ) -> Ints:
        """Trucks with no time to go home: straight to the next gate, or out and back to the same one.

        Changes ways, times and metres in place; returns the visits that end without a rest.
        """
        first, then = self._pairs(v)
        late = ends[first] + 60 > begins[then]
        first, then = first[late], then[late]
        if not len(first):
            return first
        planned[first] = -1
        length = self._length
        tail = np.minimum(v.ahead[then] * _TRUCK_LENGTH, length(come[then]) * 0.8)
        seconds = v.queued[then] - v.left[first]
        # Out to where the way there and the way back to the end of the queue take just the time there is.
        home = self._world.home_place + v.truck[first] % len(self._world.homes)
        out = self._world.roads.routes(v.gate[first], home)
        reach = np.minimum((_OUTSIDE_METRES_PER_SECOND * seconds + tail) / 2, length(out))
        share = np.clip(reach / np.maximum(2 * reach - tail, 1), 0, 1)
        other = v.gate[first] != v.gate[then]
        direct = self._world.roads.routes(v.gate[first], v.gate[then])
        go[first] = np.where(other, direct, out)
        come[then] = np.where(other, direct, come[then])
        turn = v.left[first] + (seconds * np.where(other, 0.5, share)).astype(np.int64)
        half = np.maximum(length(direct) - np.minimum(tail, length(direct) * 0.8), 0) / 2
        ends[first] = begins[then] = turn
        back[first] = np.where(other, half, reach)
        fore[then] = np.where(other, half, length(come[then]) - reach)
        return first

    def _ways_home(self, number: list[tuple[int, int]], v: Visits, home: Ints) -> tuple[Ints, Ints]:
        """Ways home as driven, and the planned way where another one is driven (-1: as planned)."""
        world = self._world
        driven = world.roads.routes(v.gate, home)
        planned = np.full(len(driven), -1)
        place = {key: i for i, key in enumerate(number)}
        for day in sorted({key[0] for key in number}):
            for visit in world.script(day).detours:
                i = place.get((day, visit))
                by = self._far_off(int(driven[i]), int(home[i]), day, visit) if i is not None else None
                if i is not None and by is not None:
                    planned[i] = driven[i]
                    driven[i] = world.roads.route(int(v.gate[i]), by, int(home[i]))
        world.roads.lines.settle()
        return driven, planned

    def _far_off(self, way: int, home: int, day: int, visit: int) -> int | None:
        """A place well away from a route, to stray to; None when there is none."""
        world = self._world
        others = [h for h in range(world.home_place, world.home_place + len(world.homes)) if h != home]
        gaps = [world.roads.lines.distance_to(way, *world.homes[h - world.home_place]) for h in others]
        far = [h for h, gap in zip(others, gaps, strict=True) if gap > 400]
        return far[int(scatter(world.seed, 60, day, visit) * len(far))] if far else None

    def _transfers(self, day: int, start: int, end: int, notes: Notes) -> list[Legs]:
        """Trucks with inspected boxes on a local day."""
        if not self.transfer:
            return []
        table, trips = self._world.keep("transfer-day", day, self._transfer_day)
        near = np.flatnonzero(table.start < end)  # all before, too: a truck stands where its last trip ended
        chosen = table.take(near)
        chosen.note = np.array(
            [notes.add(*trips[n]) if n >= 0 else notes.add("", "", "platform") for n in chosen.note.tolist()], np.int64
        )
        return [chosen]

    def _transfer_day(self, day: int) -> tuple[Legs, list[tuple[str, str, str, int, str]]]:
        """The legs of a day's trips, and what each carries where."""
        world = self._world
        trips = haulage.trips(world, day)
        cargo = [(t[4], t[5], self._names[t[3]], -1, t[6]) for t in trips]
        given, free = haulage.give(world, day, trips)
        rows: list[tuple[int, int, int, int, int, int, int]] = []
        for truck, stands, number, way in given:
            begin, finish, origin, goal, *_ = trips[number]
            rows.append((truck, begin - way - 120, begin - 120, stands, origin, DRIVING, -1))
            rows.append((truck, begin - 120, begin, origin, origin, LOADING, number))
            rows.append((truck, begin, finish, origin, goal, DRIVING, number))
            rows.append((truck, finish, finish + 90, goal, goal, LOADING, number))
        for since, truck, stands in free:
            home = haulage.home(world, self.road, truck)
            rows.append((truck, since + 600, since + 1_800, stands, home, DRIVING, -1))
            rows.append((truck, since + 1_800, since + 1_860, home, home, IDLE, -1))
        table = np.array(rows, np.int64).reshape(-1, 7)
        path = world.roads.routes(table[:, 3], table[:, 4])
        parts = []
        for status in (DRIVING, LOADING, IDLE):
            m = np.flatnonzero(table[:, 5] == status)
            length = world.roads.lines.length[path[m]]
            far = length if status == DRIVING else 0.0
            parts.append(legs(self.road + table[m, 0], table[m, 1], table[m, 2], path[m], 0, far, status, table[m, 6]))
        return Legs.join(parts), cargo

    def _shuttles(self, start: int, end: int, notes: Notes) -> list[Legs]:
        """Tractors between quay and stack, and traffic between places outside: endless rounds."""
        world = self._world
        blocks, berths = len(world.geography.blocks), len(world.timetable.berths)
        first = self.road + self.transfer
        terminal = np.array([b.terminal for b in world.geography.blocks])
        quays = np.array([world.geography.berths[b].terminal for b in world.timetable.berths])
        parts = []
        for number, name in enumerate(np.unique(terminal)):
            mine = np.arange(first, first + self.tractors)
            mine = mine[terminal[mine % blocks] == name]
            stacks = np.flatnonzero(terminal == name) + world.block_place
            here = np.flatnonzero(quays == name)
            sides = (here if len(here) else np.arange(berths)) + world.berth_place
            parts += self._rounds(mine, sides, stacks, 800.0, start, end, notes, 70 + number)
        drivers = np.arange(first + self.tractors, world.scale.trucks)
        homes = np.arange(len(world.homes)) + world.home_place
        return parts + self._rounds(drivers, homes, homes, 6_000.0, start, end, notes, 69)

    def _rounds(
        self, movers: Ints, ends: Ints, middles: Ints, seconds: float, start: int, end: int, notes: Notes, stream: int
    ) -> list[Legs]:
        """Rounds end -> middle -> next end, standing for what is left of each half."""
        if not len(movers):
            return []
        seed, world = self._world.seed, self._world
        period = (seconds * (0.85 + 0.5 * scatter(seed, 61, movers))).astype(np.int64)
        phase = (scatter(seed, 62, movers) * period).astype(np.int64)
        zero = day_start(EPOCH_DAY)
        rounds = np.arange(int((end - start) / period.min()) + 4)
        k = ((start - zero - phase) // period - 1)[:, None] + rounds[None, :]
        who = np.broadcast_to(movers[:, None], k.shape).ravel()
        begin = (zero + phase[:, None] + k * period[:, None]).ravel()
        span, k = np.broadcast_to(period[:, None], (len(movers), len(rounds))).ravel(), k.ravel()
        pick = [(scatter(seed, stream, who, k + step) * len(ends)).astype(np.int64) for step in (0, 1)]
        here, after = ends[pick[0]], ends[pick[1]]
        middle = middles[(scatter(seed, stream + 20, who, k) * len(middles)).astype(np.int64)]
        out, back = world.roads.routes(here, middle), world.roads.routes(middle, after)
        length = world.roads.lines.length
        names = {int(p): notes.add("", "", self._names[int(p)]) for p in np.unique(np.concatenate((ends, middles)))}
        to_middle = np.array([names[int(p)] for p in middle], np.int64)
        to_end = np.array([names[int(p)] for p in after], np.int64)
        drive = [
            np.minimum(length[way] / INSIDE_METRES_PER_SECOND, span * 0.38).astype(np.int64) for way in (out, back)
        ]
        leave, there, off = begin, begin + drive[0], begin + span // 2
        home = off + drive[1]
        return [
            legs(who, leave, there, out, 0, length[out], DRIVING, to_middle),
            legs(who, there, off, out, length[out], length[out], LOADING, to_middle),
            legs(who, off, home, back, 0, length[back], DRIVING, to_end),
            legs(who, home, begin + span, back, length[back], length[back], LOADING, to_end),
        ]
