"""Shifts follow one another without a gap, a handover takes two, and the brief puts the worst first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.alarm_load import Step
from domain.alerting import Alerting
from domain.pictures import AlertRow, FeedRow, FeedState
from domain.shift import NOTE_LETTERS, Handover, ShiftError, before, due, named, shift_at, sign_out, take_over
from domain.shift_brief import Order, brief, changed

TIMES = Alerting().shifts
ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
ZONES = st.sampled_from([ZONE, ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland")])
TIME_SETS = st.sampled_from([TIMES, ("06:00", "14:00", "22:00"), ("00:00",), ("07:30", "19:30")])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, TIME_SETS, ZONES)
def test_every_moment_lies_in_one_shift_and_shifts_follow_one_another(
    at: datetime, times: tuple[str, ...], zone: ZoneInfo
) -> None:
    shift = shift_at(at, times, zone)
    assert shift.begins <= at < shift.ends
    assert shift_at(shift.ends, times, zone).begins == shift.ends
    last = before(shift, times, zone)
    assert last.ends == shift.begins
    assert named(shift.shift_id, at, times, zone) == shift
    assert due(at, times, zone, []) in (last, shift)
    assert due(at, times, zone, [last.shift_id]) == shift


def test_the_shift_before_is_due_until_it_is_taken_over_or_half_of_the_next_is_gone() -> None:
    for minutes, taken, shift_id in (
        (0, [], "2026-11-22T20:00"), (359, [], "2026-11-22T20:00"), (360, [], "2026-11-23T08:00"),
        (5, ["2026-11-22T20:00"], "2026-11-23T08:00"),
    ):  # fmt: skip
        now = datetime(2026, 11, 23, 8, tzinfo=ZONE).astimezone(UTC) + timedelta(minutes=minutes)
        assert due(now, TIMES, ZONE, taken).shift_id == shift_id
    for wrong in ("2026-11-23T09:00", "2026-11-23", "", "soon", "2026-11-24T20:00"):
        with pytest.raises(ShiftError) as refused:
            named(wrong, NOON, TIMES, ZONE)
        assert refused.value.code == "unknown"


class Signing(RuleBasedStateMachine):
    """Anybody signs anything in any order; what comes of it was signed by two, in order, and counted."""

    def __init__(self) -> None:
        super().__init__()
        shift = shift_at(NOON, TIMES, ZONE)
        self.now = Handover(shift_id=shift.shift_id, begins=shift.begins, ends=shift.ends)
        self.signatures = 0

    @rule(by=st.sampled_from(["li", "wang", "zhao", " "]), goes=st.booleans(), letters=st.integers(0, NOTE_LETTERS + 1))
    def sign(self, by: str, goes: bool, letters: int) -> None:
        stood = self.now
        try:
            self.now = sign_out(stood, by, NOON, "n" * letters, {}, ()) if goes else take_over(stood, by, NOON)
            self.signatures += 1
        except ShiftError:
            return
        assert not stood.in_by
        assert by.strip()
        assert (self.now.out_by if goes else self.now.in_by) == by

    @invariant()
    def holds(self) -> None:
        assert self.now.version == self.signatures
        assert len(self.now.note) <= NOTE_LETTERS
        if self.now.in_by:
            assert self.now.out_by
            assert self.now.out_by != self.now.in_by


test_signatures_in_any_order = Signing.TestCase


def alert(key: str, level: int = 3, state: str = "new", hours: float = 1.0) -> AlertRow:
    opened = NOON - timedelta(hours=hours)
    return AlertRow(key=key, rule="r", level=level, subject_kind="gate", subject=key, state=state, condition="firing",
                    opened_at=opened, last_at=opened, count=1)  # fmt: skip


def feed(key: str, state: FeedState, **more: bool) -> FeedRow:
    return FeedRow(key=key, title=key, adapter="a", origin="live", state=state, every_seconds=1, expected_seconds=3,
                   **more)  # type: ignore[arg-type]  # fmt: skip


def step(minutes: float, what: str, alert_id: str = "a", **more: object) -> Step:
    at = NOON + timedelta(minutes=minutes)
    return Step(alert_id=alert_id, at=at, what=what, rule="r", **more)  # type: ignore[arg-type]


def test_the_brief_puts_first_what_matters_first() -> None:
    rows = [alert("old", hours=9), alert("new"), alert("seen", state="acknowledged", hours=20), alert("red", level=1)]
    orders = [Order(order_id="a", agency="customs", state="sent"),
              Order(order_id="b", agency="border", state="sent", due_at=NOON)]  # fmt: skip
    feeds = [feed("well", FeedState.OK), feed("worse", FeedState.DOWN), feed("late", FeedState.LATE),
             feed("held", FeedState.OK, paused=True), feed("off", FeedState.DISABLED)]  # fmt: skip
    told = brief(NOON - timedelta(hours=4), NOON, [], rows, orders, feeds)
    assert [row.key for row in told.open] == ["red", "old", "new", "seen"]
    assert [one.order_id for one in told.promised] == ["b", "a"]
    assert [row.key for row in told.feeds] == ["worse", "late", "held"]
    assert told.counts() == {"changed": 0, "open": 4, "shelved": 0, "out": 0, "promised": 2, "feeds": 3}


def test_what_became_of_an_alert_is_said_once() -> None:
    steps = [
        step(-500, "opened"), step(1, "repeated", level=2), step(2, "escalated"), step(3, "acknowledge", who="li"),
        step(4, "assign", who="li"), step(9, "close", who="wang", from_state="confirmed", to_state="closed"),
        step(1, "opened", "b", level=1), step(2, "closed", "b", from_state="new", to_state="closed"),
        step(3, "reopened", "b", from_state="closed", to_state="new"), step(5, "comment", "c", who="li"),
    ]  # fmt: skip
    told = brief(NOON, NOON + timedelta(hours=1), steps, [])
    assert [one.alert_id for one in told.changed] == ["b", "a"]  # red before orange; a comment alone is no change
    back, done = told.changed
    assert (back.announced, back.closed_at, back.level) == (2, None, 1)
    assert (done.announced, done.escalated, done.by, done.closed_by) == (1, 1, ("li", "wang"), "wang")
    assert changed(reversed(steps)) == changed(steps)
