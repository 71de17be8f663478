"""Will it make the ship: open hours as a clock, what is left of an inspection, and how well it is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.open_hours import OpenHours
from domain.rota import Area, Inspections
from domain.sailing_check import FEWEST, NODES, Baseline, Finished, Outlook, Standing, state_of

ZONE = ZoneInfo("Asia/Shanghai")
ROTA = Inspections(
    areas={"north": Area(weekend=("saturday",)), "south": Area(weekend=("sunday",))}, holidays=("2026-10-01",)
)
BEGIN, END = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
NORTH = OpenHours.of(ROTA, "north", ZONE, BEGIN, END)
HOUR = 3600.0
MOMENTS = st.floats(BEGIN.timestamp(), END.timestamp() - 20 * 86400)
WORDS = {"direction": "export", "farm": "", "mode": "manual", "area": "north"}
MONDAY = datetime(2026, 9, 14, 2, 0, tzinfo=UTC).timestamp()  # 10:00 at the port


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


@pytest.mark.parametrize(
    ("begin", "hours", "end"),
    [
        ("2026-09-14 10:00", 2.0, "2026-09-14 12:00"),
        ("2026-09-14 20:00", 1.0, "2026-09-15 08:30"),  # closes at 20:30
        ("2026-09-14 03:00", 0.5, "2026-09-14 08:30"),
        ("2026-09-19 20:00", 1.0, "2026-09-21 08:30"),  # Saturday; on Sunday the south area works
        ("2026-09-14 10:00", 10.5, "2026-09-14 20:30"),  # to the last minute
        ("2026-09-14 03:00", 0.0, "2026-09-14 03:00"),  # nothing to do needs no open door
    ],
)
def test_work_goes_on_when_the_area_is_open_again(begin: str, hours: float, end: str) -> None:
    assert float(NORTH.after(at(begin), hours * HOUR)) == pytest.approx(at(end), abs=1)


@given(MOMENTS, st.floats(1.0, 60 * HOUR), st.floats(1.0, 60 * HOUR))
def test_open_time_adds_up_and_ends_while_open(begin: float, first: float, second: float) -> None:
    middle = float(NORTH.after(begin, first))
    end = float(NORTH.after(middle, second))
    assert float(NORTH.worked(middle) - NORTH.worked(begin)) == pytest.approx(first, abs=0.01)
    assert end == pytest.approx(float(NORTH.after(begin, first + second)), abs=0.01)
    assert ROTA.open_at("north", datetime.fromtimestamp(middle - 0.01, UTC), ZONE)


def test_an_area_nobody_configured_never_closes_and_a_span_that_is_too_short_says_never() -> None:
    elsewhere = OpenHours.of(ROTA, "elsewhere", ZONE, BEGIN, END)
    assert float(elsewhere.after(MONDAY, 30 * HOUR)) == MONDAY + 30 * HOUR
    assert float(NORTH.after(MONDAY, 1e9)) == np.inf


def finished(steps_hours: np.ndarray, number: int = 200, **words: str) -> Finished:
    """Declarations that began at 10:00 on working days, each with the same hours from node to node."""
    begin = at("2026-09-01 10:00") + np.arange(number) % 4 * 86400.0
    nodes = begin[:, None] + np.concatenate([[0.0], np.cumsum(steps_hours)]) * HOUR
    columns = {name: np.full(number, word, object) for name, word in ({**WORDS, "platform": "P1"} | words).items()}
    return Finished(words=columns, nodes=nodes, ended=nodes[:, -1])


HOURS = {"": OpenHours.of(ROTA, "", ZONE, BEGIN, END), "north": NORTH}
STEPS = np.array([1.0, 0.5, 0.5, 1.0, 0.5, 2.0])


def outlook(stage: str, now: str, since_hours: float = 0.0, **words: str) -> Outlook | str:
    moment = at(now)
    return Baseline(finished(STEPS), HOURS).outlook(
        Standing({**WORDS, **words}, stage, moment - since_hours * HOUR, moment)
    )


def local(found: Outlook | str) -> str:
    assert isinstance(found, Outlook)
    middle = found.quantile(0.5)
    assert middle is not None
    return f"{middle.astimezone(ZONE):%a %H:%M}"


@pytest.mark.parametrize(
    ("stage", "now", "since", "through"),
    [
        ("", "2026-09-14 10:00", 0.0, "Mon 15:30"),
        ("appointed", "2026-09-14 10:30", 0.5, "Mon 15:30"),  # half an hour of it is behind
        ("assigned", "2026-09-14 20:00", 0.0, "Tue 11:00"),  # an hour's work, half of it before it closes
        ("confirmed", "2026-09-19 19:45", 0.0, "Mon 11:30"),  # on Sunday the other area works
        ("inspected", "2026-09-19 21:00", 0.25, "Sat 23:15"),  # needs the area no longer
        ("billed", "2026-09-14 23:00", 1.5, "Mon 23:30"),
    ],
)
def test_what_is_left_is_what_others_took_while_the_area_is_open(
    stage: str, now: str, since: float, through: str
) -> None:
    assert local(outlook(stage, now, since)) == through


def test_too_little_history_and_longer_than_all_others_are_unknown() -> None:
    few = Baseline(finished(STEPS, FEWEST - 1), HOURS)
    assert few.outlook(Standing(WORDS, "appointed", None, MONDAY)) == "little_history"
    assert outlook("appointed", "2026-09-14 15:00", 5.0) == "stuck"
    assert outlook("appointed", "2026-09-14 15:00", 0.0, direction="import") == "little_history"


def test_fewer_words_in_common_are_taken_where_more_have_too_few_and_it_is_said() -> None:
    found = outlook("appointed", "2026-09-14 10:00", area="south", mode="machine")
    assert isinstance(found, Outlook)
    assert found.kind == ("direction",)
    found = outlook("appointed", "2026-09-14 10:00", area="south")
    assert isinstance(found, Outlook)
    assert found.kind == ("direction", "farm", "mode")


def test_missing_and_contradictory_times_lend_nothing() -> None:
    wrong = finished(STEPS, 3 * FEWEST)
    wrong.nodes[:FEWEST, NODES.index("assigned")] = np.nan
    wrong.nodes[FEWEST : 2 * FEWEST, NODES.index("assigned")] += 9e6  # assigned after it was inspected
    found = Baseline(wrong, HOURS).outlook(Standing(WORDS, "appointed", None, MONDAY))
    assert isinstance(found, Outlook)
    assert len(found.ends) == FEWEST


@given(st.lists(st.floats(0, 1e6), min_size=FEWEST, max_size=60), st.floats(0, 1e6), st.floats(0, 1e5))
def test_later_deadlines_are_no_less_probable_and_never_certain(ends: list[float], due: float, more: float) -> None:
    found = Outlook(np.sort(np.array(ends)), ())
    first, second = (found.by(datetime.fromtimestamp(one, UTC)) for one in (due, due + more))
    assert 0 < first <= second < 1
    quantiles = [found.quantile(share) for share in (0.1, 0.5, 0.9)]
    assert all(a is not None and b is not None and a <= b for a, b in pairwise(quantiles))


def test_states_by_probability_and_deadline() -> None:
    now = BEGIN
    said = [state_of(share, now + timedelta(hours=1), now) for share in (0.95, 0.9, 0.5, 0.1, 0.05, None)]
    assert said == ["safe", "safe", "at_risk", "at_risk", "will_miss", "unknown"]
    assert [state_of(0.9, now, now), state_of(0.9, None, now)] == ["missed", "unknown"]
