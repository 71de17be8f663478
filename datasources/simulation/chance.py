"""Chance that never changes: numbers drawn from (seed, stream, place), not from a running state."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DAY = 86_400
LOCAL_OFFSET = 8 * 3600  # the port's clock, Asia/Shanghai: UTC+8 all year
EPOCH_DAY = 18_262  # local day 2020-01-01, from which running numbers are counted


def local_day(at: float) -> int:
    """The local day (days since 1970-01-01) an epoch second falls in."""
    return int((at + LOCAL_OFFSET) // DAY)


def day_start(day: int) -> int:
    """Epoch second of a local day's midnight."""
    return day * DAY - LOCAL_OFFSET


def weekday(day: int) -> int:
    """Monday = 0 .. Sunday = 6."""
    return (day + 3) % 7


def generator(seed: int, stream: int, day: int) -> np.random.Generator:
    """A random generator of its own for one plan of one day."""
    return np.random.Generator(np.random.PCG64([seed & 0xFFFFFFFF, stream, day]))


def scatter(seed: int, stream: int, *keys: Ints | int) -> Floats:
    """Uniform numbers in [0, 1) that depend only on the keys (splitmix64 finaliser).

    Args:
        seed: of the world.
        stream: keeps different uses of the same keys apart.
        keys: integers or integer arrays that broadcast together.
    """
    mixed = np.uint64((seed * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF)
    with np.errstate(over="ignore"):
        state: npt.NDArray[np.uint64] = np.asarray(mixed, np.uint64)
        for key in keys:
            state = (state ^ np.asarray(key, np.int64).astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return np.asarray((state >> np.uint64(11)).astype(np.float64) / float(1 << 53))


def spread(rng: np.random.Generator, weights: Floats, count: int) -> Ints:
    """Draw ``count`` indices so that each comes up as near its share as whole numbers allow.

    Systematic sampling: shares are met to within one, only the order is random. Keeps a block's
    occupancy on the level its weight asks for instead of letting it wander.
    """
    cumulative = np.cumsum(weights, dtype=np.float64)
    marks = (np.arange(count) + rng.random()) / max(count, 1) * cumulative[-1]
    chosen = np.searchsorted(cumulative, marks, side="right").astype(np.int64)
    rng.shuffle(chosen)
    return np.asarray(np.minimum(chosen, len(weights) - 1))


def by_hour(rng: np.random.Generator, shares: Floats, count: int) -> Ints:
    """Sorted seconds of the day, ``count`` of them, following 24 hourly shares."""
    cumulative = np.concatenate(([0.0], np.cumsum(shares, dtype=np.float64)))
    marks = (np.arange(count) + rng.random(count)) / max(count, 1) * cumulative[-1]
    return np.sort(np.interp(marks, cumulative, np.arange(25) * 3600.0)).astype(np.int64)
