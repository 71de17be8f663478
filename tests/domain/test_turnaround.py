"""Turnaround: what is left out and said, sums over days that come to nothing, medians that differ or do not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.before_after import compare, redrawn
from domain.segments import DEPARTED, HOUR, NEVER, POINTS, STRETCHES, Segments, share_below
from domain.turnaround import FEW, Chosen, costs, days, headline, loops, midnights, spread, stretches

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 22)
NOON = int(datetime(2026, 11, 22, 4, tzinfo=UTC).timestamp() * 1e6)
Row = dict[str, Any]


def rows(*told: Row, moment: int = NOON) -> Segments:
    """Declarations by hours before the moment, e.g. ``{"accepted": 30, "departed": 2}``; other keys are columns."""
    count = len(told)
    times = np.full((count, len(POINTS)), NEVER, np.int64)
    for i, row in enumerate(told):
        for name in set(row) & set(POINTS):
            times[i, POINTS.index(name)] = moment - int(row[name] * HOUR)

    def column(name: str, default: Any, kind: Any) -> np.ndarray[Any, Any]:
        return np.array([row.get(name, default) for row in told], dtype=kind)

    spells = [(i, *spell) for i, row in enumerate(told) for spell in row.get("held", ())]
    words = {name: column(name, "", object) for name in ("mode", "area", "direction", "platform", "hold")}
    return Segments(
        moment=moment, declaration_no=np.array([f"D{i}" for i in range(count)], object), times=times, **words,
        farm=column("farm", False, bool), second=column("second", False, bool),
        held_row=np.array([s[0] for s in spells], np.int64), held_word=np.array([s[1] for s in spells], object),
        held_since=np.array([s[2] for s in spells], np.int64), held_until=np.array([s[3] for s in spells], np.int64),
    )  # fmt: skip


def through(hours: float, left: float = 1.0, **more: Any) -> Row:
    """One that took so long from commission to release, and left so many hours before the moment."""
    marks = np.linspace(left + hours, left, len(POINTS) - 1)
    return {**dict(zip(POINTS[:-1], marks, strict=True)), "departed": left, **more}


def test_the_headline_says_by_which_definition_and_for_how_many() -> None:
    bare = {"appointed": 12, "confirmed": 11, "departed": 2}
    found = headline(rows(through(20), through(10, farm=True), bare, {"departed": 1}, {"accepted": 5}))
    assert (found.by_definition, found.otherwise, found.unknown) == (2, 1, 1)
    assert (found.farm.mean, found.other.mean, found.all.n) == (pytest.approx(10), pytest.approx(15), 3)


def test_what_is_not_told_or_contradicts_itself_is_left_out_and_counted() -> None:
    broken = {"appointed": 9, "confirmed": 10, "assigned": 6}
    found = {one.name: one for one in stretches(rows({"appointed": 9, "confirmed": 8, "billed": 3}, broken))}
    assert (found["confirmed"].hours.n, found["confirmed"].contradictory) == (1, 1)
    assert (found["transferred"].skipped, found["transferred"].reached) == (2, 0)
    assert (found["departed"].reached, found["departed"].hours.n) == (0, 0)
    assert set(found) == set(STRETCHES)


def test_leaving_counts_from_the_bill_where_release_is_not_told() -> None:
    hours = rows({"billed": 5, "departed": 1}, {"billed": 5, "released": 3, "departed": 1}).hours()
    assert hours[:, DEPARTED - 1].tolist() == [4, 2]


def test_ways_back_and_halts_are_counted() -> None:
    hour = HOUR
    found = {one.name: one for one in loops(rows(
        {"held": [("rejected", NOON - 9 * hour, NOON - 6 * hour), ("rejected", NOON - 3 * hour, NOON - 2 * hour)]},
        {"held": [("suspended", NOON - hour, NEVER)]},
    ))}  # fmt: skip
    assert (found["rejected"].times, found["rejected"].declarations, found["rejected"].hours.median) == (2, 1, 2)
    assert (found["suspended"].still, found["suspended"].hours.n) == (1, 0)
    assert found["not_appointed"].times == 0


def test_choosing_keeps_spells_with_their_declarations() -> None:
    found = rows(
        {"farm": True, "mode": "manual"}, {"mode": "machine", "held": [("suspended", NOON, NEVER)]},
        {"mode": "manual", "held": [("rejected", NOON, NEVER)]},
    )  # fmt: skip
    chosen = Chosen(kind="other", mode="manual").of(found)
    assert (list(chosen.declaration_no), list(chosen.held_word), chosen.held_row.tolist()) == (
        ["D2"],
        ["rejected"],
        [0],
    )
    assert len(Chosen().of(found)) == 3


def test_days_are_the_ports_own() -> None:
    late, early = through(10, left=12.5), through(20, left=11.5)  # half an hour before and after midnight there
    found = days(rows(late, early), DAY - timedelta(days=1), DAY, ZONE)
    assert [(day.day.day, day.n, day.median) for day in found] == [
        (21, 1, pytest.approx(10)),
        (22, 1, pytest.approx(20)),
    ]
    assert np.diff(midnights(DAY, DAY + timedelta(days=2), ZONE)).tolist() == [24 * HOUR] * 3


def test_the_bottleneck_is_where_most_declaration_hours_went() -> None:
    usual = [through(8, left=24 * day + 3) for day in range(1, 12)]
    slow = {**through(8, left=3), "inspected": 3.5, "assigned": 9.5}
    inside = {"accepted": 900, "appointed": 899}  # waits for its confirmation since: of that, twelve hours are today's
    found = costs(rows(*usual, slow, slow, inside), DAY, ZONE)
    assert found[0].name == "confirmed"
    assert (found[0].running, found[0].hours) == (1, pytest.approx(12))
    inspected = next(cost for cost in found if cost.name == "inspected")
    assert (inspected.ended, inspected.worse_than) == (2, 1.0)
    assert inspected.hours == pytest.approx(2 * (inspected.mean - inspected.usual))
    assert costs(rows(slow), DAY, ZONE) == []


@given(st.lists(st.floats(0.1, 8), min_size=FEW, max_size=40), st.integers(0, 2**31))
def test_an_ordinary_day_costs_nothing(hours: list[float], seed: int) -> None:
    """The same declarations again on the day itself: what some lost, others won."""
    before = [through(value, left=26) for value in hours]
    again = [through(value, left=2) for value in np.random.default_rng(seed).permutation(hours)]
    assert all(abs(cost.hours) < 1e-6 for cost in costs(rows(*before, *again), DAY, ZONE))


def _month(before: float, after: float, cut: int = 14, each: int = 6) -> Segments:
    dice = np.random.default_rng(5)
    told = [
        through(float(dice.gamma(4, (before if day >= cut else after) / 4)), left=24 * day + 1)
        for day in range(28) for _ in range(each)
    ]  # fmt: skip
    return rows(*told)


@pytest.mark.parametrize(("after", "verdict"), [(8.0, "shorter"), (40.0, "longer"), (20.0, "unclear")])
def test_before_and_after_says_how_sure_it_is(after: float, verdict: str) -> None:
    cut, since = DAY - timedelta(days=13), DAY - timedelta(days=27)
    found = compare(_month(20.0, after), cut, since, DAY, ZONE)
    assert (found.before.n, found.before.days, found.after.n, found.after.days) == (84, 14, 84, 14)
    assert found.verdict == verdict
    assert found.low <= found.difference <= found.high
    assert found == compare(_month(20.0, after), cut, since, DAY, ZONE)  # asked twice, it says the same


def test_with_few_days_it_says_that_it_cannot_be_told() -> None:
    found = compare(_month(20, 10, cut=2), DAY - timedelta(days=1), DAY - timedelta(days=27), DAY, ZONE)
    assert (found.verdict, found.low) == ("few", None)
    assert compare(rows(through(5)), DAY, DAY - timedelta(days=9), DAY, ZONE).verdict == "none"


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), st.integers(1, 8))
def test_redrawn_medians_are_medians_of_whole_days(values: list[float], count: int) -> None:
    hours, of_day = np.array(values), np.arange(len(values)) % count
    rng, again = np.random.default_rng(1), np.random.default_rng(1)
    found = redrawn(hours, of_day, rng, times=5)
    there = np.unique(of_day)
    for median in found:
        drawn = there[again.integers(0, len(there), len(there))]
        assert median == pytest.approx(np.median(np.concatenate([hours[of_day == day] for day in drawn])))


@given(st.lists(st.floats(0, 500) | st.just(float("nan")), max_size=80))
def test_a_histogram_holds_everything(values: list[float]) -> None:
    told = spread(np.array(values, float))
    known = [value for value in values if value == value]
    assert (told.n, sum(told.counts)) == (len(known), len(known))
    if known:
        assert min(known) <= told.median <= told.p90 <= max(known)


def test_shares_below() -> None:
    assert share_below(np.array([1.0, 2, 2, 3, np.nan]), 2) == 0.5
    assert share_below(np.array([np.nan]), 2) is None
