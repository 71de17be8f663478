"""The weather over the port: smooth, seasonal, with gales and fog as rare as they are there."""

from __future__ import annotations

import msgspec
import numpy as np

from datasources.simulation.chance import DAY, LOCAL_OFFSET, Floats, Ints, scatter

HOUR = 3_600
_GALES_PER_DAY, _FOGS_PER_DAY = 0.06, 0.05
_CLEAR_METRES = 9_500.0
_COLDEST_DAY = 20.0  # of the year


class Sky(msgspec.Struct):
    """Of moments, in step with them. Degrees are where the wind comes from."""

    wind: Floats  # m/s
    gust: Floats
    degrees: Floats
    visibility: Floats  # metres
    celsius: Floats
    hpa: Floats
    fog: Floats  # 0 none .. 1


def sky(seed: int, at: Ints, mast: int) -> Sky:
    """The weather at moments (epoch seconds) as one mast sees it."""
    near = 60 + mast  # masts differ a little, the weather is the same
    gale = _spell(seed, 140, at, _GALES_PER_DAY, 5 * HOUR, 12)
    fog = _spell(seed, 141, at, _FOGS_PER_DAY, 3 * HOUR, 6)
    breath = _noise(seed, 142, at, 6 * HOUR) + 0.4 * _noise(seed, near, at, HOUR)
    wind = np.maximum(0.3, (4.6 + 2.2 * breath + 13.0 * gale) * (1 - 0.8 * fog))
    gust = wind * (1.28 + 0.16 * _noise(seed, near + 10, at, HOUR) + 0.12 * gale)
    degrees = (200 + 140 * _noise(seed, 143, at, 30 * HOUR)) % 360
    year, hour = (at / DAY) % 365.25, ((at + LOCAL_OFFSET) % DAY) / HOUR
    season = -np.cos(2 * np.pi * (year - _COLDEST_DAY) / 365.25)
    celsius = 13.0 + 12.5 * season + 3.0 * np.sin(2 * np.pi * (hour - 9) / 24) + 2.5 * _noise(seed, 144, at, 40 * HOUR)
    clear = _CLEAR_METRES * (1 + 0.4 * _noise(seed, 145, at, 8 * HOUR))
    visibility = clear * (1 - fog) + 120 * fog
    hpa = 1016 - 7 * season + 6 * _noise(seed, 146, at, 50 * HOUR) - 6 * gale
    return Sky(wind, gust, degrees, visibility, celsius, hpa, fog)


def _noise(seed: int, stream: int, at: Ints, period: int) -> Floats:
    """A smooth curve between -1 and 1 that turns about once a period."""
    step, share = at // period, (at % period) / period
    share = share * share * (3 - 2 * share)
    here, after = (2 * scatter(seed, stream, step + n) - 1 for n in (0, 1))
    return np.asarray(here + (after - here) * share)


def _spell(seed: int, stream: int, at: Ints, per_day: float, half: int, hour: int) -> Floats:
    """Spells of gale or fog: 0 outside, up to 1 in their middle, about some hour of the port's day."""
    total = np.zeros(len(at))
    for ahead in (-1, 0, 1):
        day = (at + LOCAL_OFFSET) // DAY + ahead
        comes = scatter(seed, stream, day, 0) < per_day
        middle = day * DAY - LOCAL_OFFSET + hour * HOUR + (6 * HOUR * (scatter(seed, stream, day, 1) - 0.5))
        strength = 0.55 + 0.45 * scatter(seed, stream, day, 2)
        near = np.clip(1 - np.abs(at - middle) / half, 0, 1)
        total = np.maximum(total, np.where(comes, strength * np.sqrt(near), 0.0))
    return total
