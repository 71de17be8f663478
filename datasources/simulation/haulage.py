"""Which truck carries which inspected box, between its block and the platform."""

from __future__ import annotations

import heapq

import numpy as np

from datasources.simulation import identity
from datasources.simulation.chance import day_start
from datasources.simulation.world import World

OUT, BACK = 0, 1
Trip = tuple[int, int, int, int, str, str, str, int]  # start, end, from, to, box, declaration, whose it is, OUT or BACK
Given = tuple[int, int, int, int]  # truck, place it stands at, number of the trip, seconds of the way there


def transfer_trucks(world: World) -> tuple[int, int]:
    """The first of the trucks that carry inspected boxes, and how many they are."""
    total = world.scale.trucks
    road = min(world.road_trucks, total)
    return road, min(max(4, round(total * 0.08)), max(total - road, 0))


def trips(world: World, day: int) -> list[Trip]:
    """Moves of inspected boxes that begin on a local day."""
    first, last = day_start(day), day_start(day + 1)
    found: list[Trip] = []
    for planned in range(day - 3, day + 1):
        tasks, moves = world.tasks(planned), world.trips(planned)
        numbers = world.numbers(planned)
        block = world.block_place + tasks.box_block
        platform = world.platform_place + tasks.platform[tasks.box_task]
        for way, leaves, comes, origin, goal in (
            (OUT, moves.picked, moves.brought, block, platform),
            (BACK, moves.fetched, moves.returned, platform, block),
        ):
            for i in np.flatnonzero((leaves >= first) & (leaves < last)).tolist():
                task = int(tasks.box_task[i])
                what = (numbers[i], tasks.declaration[task], identity.agent(int(tasks.agent[task]) + 1), way)
                found.append((int(leaves[i]), int(comes[i]), int(origin[i]), int(goal[i]), *what))
    return sorted(found)


def give(world: World, day: int, plan: list[Trip]) -> tuple[list[Given], list[tuple[int, int, int]]]:
    """Give a day's trips, in order, to the truck that is free first.

    Returns:
        The trips given, and where each truck ends: (since, truck, place).
    """
    road, count = transfer_trucks(world)
    free = [(day_start(day), truck, home(world, road, truck)) for truck in range(count)]
    heapq.heapify(free)
    given: list[Given] = []
    for number, (begin, finish, origin, goal, *_) in enumerate(plan):
        if not free:
            break
        since, truck, stands = free[0]
        way = int(world.roads.metres[stands, origin] / 7.0) + 30
        if since + way + 120 > begin:  # nobody is free: a truck of another firm, which does not report
            continue
        heapq.heapreplace(free, (finish + 90, truck, goal))
        given.append((truck, stands, number, way))
    return given, free


def home(world: World, road: int, truck: int) -> int:
    """The platform a truck waits at over night."""
    return world.platform_place + (road + truck) % len(world.geography.platforms)


def carriers(world: World, day: int) -> dict[str, str]:
    """Plate of the truck that brings the first box of a declaration to its platform, of the moves of a local day."""

    def make(day: int) -> dict[str, str]:
        plan, road = trips(world, day), transfer_trucks(world)[0]
        found: dict[str, str] = {}
        for truck, _, number, _ in give(world, day, plan)[0]:
            if plan[number][-1] == OUT:
                found.setdefault(plan[number][5], identity.plate(road + truck))
        return found

    return world.keep("carriers", day, make)
