"""The flood tamed: at most ten lines whatever comes, nothing lost, red always in sight, consequences behind causes."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alarm_load import Step
from domain.alert_banners import banners, line_of, surplus
from domain.alert_flood import flood_state
from domain.alert_flow import Merged
from domain.alert_parents import settled, suppressed_by, ways
from domain.alert_pictures import AlertRow, FloodState, alert_id
from domain.alerting import Flood

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
RULES = ("feed_down", "gate_queue", "queue_jump", "overdue_confirmation", "route_deviation", "sailing_at_risk")


def row(number: int, rule: str = "gate_queue", level: int = 3, opened: float = 0, **more: Any) -> AlertRow:
    about = {"subject_kind": "vehicle", "subject": f"S{number}", "key": f"{rule}:S{number}"} | more
    at = NOW - timedelta(seconds=opened)
    told = {"state": "new", "condition": "firing", "count": 1, "last_at": at} | about
    return AlertRow(rule=rule, level=level, opened_at=at, **told)


@st.composite
def alerts(draw: st.DrawFn) -> list[AlertRow]:
    found = []
    for number in range(draw(st.integers(0, 60))):
        level = draw(st.sampled_from((1, 2, 2, 3, 3, 3, 4, 4)))
        place = draw(st.sampled_from(({}, {"platform": "P1"}, {"platform": "P2"}, {"block": "B7"}, {"platform": "—"})))
        lon = draw(st.sampled_from((None, 120.2, 120.31)))
        found.append(row(
            number, draw(st.sampled_from(RULES)), level, draw(st.integers(0, 200)), params=place, lon=lon,
            lat=None if lon is None else 36.0, state=draw(st.sampled_from(("new", "acknowledged", "handling"))),
            shelved_until=draw(st.sampled_from((None, None, NOW + timedelta(hours=1)))) if level > 1 else None,
        ))  # fmt: skip
    return found


@given(alerts(), st.integers(2, 10), st.integers(1, 30), st.randoms(use_true_random=False))
def test_at_most_so_many_lines_none_lost_and_the_same_in_any_order(
    rows: list[AlertRow], most: int, per_minute: int, dice: random.Random
) -> None:
    shown = [one for one in rows if not one.hidden]
    lines = banners(rows, most, per_minute)
    assert len(lines) <= most
    assert sum(line.count for line in lines) == len(shown)
    assert sum(line.unacknowledged for line in lines) == sum(one.state == "new" for one in shown)
    assert len({line.key for line in lines}) == len(lines)
    dice.shuffle(rows)
    assert banners(rows, most, per_minute) == lines
    assert [line.level for line in lines] == sorted(line.level for line in lines)


@given(alerts(), st.integers(2, 10), st.integers(1, 30))
def test_every_alert_that_is_shown_finds_its_line_and_single_ones_their_own(
    rows: list[AlertRow], most: int, per_minute: int
) -> None:
    lines = banners(rows, most, per_minute)
    single = {line.key for line in lines if line.count == 1}
    for one in (one for one in rows if not one.hidden):
        line = line_of(one, lines)
        assert line is not None
        assert (line.key == one.key) == (one.key in single)
        assert line.level == one.level or line.grouped == "rest"


@given(alerts(), st.integers(2, 10))
def test_level_one_is_one_by_one_as_long_as_the_rest_has_a_line(rows: list[AlertRow], most: int) -> None:
    red = [one for one in rows if one.level == 1]
    others = sum(one.level != 1 and not one.hidden for one in rows)
    lines = [line for line in banners(rows, most) if line.level == 1]
    assert sum(line.count for line in lines) == len(red)
    assert all(line.grouped != "more" for line in lines)
    if len(red) + bool(others) <= most:
        assert {line.key for line in lines} == {one.key for one in red}


def test_as_fine_as_room_allows() -> None:
    few = [row(n) for n in range(10)]
    assert {line.key for line in banners(few)} == {one.key for one in few}
    places = [row(n, "queue_jump", params={"platform": f"P{n % 2}"}) for n in range(14)]
    lines = banners([*places, row(99, "feed_down", 2)])
    assert [(line.grouped, line.where, line.count) for line in lines] == [
        ("", "S99", 1), ("place", "P0", 7), ("place", "P1", 7),
    ]  # fmt: skip
    mixed = [row(n, RULES[n % 6], params={"platform": f"P{n}"}) for n in range(60)]
    assert [(line.grouped, line.count) for line in banners(mixed)] == [("rule", 10)] * 6


def test_ten_thousand_in_a_minute() -> None:
    dice = random.Random(1)
    rows = [row(n, dice.choice(RULES), dice.choice((2, 3, 4)), dice.uniform(0, 60)) for n in range(10_000)]
    rows += [row(n, "co_inspection_mismatch", 1) for n in range(20_000, 20_003)]
    lines = banners(rows)
    assert len(lines) <= 10
    assert sum(line.count for line in lines) == 10_003
    assert Counter(line.level for line in lines)[1] == 3
    assert all(line.count == 1 for line in lines[:3])


def test_what_a_rule_raises_beyond_its_rate_has_one_line() -> None:
    rows = [row(n, opened=n / 10) for n in range(8)]
    lines = banners(rows, per_minute=3)
    assert [(line.grouped, line.count) for line in lines if line.grouped] == [("more", 5)]
    (more,) = [line for line in lines if line.grouped]
    assert more.since == NOW - timedelta(seconds=0.4)  # the oldest three had the tokens
    assert surplus([row(n, opened=-20 * n) for n in range(100)], 3) == frozenset()  # three a minute, for half an hour
    assert surplus([row(n, level=1) for n in range(100)], 3) == frozenset()


def test_what_comes_and_goes_stands_behind_others_of_its_level_but_never_red() -> None:
    rows = [row(1, opened=5), row(2), row(3, level=1, opened=5), row(4, level=1)]
    restless = [alert_id(rows[1].key), alert_id(rows[3].key)]
    assert [line.where for line in banners(rows, chattering=restless)] == ["S4", "S3", "S1", "S2"]


class Instance(msgspec.Struct, frozen=True):
    name: str
    kind: str = ""
    parents: tuple[str, ...] = ()


def up(**parents: tuple[str, ...]) -> Any:
    names = {*parents, *(one for some in parents.values() for one in some)}
    return ways(Instance(name, name, parents.get(name, ())) for name in names)


def test_a_silent_feed_hides_what_its_silence_caused_and_nothing_worse_or_older() -> None:
    feed = row(0, "feed_down", 3, 100, subject_kind="feed", subject="gates", key="feed_down:gates")
    caused = row(1, opened=50, feed="gates")
    early, old = row(2, opened=200, feed="gates"), row(3, opened=9000, feed="gates")
    worse, red, elsewhere = row(4, level=2, feed="gates"), row(5, level=1, feed="gates"), row(6, feed="other")
    rows = [feed, caused, early, old, worse, red, elsewhere]
    assert suppressed_by(rows, up(gate_queue=("feed_down",))) == {caused.key: feed.key, early.key: feed.key}
    assert suppressed_by(rows, up()) == {}


def test_a_place_hides_what_stands_in_it_and_a_chain_leads_to_its_root() -> None:
    chain = up(queue_jump=("overdue_confirmation",), overdue_confirmation=("feed_down",))
    feed = row(0, "feed_down", 2, subject_kind="feed", subject="customs")
    platform = row(1, "overdue_confirmation", subject_kind="platform", subject="P1", feed="customs")
    jump = row(2, "queue_jump", subject_kind="declaration", subject="D1", params={"platform": "P1"})
    other = row(3, "queue_jump", subject_kind="declaration", subject="D2", params={"platform": "P2"})
    assert suppressed_by([jump, other, platform], chain) == {jump.key: platform.key}
    assert suppressed_by([jump, platform, feed], chain) == {jump.key: feed.key, platform.key: feed.key}
    cleared = msgspec.structs.replace(feed, condition="clear")
    assert suppressed_by([jump, platform, cleared], chain) == {jump.key: platform.key}


@pytest.mark.parametrize(
    "parents", [{"a": ("b",), "b": ("a",)}, {"a": ("a",)}, {"a": ("b",), "b": ("c",), "c": ("a",)}]
)
def test_rules_that_are_each_others_parents_hide_nothing(parents: dict[str, tuple[str, ...]]) -> None:
    rows = [row(n, name, subject="S") for n, name in enumerate(parents)]
    assert suppressed_by(rows, up(**parents)) == {}


def test_an_instance_hides_behind_every_instance_of_the_rule_it_names() -> None:
    found = ways([Instance("gate_queue_north", "gate_queue", ("feed_down",)), Instance("feed_down_ais", "feed_down")])
    assert found == {"gate_queue_north": {"feed_down_ais"}}


@given(alerts(), st.lists(st.tuples(st.sampled_from(RULES), st.sampled_from(RULES)), max_size=12))
def test_whatever_hides_leads_to_an_alert_that_does_not(rows: list[AlertRow], pairs: list[tuple[str, str]]) -> None:
    parents: dict[str, tuple[str, ...]] = {}
    for child, parent in pairs:
        parents[child] = (*parents.get(child, ()), parent)
    together = {one.key: msgspec.structs.replace(one, subject=f"S{n % 5}") for n, one in enumerate(rows)}
    hidden = suppressed_by(together.values(), up(**parents))
    for key, by in hidden.items():
        assert together[key].level != 1
        assert by not in hidden
        assert together[by].level <= together[key].level
    after = settled(Merged(), together, up(**parents), NOW)
    assert {one.key for one in after.changed} == hidden.keys()
    assert [step.what for step in after.steps] == ["suppressed"] * len(hidden)
    settled_rows = together | {one.key: one for one in after.changed}
    assert settled(Merged(), settled_rows, up(**parents), NOW) == Merged()
    cleared = settled(Merged(), settled_rows, up(), NOW)
    assert not any(one.suppressed_by for one in cleared.changed)
    assert {step.what for step in cleared.steps} <= {"unsuppressed"}
    assert len(cleared.steps) == len(hidden)


def test_what_a_parent_hides_is_counted_at_its_line() -> None:
    parent = row(0, "feed_down", subject_kind="feed", subject="gates")
    children = [row(n, suppressed_by=parent.key) for n in range(1, 6)]
    (line,) = banners([parent, *children])
    assert (line.count, line.hides) == (1, 5)


def step(seconds: float, what: str = "opened", number: str = "a") -> Step:
    return Step(alert_id=number, at=NOW - timedelta(seconds=seconds), what=what)


def test_a_flood_begins_above_ten_in_ten_minutes_and_ends_below_five() -> None:
    ten = [step(n, number=str(n)) for n in range(10)]
    assert flood_state(ten, [], NOW) == FloodState(recent=10)
    eleven = [*ten, step(10, number="x")]
    assert flood_state(eleven, [], NOW) == FloodState(recent=11, since=NOW)
    assert flood_state(eleven, [], NOW, operators=2).since is None
    later = NOW + timedelta(seconds=596)  # five are left in the window, then four
    assert flood_state(eleven, [], later - timedelta(seconds=1)).since == NOW
    assert flood_state(eleven, [], later + timedelta(seconds=1)) == FloodState(recent=3)
    assert flood_state(ten, [], NOW, Flood(begins=5)).since is not None


def test_what_was_hidden_by_design_was_heard_by_nobody() -> None:
    rows = [row(n, suppressed_by="feed_down:x") for n in range(20)]
    assert flood_state([step(1, number=one.id) for one in rows], rows, NOW) == FloodState()


def test_what_comes_and_goes_is_named() -> None:
    times = ((50, "opened"), (40, "cleared"), (35, "opened"), (25, "cleared"), (20, "opened"), (10, "cleared"))
    steps = [step(seconds, what) for seconds, what in times]
    assert flood_state(steps, [], NOW).chattering == ["a"]
    assert flood_state(steps[:4], [], NOW).chattering == []
    gone = {"condition": "clear", "last_at": NOW - timedelta(seconds=95)}
    brief, again, long = (
        row(1, opened=100, **gone),
        row(2, opened=100, **gone | {"count": 2}),
        row(3, opened=200, **gone),
    )
    assert flood_state([], [brief, again, long], NOW).fleeting == [brief.id]
