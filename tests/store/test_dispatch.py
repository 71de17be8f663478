"""Orders to agencies in the store: one of many wins, and each step stands in the alert's log and in the audit once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.alert_identity import alert_id
from domain.dispatch import OrderRefusedError
from domain.errors import NotAllowedError
from domain.pictures import AlertRow
from domain.viewer import Viewer
from store.engine import Store
from store.schema import alert_log
from tests.store.samples import ENTERPRISE, NOW, PORT, ago

KEY = "r:1"
ID = alert_id(KEY)


def standing(store: Store, state: str = "new") -> Store:
    row = AlertRow(key=KEY, rule="r", level=1, subject_kind="container", subject="1", state=state, condition="firing",
                   opened_at=ago(hours=1), last_at=ago(hours=1), count=1)  # fmt: skip
    store.save_alerts([row])
    return store


def logged(store: Store) -> list[tuple[int, str, str]]:
    with store._database.reading() as connection:
        query = select(alert_log.c.seq, alert_log.c.what, alert_log.c.note).where(alert_log.c.what == "dispatch")
        return [tuple(row) for row in connection.execute(query.order_by(alert_log.c.seq))]


def on_record(store: Store) -> Counter[str]:
    auditor = Viewer(name="auditor", roles=frozenset({"auditor"}))
    found = store.reads.audit(auditor, ago(hours=1), NOW + timedelta(hours=1))
    return Counter(one.entry.what for one in found if one.entry.what.startswith("dispatch."))


def test_an_order_goes_its_way_and_can_be_seen_as_of_then(store: Store) -> None:
    orders = standing(store).orders
    placed = orders.place(PORT, ID, "customs", "open it together", "k1")
    assert orders.place(PORT, ID, "customs", "open it together", "k1") == placed
    assert placed.opened_at == ago(hours=1)
    with pytest.raises(OrderRefusedError) as twice:
        orders.place(PORT, ID, "customs")
    assert (twice.value.reason, twice.value.order) == ("already_ordered", placed)
    accepted = orders.act(PORT, placed.id, "accept", 1, request_key="k2")
    assert orders.act(PORT, placed.id, "accept", 1, request_key="k2") == accepted
    with pytest.raises(OrderRefusedError, match="changed"):
        orders.act(PORT, placed.id, "arrive", 1)
    orders.place(PORT, ID, "maritime")
    assert {one.agency: one.state for one in orders.of(PORT, ID)} == {"customs": "accepted", "maritime": "ordered"}
    assert orders.of(PORT, ID, ago(minutes=1)) == []
    assert len(orders.of(PORT, ID, NOW)) == 2
    assert [what for _, what, _ in logged(store)] == ["dispatch"] * 3
    assert on_record(store) == {"dispatch.order": 2, "dispatch.accept": 1}


def test_of_many_at_once_one_is_done_and_stands_on_record_once(store: Store) -> None:
    orders = standing(store).orders
    placed, answers = orders.place(PORT, ID, "border"), []
    begin = threading.Barrier(8)

    def race(name: str) -> None:
        begin.wait()
        try:
            answers.append(orders.act(Viewer(name=name, roles=PORT.roles), placed.id, "accept", 1).steps[-1].who)
        except OrderRefusedError as refused:
            answers.append(refused.reason)

    threads = [threading.Thread(target=race, args=(f"racer{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(answer for answer in answers if answer == "changed") == {"changed": 7}
    winner = next(answer for answer in answers if answer != "changed")
    assert [step.who for step in orders.of(PORT, ID)[0].steps] == [PORT.name, winner]
    assert on_record(store)["dispatch.accept"] == 1
    assert len(logged(store)) == 2


def test_who_may_not_and_what_is_not_there(new_store: Callable[[], Store]) -> None:
    store = standing(new_store())
    reader = Viewer(name="reader", roles=frozenset({"leader"}))
    officer = Viewer(name="officer", roles=frozenset({"watch_officer"}), scope=ENTERPRISE.scope)
    for viewer in (reader, officer):
        with pytest.raises(NotAllowedError):
            store.orders.place(viewer, ID, "port")
    with pytest.raises(KeyError):
        store.orders.place(PORT, "0" * 16, "port")
    placed = store.orders.place(PORT, ID, "port")
    assert store.orders.of(ENTERPRISE, ID) == []
    assert store.orders.of(reader, ID) == [placed]
    with pytest.raises(NotAllowedError):
        store.orders.act(reader, placed.id, "accept", 1)
    with pytest.raises(KeyError):
        store.orders.act(PORT, "0" * 16, "accept", 1)
    closed = standing(new_store(), "closed")
    with pytest.raises(OrderRefusedError, match="alert_closed"):
        closed.orders.place(PORT, ID, "port")


def test_the_orders_of_all_alerts_are_those_open_and_those_just_over(store: Store) -> None:
    orders, since = standing(store).orders, NOW - timedelta(hours=1)
    first, second = (orders.place(PORT, ID, agency) for agency in ("customs", "border"))
    orders.act(PORT, second.id, "refuse", 1, "not ours")

    def shown(**asked: Any) -> dict[str, str]:
        return {one.order.agency: one.order.state for one in store.reads.dispatched(PORT, **asked)}

    assert shown(since=since) == {"customs": "ordered", "border": "refused"}
    assert shown(since=NOW + timedelta(hours=1)) == {"customs": "ordered"}
    assert shown(since=since, at=ago(minutes=1)) == {}
    assert [one.alert.key for one in store.reads.dispatched(PORT, since) if one.alert] == [KEY, KEY]
    assert store.reads.dispatched(ENTERPRISE, since) == []
    assert first.state == "ordered"
