"""Rules as people set them: the second of two conflicting edits is refused, and every version stays."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from domain.errors import NotAllowedError
from domain.permissions import Role
from domain.records import InspectionStep, InspectionTask, VehiclePosition
from domain.rule_instances import Changes, configured
from domain.rule_versions import RuleEditError, in_force, running
from domain.viewer import SYSTEM, Viewer
from pipeline.fact_book import FactBook
from store.engine import Store
from tests.store.samples import ENTERPRISE, NOW, ago, one_of_each, truck

SUPERVISOR = Viewer(name="supervisor", roles=frozenset({Role.SUPERVISOR}))
LONGER = Changes(params={"minutes": 45.0})


def test_an_edit_is_drafted_published_and_taken_back_and_all_of_it_stays(store: Store) -> None:
    rules = store.rules
    rules.save(SUPERVISOR, "gate_queue", LONGER, "draft", "", 0)
    assert in_force(rules.versions()) == {}
    with pytest.raises(RuleEditError, match="no_note"):
        rules.save(SUPERVISOR, "gate_queue", LONGER, "published", "  ", 1)
    rules.save(SUPERVISOR, "gate_queue", LONGER, "published", "night shift", 1)
    found, wrong = running(configured({}, {}), in_force(rules.versions()), {})
    assert (found["gate_queue"].params.minutes, found["gate_queue"].version, wrong) == (45.0, 2, [])
    rules.save(SUPERVISOR, "gate_queue", Changes(), "retired", "as it was", 2)
    assert in_force(rules.versions()) == {}
    told = store.reads.rule_versions(SYSTEM, "gate_queue")
    assert [(one.version, one.state, one.who, one.note) for one in told] == [
        (3, "retired", "supervisor", "as it was"), (2, "published", "supervisor", "night shift"),
        (1, "draft", "supervisor", ""),
    ]  # fmt: skip
    assert store.reads.rule_versions(SYSTEM, "gate_queue", ago(days=1)) == []
    assert store.reads.rule_versions(ENTERPRISE) == []
    auditor = Viewer(name="auditor", roles=frozenset({Role.AUDITOR}))
    audited = [noted.entry.what for noted in store.reads.audit(auditor, ago(hours=1), NOW + timedelta(hours=1))]
    assert audited == ["rule.retired", "rule.published", "rule.draft"]


def test_of_racing_edits_one_is_kept_and_the_others_are_told_by_whom(store: Store) -> None:
    won, lost = [], []

    def edit(number: int) -> None:
        try:
            who = Viewer(name=f"supervisor {number}", roles=frozenset({Role.SUPERVISOR}))
            won.append(store.rules.save(who, "gate_queue", LONGER, "draft", "", 0))
        except RuleEditError as error:
            lost.append(error)

    racers = [threading.Thread(target=edit, args=(number,)) for number in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(30)
    assert (len(won), len(lost)) == (1, 7)
    assert {(error.code, error.last and error.last.who) for error in lost} == {("changed", won[0].who)}
    assert len(store.rules.versions()) == 1


def test_only_who_may_change_rules_does(store: Store) -> None:
    with pytest.raises(NotAllowedError):
        store.rules.save(
            Viewer(name="officer", roles=frozenset({Role.WATCH_OFFICER})), "gate_queue", LONGER, "draft", "", 0
        )
    with pytest.raises(RuleEditError, match="nothing_there"):
        store.rules.save(SUPERVISOR, "gate_queue", Changes(), "retired", "gone", 0)


def test_a_published_version_that_no_longer_fits_is_passed_over_and_named(store: Store) -> None:
    store.rules.save(SUPERVISOR, "gate_queue", Changes(params={"minuets": 1.0}), "published", "typo", 0)
    store.rules.save(SUPERVISOR, "gone_rule", Changes(), "published", "of another day", 0)
    found, wrong = running(configured({}, {}), in_force(store.rules.versions()), {})
    assert found["gate_queue"].version == 0
    assert sorted(error.name for error in wrong) == ["gate_queue", "gone_rule"]


def test_states_tell_since_when(store: Store) -> None:
    store.rules.keep_states({"gate_queue": ("no_data", "gates"), "feed_down": ("ok", "")})
    store.rules.keep_states({"gate_queue": ("no_data", "gates stands still")})
    (one,) = store.reads.rule_states(SYSTEM).values()
    assert (one.name, one.state, one.detail, one.since) == ("gate_queue", "no_data", "gates stands still", NOW)
    assert store.reads.rule_states(ENTERPRISE) == {}


def test_the_newest_of_everything_is_what_the_rules_begin_with(store: Store) -> None:
    records = one_of_each(None)
    store.ingest("test", [*records, truck("T9", ago(days=2)), truck("T8", ago(minutes=9)), truck("T8", ago(minutes=3))])
    book, again = FactBook(), FactBook()
    newest = store.rules.newest()
    book.add(newest, NOW)
    assert book.facts["vehicles"]["T8"].event_time == ago(minutes=3)
    assert "T9" not in book.facts["vehicles"]
    again.add(sorted(newest, key=lambda one: one.event_time, reverse=True), NOW)
    assert {name: rows for name, rows in again.facts.items() if name != "inside"} == {
        name: rows for name, rows in book.facts.items() if name != "inside"
    }
    for kind, fact in ((VehiclePosition, "vehicles"), (InspectionTask, "tasks")):
        assert any(isinstance(record, kind) for record in book.facts[fact].values()), fact
    (task,) = [record for record in records if isinstance(record, InspectionTask)]
    last = next(record for record in records if isinstance(record, InspectionStep))
    assert book.facts["tasks"][task.declaration_no].declaration_no == task.declaration_no
    assert last.declaration_no
    book.take()
    book.add([truck("T8", ago(minutes=1))], NOW)
    assert book.take() == {"vehicles": {"T8"}}
    book.tidy(NOW + timedelta(days=30))
    assert book.facts["vehicles"] == {}
