"""Of a random past only what can matter is read, and the answer is that of a rule evaluated every second over all."""

from __future__ import annotations

import random

import pytest

from domain.backtest import BackTest
from domain.fences import FenceKind
from domain.records import Record, StayKind, VehiclePosition
from domain.rule_instances import Changes
from domain.viewer import PORT_OPERATOR
from store.engine import Store
from tests.store.rule_brute import agree, brute
from tests.store.samples import NOW, ago, common, fence, stay, task
from tests.store.test_backtest import played, told

RULES = {
    "overspeed": Changes(params={"kmh": 60}),
    "route_deviation": Changes(params={"metres": 200}),
    "stop_outside": Changes(hold_on_seconds=60.0),
    "fence_intrusion": None,
    "signal_lost": Changes(params={"silent_minutes": 8}),
    "late_for_appointment": Changes(params={"minutes": 30}),
    "vgm_over": Changes(params={"tonnes": 1}),
    "dangerous_undeclared": None,
}
SETTLED = 600  # seconds: what was wrong before the two hours is found as they begin
FENCES = [
    fence("F1", applies=("vehicle",)),
    fence("F2", kind=FenceKind.SPEED_ZONE, limit=30.0),
    fence("F3", kind=FenceKind.ALLOWED_STOP),
]


def vehicles(dice: random.Random) -> list[Record]:
    """Fixes at least a minute apart, so that all are kept; some vehicles fall silent, and two stop in the end."""
    found: list[Record] = []
    for number in range(5):
        minute = dice.uniform(-60, 20)
        while minute < 119:
            lon = dice.choice((120.201, 120.1))
            found.append(VehiclePosition(
                vehicle_id=f"V{number}", lon=lon, lat=36.001, speed_kmh=dice.choice((None, 0.0, 1.0, 31.0, 64.0, 99.0)),
                status=dice.choice(("driving", "queueing", "loading", "")),
                off_route_metres=dice.choice((None, 180.0, 300.0)),
                container_no=dice.choice(("", "C1")), declaration_no=dice.choice(("", "D1", "D2")),
                **common(ago(minutes=120 - minute)),
            ))  # fmt: skip
            minute += dice.choice((1.1, 1.5, 2.0, 7.0, 9.0, 25.0))
    return found


def boxes(dice: random.Random) -> list[Record]:
    """Boxes weighed, declared, and gone again; some numbers come a second time."""
    found: list[Record] = []
    for number in range(16):
        came = ago(days=dice.choice((0, 10)), minutes=dice.uniform(5, 115))
        gone = dice.choice((None, ago(minutes=dice.uniform(-20, 100))))
        found.append(stay(
            f"S{number}", came, None if gone is None or gone <= came else gone, container_no=f"C{number % 12}",
            max_gross_tonnes=30.0, vgm_tonnes=dice.choice((None, 20.0, 30.5, 31.5, 33.0)),
            imdg_class=dice.choice(("", "3")), kind=dice.choice((*StayKind,)),
            declared_at=dice.choice((None, None, ago(minutes=50))),
        ))  # fmt: skip
    return found


def past(seed: int) -> list[Record]:
    dice = random.Random(seed)
    tasks = [task(f"D{n}", at=ago(hours=4), appointed_for=ago(minutes=140 - 40 * n)) for n in range(1, 3)]
    return [*tasks, *vehicles(dice), *boxes(dice)]


@pytest.mark.parametrize("name", sorted(RULES))
@pytest.mark.parametrize("seed", [1])
def test_what_is_left_out_changes_nothing(store: Store, name: str, seed: int) -> None:
    records, fences = past(seed), {one.fence_id: one for one in FENCES}
    store.ingest("test", records, received_at=NOW)
    for one in FENCES:
        store.put_fence(PORT_OPERATOR, one)
    got = _all(played(store, name, RULES[name]), "draft" if RULES[name] else "published")
    wanted = [one for one in brute(name, records, fences, RULES[name]) if one[2] > SETTLED]
    agree(got, wanted)


def _all(test: BackTest, which: str) -> list[tuple[str, int, float, float | None]]:
    assert test.state == "ok", test.detail
    return [one for one in told(test, which) if one[2] > SETTLED]
