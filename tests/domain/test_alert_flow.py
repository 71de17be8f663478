"""What the machine does with alerts, as timelines: findings, silence, rules that cannot judge, clocks that go back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.alert import Asked, act, firing_keys
from domain.alert_flow import QUIET, REFRESH, merge, suppress, unsuppress
from domain.alert_identity import alert_key
from domain.alert_pictures import AlertRow
from domain.pictures import FeedRow, FeedState
from domain.rules import rule_of
from domain.rules.base import Facts, Finding, Judged
from domain.rules.watching import Watching
from tests.domain.rule_timeline import instance
from tests.domain.samples import NOW

CONDITION, EVENT = "gate_queue", "door_opened"
CLEAR_AFTER = timedelta(seconds=60)
LINGER = timedelta(minutes=30)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def finding(which=CONDITION, at=NOW, level=3, subject="G1", **params) -> Finding:
    seen = {"minutes": {"value": params["minutes"], "limit": 30, "unit": "min"}} if "minutes" in params else {}
    return Finding(
        rule=which, subject_kind="gate", subject=subject, level=level, event_time=at, params=params, seen=seen
    )


def said(*findings, which=CONDITION, **more) -> Judged:
    kind = "event" if which == EVENT else "condition"
    return Judged(rule=which, kind=kind, findings=list(findings), clear_after_seconds=60, version=4, **more)


def after(row: AlertRow | None, now, *findings, which=CONDITION, **more) -> AlertRow | None:
    """The alert after one evaluation; None when nothing changed."""
    rows = {row.key: row} if row is not None else {}
    changed = merge(rows, [said(*findings, which=which, **more)], now).changed
    assert len(changed) <= 1
    return changed[0] if changed else None


def steps(row: AlertRow | None, now, *findings, which=CONDITION, **more) -> list[str]:
    rows = {row.key: row} if row is not None else {}
    return [one.what for one in merge(rows, [said(*findings, which=which, **more)], now).steps]


def raised(which=CONDITION, **changes) -> AlertRow:
    row = after(None, NOW, finding(which, **changes), which=which)
    assert row is not None
    return row


def do(row: AlertRow, name: str, **more) -> AlertRow:
    return act(row, Asked(act=name, **more), "anna", NOW)[0]


def gone(row: AlertRow, now=NOW) -> AlertRow:
    """Absent for long enough."""
    waiting = after(row, now)
    cleared = after(waiting or row, now + CLEAR_AFTER)
    assert cleared is not None
    return cleared


def test_a_finding_opens_an_alert_under_its_identity_with_what_was_seen():
    row = raised(minutes=40)
    assert (row.key, row.state, row.condition, row.count, row.version) == ("gate_queue:G1", "new", "firing", 1, 1)
    assert (row.level, row.opened_at, row.params, row.kind) == (3, NOW, {"minutes": 40}, "condition")
    assert (row.seen["minutes"]["limit"], row.instance_version) == (30, 4)
    assert firing_keys([row]) == {alert_key("gate_queue", "G1")}
    assert steps(None, NOW, finding()) == ["opened"]


def test_a_condition_that_goes_on_is_not_a_repetition():
    row = raised(minutes=40)
    assert after(row, NOW + REFRESH - SECOND, finding(minutes=41)) is None
    later = after(row, NOW + REFRESH, finding(minutes=41))
    assert (later.params, later.count, later.version) == ({"minutes": 41}, 1, row.version)
    assert steps(row, NOW + REFRESH, finding(minutes=41)) == []
    assert after(row, NOW + timedelta(days=1), finding(minutes=40)) is None


def test_a_condition_clears_only_after_its_time():
    row = raised()
    waiting = after(row, NOW + SECOND)
    assert (waiting.condition, waiting.absent_since, waiting.version) == ("firing", NOW + SECOND, 1)
    assert after(waiting, NOW + CLEAR_AFTER) is None
    over = after(waiting, NOW + SECOND + CLEAR_AFTER)
    assert (over.condition, over.state, over.absent_since) == ("clear", "new", NOW + SECOND + CLEAR_AFTER)
    assert over.latched
    assert steps(waiting, NOW + SECOND + CLEAR_AFTER) == ["cleared"]


def test_a_condition_that_comes_back_in_time_was_never_away():
    back = after(after(raised(), NOW + SECOND), NOW + 2 * SECOND, finding())
    assert (back.condition, back.count, back.absent_since) == ("firing", 1, None)


def test_alerts_of_rules_that_said_nothing_stay():
    assert merge({"gate_queue:G1": raised()}, [said(which=EVENT)], NOW + timedelta(days=1)).changed == []
    assert after(raised(), NOW + HOUR, unjudged=frozenset({"G1"})) is None


def test_a_rule_that_cannot_judge_says_so_and_clears_nothing():
    for state in ("no_data", "error"):
        unsure = after(raised(), NOW + HOUR, state=state, detail="no gates")
        assert (unsure.condition, unsure.detail, unsure.state) == (state, "no gates", "new")
        assert after(unsure, NOW + 2 * HOUR, state=state) is None
        assert firing_keys([unsure]) == {unsure.key}
        sure = after(unsure, NOW + 2 * HOUR, finding())
        assert (sure.condition, sure.detail, sure.count) == ("firing", "", 1)
        assert steps(unsure, NOW + 2 * HOUR, finding()) == ["judged"]
        absent = after(unsure, NOW + 2 * HOUR)
        assert (absent.condition, absent.absent_since) == ("firing", NOW + 2 * HOUR)
    assert after(raised(EVENT), NOW + HOUR, which=EVENT, state="error") is None, "an event has happened either way"


def test_what_comes_back_and_has_not_held_yet_is_pending():
    over = gone(raised())
    pending = after(over, NOW + HOUR, pending=[finding()])
    assert (pending.condition, pending.version) == ("pending", over.version)
    assert after(pending, NOW + HOUR, finding()).condition == "firing"
    assert after(pending, NOW + SECOND + CLEAR_AFTER).condition == "clear"


def test_a_recurrence_counts_on_the_same_row():
    over = gone(raised())
    again = after(over, NOW + HOUR, finding(at=NOW + HOUR))
    assert (again.key, again.condition, again.count, again.state) == (over.key, "firing", 2, "new")
    assert (again.opened_at, again.latched) == (NOW, False)
    assert steps(over, NOW + HOUR, finding(at=NOW + HOUR)) == ["repeated"]


def test_after_closing_a_recurrence_opens_the_same_alert_again():
    closed = gone(do(raised(), "acknowledge"))
    assert (closed.state, closed.closed_at, closed.closed_by) == ("closed", NOW + CLEAR_AFTER, "")
    later = NOW + HOUR
    again = after(closed, later, finding(at=later))
    assert (again.state, again.count, again.opened_at, again.acknowledged_by) == ("new", 2, later, "")
    assert (again.acknowledged_at, again.closed_at) == (None, None)
    (step,) = merge({closed.key: closed}, [said(finding(at=later))], later).steps
    assert (step.what, step.from_state, step.to_state) == ("opened", "closed", "new")


def test_an_alert_is_its_rules_agencys_when_it_opens_and_after_that_whose_it_was_given():
    row = after(None, NOW, finding(), agency="customs")
    assert row.agency == "customs"
    row = do(do(row, "acknowledge"), "assign", to="duty", agency="maritime")
    assert after(row, NOW + 10 * SECOND, finding(level=2), agency="customs").agency == "maritime"


def test_what_somebody_has_or_takes_two_does_not_close_by_itself():
    assert gone(do(raised(), "take")).state == "handling"
    assert gone(do(raised(level=1), "acknowledge")).state == "acknowledged"
    over = gone(raised(level=1))
    assert do(over, "acknowledge").state == "acknowledged"
    assert do(gone(raised(level=2)), "acknowledge").state == "closed"


def test_dealt_with_and_there_again_asks_for_attention():
    dealt = do(gone(do(raised(), "take")), "confirm")
    again = after(dealt, NOW + HOUR, finding(at=NOW + HOUR))
    assert (again.state, again.confirmed_by, again.assignee) == ("new", "", "anna")


def test_events_latch_until_a_person_closes_them():
    row = raised(EVENT, level=2)
    assert after(row, NOW + timedelta(days=3), which=EVENT) is None
    done = do(do(row, "acknowledge"), "close")
    assert (done.state, done.condition) == ("closed", "clear")


def test_every_event_counts_once_in_whatever_order_they_come():
    row = raised(EVENT)
    assert after(row, NOW, finding(EVENT), which=EVENT) is None
    earlier = after(row, NOW, finding(EVENT, at=NOW - SECOND), which=EVENT)
    assert (earlier.count, earlier.last_at) == (2, NOW)
    assert after(earlier, NOW, finding(EVENT, at=NOW - SECOND), which=EVENT) is None
    events = [finding(EVENT, at=NOW + n * SECOND) for n in (5, 1, 3, 2, 4, 9, 8, 7)]
    many = after(row, NOW, *events, which=EVENT)
    assert (many.count, many.version) == (9, 9)
    assert after(many, NOW, finding(EVENT, at=NOW - HOUR), *events, which=EVENT) is None, "older than all known: known"


def test_events_of_alerts_stored_before_are_known_up_to_the_last():
    old = replace(raised(EVENT), heard=[])
    assert after(old, NOW, finding(EVENT, at=NOW - SECOND), finding(EVENT), which=EVENT) is None
    assert after(old, NOW, finding(EVENT, at=NOW + SECOND), which=EVENT).count == 2


def test_a_chattering_sensor_does_not_ask_again_but_a_later_event_does():
    seen = do(raised(EVENT), "acknowledge")
    soon = after(seen, NOW + QUIET, finding(EVENT, at=NOW + QUIET - SECOND), which=EVENT)
    assert (soon.state, soon.count) == ("acknowledged", 2)
    later = after(seen, NOW + QUIET, finding(EVENT, at=NOW + QUIET), which=EVENT)
    assert (later.state, later.acknowledged_by) == ("new", "")


def test_severity_latches_and_a_rise_asks_for_attention_again():
    seen = do(raised(level=3), "acknowledge")
    worse = after(seen, NOW + SECOND, finding(level=2))
    assert (worse.level, worse.state, worse.count) == (2, "new", 1)
    assert steps(seen, NOW + SECOND, finding(level=2)) == ["level_raised"]
    assert after(worse, NOW + 2 * SECOND, finding(level=3)) is None


def test_shelving_ends_by_itself_and_at_once_when_it_becomes_level_one():
    shelved = do(raised(level=2), "shelve", minutes=10, note="works")
    assert after(shelved, NOW + timedelta(minutes=10) - SECOND, finding(level=2)) is None
    shown = after(shelved, NOW + timedelta(minutes=10), finding(level=2))
    assert (shown.shelved_until, shown.shelved_why) == (None, "")
    assert steps(shelved, NOW + timedelta(minutes=10), finding(level=2)) == ["shelve_ended"]
    red = after(do(shelved, "out_of_service", note="test"), NOW + SECOND, finding(level=1))
    assert (red.level, red.hidden) == (1, False)


def test_suppressed_by_design_is_shown_again_and_never_level_one():
    hidden, step = suppress(raised(), "feed_down:gates", NOW)
    assert (hidden.hidden, step.what, step.body["by"]) == (True, "suppressed", "feed_down:gates")
    assert not unsuppress(hidden, NOW)[0].hidden
    with pytest.raises(ValueError, match="level I"):
        suppress(raised(level=1), "feed_down:gates", NOW)


def test_clear_low_alerts_tidy_themselves_and_high_ones_wait_for_a_person():
    for level, closes in ((4, True), (3, True), (2, False), (1, False)):
        over = gone(raised(level=level))
        since = NOW + CLEAR_AFTER
        assert after(over, since + LINGER - SECOND) is None
        tidied = after(over, since + LINGER)
        assert (tidied is not None) is closes
        assert not closes or (tidied.state, steps(over, since + LINGER)) == ("closed", ["closed"])


def test_a_clock_set_back_freezes_nothing():
    waiting = after(raised(), NOW + SECOND)
    back = NOW - HOUR
    waits = after(waiting, back)
    assert waits.absent_since == back
    assert after(waits, back + CLEAR_AFTER).condition == "clear"
    shown = after(raised(minutes=40), back, finding(at=back, minutes=50))
    assert (shown.params, shown.last_at) == ({"minutes": 50}, back)
    over = replace(gone(raised(level=4)), absent_since=NOW + HOUR)
    assert after(over, NOW).absent_since == NOW
    event = after(raised(EVENT), back, finding(EVENT, at=back), which=EVENT)
    assert (event.count, event.last_at) == (2, back)


def test_an_evaluation_can_be_brought_into_rows_that_moved_without_touching_others():
    row = do(raised(), "acknowledge")
    findings = [finding(level=2), finding(subject="G2")]
    merged = merge({row.key: row}, [said(*findings)], NOW + SECOND, only={row.key})
    assert [(one.key, one.level, one.version) for one in merged.changed] == [(row.key, 2, 3)]


def test_a_feed_over_a_morning_raises_one_alert_for_each_thing_that_is_wrong():
    """Rows set aside at eight, the source's table changed at nine, our login refused from ten on, all well at noon."""
    watching = [Watching(rule_of(name), instance(name)) for name in ("feed_down", "feed_degraded")]
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
        told = [one.look(Facts(now=now, feeds=[row])) for one in watching]
        for one in watching:
            one.keep()
        for changed in merge(standing, told, now).changed:
            if changed.key not in standing:
                opened.append((minute, changed.key, changed.level))
            standing[changed.key] = changed
    assert opened == [(60, "feed_degraded:gates", 4), (120, "feed_down:gates", 2)]
    assert {row.condition for row in standing.values()} == {"clear"}
    assert standing["feed_down:gates"].params["cause_key"] == "feed.error.unauthorised"
