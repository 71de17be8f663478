"""The life of an alert: condition and handling apart, one row per rule and subject."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.alert import (
    LINGER,
    QUIET,
    REFRESH,
    IllegalStepError,
    acknowledge,
    clear,
    close,
    firing_keys,
    merge,
    raise_new,
)
from domain.alert_identity import alert_key
from domain.pictures import FeedRow, FeedState
from domain.rules import all_rules
from domain.rules.base import Facts, Finding
from tests.domain.rule_timeline import instance
from tests.domain.samples import NOW

RULES = {entry.name: entry for entry in all_rules()}
CONDITION, EVENT = RULES["gate_queue"], RULES["door_opened"]
CLEAR_AFTER = timedelta(seconds=CONDITION.clear_after_seconds)
SECOND = timedelta(seconds=1)


def finding(which=CONDITION, at=NOW, level=3, subject="G1", **params):
    return Finding(rule=which.name, subject_kind="gate", subject=subject, level=level, event_time=at, params=params)


def only(rows):
    (row,) = rows
    return row


def raised(which=CONDITION, **changes):
    return only(merge([], [finding(which, **changes)], [which], NOW))


def test_a_finding_opens_an_alert_under_its_identity():
    row = raised(minutes=40)
    assert (row.key, row.state, row.condition, row.count) == ("gate_queue:G1", "open", "firing", 1)
    assert (row.level, row.opened_at, row.params) == (3, NOW, {"minutes": 40})
    assert firing_keys([row]) == {alert_key("gate_queue", "G1")}


def test_a_condition_that_goes_on_is_not_a_repetition():
    row = raised(minutes=40)
    assert merge([row], [finding(minutes=41)], [CONDITION], NOW + REFRESH - SECOND) == []
    later = only(merge([row], [finding(minutes=41)], [CONDITION], NOW + REFRESH))
    assert (later.params, later.count, later.version) == ({"minutes": 41}, 1, row.version)
    assert merge([row], [finding(minutes=40)], [CONDITION], NOW + timedelta(days=1)) == []


def test_a_condition_clears_only_after_its_time():
    row = raised()
    waiting = only(merge([row], [], [CONDITION], NOW + SECOND))
    assert (waiting.condition, waiting.absent_since) == ("firing", NOW + SECOND)
    assert merge([waiting], [], [CONDITION], NOW + CLEAR_AFTER) == []
    gone = only(merge([waiting], [], [CONDITION], NOW + SECOND + CLEAR_AFTER))
    assert (gone.condition, gone.state, gone.absent_since) == ("clear", "open", NOW + SECOND + CLEAR_AFTER)


def test_a_condition_that_comes_back_in_time_was_never_away():
    waiting = only(merge([raised()], [], [CONDITION], NOW + SECOND))
    back = only(merge([waiting], [finding()], [CONDITION], NOW + 2 * SECOND))
    assert (back.condition, back.count, back.absent_since) == ("firing", 1, None)


def test_a_rule_that_was_not_evaluated_clears_nothing():
    assert merge([raised()], [], [EVENT], NOW + timedelta(days=1)) == []


def test_a_recurrence_counts_on_the_same_row():
    gone = clear(raised(), NOW)
    again = only(merge([gone], [finding(at=NOW + SECOND)], [CONDITION], NOW + SECOND))
    assert (again.key, again.condition, again.count, again.state) == (gone.key, "firing", 2, "open")
    assert again.opened_at == NOW


def test_after_closing_a_recurrence_opens_the_same_alert_again():
    closed = clear(acknowledge(raised(), "operator", NOW), NOW)
    assert (closed.state, closed.closed_at) == ("closed", NOW)
    later = NOW + timedelta(hours=1)
    again = only(merge([closed], [finding(at=later)], [CONDITION], later))
    assert (again.state, again.count, again.opened_at, again.acknowledged_by) == ("open", 2, later, "")
    assert (again.acknowledged_at, again.closed_at) == (None, None)


def test_events_latch_until_a_person_closes_them():
    row = raised(EVENT, level=1)
    assert merge([row], [], [EVENT], NOW + timedelta(days=3)) == []
    seen = acknowledge(row, "operator", NOW)
    done = close(seen, "operator", NOW)
    assert (done.state, done.condition) == ("closed", "clear")


def test_the_same_event_again_changes_nothing():
    row = raised(EVENT)
    assert merge([row], [finding(EVENT)], [EVENT], NOW) == []
    assert merge([row], [finding(EVENT, at=NOW - SECOND)], [EVENT], NOW) == []


def test_new_events_count_once_each():
    events = [finding(EVENT, at=NOW + n * SECOND) for n in (2, 1, 0)]
    assert only(merge([], events, [EVENT], NOW)).count == 3


def test_a_chattering_sensor_does_not_ask_again_but_a_later_event_does():
    seen = acknowledge(raised(EVENT), "operator", NOW)
    soon = only(merge([seen], [finding(EVENT, at=NOW + QUIET - SECOND)], [EVENT], NOW))
    assert (soon.state, soon.count) == ("acknowledged", 2)
    later = only(merge([seen], [finding(EVENT, at=NOW + QUIET)], [EVENT], NOW))
    assert (later.state, later.acknowledged_by) == ("open", "")


def test_severity_latches_and_a_rise_asks_for_attention_again():
    seen = acknowledge(raised(level=3), "operator", NOW)
    worse = only(merge([seen], [finding(level=2)], [CONDITION], NOW + SECOND))
    assert (worse.level, worse.state, worse.count) == (2, "open", 1)
    assert merge([worse], [finding(level=3)], [CONDITION], NOW + 2 * SECOND) == []


def test_clear_low_alerts_tidy_themselves_and_high_ones_wait_for_a_person():
    for level, closes in ((4, True), (3, True), (2, False), (1, False)):
        gone = clear(raised(level=level), NOW)
        assert merge([gone], [], [CONDITION], NOW + LINGER - SECOND) == []
        after = merge([gone], [], [CONDITION], NOW + LINGER)
        assert bool(after) is closes
        assert not closes or after[0].state == "closed"


def test_acknowledging_what_is_over_closes_it():
    row = acknowledge(clear(raised(level=2), NOW), "operator", NOW)
    assert (row.state, row.acknowledged_by, row.closed_at) == ("closed", "operator", NOW)


ILLEGAL = [
    (lambda row: acknowledge(row, "  ", NOW), "nobody_named"),
    (lambda row: acknowledge(acknowledge(row, "a", NOW), "b", NOW), "already_acknowledged"),
    (lambda row: close(row, "a", NOW), "not_acknowledged"),
    (lambda row: close(acknowledge(row, "a", NOW), "", NOW), "nobody_named"),
    (lambda row: close(acknowledge(row, "a", NOW), "a", NOW), "still_firing"),
    (lambda row: close(clear(acknowledge(row, "a", NOW), NOW), "a", NOW), "closed"),
    (lambda row: acknowledge(clear(acknowledge(row, "a", NOW), NOW), "a", NOW), "closed"),
    (lambda row: clear(clear(row, NOW), NOW), "not_firing"),
]


@pytest.mark.parametrize(("steps", "reason"), ILLEGAL)
def test_illegal_steps_are_refused_with_the_reason(steps, reason):
    with pytest.raises(IllegalStepError) as caught:
        steps(raise_new(finding()))
    assert caught.value.reason == reason
    assert reason in str(caught.value)


def test_an_alert_of_a_rule_that_no_longer_exists_can_be_closed():
    row = raise_new(Finding(rule="gone", subject_kind="gate", subject="G1", level=3, event_time=NOW))
    assert close(acknowledge(row, "a", NOW), "a", NOW).state == "closed"


def test_a_finding_of_a_rule_not_evaluated_is_left_alone():
    assert merge([], [finding()], [EVENT], NOW) == []


class AlertLife(RuleBasedStateMachine):
    """Any sequence of findings, silence and people's steps keeps the books straight."""

    def __init__(self):
        super().__init__()
        self.now, self.rows = NOW, {}

    def evaluate(self, findings):
        rules = [CONDITION, EVENT]
        changed = merge(self.rows, findings, rules, self.now)
        for row in changed:
            before = self.rows.get(row.key)
            assert before is None or (row != before and row.version >= before.version and row.count >= before.count)
            self.rows[row.key] = row
        assert merge(self.rows, findings, rules, self.now) == []

    @rule(
        seconds=st.sampled_from([0, 1, 30, 200, 2000]),
        which=st.sampled_from([CONDITION, EVENT, None]),
        level=st.integers(1, 4),
        subject=st.sampled_from("AB"),
    )
    def look(self, seconds, which, level, subject):
        self.now += timedelta(seconds=seconds)
        self.evaluate([finding(which, at=self.now, level=level, subject=subject)] if which else [])

    @rule(data=st.data(), step=st.sampled_from([acknowledge, close]))
    def act(self, data, step):
        if self.rows:
            row = self.rows[data.draw(st.sampled_from(sorted(self.rows)))]
            try:
                after = step(row, "operator", self.now)
            except IllegalStepError:
                after = row
            assert after is row or after.version == row.version + 1
            self.rows[row.key] = after

    @invariant()
    def the_books_are_straight(self):
        for key, row in self.rows.items():
            assert key == row.key == alert_key(row.rule, row.subject)
            assert row.state in ("open", "acknowledged", "closed")
            assert row.state != "closed" or (row.condition == "clear" and row.closed_at is not None)
            assert row.state == "closed" or row.closed_at is None
            assert (row.state == "acknowledged") <= bool(row.acknowledged_by and row.condition == "firing")
            assert row.state != "open" or not row.acknowledged_by
            assert row.opened_at <= row.last_at


