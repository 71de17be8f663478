"""Will exports make their ships, and what waits for too long: as stored, as of a moment, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.records import CheckResult, Direction, Hold, InspectionMode, Node, Record, VesselCall
from domain.rota import Area, Inspections
from domain.sailing_pictures import SailingRow
from store.engine import Store
from tests.store.samples import ENTERPRISE, NOW, PORT, ago, common, step, task

ROTA = Inspections(areas={"north": Area(weekend=("saturday",)), "south": Area(weekend=("sunday",))})
LIMITS = {
    "confirm_wait_minutes": 240.0, "appoint_wait_hours": 24.0, "rejected_wait_hours": 12.0, "suspended_hours": 48.0,
}  # fmt: skip
HOURS = (0.0, 1.0, 1.5, 2.0, 3.0, 3.5, 5.0)  # from the appointment to each node, of all that are done
MANY = 40
KIND: dict[str, Any] = {
    "direction": Direction.EXPORT, "mode": InspectionMode.MANUAL, "area": "south", "platform": "S1",
}  # fmt: skip


def done(number: int, area: str) -> list[Record]:
    """One that is through: appointed at 09:00 on a day of the week before, out five hours later."""
    begun = ago(hours=3, days=number % 3 + 4)  # Tuesday to Thursday
    name, kind = f"{area}{number}", {**KIND, "area": area, "platform": f"{area}1"}
    steps = zip(Node, HOURS, strict=True)
    return [
        task(name, begun, scope="E2", **kind),
        *(step(name, node, begun + timedelta(hours=hours), scope="E2") for node, hours in steps),
    ]


def inside(name: str, appointed: datetime, due_hours: float | None = None, **more: Any) -> list[Record]:
    """One that waits for confirmation; NOW is noon on a Sunday, when the south area works."""
    due = {} if due_hours is None else {"cut_off": NOW + timedelta(hours=due_hours)}
    known = {**KIND, "scope": "E1", **due, **more}
    return [task(name, appointed, **known), step(name, Node.APPOINTED, appointed, scope=known["scope"])]


CALL = VesselCall(
    call_id="c1", vessel_name="Cosco  Star", voyage="045E", etd=NOW + timedelta(hours=30),
    cut_off=NOW + timedelta(hours=18), berth="b2", **common(ago(hours=9)),
)  # fmt: skip
OTHER = VesselCall(
    call_id="c2", vessel_name="COSCO STAR", voyage="046W", etd=NOW + timedelta(hours=300),
    cut_off=NOW + timedelta(hours=290), **common(ago(hours=9)),
)  # fmt: skip
SAILS = {"vessel_name": "COSCO STAR", "vessel_departure_at": NOW + timedelta(hours=33)}


@pytest.fixture(scope="module")
def store(shared_stores: Callable[[], Store]) -> Store:
    made = shared_stores()
    records: list[Record] = [CALL, OTHER]
    for number in range(MANY):
        records += done(number, "south") + done(number, "north")
    now = ago(minutes=30)
    records += inside("safe", now, 9.0) + inside("late", now, 1.0) + inside("gone", now, -2.0)
    records += inside("long_gone", now, -30.0) + inside("by_call", now, None, **SAILS)
    records += inside("voyage", now, None, vessel_name="cosco star/046W") + inside("nothing", now)
    records += inside("departs", now, None, vessel_name="ELSE", vessel_departure_at=NOW + timedelta(hours=3))
    records += inside("foreign", now, 9.0, scope="E2") + inside("import", now, 9.0, direction=Direction.IMPORT)
    records += inside("stuck", ago(hours=9), 9.0)
    records += [task("held", ago(days=2), scope="E1", cut_off=NOW + timedelta(hours=9), hold=Hold.NOT_APPOINTED,
                     held_since=ago(hours=30), gathered_at=ago(hours=25), **KIND)]  # fmt: skip
    made.ingest("test", records, received_at=NOW)
    return made


def rows(store: Store, **moment: Any) -> dict[str, SailingRow]:
    return {row.key: row for row in store.reads.sailings(PORT, ROTA, **moment).rows}


def test_every_export_not_through_is_judged_by_the_time_others_took(store: Store) -> None:
    found = rows(store)
    assert {key: row.state for key, row in found.items()} == {
        "late": "will_miss", "stuck": "unknown", "nothing": "unknown", "held": "unknown", "gone": "missed",
        "safe": "safe", "foreign": "safe", "by_call": "safe", "voyage": "safe", "departs": "will_miss",
    }  # fmt: skip
    safe = found["safe"]
    assert (safe.likely, safe.margin_hours) == (NOW + timedelta(hours=4.5), 4.5)
    assert (safe.compared, safe.alike) == (MANY, ["direction", "farm", "mode", "area"])
    assert (found["stuck"].why, found["nothing"].why, found["held"].why) == ("stuck", "no_deadline", "held")
    order = [row.state for row in store.reads.sailings(PORT, ROTA).rows]
    assert order == sorted(order, key=("will_miss", "at_risk", "unknown", "missed", "safe").index)


def test_the_deadline_is_its_own_cut_off_else_the_calls_else_the_departure(store: Store) -> None:
    found = rows(store)
    told = {key: (row.deadline, row.deadline_of, row.call) for key, row in found.items()}
    assert told["safe"] == (NOW + timedelta(hours=9), "cut_off", "")
    assert told["by_call"] == (CALL.cut_off, "call_cut_off", "c1")
    assert told["voyage"] == (OTHER.cut_off, "call_cut_off", "c2")
    assert told["departs"][:2] == (NOW + timedelta(hours=3), "departure")
    assert told["nothing"] == (None, "", "")
    assert (found["by_call"].departure, found["by_call"].berth) == (SAILS["vessel_departure_at"], "b2")


def test_another_area_is_checked_and_offered(store: Store) -> None:
    found = rows(store)
    outcomes = {key: found[key].cross.outcome for key in ("late", "safe", "held", "gone")}  # type: ignore[union-attr]
    assert outcomes == {"late": "possible", "safe": "refused", "held": "refused", "gone": "too_late"}
    cross = found["late"].cross
    assert cross is not None
    assert cross.offer is not None
    assert (cross.offer.area, cross.offer.platform, cross.offer.state) == ("north", "north1", "will_miss")
    assert cross.offer.slot_at == datetime.fromisoformat("2026-11-23T08:00+08:00")  # closed on Sundays


def test_an_enterprise_sees_its_own_judged_by_what_all_took(store: Store) -> None:
    own = store.reads.sailings(ENTERPRISE, ROTA)
    assert "foreign" not in {row.key for row in own.rows}
    assert [row for row in own.rows if row.key == "safe"] == [rows(store)["safe"]]
    assert sum(own.counts.values()) == len(own.rows) == len(rows(store)) - 1


def test_as_of_a_moment_nothing_later_counts(store: Store) -> None:
    before = rows(store, at=ago(hours=1))
    assert set(before) == {"stuck", "held"}  # the others had not been appointed
    assert before["stuck"].likely is None
    early = rows(store, at=ago(days=5)).values()  # a third of the others was through then, another third inside
    assert {(row.stage, row.compared) for row in early} == {("inspected", 0)}
    assert rows(store, at=ago(hours=1), known="then") == {}  # all of it came at noon


def test_with_too_little_history_nothing_is_said(store: Store) -> None:
    few = store.reads.sailings(PORT, Inspections(baseline_days=1))
    assert {row.state for row in few.rows} == {"unknown", "missed"}
    assert next(row for row in few.rows if row.key == "safe").why == "little_history"


def test_the_five_lists_hold_what_waits_beyond_its_limit(new_store: Callable[[], Store]) -> None:
    store = new_store()
    held = [
        task("unappointed", ago(days=3), hold=Hold.NOT_APPOINTED, accepted_at=ago(hours=25), scope="E1"),
        task("soon", ago(days=3), hold=Hold.NOT_APPOINTED, held_since=ago(hours=23)),
        task("rejected", ago(days=3), hold=Hold.REJECTED, held_since=ago(hours=13)),
        task("suspended", ago(days=3), hold=Hold.SUSPENDED, held_since=ago(hours=47)),
        task("again", ago(days=3), hold=Hold.SUSPENDED, held_since=ago(hours=60)),
    ]
    check = CheckResult(check_id="c", container_no="C", result="seal_missing", **common(ago(hours=2), scope="E1"))
    old = CheckResult(check_id="o", container_no="C", result="seal_missing", **common(ago(hours=25)))
    waits = [*inside("waits", ago(hours=5)), *inside("short", ago(hours=3))]
    store.ingest("test", [*held, check, old, *waits], received_at=ago(hours=1))
    store.ingest("test", [task("again", ago(minutes=30))], received_at=NOW)  # goes on again

    found = store.reads.warnings(PORT, LIMITS)
    keys = ["check:test:c", "unconfirmed:waits", "unappointed:unappointed", "rejected:rejected"]
    assert [row.key for row in found.rows] == keys
    assert found.counts == {"check": 1, "unconfirmed": 1, "unappointed": 1, "rejected": 1, "suspended": 0}
    assert [(row.hours, row.limit_hours) for row in found.rows[1:]] == [(5.0, 4.0), (25.0, 24.0), (13.0, 12.0)]
    own = store.reads.warnings(ENTERPRISE, LIMITS)
    assert [row.key for row in own.rows] == keys[:3]
    for known in ("corrected", "then"):
        before = store.reads.warnings(PORT, LIMITS, ago(minutes=40), known)
        assert [row.key for row in before.rows] == [*keys, "suspended:again"]
