"""Alerts: the machine's saves and the people's acts on the same rows."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from msgspec.structs import replace

from domain.alert import IllegalStepError
from domain.pictures import AlertRow
from domain.viewer import Viewer
from store.engine import Store
from store.writes.alerts import AlertChangedError
from tests.store.samples import NOW, PORT, ago


def row(key: str = "r:1", **extra: Any) -> AlertRow:
    given: dict[str, Any] = {
        "rule": "r", "level": 2, "subject_kind": "vehicle", "subject": "1", "state": "open", "condition": "firing",
        "opened_at": ago(hours=1), "last_at": ago(hours=1), "count": 1, "params": {"n": 1}, **extra,
    }  # fmt: skip
    return AlertRow(key=key, **given)


def test_alerts_worst_first_and_closed_ones_gone(store: Store) -> None:
    rows = [
        row("b", level=3),
        row("a", level=1),
        row("c", level=1, last_at=NOW),
        row("d", state="closed", closed_at=NOW),
    ]
    assert store.save_alerts(rows) == []
    picture = store.reads.alerts(PORT)
    assert [one.key for one in picture.rows] == ["c", "a", "b"]
    assert (picture.counts, picture.unacknowledged) == ({"1": 2, "2": 0, "3": 1, "4": 0}, 3)
    assert store.reads.alert(PORT, "d") == rows[3]
    assert store.reads.alert(PORT, "none") is None


def test_a_repetition_updates_in_place_and_a_new_state_begins_a_version(store: Store) -> None:
    store.save_alerts([row()])
    store.save_alerts([row(count=5, last_at=NOW)])
    assert store.reads.counts(PORT)["alert"] == 1
    assert store.reads.alerts(PORT).rows[0].count == 5
    store.save_alerts([row(count=5, last_at=NOW, condition="clear", version=2)])
    assert store.reads.counts(PORT)["alert"] == 2
    assert [one.condition for one in store.reads.alert_history(PORT, ago(hours=2), NOW.replace(year=2027))] == ["clear"]


def test_acknowledge_and_close_with_history(store: Store) -> None:
    store.save_alerts([row()])
    seen = store.act_on_alert(Viewer(name="operator"), "r:1", "acknowledge", NOW, 1)
    assert (seen.state, seen.acknowledged_by, seen.version) == ("acknowledged", "operator", 2)
    with pytest.raises(AlertChangedError) as changed:
        store.act_on_alert(Viewer(name="other"), "r:1", "acknowledge", NOW, 1)
    assert changed.value.row == seen
    with pytest.raises(IllegalStepError):
        store.act_on_alert(Viewer(name="other"), "r:1", "acknowledge", NOW, 2)
    with pytest.raises(KeyError):
        store.act_on_alert(Viewer(name="operator"), "r:9", "close", NOW, 1)
    with pytest.raises(ValueError, match="shelve"):
        store.act_on_alert(Viewer(name="operator"), "r:1", "shelve", NOW, 2)
    assert store.reads.alerts(PORT).rows == [seen]


def test_a_machine_that_did_not_know_does_not_undo_a_person(store: Store) -> None:
    store.save_alerts([row()])
    store.act_on_alert(Viewer(name="operator"), "r:1", "acknowledge", NOW, 1)
    standing = store.save_alerts([row(count=7, version=2, params={"n": 9})])
    assert [(one.state, one.acknowledged_by, one.count, one.params) for one in standing] == [
        ("acknowledged", "operator", 7, {"n": 9})
    ]
    assert store.reads.alerts(PORT).rows == standing
    reopened = replace(standing[0], state="open", acknowledged_by="", acknowledged_at=None, version=4, level=1)
    assert store.save_alerts([reopened]) == []
    assert store.reads.alerts(PORT).rows == [reopened]


def test_forty_racers_and_one_winner(store: Store) -> None:
    store.save_alerts([row()])
    outcomes: list[str] = []

    def race(name: str) -> None:
        try:
            store.act_on_alert(Viewer(name=name), "r:1", "acknowledge", NOW, 1)
            outcomes.append("won")
        except AlertChangedError:
            outcomes.append("lost")

    racers = [threading.Thread(target=race, args=(f"p{n}",)) for n in range(40)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(outcomes) == ["lost"] * 39 + ["won"]
