"""Alerts: the machine's saves and the people's acts on the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from domain.alert import Asked, BadActError, IllegalStepError
from domain.alert_flow import Merged, merge
from domain.alert_pictures import AlertRow, alert_id
from domain.rules.base import Finding, Judged
from domain.viewer import Viewer
from pipeline.alert_memory import AlertMemory
from store.engine import Store
from store.schema import alert, alert_log, audit
from store.writes.alerts import AlertChangedError
from tests.store.samples import ENTERPRISE, NOW, PORT, ago

ANNA, BORIS = Viewer(name="anna"), Viewer(name="boris")


def row(key: str = "r:1", **extra: Any) -> AlertRow:
    given: dict[str, Any] = {
        "rule": "r", "level": 2, "subject_kind": "vehicle", "subject": "1", "state": "new", "condition": "firing",
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
    seen = store.act_on_alert(ANNA, "r:1", "acknowledge", NOW, 1)
    assert (seen.state, seen.acknowledged_by, seen.version) == ("acknowledged", "anna", 2)
    with pytest.raises(AlertChangedError) as changed:
        store.act_on_alert(BORIS, "r:1", "acknowledge", NOW, 1)
    assert changed.value.row == seen
    with pytest.raises(IllegalStepError):
        store.act_on_alert(BORIS, "r:1", "acknowledge", NOW, 2)
    with pytest.raises(KeyError):
        store.act_on_alert(ANNA, "r:9", "close", NOW, 1)
    with pytest.raises(BadActError):
        store.act_on_alert(ANNA, "r:1", "shelve", NOW, 2)
    assert store.reads.alerts(PORT).rows == [seen]


def test_an_alert_is_told_whole_with_its_evidence_and_every_step(store: Store) -> None:
    memory = AlertMemory(store)
    store.alerts._clock = lambda: ago(minutes=10)
    assert memory.judge([found(level=3, minutes=40)], ago(minutes=10))
    number = alert_id("r:1")
    store.alerts._clock = lambda: ago(minutes=9)
    store.alerts.act(ANNA, number, Asked(act="assign", to="berth team", note="please"), ago(minutes=9), 1)
    store.alerts._clock = lambda: ago(minutes=8)
    assert memory.judge([found(level=1, minutes=90)], ago(minutes=8))
    told = store.reads.alert_file(PORT, number)
    assert told is not None
    assert [(one.seq, one.what, one.who, one.to_state, one.version) for one in told.history] == [
        (1, "opened", "", "new", 1), (2, "assign", "anna", "assigned", 2), (3, "level_raised", "", "new", 3),
    ]  # fmt: skip
    assert (told.history[1].note, told.history[1].body["to"]) == ("please", "berth team")
    assert [(one.what, one.level, one.seen["minutes"]["value"]) for one in told.evidence] == [
        ("opened", 3, 40), ("level_raised", 1, 90),
    ]  # fmt: skip
    assert (told.alert.level, told.alert.assignee) == (1, "berth team")
    then = store.reads.alert_file(PORT, number, ago(minutes=9))
    assert then is not None
    assert ([one.what for one in then.history], len(then.evidence)) == (["opened", "assign"], 1)
    assert store.reads.alert_file(ENTERPRISE, number) is None
    assert [one.what for one in store.reads.alert_steps(PORT, ago(minutes=9), NOW)] == ["assign", "level_raised"]


def test_the_same_request_is_carried_out_once(store: Store) -> None:
    store.save_alerts([row()])
    number, asked = alert_id("r:1"), Asked(act="comment", note="seen", request_key="k1")
    first = store.alerts.act(ANNA, number, asked, NOW, 1)
    again = store.alerts.act(ANNA, number, asked, NOW, 1)
    assert (first.step is not None, again.step, again.row) == (True, None, first.row)
    with pytest.raises(IllegalStepError) as caught:
        store.alerts.act(ANNA, number, Asked(act="take", request_key="k1"), NOW, 2)
    assert caught.value.reason == "request_key_used"
    assert len(store.reads.alert_file(PORT, number).history) == 1  # type: ignore[union-attr]


def test_the_log_only_grows(store: Store) -> None:
    AlertMemory(store).judge([found()], NOW)
    with pytest.raises(DBAPIError, match="append-only"), store._database.writing() as connection:
        connection.execute(alert_log.update().values(who="nobody"))


def test_what_is_told_of_a_step_stands_or_falls_with_it(store: Store) -> None:
    memory, told = AlertMemory(store), []
    store.alerts.told = lambda connection, steps: told.extend((step.what, one.state) for step, one in steps)
    memory.judge([found()], NOW)
    store.act_on_alert(ANNA, "r:1", "acknowledge", NOW, 1)
    assert told == [("opened", "new"), ("acknowledge", "acknowledged")]

    def fails(connection: Any, steps: Any) -> None:
        raise RuntimeError("no outbox")

    store.alerts.told = fails
    with pytest.raises(RuntimeError):
        store.act_on_alert(ANNA, "r:1", "take", NOW, 2)
    standing = store.reads.alert_file(PORT, alert_id("r:1"))
    assert standing is not None
    assert (standing.alert.state, len(standing.history), audited(store)) == ("acknowledged", 2, 1)


def test_a_persons_act_between_an_evaluation_and_its_saving_is_not_lost(store: Store) -> None:
    """The two of them in different processes: neither the act nor what the rule found may go."""
    for name, finding, state in (
        ("take", found(level=2, minutes=50), "handling"),  # the condition goes on
        ("take", found(level=1, minutes=99), "new"),  # it gets worse: attention is asked for again
        ("acknowledge", nothing(), "closed"),  # it is over: what is acknowledged and over closes
    ):
        store.alerts.save(Merged(changed=[row(rule="r", kind="condition", absent_since=ago(minutes=9))]))
        memory = AlertMemory(store)
        base = dict(memory.standing())
        before = base["r:1"].version
        after = store.act_on_alert(ANNA, "r:1", name, NOW, before)
        merged = merge(base, [finding], NOW)

        def again(rows: Mapping[str, AlertRow], moved: frozenset[str], said: Judged = finding) -> Merged:
            return merge(rows, [said], NOW, only=moved)

        store.alerts.save(merged, base, again)
        stood = store.reads.alert(PORT, "r:1")
        assert stood is not None
        assert (stood.state, stood.version > before + (name == "take" and state != "handling")) == (state, True)
        assert stood.acknowledged_by == ("" if state == "new" else "anna")
        assert stood.assignee == after.assignee
        history = store.reads.alert_file(PORT, stood.id).history  # type: ignore[union-attr]
        assert [one.seq for one in history] == list(range(1, len(history) + 1))
        with store._database.writing() as connection:
            connection.execute(alert.delete())
            connection.execute(alert_log.delete())


def test_alerts_are_decoded_again_only_where_somebody_acted(store: Store) -> None:
    memory = AlertMemory(store)
    memory.judge([found(subject="1"), found(subject="2", rule="s")], NOW)
    first = dict(memory.standing())
    assert memory.standing()["r:1"] is first["r:1"]
    store.act_on_alert(ANNA, "r:1", "acknowledge", NOW, 1)
    then = memory.standing()
    assert (then["r:1"].state, then["s:2"] is first["s:2"]) == ("acknowledged", True)
    assert not memory.judge([found(subject="1"), found(subject="2", rule="s")], NOW)


def test_a_thousand_at_once_and_every_one_of_them_logged(store: Store) -> None:
    memory = AlertMemory(store)
    many = found().findings[0]
    said = Judged(rule="r", kind="condition", findings=[replace(many, subject=f"T{n}") for n in range(1000)])
    assert memory.judge([said], NOW)
    standing = store.reads.alerts(PORT)
    assert (len(standing.rows), sum(banner.count for banner in standing.banners)) == (1000, 1000)
    assert len(standing.banners) <= 10
    assert len(store.reads.alert_steps(PORT, ago(minutes=1), ago(minutes=-1))) == 1000
    assert not memory.judge([said], NOW)


def test_a_consequence_hides_behind_its_cause_until_that_clears(store: Store) -> None:
    memory = AlertMemory(store)
    memory.up = {"r": frozenset({"cause"})}
    said = Judged(rule="r", kind="condition", findings=[replace(found().findings[0], subject=f"T{n}", feed="ais")
                                                        for n in range(12)])  # fmt: skip
    silent = replace(found().findings[0], rule="cause", subject_kind="feed", subject="ais", level=2)
    assert memory.judge([said, Judged(rule="cause", kind="condition", findings=[silent])], NOW)
    picture = store.reads.alerts(PORT)
    assert (picture.suppressed, [(line.count, line.hides) for line in picture.banners]) == (12, [(1, 12)])
    assert not memory.judge([said], NOW)
    gone = Judged(rule="cause", kind="condition", clear_after_seconds=0.0)
    assert memory.judge([said, gone], NOW)
    shown = store.reads.alerts(PORT)
    assert (shown.suppressed, sum(line.count for line in shown.banners)) == (0, 13)
    steps = [step.what for step in store.reads.alert_steps(PORT, ago(minutes=1), ago(minutes=-1))]
    assert (steps.count("suppressed"), steps.count("unsuppressed")) == (12, 12)


def test_how_alerts_come_is_told_to_the_port_only_and_of_any_moment(store: Store) -> None:
    memory = AlertMemory(store)
    store.alerts._clock = lambda: ago(minutes=20)
    many = [replace(found().findings[0], subject=f"T{n}") for n in range(30)]
    memory.judge([Judged(rule="r", kind="condition", findings=many)], ago(minutes=20))
    then = store.reads.alerts(PORT, ago(minutes=15)).flood
    assert then is not None
    assert (then.recent, then.since) == (30, ago(minutes=20))
    now = store.reads.alerts(PORT).flood
    assert now is not None
    assert (now.recent, now.since) == (0, None)
    assert store.reads.alerts(ENTERPRISE).flood is None


def test_a_hundred_racers_and_one_winner(store: Store) -> None:
    AlertMemory(store).judge([found()], NOW)
    outcomes: list[str] = []

    def race(name: str) -> None:
        try:
            store.act_on_alert(Viewer(name=name), "r:1", "acknowledge", NOW, 1)
            outcomes.append("won")
        except AlertChangedError:
            outcomes.append("lost")

    with ThreadPoolExecutor(20) as racers:
        list(racers.map(race, [f"p{n}" for n in range(100)]))
    assert sorted(outcomes) == ["lost"] * 99 + ["won"]
    assert audited(store) == 1
    assert len(store.reads.alert_file(PORT, alert_id("r:1")).history) == 2  # type: ignore[union-attr]


def found(subject: str = "1", rule: str = "r", level: int = 2, minutes: float = 40) -> Judged:
    seen = {"minutes": {"value": minutes, "limit": 30, "unit": "min"}}
    one = Finding(rule=rule, subject_kind="vehicle", subject=subject, level=level, event_time=ago(hours=1), seen=seen)
    return Judged(rule=rule, kind="condition", findings=[one])


def nothing(rule: str = "r") -> Judged:
    return Judged(rule=rule, kind="condition")


def audited(store: Store) -> int:
    with store._database.reading() as connection:
        return connection.execute(select(func.count()).select_from(audit)).scalar_one()