AlertLife.TestCase.settings = settings(deadline=None, max_examples=100, stateful_step_count=30)
TestAlertLife = AlertLife.TestCase


def test_a_feed_over_a_morning_raises_one_alert_for_each_thing_that_is_wrong():
    """Rows set aside at eight, the source's table changed at nine, our login refused from ten on, all well at noon."""
    rules = [RULES["feed_down"], RULES["feed_degraded"]]
    hours = {
        0: ("degraded", "rows_quarantined"),
        1: ("degraded", "missing_column"),
        2: ("down", "unauthorised"),
        4: ("ok", ""),
    }
    standing, opened = {}, []
    for minute in range(5 * 60):
        state, code = hours[max(hour for hour in hours if hour * 60 <= minute)]
        row = FeedRow(
            key="gates", adapter="http_json", origin="live", state=FeedState(state), title="Gates", every_seconds=60,
            expected_seconds=180, message_code=code, message="list: no gate",
        )  # fmt: skip
        now = NOW + timedelta(minutes=minute)
        found = [one for entry in rules for one in entry.found(Facts(now=now, feeds=[row]), instance(entry.name))]
        for changed in merge(list(standing.values()), found, rules, now):
            if changed.key not in standing:
                opened.append((minute, changed.key, changed.level))
            standing[changed.key] = changed
    assert opened == [(60, "feed_degraded:gates", 4), (120, "feed_down:gates", 2)]
    assert {row.condition for row in standing.values()} == {"clear"}
    assert standing["feed_down:gates"].params["cause_key"] == "feed.error.unauthorised"
