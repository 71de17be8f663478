"""The outbox: every entry is somebody's at one time, none is written twice, nothing is lost to a clock or a kill."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from domain.deliveries import SENT
from domain.errors import NotAllowedError
from domain.escalation import OutboxEntry, dedup_key
from domain.permissions import Role
from domain.sent import STATES, Sought
from domain.viewer import PORT_OPERATOR, Viewer
from store.engine import Store
from store.writes import outbox as writes
from store.writes.outbox import Done
from tests.store.samples import NOW

ALERT = "0123456789abcdef"
SECOND = timedelta(seconds=1)


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    return new_store()


def entry(
    number: int = 0, *, at: datetime = NOW, wait: float = 0, alert: str = ALERT, kind: str = "urgent"
) -> OutboxEntry:
    return OutboxEntry(
        kind=kind, alert_id=alert, at=at, due_at=at + timedelta(seconds=wait), target="duty",
        dedup=dedup_key(alert, NOW, f"1.{number}", "duty"),
        body={"id": alert, "rule": "gate_queue", "level": 1, "subject": "G1", "stage": number},
    )  # fmt: skip


def enqueue(store: Store, *entries: OutboxEntry) -> None:
    with store._database.writing() as connection:
        writes.enqueue(connection, entries)


def cancel(alert: str = ALERT) -> OutboxEntry:
    return OutboxEntry(kind="cancel", alert_id=alert, at=NOW, due_at=NOW)


def claimed(store: Store, now: datetime = NOW, holder: str = "one") -> list[int]:
    return [one.body["stage"] for one in store.outbox.claim("duty", ["urgent"], holder, now, 100)]


def states(store: Store) -> list[str]:
    found = [row for state in STATES for row in store.reads.sent(PORT_OPERATOR, Sought(state=state))]
    return [row.state for row in sorted(found, key=lambda row: row.key)]


def test_the_same_is_written_once_and_done_once(store: Store) -> None:
    enqueue(store, entry(0), entry(0), entry(1, wait=30))
    enqueue(store, entry(0))
    first = store.outbox.claim("duty", ["urgent"], "one", NOW, 100)
    assert [one.body["stage"] for one in first] == [0]
    assert store.outbox.mark("one", [Done(first[0].id, "done", SENT)], NOW) == 1
    enqueue(store, entry(0))  # what was done is never done again
    assert claimed(store) == []
    assert states(store) == ["done", "pending"]


def test_who_acts_strikes_out_what_is_to_come_of_that_alert_alone(store: Store) -> None:
    other = ALERT[:-1] + "0"
    enqueue(store, entry(0, wait=30), entry(0, wait=30, alert=other), entry(1, wait=60))
    enqueue(store, cancel())
    assert states(store) == ["cancelled", "pending", "cancelled"]
    enqueue(store, cancel(), entry(1, at=NOW + SECOND, wait=60))  # it asks for attention again
    assert claimed(store, NOW + 61 * SECOND) == [0, 1]


def test_of_many_who_claim_at_once_each_entry_is_one_ones(store: Store) -> None:
    enqueue(store, *(entry(number) for number in range(40)))
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: store.outbox.claim("duty", ["urgent"], f"n{n}", NOW, 7), range(8)))
    taken = [one.id for part in got for one in part]
    assert len(taken) == len(set(taken)) == 40


def test_a_claim_ends_and_the_late_one_marks_nothing(store: Store) -> None:
    enqueue(store, entry(0))
    [mine] = store.outbox.claim("duty", ["urgent"], "one", NOW, 9)
    assert claimed(store, holder="two") == []
    later = NOW + timedelta(minutes=3)
    assert claimed(store, later, holder="two") == [0]
    assert store.outbox.mark("one", [Done(mine.id, "done", SENT)], later) == 0
    assert states(store) == ["claimed"]


def test_the_next_in_charge_takes_over_at_once_and_by_its_own_clock(store: Store) -> None:
    """The first was killed, and the second's clock is an hour behind."""
    enqueue(store, entry(0), entry(1, wait=30))
    assert claimed(store) == [0]
    behind = NOW - timedelta(hours=1)
    store.outbox.take_over("two", behind)
    assert claimed(store, behind, "two") == [0]
    assert claimed(store, behind + 29 * SECOND, "two") == []
    assert claimed(store, behind + 30 * SECOND, "two") == [1]


def test_a_clock_set_back_delays_nothing(store: Store) -> None:
    enqueue(store, entry(1, wait=30))
    store.outbox.set_back(timedelta(hours=2))
    assert claimed(store, NOW - timedelta(hours=2) + 30 * SECOND) == [1]


def test_every_attempt_is_on_record(store: Store) -> None:
    enqueue(store, entry(0))
    [one] = store.outbox.claim("duty", ["urgent"], "one", NOW, 9)
    again = NOW + 10 * SECOND
    store.outbox.mark("one", [Done(one.id, "pending", "timeout", "no answer", again)], NOW)
    assert claimed(store, NOW + 9 * SECOND) == []
    [two] = store.outbox.claim("duty", ["urgent"], "one", again, 9)
    assert two.attempts == 1
    store.outbox.mark("one", [Done(two.id, "done", SENT)], again)
    assert [one.result for one in store.reads.attempts(PORT_OPERATOR, ["duty"])["duty"]] == [SENT, "timeout"]
    [row] = store.reads.sent(PORT_OPERATOR, Sought(target="duty", level=1))
    assert (row.state, row.attempts, row.result, row.tried_at, row.rule) == ("done", 2, SENT, again, "gate_queue")
    assert store.reads.sent(PORT_OPERATOR, Sought(level=2)) == []
    assert store.outbox.forget(NOW + timedelta(days=1)) == 1
    assert store.reads.attempts(PORT_OPERATOR, ["duty"]) == {"duty": []}


def test_who_may_not_see_alerts_is_not_told_what_they_are_about(store: Store) -> None:
    enqueue(store, entry(0))
    admin = Viewer(name="a", roles=frozenset({Role.SYSTEM_ADMIN}))
    waiting = Sought(state="pending")
    assert [row.subject for row in store.reads.sent(admin, waiting)] == [""]
    assert [row.subject for row in store.reads.sent(PORT_OPERATOR, waiting)] == ["G1"]
    assert store.reads.sent(PORT_OPERATOR, Sought()) == []  # it has not come to anything yet
    of_enterprise = Viewer(name="e", roles=frozenset({Role.SUPERVISOR}), scope=frozenset({"E1"}))
    assert store.reads.sent(of_enterprise, waiting) == []
    assert store.reads.waiting(of_enterprise) == store.reads.attempts(of_enterprise, ["duty"]) == {}
    officer = Viewer(name="o", roles=frozenset({Role.WATCH_OFFICER}))
    for asked in (lambda: store.reads.sent(officer, Sought()), lambda: store.reads.waiting(officer)):
        with pytest.raises(NotAllowedError):
            asked()


def test_a_test_is_for_the_administrator_and_on_record(store: Store) -> None:
    admin = Viewer(name="a", roles=frozenset({Role.SYSTEM_ADMIN, Role.AUDITOR}))
    store.outbox.test(admin, "duty")
    assert store.outbox.due(NOW) == {"duty": {"test"}}
    assert [one.entry.what for one in store.reads.audit(admin, NOW - SECOND, NOW + SECOND)] == ["notification.test"]
    with pytest.raises(NotAllowedError):
        store.outbox.test(Viewer(name="s", roles=frozenset({Role.SUPERVISOR})), "duty")
