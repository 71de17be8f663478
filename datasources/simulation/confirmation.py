"""How customs confirms inspections: in cycles, per platform, in the published fair order.

Order (seed 000): AEO advanced and fresh goods first; then exports before imports; exports by vessel
departure, imports by appointment time; then application time and declaration number.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import msgspec

from datasources.simulation.chance import day_start

MINUTE = 60
Rank = tuple[int, int, int, int, str]


class Applicant(msgspec.Struct, frozen=True):
    """A declaration waiting for confirmation."""

    index: int
    platform: int
    appointed: int
    not_before: int  # held back until then (papers asked for), else the appointment itself
    jumps: bool  # confirmed out of turn: a scripted incident
    rank: Rank


def cycles(day: int) -> list[tuple[int, bool]]:
    """Confirmation cycles that serve the appointments of a local day: (epoch second, clears all).

    Every 20 minutes in working hours a few of the best placed, and several times round the clock a
    sweep that clears the platform, so that nobody waits four hours: appointments are made online at
    any time, and the area on duty confirms at night as well.
    """
    start = day_start(day)
    office = [*range(9 * 60, 11 * 60 + 21, 20), *range(13 * 60 + 20, 17 * 60 + 1, 20)]
    sweeps = (2 * 60 + 50, 6 * 60 + 20, 7 * 60 + 50, 11 * 60 + 40, 15 * 60 + 30, 19 * 60 + 15, 23 * 60, 26 * 60 + 50)
    return sorted([(start + m * MINUTE, False) for m in office] + [(start + m * MINUTE, True) for m in sweeps])


def confirm(day: int, applicants: Sequence[Applicant], per_cycle: Sequence[float]) -> list[int]:
    """Confirmation times of a day's applicants, in the order given.

    Args:
        day: local day of the appointments.
        applicants: sorted by appointment.
        per_cycle: declarations a platform takes in one office cycle.

    Returns:
        Epoch seconds, one for each applicant.
    """
    done = [0] * len(applicants)
    waiting: list[list[tuple[Rank, int]]] = [[] for _ in per_cycle]
    held: list[int] = []
    credit = [0.0] * len(per_cycle)
    place = 0
    for at, clears in cycles(day):
        while place < len(applicants) and applicants[place].appointed <= at - MINUTE:
            who = applicants[place]
            if who.not_before > who.appointed:
                held.append(place)
            elif who.jumps:
                done[place] = at
            else:
                heapq.heappush(waiting[who.platform], (who.rank, place))
            place += 1
        for number in [h for h in held if applicants[h].not_before <= at]:
            done[number] = at
            held.remove(number)
        for platform, queue in enumerate(waiting):
            credit[platform] = min(credit[platform] + per_cycle[platform], per_cycle[platform] + 1)
            while queue and (clears or credit[platform] >= 1):
                done[heapq.heappop(queue)[1]] = at
                credit[platform] -= 1
    last = cycles(day)[-1][0]
    return [at or max(last, applicants[i].not_before) + 5 * MINUTE for i, at in enumerate(done)]
