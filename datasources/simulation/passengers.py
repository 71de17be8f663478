"""Passengers of the port's ferries: how many wait to be let through, and how many cross the hall's line."""

from __future__ import annotations

import numpy as np

from datasources.simulation.chance import Floats, Ints, day_start, local_day, scatter, weekday

HALL = "passenger-hall"
MINUTE = 60
_SAILINGS = (9.5, 16.25)  # port's time; a third on Friday and Sunday evenings
_EVENING = 20.0
_GATHER, _CLEAR = 80 * MINUTE, 35 * MINUTE  # they come for so long, and are through so long after the first is let in
_USUAL, _SPREAD = 120.0, 200.0
_CROWDED, _CROWD = 0.04, 1.9  # of sailings: everybody comes home at once
_COUNTED_EVERY = 5 * MINUTE


def waiting(seed: int, at: Ints) -> Ints:
    """How many wait at each of these moments (epoch seconds)."""
    total = np.zeros(len(at))
    for day in range(local_day(int(at.min())) - 1, local_day(int(at.max())) + 2) if len(at) else ():
        for opens, people in _sailings(seed, day):
            total += people * (_come(at, opens) - np.clip((at - opens) / _CLEAR, 0, 1))
    return np.maximum(np.round(total), 0).astype(np.int64)


def crossings(seed: int, day: int) -> list[tuple[int, int]]:
    """People who crossed the line of the waiting hall in the five minutes before each moment, of a local day."""
    marks = day_start(day) + np.arange(0, 86_400 + 1, _COUNTED_EVERY)
    come = np.zeros(len(marks))
    for opens, people in _sailings(seed, day):
        come += people * _come(marks, opens)
    counts = np.diff(np.round(come)).astype(np.int64)
    return [(int(at), int(count)) for at, count in zip(marks[1:], counts, strict=True) if count > 0]


def _come(at: Ints, opens: int) -> Floats:
    """The share of a sailing's passengers that have come; most in the middle of the time they take."""
    share = np.clip((at - opens + _GATHER) / _GATHER, 0, 1)
    return np.asarray(share * share * (3 - 2 * share))


def _sailings(seed: int, day: int) -> list[tuple[int, float]]:
    """Of a local day: when they begin to be let through, and how many they are."""
    hours = (*_SAILINGS, _EVENING) if weekday(day) in (4, 6) else _SAILINGS
    number = np.arange(len(hours))
    late = 30 * MINUTE * (scatter(seed, 130, day, number) - 0.3)
    people = _USUAL + _SPREAD * scatter(seed, 131, day, number)
    people = np.where(scatter(seed, 132, day, number) < _CROWDED, people * _CROWD, people)
    starts = day_start(day) + np.array(hours) * 3600 + late
    return [(int(start), float(many)) for start, many in zip(starts, people, strict=True)]
