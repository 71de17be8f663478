"""What is expected of the queue: intervals that hold on a made-up platform, and silence where nothing is known."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bench.queue_backtest import Story, backtest, every, past_of
from domain.cycles import Cycles
from domain.pictures import Expected
from domain.queue_durations import Durations
from domain.queue_forecast import QueueForecast
from domain.records import Direction, InspectionMode, InspectionTask, Node, Origin
from domain.rota import Area, Inspections

END = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # a midnight of the port
DAYS = 60
ROTA = Inspections(areas={"north": Area()})
CYCLES = Cycles()
KIND = ("P", "north", "manual", False)


def played(seed):
    """Two months of a platform: thirty applications a day, two confirmed every cycle from eight to six."""
    dice = random.Random(seed)
    told, waiting = [], []
    for day in range(DAYS):
        start = END - timedelta(days=DAYS - day)
        arrivals = sorted(start + timedelta(hours=7 + dice.triangular(0, 12, 2)) for _ in range(30))
        for cut in (start + timedelta(hours=8, minutes=20 * n) for n in range(31)):
            while arrivals and arrivals[0] <= cut:
                waiting.append(arrivals.pop(0))
            told += [(waiting.pop(0), cut) for _ in range(min(dice.choice((0, 1, 1, 2)), len(waiting)))]
        waiting += arrivals
    return [_story(number, *times, dice) for number, times in enumerate(told)]


def _story(number, appointed, confirmed, dice):
    assigned = confirmed + timedelta(minutes=dice.gammavariate(4, 15))
    inspected = assigned + timedelta(minutes=dice.gammavariate(3, 20))
    nodes = {Node.APPOINTED: appointed, Node.CONFIRMED: confirmed, Node.ASSIGNED: assigned, Node.INSPECTED: inspected}
    task = InspectionTask(
        feed="f", origin=Origin.SIMULATED, event_time=appointed, declaration_no=f"{number:018d}", platform="P",
        area="north", direction=Direction.IMPORT, mode=InspectionMode.MANUAL,
    )  # fmt: skip
    return Story(task, nodes)


@pytest.fixture(scope="module")
def known():
    return played(7)


def forecast(known, at=END):
    past = past_of(known, END - timedelta(days=DAYS), END)
    return QueueForecast(Durations(past, ROTA, ZoneInfo(CYCLES.timezone)), CYCLES, at)


def test_eight_of_ten_intervals_hold(known):
    found = backtest(known, ROTA, CYCLES, every(END - timedelta(days=15), 14, 5))
    assert found.told["finish"] > 150
    for what in ("start", "finish"):
        assert 0.7 < found.share(what) < 0.92, what
    assert found.share("confirmed") > 0.75


def test_nothing_is_expected_before_the_next_cut_and_more_places_never_mean_sooner(known):
    told = [forecast(known, END + timedelta(hours=9.1)).expected(*KIND, rank) for rank in (1, 2, 4, 8, 16)]
    spans = [one.confirmed for one in told if isinstance(one, Expected)]
    assert len(spans) == 5
    assert spans[0].since >= END + timedelta(hours=9, minutes=20)
    for one, other in pairwise(spans):
        assert (one.since, one.at, one.until) <= (other.since, other.at, other.until)
    for one in told:
        assert one.confirmed.at <= one.start.at <= one.finish.at


def test_the_same_cycle_says_the_same(known):
    """So that rows are sent when something changed, not every second."""
    early, late = (forecast(known, END + timedelta(hours=9, minutes=m)).expected(*KIND, 3) for m in (1, 19))
    assert early == late


def test_what_nobody_knows_is_not_said(known):
    at = forecast(known)
    assert at.expected("Q", *KIND[1:], 1) == "few_days"
    assert at.expected(*KIND, 4000) == "queue_longer"
    assert forecast(known[-100:]).expected(*KIND, 1) == "few_days"  # nobody watched before
    fresh = at.expected("P", "north", "machine", False, 1)
    assert isinstance(fresh, Expected)
    assert (fresh.start, fresh.finish) == (None, None)
    empty = past_of([], END - timedelta(days=DAYS), END)
    assert QueueForecast(Durations(empty, ROTA, ZoneInfo("UTC")), CYCLES, END).expected(*KIND, 1) == "few_days"
