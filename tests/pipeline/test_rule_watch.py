"""Who looks when: records at once, pictures when they change, everything in the end; and nothing is lost on the way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from domain import rules
from domain.errors import StoreUnavailableError
from domain.permissions import Role
from domain.pictures import GatesPicture, QueuePicture
from domain.records import DoorEvent, InspectionStep, VehiclePosition
from domain.rule_instances import Changes, default
from domain.rules.base import NEVER, Facts, Finding, Rule
from domain.viewer import SYSTEM, Viewer
from pipeline.fact_book import FactBook
from pipeline.notices import NoticeBoard
from pipeline.rule_book import RuleBook
from pipeline.rule_watch import RuleWatch
from pipeline.rules_step import RulesStep
from store.engine import Store, open_store
from tests.domain.rule_timeline import LIMITS
from tests.domain.samples import NOW, good

SECOND = timedelta(seconds=1)
looked: list[str] = []


def _event(name, **more):
    def evaluate(facts, instance):
        looked.append(name)
        return [
            Finding(rule=name, subject_kind="port", subject=str(n), level=3, event_time=facts.now)
            for n, _ in enumerate(facts.new.get(InspectionStep, ()))
        ]

    return Rule(name=name, kind="event", evaluate=evaluate, reads=frozenset({InspectionStep}), **more)


def _condition(name, **more):
    def evaluate(facts, instance):
        looked.append(name)
        return []

    return Rule(name=name, kind="condition", evaluate=evaluate, **more)


def _judge(fix, facts, instance):
    looked.append(fix.vehicle_id)
    if not fix.speed_kmh or fix.speed_kmh < 50:
        return None
    return Finding(rule=instance.name, subject_kind="vehicle", subject=fix.vehicle_id, level=3, event_time=facts.now)


PLUGS = (
    _event("at_once"), _event("in_turn", needs=("feeds",)), _condition("still", uses=("feeds",), every_seconds=NEVER),
    _condition("gauge", needs=("gates",), every_seconds=NEVER),
    _condition("ticking"), Rule(name="fast", kind="condition", judge=_judge, over="vehicles"),
)  # fmt: skip


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> RuleWatch:
    monkeypatch.setattr(rules, "all_rules", lambda: PLUGS)
    looked.clear()
    made = RuleWatch()
    made.run({rule.name: default(rule, {}) for rule in PLUGS})
    return made


def fixes(*speeds):
    return {
        str(n): replace(good(VehiclePosition), vehicle_id=str(n), speed_kmh=speed) for n, speed in enumerate(speeds)
    }


def test_records_are_judged_at_once_and_pictures_when_they_changed(watch: RuleWatch) -> None:
    book = FactBook()
    facts = Facts(now=NOW, vehicles=fixes(10.0, 20.0), feeds=[])
    watch.tick(facts, facts, book.take())
    watch.keep()
    assert sorted(looked) == ["0", "1", "still", "ticking"]
    looked.clear()
    news = {InspectionStep: [good(InspectionStep)]}
    facts = Facts(now=NOW + SECOND / 2, vehicles=fixes(10.0, 60.0), feeds=[], new=news)
    said = watch.wake(facts, {"vehicles": {"1"}})
    watch.keep()
    assert [(one.rule, len(one.findings)) for one in said] == [("at_once", 1), ("fast", 1)]
    assert looked == ["at_once", "1"]
    assert watch.wake(replace(facts, new={}), {"vehicles": {"0", "1"}}) == []  # nothing else
    looked.clear()
    later = Facts(now=NOW + SECOND, vehicles=facts.vehicles, feeds=[])
    said = watch.tick(later, replace(later, new=news), {})
    watch.keep()
    assert sorted(looked) == ["1", "in_turn", "ticking"]  # what is found is looked at again, "still" is not
    assert {one.rule: len(one.findings) for one in said} == {
        "at_once": 0, "in_turn": 1, "still": 0, "gauge": 0, "ticking": 0, "fast": 1,
    }  # fmt: skip


def test_a_picture_that_is_new_wakes_the_rules_that_need_it_and_no_others(watch: RuleWatch) -> None:
    first, second = GatesPicture(), GatesPicture()
    facts = Facts(now=NOW, gates=first, feeds=[], queue=QueuePicture())
    watch.tick(facts, facts, {})
    watch.keep()
    looked.clear()
    assert watch.wake(replace(facts, now=NOW + SECOND / 4), {}) == []
    said = watch.wake(replace(facts, now=NOW + SECOND / 2, gates=second), {})
    assert ([one.rule for one in said], looked) == (["gauge"], ["gauge"])
    watch.keep()
    assert watch.wake(replace(facts, now=NOW + SECOND / 2, gates=second), {}) == []


def test_an_instance_that_is_switched_off_clears_and_one_with_other_figures_looks_again(watch: RuleWatch) -> None:
    facts = Facts(now=NOW, vehicles=fixes(60.0), feeds=[])
    watch.tick(facts, facts, {})
    watch.keep()
    looked.clear()
    instances = {rule.name: default(rule, {}) for rule in PLUGS}
    instances["fast"] = replace(instances["fast"], enabled=False)
    instances["still"] = replace(instances["still"], hold_on_seconds=9.0)
    watch.run(instances)
    said = {one.rule: one for one in watch.tick(facts, facts, {})}
    assert (said["fast"].state, said["fast"].findings) == ("ok", [])
    assert "still" in looked
    assert "fast" not in watch.states()


@pytest.fixture
def store(tmp_path: Path):
    made = open_store(f"sqlite:///{tmp_path / 'cockpit.db'}")
    yield made
    made.close()


def step_of(store: Store, clock=lambda: NOW) -> RulesStep:
    board = NoticeBoard(lambda topic, picture: None)
    book = RuleBook(store, {}, LIMITS, board)
    return RulesStep(store, book, list, lambda topic: None, lambda: None, board, clock, ZoneInfo("Asia/Shanghai"))


def test_what_cannot_be_saved_is_judged_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    step = step_of(store)
    step.add([good(DoorEvent)], NOW)
    with monkeypatch.context() as patch:

        def refuse(*given, **named):
            raise StoreUnavailableError("locked", "busy")

        patch.setattr(store.alerts, "save", refuse)
        for whole in (False, True):
            with pytest.raises(StoreUnavailableError):
                step.evaluate(whole)
    step.evaluate(whole=False)
    (row,) = store.reads.alerts(SYSTEM).rows
    assert (row.rule, row.count) == ("door_opened", 1)
    step.evaluate()
    assert store.reads.alerts(SYSTEM).rows[0].count == 1


def test_a_record_a_rule_throws_on_holds_up_no_other_and_is_judged_once_the_rule_can(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = {"B", "E"}

    def evaluate(facts, instance):
        for event in facts.new.get(DoorEvent, ()):
            if event.container_no in faulty or "all" in faulty:
                raise RuntimeError(event.container_no)
            yield Finding(
                rule=instance.name, subject_kind="container", subject=event.container_no, level=2,
                event_time=event.event_time,
            )  # fmt: skip

    rule = Rule(name="doors", kind="event", evaluate=evaluate, reads=frozenset({DoorEvent}))
    monkeypatch.setattr(rules, "all_rules", lambda: (rule,))
    step = step_of(store)

    def after(boxes: str, whole: bool = True) -> tuple[list[str], str]:
        step.add([replace(good(DoorEvent), container_no=box) for box in boxes], NOW)
        step.evaluate(whole)
        said = {row.subject: row.count for row in store.reads.alerts(SYSTEM).rows}
        assert set(said.values()) <= {1}
        return sorted(said), step._watch.states()["doors"][0]

    assert after("") == ([], "ok")
    assert after("ABC", whole=False) == (["A", "C"], "error")
    assert after("DE") == (["A", "C", "D"], "error")
    faulty.add("all")
    assert after("F") == (["A", "C", "D"], "error")
    assert store.reads.rule_states(SYSTEM)["doors"].detail == "RuntimeError: B"
    faulty.clear()
    faulty.add("E")
    assert after("") == (["A", "B", "C", "D", "F"], "error")
    assert step._watch.owing
    faulty.clear()
    assert after("") == (["A", "B", "C", "D", "E", "F"], "ok")
    assert not step._watch.owing


def test_what_a_supervisor_publishes_runs_at_the_next_evaluation(store: Store) -> None:
    fix = replace(good(VehiclePosition), off_route_metres=150.0)
    step = step_of(store)
    step.add([fix], NOW)
    step.evaluate()
    assert store.reads.alerts(SYSTEM).rows == []
    editor = Viewer(name="supervisor", roles=frozenset({Role.SUPERVISOR}))
    closer = Changes(params={"metres": 100.0}, count=1, hold_on_seconds=0.0)
    store.rules.save(editor, "route_deviation", closer, "published", "road works", 0)
    step.evaluate()
    (row,) = store.reads.alerts(SYSTEM).rows
    assert (row.rule, row.seen["metres"]["limit"], row.instance_version) == ("route_deviation", 100.0, 1)
    states = store.reads.rule_states(SYSTEM)
    assert (states["route_deviation"].state, states["gate_queue"].state) == ("ok", "no_data")
    assert states["gate_queue"].detail == "gates"
