"""What people do with alerts: the table of steps, and the life of an alert under any order of acts and findings."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from domain.alert import (
    HOUSE,
    Asked,
    BadActError,
    IllegalStepError,
    act,
    firing_keys,
    kind_of,
    standing,
    step,
)
from domain.alert_flow import Merged, merge, suppress
from domain.alert_identity import alert_key
from domain.alert_parents import settled
from domain.alert_pictures import CONDITIONS, HANDLING, AlertRow, LogStep, alert_id, decoded
from domain.alert_steps import ACTS, KINDS, REFUSALS, STEPS, TABLE
from domain.rules.base import Finding, Judged
from locales import LANGUAGES, catalogue
from tests.domain.samples import NOW
from tools.alert_steps import PAGE, written

GIVEN = {
    "assign": {"to": "berth team"}, "comment": {"note": "seen on camera"}, "measure": {"note": "lane 3 opened"},
    "feedback": {"note": "queue gone"}, "shelve": {"minutes": 30, "note": "works"}, "step": {"n": 1},
    "reopen": {"note": "came back"}, "out_of_service": {"note": "sensor is replaced"},
}  # fmt: skip


def alert(state: str = "new", condition: str = "firing", kind: str = "condition", level: int = 2, **more) -> AlertRow:
    return AlertRow(
        key="gate_queue:G1", rule="gate_queue", kind=kind, level=level, subject_kind="gate", subject="G1", state=state,
        condition=condition, opened_at=NOW, last_at=NOW, count=1, version=5, **more,
    )  # fmt: skip


def asked(name: str, **more) -> Asked:
    return Asked(act=name, **{**GIVEN.get(name, {}), **more})


def refused(row: AlertRow, name: str, by: str = "anna", **more) -> str:
    with pytest.raises(IllegalStepError) as caught:
        act(row, asked(name, **more), by, NOW)
    assert caught.value.reason in str(caught.value)
    return caught.value.reason


def test_every_act_has_an_answer_in_every_state_condition_and_kind():
    assert TABLE.keys() == {(a, s, c, k) for a in ACTS for s in HANDLING for c in CONDITIONS for k in KINDS}
    for way in TABLE.values():
        assert (way.to in HANDLING) != bool(way.refused)
    for name in ACTS:
        assert any(way.to for (one, *_), way in TABLE.items() if one == name), f"{name} is never possible"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_refusal_has_its_words(lang):
    assert [code for code in REFUSALS if f"alert.step.{code}" not in catalogue(lang)] == []


def test_what_the_table_says_is_what_happens():
    """A row of every state, condition and kind, and a person nobody has met before: only guards may say more."""
    for (name, state, condition, kind), way in TABLE.items():
        row = alert(state, condition, kind, level=3)
        guard = {"unshelve": "not_shelved", "return_to_service": "not_out"}.get(name, "")
        if way.refused or guard:
            assert refused(row, name) == (way.refused or guard)
            continue
        after, step = act(row, asked(name), "anna", NOW)
        over = name == "acknowledge" and condition == "clear"
        assert after.state == ("closed" if over else way.to)
        assert (after.version, step.version) == (6, 6)
        assert (step.what, step.who, step.from_state, step.to_state) == (name, "anna", state, after.state)
        assert (step.alert_id, step.level) == (alert_id(row.key), 3)


def test_nobody_acts_without_a_name_and_what_makes_no_sense_is_said():
    assert refused(alert(), "acknowledge", by="  ") == "nobody_named"
    for wrong, code in (
        (Asked(act="explode"), "unknown_act"), (Asked(act="comment"), "no_note"), (Asked(act="assign"), "no_person"),
        (Asked(act="shelve", minutes=10), "no_note"), (asked("shelve", minutes=0), "bad_minutes"),
        (asked("shelve", minutes=481), "bad_minutes"), (Asked(act="step", n=0), "bad_step"),
        (Asked(act="comment", note="x" * 2001), "too_long"),
    ):  # fmt: skip
        with pytest.raises(BadActError) as caught:
            act(alert(), wrong, "anna", NOW)
        assert caught.value.code == code


def test_level_one_takes_two_persons():
    seen, _ = act(alert(level=1), asked("acknowledge"), "anna", NOW)
    over = replace(seen, condition="clear")
    assert refused(over, "close") == "not_confirmed"
    assert refused(seen, "confirm") == "still_firing"
    done, _ = act(over, asked("confirm"), "anna", NOW)
    assert refused(done, "close") == "second_person"
    shut, _ = act(done, asked("close"), "boris", NOW)
    assert (shut.state, shut.confirmed_by, shut.closed_by, shut.closed_at) == ("closed", "anna", "boris", NOW)


def test_other_levels_close_from_acknowledged_on_once_it_is_over():
    seen, _ = act(alert(), asked("acknowledge"), "anna", NOW)
    assert refused(seen, "close") == "still_firing"
    assert refused(replace(seen, condition="error"), "close") == "unjudged"
    assert act(replace(seen, condition="clear"), asked("close"), "anna", NOW)[0].state == "closed"
    event, _ = act(alert(kind="event"), asked("take"), "anna", NOW)
    shut, _ = act(event, asked("close"), "anna", NOW)
    assert (shut.state, shut.condition, event.acknowledged_by) == ("closed", "clear", "anna")


def test_level_one_is_never_hidden():
    assert refused(alert(level=1), "shelve") == "level_one"
    assert refused(alert(level=1), "out_of_service") == "level_one"


def test_shelving_has_an_end_a_reason_and_a_name():
    shelved, step = act(alert(), asked("shelve"), "anna", NOW)
    assert (shelved.shelved_until, shelved.shelved_by, shelved.shelved_why) == (
        NOW + timedelta(minutes=30), "anna", "works",
    )  # fmt: skip
    assert step.body["until"] == (NOW + timedelta(minutes=30)).isoformat()
    picture = standing([shelved, replace(alert(level=1), key="b")])
    assert (picture.counts["2"], picture.counts["1"], picture.shelved, len(picture.rows)) == (0, 1, 1, 2)
    assert [banner.key for banner in picture.banners] == ["b"]
    assert act(shelved, asked("unshelve"), "boris", NOW)[0].shelved_until is None
    assert refused(alert(), "unshelve") == "not_shelved"


def test_who_reopens_has_it_in_hand():
    shut = alert("closed", "clear", level=4, closed_at=NOW, closed_by="anna", acknowledged_by="anna")
    back, _ = act(shut, asked("reopen"), "boris", NOW)
    assert (back.state, back.assignee, back.closed_at, back.closed_by) == ("handling", "boris", None, "")
    assert act(replace(shut, kind="event"), asked("reopen"), "boris", NOW)[0].condition == "firing"


def test_the_checklist_remembers_what_is_done():
    row = alert("handling")
    for n, done in ((2, True), (1, True), (2, True), (1, False)):
        row, _ = act(row, asked("step", n=n, done=done), "anna", NOW)
    assert (row.steps_done, row.version) == ([2], 9)


def test_an_alert_of_a_rule_that_no_longer_exists_can_be_closed():
    row = replace(alert("acknowledged"), rule="gone", kind="")
    assert kind_of(row) == "event"
    assert act(row, asked("close"), "anna", NOW)[0].state == "closed"


def test_ten_banners_at_most_the_worst_and_the_unseen_first_and_the_rest_in_one():
    rows = [replace(alert(level=1 + n % 4), key=f"r:{n:02}", id="") for n in range(30)]
    rows[28] = replace(rows[28], state="acknowledged")
    found = standing(rows).banners
    assert [(banner.level, banner.count) for banner in found] == [(1, 1)] * 8 + [(2, 22)]
    assert found[7].key == "r:28"


def test_what_was_stored_as_open_is_new():
    assert decoded(
        '{"key":"r:1","rule":"r","level":2,"subject_kind":"gate","subject":"1","state":"open","condition":"firing",'
        '"opened_at":"2026-01-01T00:00:00Z","last_at":"2026-01-01T00:00:00Z","count":1}'
    ).state == "new"  # fmt: skip


class AlertLife(RuleBasedStateMachine):
    """Any order of findings, silence, failing rules, causes, escalations, acts and races keeps the books straight."""

    def __init__(self):
        super().__init__()
        self.now, self.set_back = NOW, False
        self.refusals: set[str] = set()
        self.rows: dict[str, AlertRow] = {}
        self.log: dict[str, list[LogStep]] = {}
        self.newest: dict[str, datetime] = {}

    def keep(self, row: AlertRow, steps: list[LogStep]) -> None:
        before = self.rows.get(row.key)
        grown = row.version - (before.version if before is not None else 0)
        assert grown == len(steps), "the version grows by one with every row of the log"
        assert before is None or row.count >= before.count
        if before is not None and row.state == "closed" != before.state and row.level == 1:
            assert steps[-1].what == "close", "no machine closes level I"
            assert before.confirmed_by not in ("", steps[-1].who), "two persons"
        self.rows[row.key] = row
        self.log.setdefault(row.key, []).extend(steps)

    def keep_all(self, merged: Merged, but: Collection[str] = ()) -> None:
        assert {step.alert_id for step in merged.steps} <= {row.id for row in merged.changed}
        for row in merged.changed:
            if row.key not in but:
                self.keep(row, [step for step in merged.steps if step.alert_id == row.id])

    def try_to(self, name: str, key: str, by: str) -> bool:
        """Act; whether it was done."""
        row = self.rows[key]
        try:
            after, step = act(row, asked(name), by, self.now)
        except IllegalStepError as error:
            self.refusals.add(error.reason)
            return False
        assert row.state != "closed" or after.state == "closed" or name == "reopen", "closed means closed"
        self.keep(after, [step])
        return True

    @rule(
        seconds=st.sampled_from([0, 1, 30, 200, 2000, -3600]),
        which=st.sampled_from(["condition", "event"]),
        found=st.sampled_from(["", "A", "B", "AB"]),
        pending=st.sampled_from(["", "A"]),
        unjudged=st.sampled_from(["", "", "A"]),
        level=st.integers(1, 4),
        state=st.sampled_from(["ok", "ok", "ok", "no_data", "error"]),
        up=st.sampled_from([{}, {"condition": frozenset({"event"})}]),
        faster=st.sampled_from(["", "", *ACTS]),
    )
    def look(self, seconds, which, found, pending, unjudged, level, state, up, faster):
        """One evaluation; sometimes a person acts on one of its alerts before it is saved."""
        self.now += timedelta(seconds=seconds)
        self.set_back |= seconds < 0
        made = [
            [
                Finding(rule=which, subject_kind="gate", subject=one, level=level, event_time=self.now)
                for one in subjects
            ]
            for subjects in (found, pending if pending not in found else "")
        ]
        said = [
            Judged(
                rule=which, kind=which, state=state, findings=made[0] if state == "ok" else [],
                pending=made[1] if state == "ok" and which == "condition" else [],
                unjudged=frozenset(unjudged) - set(found),
            )
        ]  # fmt: skip
        before = dict(self.rows)
        merged = settled(merge(self.rows, said, self.now), self.rows, up, self.now)
        known = [row.key for row in merged.changed if row.key in self.rows]
        moved = {key for key in known[:1] if faster and self.try_to(faster, key, "carla")}
        self.keep_all(merged, but=moved)
        self.keep_all(merge(self.rows, said, self.now, only=moved))
        if not moved:
            again = settled(merge(self.rows, said, self.now), self.rows, up, self.now)
            assert (again.changed, again.steps) == ([], [])
        self.nothing_is_lost(said[0], before, moved)

    def nothing_is_lost(self, said: Judged, before: dict[str, AlertRow], moved: set[str]) -> None:
        """What was found stands and is counted; what could not be judged did not clear."""
        for one in said.findings:
            key = alert_key(one.rule, one.subject)
            fresh = self.now > self.newest.get(key, NOW - timedelta(days=1)) and not self.set_back
            self.newest[key] = max(self.now, self.newest.get(key, self.now))
            if said.kind == "event" and not fresh:
                continue  # heard before, whatever became of it since
            assert (self.rows[key].state != "closed", self.rows[key].condition) == (True, "firing")
            if said.kind == "event":
                assert self.rows[key].count == (before[key].count if key in before else 0) + 1
        for key, row in before.items():
            silent = said.state != "ok" or row.subject in said.unjudged
            if (
                row.rule == said.rule
                and silent
                and key not in moved
                and row.condition in ("firing", "no_data", "error")
            ):
                assert self.rows[key].condition != "clear"

    @rule(data=st.data(), name=st.sampled_from(ACTS), by=st.sampled_from(["anna", "boris"]))
    def act(self, data, name, by):
        if self.rows:
            self.try_to(name, data.draw(st.sampled_from(sorted(self.rows))), by)

    @rule(data=st.data(), how=st.sampled_from(["over", "over", "worse", "unjudged", "unknown"]))
    def goes_on(self, data, how):
        """What stands is looked at twice more: it is over, gets worse, or nobody can tell."""
        if not self.rows:
            return
        row = self.rows[data.draw(st.sampled_from(sorted(self.rows)))]
        found, silent = row.subject if how == "worse" else "", row.subject if how == "unjudged" else ""
        for _ in range(2):
            self.look(200, row.rule, found, "", silent, 1, "no_data" if how == "unknown" else "ok", {}, "")

    @rule(data=st.data(), last=st.integers(1, 3), who=st.lists(st.sampled_from("ab"), min_size=3, max_size=3))
    def handle(self, data, last, who):
        """From seeing it to closing it, as far as it lets them and they go."""
        if self.rows:
            key = data.draw(st.sampled_from(sorted(self.rows)))
            for name, by in zip(("acknowledge", "confirm", "close")[:last], who, strict=False):
                self.try_to(name, key, by)

    @rule(data=st.data())
    def escalate(self, data):
        """It goes on the log and changes nothing, so nobody who acts meanwhile is refused for it."""
        if self.rows:
            row = self.rows[data.draw(st.sampled_from(sorted(self.rows)))]
            self.log[row.key].append(step(row, row, "escalated", self.now, stage=1))

    @rule(data=st.data())
    def hide(self, data):
        """By design, behind another; level I cannot be."""
        if not (standing := sorted(key for key, row in self.rows.items() if row.state != "closed")):
            return
        row = self.rows[data.draw(st.sampled_from(standing))]
        if row.level == 1:
            with pytest.raises(ValueError, match="level I"):
                suppress(row, "gate_down:G", self.now)
        elif not row.suppressed_by:
            hidden, said = suppress(row, "gate_down:G", self.now)
            self.keep(hidden, [said])

    @invariant()
    def the_books_are_straight(self):
        for key, row in self.rows.items():
            assert key == row.key == alert_key(row.rule, row.subject)
            assert row.state in HANDLING
            assert row.condition in CONDITIONS
            assert (row.state == "closed") == (row.closed_at is not None)
            assert row.state != "closed" or (row.condition == "clear" and row.shelved_until is None)
            assert row.state == "closed" or not (row.level == 1 and row.hidden), "level I is never hidden"
            assert row.state != "new" or not row.acknowledged_by
            assert row.state not in ("acknowledged", "assigned", "handling", "confirmed") or row.acknowledged_by
            assert not row.latched or row.condition in ("clear", "pending")
            assert row.opened_at <= row.last_at or self.set_back
            steps = self.log[key]
            assert [one.version for one in steps if one.what != "escalated"] == list(range(1, row.version + 1))
            assert [one.from_state for one in steps] == ["", *(one.to_state for one in steps[:-1])]
            assert steps[-1].to_state == row.state
            assert steps[-1].body["count"] == row.count, "the count is on record"
            for before, after in pairwise(steps):
                rise = after.body["count"] - before.body["count"]
                assert rise == (after.what in ("opened", "repeated")) or (after.what == "level_raised" and rise == 1)

    @invariant()
    def what_is_refused_has_a_reason(self):
        assert self.refusals <= set(REFUSALS)

    @invariant()
    def the_picture_counts_what_is_to_be_seen(self):
        rows = [row for row in self.rows.values() if row.state != "closed"]
        picture = standing(rows)
        hidden = picture.shelved + picture.suppressed + picture.out_of_service
        assert sum(picture.counts.values()) + hidden == len(picture.rows)
        assert firing_keys(rows) <= self.rows.keys()
        assert HOUSE.shelve_max_minutes == 480


AlertLife.TestCase.settings = settings(deadline=None, max_examples=200, stateful_step_count=30)
TestAlertLife = AlertLife.TestCase


def test_the_table_is_as_long_as_the_states():
    assert {len(row) for row in STEPS.values()} == {len(HANDLING)}


def test_the_page_about_alerts_shows_the_table_as_it_is():
    page = PAGE.read_text("utf-8")
    assert written(page) == page, "run python -m tools.alert_steps"
