"""What the KPIs are computed from: one struct the store fills with one read."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Turnaround(msgspec.Struct, kw_only=True):
    """Hours from appointment (确认委托) to leaving the inspection area (放行), seed 000.

    Attributes:
        mean_hours_7d: mean of those finished in the last 7 days.
        mean_hours_30d: same, last 30 days.
        count_7d: how many that is.
        daily_mean_hours: mean of each of the last 14 local days, oldest first; None = none finished.
    """

    mean_hours_7d: float | None = None
    mean_hours_30d: float | None = None
    count_7d: int = 0
    daily_mean_hours: list[float | None] = []


class KpiFacts(msgspec.Struct, kw_only=True):
    """Counts and means at ``now``; None means no data, never zero.

    Attributes:
        now: aware UTC.
        inspected_today: declarations that reached INSPECTED since local midnight.
        inspected_week_ago: the same count up to the same time of day one week earlier.
        inspected_hourly: per hour, last 24 h, oldest first.
        waiting: appointed and not confirmed.
        overdue: of those, waiting longer than the confirmation limit.
        export_at_risk: exports not yet departed whose vessel leaves within 12 h.
        direct_release_7d, scans_7d: machine scans released directly / reviewed, last 7 days.
        direct_release_30d, scans_30d: same, 30 days.
        truck_turn_minutes: mean gate-in to gate-out of visits that ended in the last 2 h.
        truck_turn_p90_minutes: their 90th percentile.
        truck_turn_hourly: mean per hour, last 24 h, oldest first.
        samples_open: laboratory samples sent and not completed.
        samples_oldest_hours: age of the oldest open sample.
        gate_moves_today: passages since local midnight.
        applied_7d: declarations first heard of in the last 7 days.
        modes_7d, modes_today: of those by special way (``domain.special_modes``); those of the local day.
        untested_7d: of those, cold chain goods that applied without a passed test.
        yard_occupancy, yard_occupancy_day_ago: share of capacity.
    """

    now: datetime
    inspected_today: int | None = None
    inspected_week_ago: int | None = None
    inspected_hourly: list[float | None] = []
    farm: Turnaround = msgspec.field(default_factory=Turnaround)
    other: Turnaround = msgspec.field(default_factory=Turnaround)
    waiting: int | None = None
    overdue: int | None = None
    export_at_risk: int | None = None
    direct_release_7d: int | None = None
    scans_7d: int | None = None
    direct_release_30d: int | None = None
    scans_30d: int | None = None
    truck_turn_minutes: float | None = None
    truck_turn_p90_minutes: float | None = None
    truck_turn_hourly: list[float | None] = []
    samples_open: int | None = None
    samples_oldest_hours: float | None = None
    gate_moves_today: int | None = None
    applied_7d: int | None = None
    modes_7d: dict[str, int] = {}
    modes_today: dict[str, int] = {}
    untested_7d: int = 0
    yard_occupancy: float | None = None
    yard_occupancy_day_ago: float | None = None
