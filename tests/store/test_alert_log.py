"""The log of alerts by time, orders not done, and handovers signed by two."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from domain.alerting import Alerting
from domain.audit import Sealer
from domain.errors import NotAllowedError
from domain.shift import Handover, ShiftError
from domain.viewer import Viewer
from pipeline.alarm_reports import AlarmReports
from pipeline.shift_desk import ShiftDesk
from store.engine import Store
from tests.store.alert_log_rows import order, step, write
from tests.store.samples import ENTERPRISE, NOW, PORT, ago
from tests.store.test_alerts import row

SETTINGS: Any = SimpleNamespace(port=SimpleNamespace(timezone="Asia/Shanghai"), alerts=Alerting())
LI, WANG = (Viewer(name=name, roles=frozenset({"watch_officer"}), address="10.0.0.7") for name in ("li", "wang"))
SHIFT = "2026-11-22T08:00"


@pytest.fixture
def desk(store: Store) -> ShiftDesk:
    return ShiftDesk(SETTINGS, store, lambda: NOW)


def _alert(key: str, **more: Any) -> Any:
    return replace(row(key, rule="gate_queue", subject=key), **more)


def test_steps_come_by_time_with_what_the_alert_is_about(store: Store) -> None:
    store.save_alerts([_alert("a")])
    steps = [step("a", 1, ago(hours=3)), step("a", 2, ago(hours=2), "acknowledge", who="li", note="seen"),
             step("gone", 1, ago(hours=1), level=1), step("a", 3, NOW)]  # fmt: skip
    write(store, steps)
    found = store.reads.alert_steps(PORT, ago(hours=2), NOW)
    assert [(one.what, one.rule, one.subject, one.who, one.note) for one in found] == [
        ("acknowledge", "gate_queue", "a", "li", "seen"), ("opened", "", "", "", ""),
    ]  # fmt: skip
    assert found[0].at == ago(hours=2)
    assert store.reads.alert_steps(ENTERPRISE, ago(hours=9), NOW) == []


def test_orders_that_are_done_are_gone_and_the_next_due_comes_first(store: Store) -> None:
    store.save_alerts([_alert("a")])
    orders = [
        order("1", "a"),
        order("2", "a", due_at=NOW),
        order("3", "a", due_at=ago(hours=1)),
        order("4", "a", "done"),
    ]
    write(store, [], orders)
    assert [(one.order_id, one.subject) for one in store.reads.alert_orders(PORT)] == [
        ("3", "a"),
        ("2", "a"),
        ("1", "a"),
    ]
    assert store.reads.alert_orders(ENTERPRISE) == []


def test_reports_of_all_spans_come_from_one_log(store: Store, desk: ShiftDesk) -> None:
    store.save_alerts([_alert("a", opened_at=ago(days=2), last_at=ago(days=2))])
    write(store, [step("a", n, ago(hours=hours)) for n, hours in enumerate((1, 5, 20, 100, 400, 900), 1)])
    reports = AlarmReports(SETTINGS, store, desk, lambda: NOW).reports(PORT)
    assert {name: one.announced for name, one in reports.items()} == {
        "shift": 1, "last_shift": 1, "day": 3, "week": 4, "month": 5,
    }  # fmt: skip
    assert reports["last_shift"].until == reports["shift"].since == ago(hours=4)
    assert AlarmReports(SETTINGS, store, desk, lambda: NOW).reports(ENTERPRISE)["month"].rules == []


def test_a_shift_is_handed_over_by_two_and_both_signatures_are_on_record(store: Store, desk: ShiftDesk) -> None:
    store.save_alerts([_alert("a", level=1), _alert("b", state="closed")])
    write(store, [step("a", 1, ago(hours=1), level=1)])
    with pytest.raises(ShiftError, match="nobody signed"):
        desk.take_over(WANG, SHIFT, 0)
    first = desk.sign_out(LI, SHIFT, 0, "  crane 3 is slow ")
    assert (first.version, first.note, first.open, first.counts["open"]) == (1, "crane 3 is slow", ("a",), 1)
    again = desk.sign_out(LI, SHIFT, 1, "crane 3 is well")
    for who, version, code in ((LI, 2, "same_person"), (WANG, 1, "changed")):
        with pytest.raises(ShiftError) as refused:
            desk.take_over(who, SHIFT, version)
        assert refused.value.code == code
    with pytest.raises(ShiftError) as refused:
        desk.sign_out(WANG, SHIFT, 2, "")
    assert refused.value.code == "other_signed"
    taken = desk.take_over(WANG, SHIFT, again.version)
    assert (taken.out_by, taken.in_by, taken.note, taken.in_at) == ("li", "wang", "crane 3 is well", NOW)
    with pytest.raises(ShiftError) as refused:
        desk.sign_out(LI, SHIFT, 3, "late")
    assert refused.value.code == "taken"
    assert desk.handover(PORT, desk.named(SHIFT)) == taken
    assert desk.past(PORT, NOW) == [taken]
    assert desk.past(ENTERPRISE, NOW) == []
    assert [(one.who, one.what, one.object) for one in _audit(store)] == [
        ("wang", "shift.take_over", SHIFT), ("li", "shift.sign_out", SHIFT), ("li", "shift.sign_out", SHIFT),
    ]  # fmt: skip
    assert store.operations.audit_findings(Sealer(b""), []) == []


def _audit(store: Store) -> list[Any]:
    return [one.entry for one in store.reads.audit(PORT, ago(days=1), NOW + timedelta(seconds=1))]


@pytest.mark.parametrize(
    ("viewer", "shift_id", "error"),
    [(Viewer(name="guest"), SHIFT, NotAllowedError), (replace(LI, scope=frozenset({"E1"})), SHIFT, NotAllowedError),
     (LI, "2026-11-22T09:00", ShiftError), (LI, "tonight", ShiftError), (LI, "2026-11-22T20:00", ShiftError)],
)  # fmt: skip
def test_who_may_not_and_shifts_that_are_none_are_refused(
    desk: ShiftDesk, store: Store, viewer: Viewer, shift_id: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        desk.sign_out(viewer, shift_id, 0, "")
    assert _audit(store) == []


def test_of_many_who_take_over_at_once_one_does(store: Store, desk: ShiftDesk) -> None:
    desk.sign_out(LI, SHIFT, 0, "")
    won: list[Handover] = []
    refused: list[str] = []

    def race(n: int) -> None:
        try:
            won.append(desk.take_over(replace(WANG, name=f"w{n}"), SHIFT, 1))
        except ShiftError as error:
            refused.append(error.code)

    racers = [threading.Thread(target=race, args=(n,)) for n in range(12)]
    for one in racers:
        one.start()
    for one in racers:
        one.join()
    assert (len(won), refused) == (1, ["taken"] * 11)
    assert [one.what for one in _audit(store)] == ["shift.take_over", "shift.sign_out"]
