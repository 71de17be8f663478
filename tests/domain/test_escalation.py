"""Who is told of an alert and when: at its clock and no later, once for each stage and target, until somebody acts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deliveries import FAILURES, SENT, SKIPPED, Attempt, doing, retry_at
from domain.escalation import ClockWatch, Escalation, OutboxEntry, Target, entries_for, target_problems

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
URL = "${secret:hook}"


class Row(msgspec.Struct):
    """The part of an AlertRow that matters."""

    level: int = 1
    state: str = "new"
    condition: str = "firing"
    hidden: bool = False
    agency: str = "port"
    key: str = "gate_queue:G1"
    rule: str = "gate_queue"
    subject: str = "G1"
    params: dict[str, Any] = {}


class Step(msgspec.Struct):
    """The part of a LogStep that matters."""

    what: str = "opened"
    at: datetime = NOW
    alert_id: str = "0123456789abcdef"
    opened_at: datetime = NOW


TARGETS = {"duty": Target(URL, stages=(0, 1)), "chief": Target(URL, stages=(1, 2))}


class Telling(msgspec.Struct):
    """The part of [alerts] that matters."""

    targets: dict[str, Target] = msgspec.field(default_factory=lambda: dict(TARGETS))
    escalation: Escalation = Escalation()


def told(entries: list[OutboxEntry]) -> list[tuple[str, str, float]]:
    return [(one.kind, one.target, (one.due_at - one.at).total_seconds()) for one in entries]


def test_an_alert_is_told_at_once_and_again_while_nobody_acknowledges() -> None:
    assert told(entries_for(Step(), Row(), Telling())) == [
        ("urgent", "duty", 0), ("escalate", "", 30), ("urgent", "duty", 30), ("urgent", "chief", 30),
        ("escalate", "", 120), ("urgent", "chief", 120), ("escalate", "", 300),
    ]  # fmt: skip
    assert told(entries_for(Step(), Row(level=3), Telling())) == [("escalate", "", 3600)]  # on record, told to nobody


@pytest.mark.parametrize(
    ("what", "row"),
    [
        ("acknowledge", Row(state="acknowledged")),
        ("assign", Row(state="assigned")),
        ("closed", Row(state="closed")),
        ("shelve", Row(level=2, hidden=True)),
        ("cleared", Row(level=2, condition="clear")),
    ],
)
def test_what_ends_the_wait_strikes_out_the_rest(what: str, row: Row) -> None:
    assert [one.kind for one in entries_for(Step(what=what), row, Telling())] == ["cancel"]


def test_what_ends_nothing_changes_nothing() -> None:
    assert entries_for(Step(what="comment"), Row(), Telling()) == []
    # Level I is latched: gone before anybody saw it, it is told on.
    assert entries_for(Step(what="cleared"), Row(condition="clear"), Telling()) == []


@pytest.mark.parametrize("what", ["repeated", "shelve_ended", "level_raised"])
def test_what_asks_for_attention_again_begins_the_clocks_again(what: str) -> None:
    again = entries_for(Step(what=what), Row(), Telling())
    # Stages of the level before are struck out; otherwise what waits already goes on as it is, see the outbox.
    assert [one.kind for one in again if one.kind == "cancel"] == ["cancel"] * (what == "level_raised")
    assert told(again)[-7:] == told(entries_for(Step(), Row(), Telling()))


STEPS = st.lists(st.tuples(
    st.sampled_from(["opened", "level_raised", "repeated", "cleared", "acknowledge", "comment", "shelve_ended"]),
    st.builds(Row, level=st.integers(1, 4), state=st.sampled_from(["new", "acknowledged", "closed"]),
              condition=st.sampled_from(["firing", "clear", "no_data"]), hidden=st.booleans()),
), max_size=8)  # fmt: skip


@given(STEPS)
def test_no_target_is_told_twice_of_one_stage_of_one_opening(steps: list[tuple[str, Row]]) -> None:
    seen: dict[str, tuple[int, int, str]] = {}
    for what, row in steps:
        entries = entries_for(Step(what=what), row, Telling())
        keys = [one.dedup for one in entries if one.kind != "cancel"]
        assert len(keys) == len(set(keys))
        for one in entries:
            if one.kind != "cancel":
                same = (one.body["level"], one.body["stage"], one.target)
                assert seen.setdefault(one.dedup, same) == same  # one text stands for one message and no other
                assert one.due_at >= one.at


@given(st.lists(st.tuples(st.floats(0.1, 40), st.one_of(st.just(0.0), st.floats(-7200, 60))), min_size=1, max_size=30))
def test_level_one_never_waits_longer_than_its_clock_whatever_is_done_to_the_clock(
    passing: list[tuple[float, float]],
) -> None:
    """Seconds that pass between two looks of the notifier, and by how much the clock is set meanwhile."""
    ticks, wall = 0.0, NOW
    waiting = [(one.due_at, (one.due_at - one.at).total_seconds()) for one in entries_for(Step(), Row(), Telling())]
    watch = ClockWatch(wall, ticks)
    slept = 0.0
    for seconds, jump in passing:
        ticks, wall = ticks + seconds, wall + timedelta(seconds=seconds + jump)
        lost = watch.set_back(wall, ticks)
        waiting = [(due - lost, wait) for due, wait in waiting if due - lost > wall]
        slept = 0.1 * len(passing)  # what is too little to be noticed
        assert all(ticks <= wait + slept for _, wait in waiting)


def test_hours_go_over_midnight_in_the_ports_zone() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    night = Target(URL, hours=("20:00-08:00",))
    assert [night.awake(NOW.replace(hour=hour), zone) for hour in (11, 12, 23, 0)] == [False, True, True, False]
    assert Target(URL).awake(NOW, zone)
    assert Target(URL, hours=("00:00-24:00",)).awake(NOW, zone)


def test_what_makes_no_sense_is_named() -> None:
    wrong = Target("token", levels=(5,), stages=(), agencies=("police",), language="fr", hours=("8-20",))
    keys = [key for key, _ in target_problems({"x": wrong, "Y": Target(URL)})]
    assert keys == [
        *(f"targets.x.{key}" for key in ("url", "stages", "levels", "agencies", "language", "hours")),
        "targets.Y",
    ]
    assert [key for key, _ in Escalation(red=(60.0,), blue=(9.0, 9.0), yellow=(1.0,)).problems()] == [
        "yellow",
        "blue",
        "red",
    ]
    assert Escalation().problems() == []


def tries(*results: str) -> list[Attempt]:
    """Newest first, ten seconds apart, the newest now."""
    return [Attempt(NOW - timedelta(seconds=10 * place), result) for place, result in enumerate(results)]


def test_how_a_target_is_doing_is_told_by_its_deliveries() -> None:
    bad = ("timeout",) * FAILURES
    assert doing([], NOW).state == "unused"
    assert doing(tries(SENT, *bad), NOW).state == "ok"
    failing = doing(tries("refused", SKIPPED, "timeout", SENT), NOW)
    assert (failing.state, failing.failures, failing.since) == ("failing", 2, NOW - timedelta(seconds=20))
    resting = doing(tries(*bad), NOW)
    assert resting.state == "resting"
    assert resting.rests_until is not None
    assert doing(tries(*bad), resting.rests_until).state == "failing"  # one try tells
    assert (
        doing(tries(*bad), NOW - timedelta(days=1)).state == "failing"
    )  # the clock was set back: nobody rests for a day


@given(st.integers(1, 500), st.floats(0, 1))
def test_a_retry_waits_longer_each_time_and_never_long(attempts: int, chance: float) -> None:
    wait = (retry_at(attempts, NOW, chance) - NOW).total_seconds()
    assert 2.5 <= wait <= 450
