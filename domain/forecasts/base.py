"""What a forecast needs to know; the pipeline's forecast process does the computing."""

from __future__ import annotations

import msgspec

from domain.records import Record


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """A forecast of an hourly series.

    Attributes:
        code: catalogue key part forecast.<code>.title.
        metric: hourly roll-up metric it continues, e.g. ``yard_occupancy``.
        subject: roll-up subject, e.g. ``port``.
        unit: catalogue unit.
        horizon_hours: how far.
        seasons_hours: season lengths, e.g. (24, 168).
        history_hours: how much past it uses.
        limit_name: name in settings.Limits of the line it may cross, or "".
        floor: least possible value, or None.
        reads: record types its series is rolled up from; for the catalogue of datasets.
    """

    code: str
    metric: str
    subject: str
    unit: str
    horizon_hours: int = 72
    seasons_hours: tuple[int, ...] = (24, 168)
    history_hours: int = 24 * 56
    limit_name: str = ""
    floor: float | None = 0.0
    reads: frozenset[type[Record]] = frozenset()
