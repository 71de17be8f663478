"""Pictures made by hand for the screens: one of everything that can be told apart by eye."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from domain.pictures import (
    AlertRow,
    AlertsPicture,
    BlockRow,
    FeedRow,
    FeedState,
    ForecastRow,
    ForecastsPicture,
    GateRow,
    GatesPicture,
    InspectionRow,
    InspectionsPicture,
    KpiRow,
    KpisPicture,
    NoticeRow,
    NoticesPicture,
    Picture,
    Positions,
    QueuePicture,
    QueueRow,
    Reason,
    YardPicture,
)

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
NORTH = "前湾港北港查验区1号平台"
SOUTH = "前湾港南港查验区2号平台"


def yard() -> YardPicture:
    """Two terminals and an inspection block; one block above the line, one without a capacity."""
    rows = [
        block("a1", "qw1", 0.4),
        block("a2", "qw1", 0.93),
        block("b1", "qw2", None),
        block("cn1", "qw2", 0.2, kind="inspection"),
    ]
    return YardPicture(
        as_of=NOW, expected_seconds=30, origins=["simulated"], feeds=["yard"], rows=rows, boxes=1200, teu=1800.0,
        capacity_teu=2600, occupancy=0.692, occupancy_day_ago=0.671,
    )  # fmt: skip


def block(key: str, terminal: str, occupancy: float | None, kind: str = "standard") -> BlockRow:
    """One block of 800 TEU."""
    teu = 800 * (occupancy or 0.5)
    capacity = 0 if occupancy is None else 800
    return BlockRow(
        key=key, name=key.upper(), terminal=terminal, kind=kind, capacity_teu=capacity, boxes=int(teu / 1.5), teu=teu,
        occupancy=occupancy,
    )  # fmt: skip


def queue_row(rank: int, platform: str = NORTH, waited: float | None = 30, **more: Any) -> QueueRow:
    """A waiting declaration; the limit is four hours."""
    fields: dict[str, Any] = {
        "key": f"4258202600003{rank:05d}", "rank": rank, "platform": platform,
        "area": "north" if platform == NORTH else "south", "bill_of_lading": f"QDGS{rank}", "direction": "export",
        "enterprise_class": "advanced", "fresh": rank == 2, "mode": "machine", "country": "", "entry_state": "未入场",
        "vessel_departure_at": NOW + timedelta(hours=10), "appointed_at": NOW - timedelta(minutes=waited or 0),
        "waited_minutes": waited, "limit_minutes": 240,
        "reason": [Reason(code="rank", params={"rank": rank}), Reason(code="priority_aeo")],
    }  # fmt: skip
    return QueueRow(**{**fields, **more})


def queue() -> QueuePicture:
    """Two platforms, one overdue declaration."""
    rows = [queue_row(1), queue_row(2, waited=250), queue_row(1, SOUTH, key="425820260000400001")]
    return QueuePicture(as_of=NOW, expected_seconds=15, rows=rows, platforms=[NORTH, SOUTH])


def alert(level: int, minutes_ago: int, state: str = "new", **more: Any) -> AlertRow:
    """A gate queue alert."""
    opened = NOW - timedelta(minutes=minutes_ago)
    fields: dict[str, Any] = {
        "key": f"gate_queue:{level}{minutes_ago}", "rule": "gate_queue", "level": level, "subject_kind": "gate",
        "subject": f"g{level}", "state": state, "condition": "firing", "opened_at": opened, "last_at": opened,
        "count": 1, "origin": "simulated", "version": 3,
        "params": {"name": "北港1号闸口", "minutes": 42, "limit_minutes": 30, "trucks": 17, "lanes_open": 5},
    }  # fmt: skip
    return AlertRow(**{**fields, **more})


def alerts() -> AlertsPicture:
    """One of each level, the worst already seen."""
    rows = [alert(1, 50, "acknowledged"), alert(2, 40), alert(3, 5), alert(4, 90)]
    counts = {"1": 1, "2": 1, "3": 1, "4": 1}
    return AlertsPicture(as_of=NOW, expected_seconds=30, rows=rows, counts=counts, unacknowledged=3)


def kpis() -> KpisPicture:
    """One within target, one beyond it, one without a value."""
    common: dict[str, Any] = {"as_of": NOW, "expected_seconds": 30.0, "feeds": ["inspections"]}
    rows = [
        KpiRow(key="turnaround_farm", value=13.14, unit="hours", decimals=1, target=15.1, reference=13.7,
               reference_kind="baseline_2022", note_code="turnaround", note_params={"count": 268, "mean_30d": 13.8},
               spark=[13.0, None, 13.4, 12.9], **common),
        KpiRow(key="sailing_risk", value=6, unit="declarations", target=0, state="attention", **common),
        KpiRow(key="samples_open", value=None, unit="samples", state="unknown", **common),
    ]  # fmt: skip
    return KpisPicture(as_of=NOW, rows=rows)


def forecasts() -> ForecastsPicture:
    """Yard occupancy for three days, with the line it may cross."""
    past = [NOW - timedelta(hours=h) for h in range(120, 0, -1)]
    times = [NOW + timedelta(hours=h) for h in range(72)]
    row = ForecastRow(
        key="yard_occupancy", unit="share", past_times=past, past_values=[0.6 + h % 24 / 500 for h in range(120)],
        times=times, mean=[0.65] * 72, lower_80=[0.62] * 72, upper_80=[0.70] * 72, lower_95=[0.6] * 72,
        upper_95=[0.74] * 72, model="MSTL", made_at=NOW, mase=0.71, coverage_80=0.81, limit=0.85,
        crossing_probability=0.18, backtest_days=14,
    )  # fmt: skip
    return ForecastsPicture(as_of=NOW, rows=[row])


def feed(key: str, state: FeedState, **more: Any) -> FeedRow:
    """Health of a feed."""
    fields: dict[str, Any] = {
        "key": key, "title": key, "titles": {"zh_CN": f"源{key}", "en": f"Feed {key}"}, "adapter": "csv_drop",
        "origin": "simulated", "state": state, "every_seconds": 5.0, "expected_seconds": 15.0, "last_ok_at": NOW,
        "last_event_at": NOW, "accepted": 12345,
    }  # fmt: skip
    return FeedRow(**{**fields, **more})


def feeds() -> Picture:
    """A well one, a degraded recording with reasons, a broken one."""
    recorded = NOW - timedelta(days=5000)
    rows = [
        feed("yard", FeedState.OK),
        feed("ais", FeedState.DEGRADED, origin="recorded", last_recorded_at=recorded, quarantined=3, flagged=2,
             reasons={"bad_checksum": 2, "position_zero": 1}, flags={"mmsi_not_ship": 2}, counts={"lines": 50},
             message_code="truncated", message="ais.nmea.gz:31"),
        feed("gates", FeedState.DOWN, message_code="missing_folder", message="drop/gates"),
    ]  # fmt: skip
    return Picture(as_of=NOW, expected_seconds=5, rows=rows)


def inspection() -> InspectionRow:
    """A recorded declaration that has passed three nodes, two of them in the same minute."""
    nodes = {"appointed": NOW - timedelta(hours=3), "confirmed": NOW - timedelta(hours=2)}
    nodes["transferred"] = nodes["confirmed"]
    return InspectionRow(
        key="425820260000300001", bill_of_lading="QDGS1", platform=NORTH, area="north", direction="export",
        mode="manual", enterprise_class="advanced", fresh=False, farm=True, stage="transferred", nodes=nodes,
        containers=["MIOU2453144"], flags=["declaration_no_17_digits"], origin="recorded",
        recorded_shift_seconds=86400.0 * 1000,
    )  # fmt: skip


def vehicles() -> Positions:
    """Two trucks, one of unknown speed."""
    return Positions(
        kind="vehicles", as_of=NOW, expected_seconds=10, origins=["simulated"], feeds=["vehicles"], ids=["t1", "t2"],
        labels=["鲁B12345", ""], lon=np.array([120.2, 120.21]), lat=np.array([36.0, 36.01]),
        speed=np.array([31.6, np.nan]), heading=np.array([90.0, np.nan]), status=np.array([1, 8], dtype=np.int16),
        seen=np.array([NOW.timestamp(), NOW.timestamp() - 900]),
    )  # fmt: skip


def all_pictures() -> dict[str, Any]:
    """A picture for every topic the screens read."""
    return {
        "yard": yard(),
        "queue": queue(),
        "alerts": alerts(),
        "kpis": kpis(),
        "forecasts": forecasts(),
        "feeds": feeds(),
        "inspections": InspectionsPicture(as_of=NOW, rows=[inspection()], waiting=3),
        "vehicles": vehicles(),
        "gates": GatesPicture(as_of=NOW, expected_seconds=15, rows=[gate("g1", 9.0), gate("g2", 31.0)]),
        "notices": NoticesPicture(rows=[NoticeRow(key="backfill", code="backfill", params={"percent": 43})]),
    }


def gate(key: str, wait: float) -> GateRow:
    """A gate with a limit of 30 minutes."""
    return GateRow(key=key, name=key, trucks_waiting=12, wait_minutes=wait, limit_minutes=30, lanes_open=6)
