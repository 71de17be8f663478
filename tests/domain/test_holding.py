"""Delay, count, dead-band and hours: what holds long or often enough fires, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.active_hours import HoursError, active, spans
from domain.rules.base import Facts, Finding, RuleInstance
from domain.rules.holding import hold
from tests.domain.samples import NOW

SHANGHAI = ZoneInfo("Asia/Shanghai")
PLAIN = RuleInstance(name="gate_queue", kind="gate_queue", params=None, levels={}, hold_off_seconds=60.0)


def finding(subject="G1", at=NOW):
    return Finding(rule="gate_queue", subject_kind="gate", subject=subject, level=3, event_time=at)


def fired(instance, found_at, until, kind="condition", zone=UTC):
    """Seconds at which a condition fires that is found at some seconds."""
    memory, seconds = {}, []
    for second in range(until):
        now = NOW + timedelta(seconds=second)
        found = [finding(at=now)] if second in found_at else []
        outcome = hold(memory, found, instance, kind, now, zone)
        memory = outcome.memory
        seconds += [second] * len(outcome.findings)
    return seconds


def test_without_delay_it_fires_at_once():
    assert fired(PLAIN, {2, 3}, 5) == [2, 3]


def test_a_delay_begins_anew_after_a_gap():
    assert fired(replace(PLAIN, hold_on_seconds=3.0), {0, 1, 3, 4, 5, 6, 7}, 9) == [6, 7]


def test_what_fired_comes_back_at_once_after_a_gap_shorter_than_the_hold_off():
    slow = replace(PLAIN, hold_on_seconds=3.0, hold_off_seconds=5.0)
    assert fired(slow, {*range(5), *range(8, 10)}, 12) == [3, 4, 8, 9]
    assert fired(slow, {*range(5), *range(11, 16)}, 18) == [3, 4, 14, 15]


def test_so_many_in_a_row_or_within_a_window():
    assert fired(replace(PLAIN, count=3, hold_off_seconds=0.0), {0, 1, 3, 4, 5}, 8) == [5]
    assert fired(replace(PLAIN, count=3, window_seconds=4.0, hold_off_seconds=0.0), {0, 1, 3, 4, 9}, 12) == [3, 4]


def test_the_same_reading_counts_once():
    twice = replace(PLAIN, count=2)
    first = hold({}, [finding()], twice, "condition", NOW, UTC)
    again = hold(first.memory, [finding()], twice, "condition", NOW + timedelta(seconds=1), UTC)
    assert (len(again.findings), len(again.pending)) == (0, 1)
    assert hold({}, [finding()], twice, "condition", NOW, UTC, firing=frozenset({"G1"})).findings


def test_what_cannot_be_judged_keeps_its_delay():
    slow = replace(PLAIN, hold_on_seconds=10.0)
    first = hold({}, [finding()], slow, "condition", NOW, UTC)
    silent = hold(first.memory, [], slow, "condition", NOW + timedelta(seconds=5), UTC, unjudged=frozenset({"G1"}))
    later = NOW + timedelta(seconds=10)
    (one,) = hold(silent.memory, [finding(at=later)], slow, "condition", later, UTC).findings
    assert one.event_time == NOW  # when it began


def test_a_clock_set_back_does_not_make_a_delay_longer():
    slow = replace(PLAIN, hold_on_seconds=10.0)
    first = hold({}, [finding()], slow, "condition", NOW, UTC)
    back = NOW - timedelta(hours=1)
    second = hold(first.memory, [finding(at=back)], slow, "condition", back, UTC)
    assert hold(second.memory, [finding()], slow, "condition", back + timedelta(seconds=10), UTC).findings


def test_events_fire_each_or_when_there_are_so_many_within_the_window():
    events = [finding(at=NOW + timedelta(seconds=second)) for second in (0, 50, 100, 130, 500)]
    assert len(hold({}, events, PLAIN, "event", NOW, UTC).findings) == 5
    often = replace(PLAIN, count=3, window_seconds=120.0)
    outcome = hold({}, events, often, "event", NOW, UTC)
    assert [one.event_time for one in outcome.findings] == [NOW + timedelta(seconds=s) for s in (100, 130)]
    assert len(outcome.pending) == 3


def test_outside_its_hours_a_rule_is_quiet():
    day = replace(PLAIN, active_hours=("08:00-16:01",))
    assert fired(day, set(range(120)), 120, zone=SHANGHAI) == list(range(60))  # NOW is 16:00 there
    assert hold({}, [finding()], replace(PLAIN, active_hours=("00:00-01:00",)), "event", NOW, UTC).findings == []


@pytest.mark.parametrize(
    ("hours", "yes", "no"),
    [
        ("08:00-20:00", "2026-03-02T08:00", "2026-03-02T20:00"),
        ("22:00-06:00", "2026-03-02T05:59", "2026-03-02T06:00"),
        ("mon-fri 07:30-19:00", "2026-03-06T18:59", "2026-03-07T12:00"),
        ("fri 22:00-06:00", "2026-03-07T03:00", "2026-03-06T03:00"),
        ("sun 22:00-06:00", "2026-03-02T03:00", "2026-03-03T03:00"),
        ("sat-mon 00:00-24:00", "2026-03-02T23:59", "2026-03-03T00:00"),
        ("tue,thu 10:00-11:00", "2026-03-05T10:30", "2026-03-06T10:30"),
    ],
)
def test_hours_of_the_week(hours, yes, no):
    assert active([hours], datetime.fromisoformat(yes).replace(tzinfo=SHANGHAI), SHANGHAI)
    assert not active([hours], datetime.fromisoformat(no).replace(tzinfo=SHANGHAI), SHANGHAI)


@pytest.mark.parametrize("hours", ["", "8-20", "24:00-01:00", "08:60-09:00", "08:00-08:00", "may 08:00-09:00", "x"])
def test_hours_nobody_can_read_are_refused(hours):
    with pytest.raises(HoursError):
        spans(hours)


def test_a_dead_band_holds_only_what_fires():
    gate = replace(PLAIN, dead_band=0.2)
    firing = Facts(now=NOW, firing=frozenset({"gate_queue:G1"}))
    assert [gate.beyond(value, 30.0, "G1", firing) for value in (24.0, 24.1, 31.0)] == [False, True, True]
    assert [gate.beyond(value, 30.0, "G2", firing) for value in (30.0, 30.1)] == [False, True]
    assert [gate.below(value, -18.0, "G1", firing) for value in (-14.4, -14.5)] == [False, True]
    assert not gate.beyond(float("nan"), 30.0, "G1", firing)


times = st.sets(st.integers(0, 60), max_size=40)


@given(found_at=times, hold_on=st.integers(0, 20), count=st.integers(1, 5), window=st.integers(0, 30),
       hold_off=st.integers(0, 20))  # fmt: skip
def test_what_fires_was_found_and_had_reason_to(found_at, hold_on, count, window, hold_off):
    instance = replace(
        PLAIN,
        hold_on_seconds=float(hold_on),
        count=count,
        window_seconds=float(window),
        hold_off_seconds=float(hold_off),
    )
    seconds = fired(instance, found_at, 61)
    assert set(seconds) <= found_at
    for second in seconds:
        lasted = set(range(second - hold_on, second + 1)) <= found_at
        often = sum(1 for other in found_at if other <= second and (not window or other > second - window)) >= count
        recent = [other for other in seconds if other < second and second - other <= hold_off + 1]
        assert recent or (lasted if count == 1 else often or lasted)
    if hold_on == 0 and count == 1:
        assert set(seconds) == found_at


@given(found_at=times, hold_on=st.integers(0, 20))
def test_a_longer_delay_never_fires_more(found_at, hold_on):
    shorter, longer = (replace(PLAIN, hold_on_seconds=float(hold_on + more), hold_off_seconds=0.0) for more in (0, 5))
    assert set(fired(longer, found_at, 61)) <= set(fired(shorter, found_at, 61))
