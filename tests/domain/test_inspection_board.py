"""Where declarations stand and what platforms can take: groups, counts, loads by the rota."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.inspection_board import GROUPS, Standing, counted, group_of, loads, open_minutes
from domain.rota import Area, Inspections
from domain.special_modes import untested

ZONE = ZoneInfo("Asia/Shanghai")
ROTA = Inspections(
    areas={"north": Area(weekend=("saturday",), bays=2, officers=3), "south": Area(weekend=("sunday",), bays=1)}
)
MONDAY, SATURDAY = datetime(2026, 11, 23, 2, tzinfo=UTC), datetime(2026, 11, 21, 2, tzinfo=UTC)  # 10:00 in the port


def many(n: int, group: str, area: str = "north", platform: str = "P", **extra: object) -> list[Standing]:
    return [Standing(platform, area, group, **extra) for _ in range(n)]  # type: ignore[arg-type]


@given(*([st.booleans()] * 4))
def test_a_declaration_is_in_one_group_and_what_is_held_waits_in_none(over, held, queued, inspected):
    group = group_of(over=over, held=held, queued=queued, inspected=inspected)
    assert group in GROUPS
    assert (group == "finished") == over
    assert (group == "held") == (held and not over)


@given(
    st.lists(st.builds(Standing, st.sampled_from("PQ"), st.sampled_from(["north", "south"]), st.sampled_from(GROUPS)))
)
def test_counts_add_up_to_the_declarations(standing):
    counts = counted(standing)
    for group in GROUPS[:-1]:
        assert sum(getattr(count, group) for count in counts) == sum(one.group == group for one in standing)


def test_load_is_what_stands_there_against_bays_and_the_expected_against_open_bay_time():
    standing = [
        *many(3, "in_progress", on_platform=True), *many(4, "waiting", expected=True),
        *many(6, "finished", minutes=60.0),
    ]  # fmt: skip
    (north,) = loads(counted(standing), ROTA, MONDAY, ZONE)
    (one,) = north.platforms
    assert (north.open, north.opens_at, one.bays, one.officers) == (True, None, 2, 3)
    assert (one.load, one.expected_load, one.over, one.idle) == (1.5, 0.5, True, False)


def test_a_closed_area_has_nobody_on_shift_says_when_it_opens_and_whether_work_waits():
    north, south = loads(counted([*many(1, "waiting"), *many(1, "waiting", "south")]), ROTA, SATURDAY, ZONE)
    assert (north.open, north.platforms[0].officers, north.platforms[0].idle) == (True, 3, False)
    assert (south.open, south.platforms[0].officers, south.platforms[0].idle) == (False, 0, True)
    assert south.opens_at == datetime(2026, 11, 22, tzinfo=UTC)  # on Sunday, 08:00 in the port
    assert south.platforms[0].expected_load is None


def test_too_few_inspections_say_nothing_and_an_unknown_area_has_no_capacity():
    few = [*many(2, "waiting", expected=True), *many(2, "finished", minutes=5.0)]
    assert loads(counted(few), ROTA, MONDAY, ZONE)[0].platforms[0].expected_load is None
    (other,) = loads(counted(many(1, "in_progress", "factory", on_platform=True)), ROTA, MONDAY, ZONE)
    assert (other.open, other.platforms[0].bays, other.platforms[0].load) == (True, None, None)


@pytest.mark.parametrize(("hour", "minutes"), [(2, 240.0), (10, 150.0), (13, 0.0), (22, 120.0)])
def test_open_time_ends_when_the_area_closes_and_begins_when_it_opens(hour: int, minutes: float) -> None:
    assert open_minutes(ROTA, "north", MONDAY.replace(hour=hour), ZONE) == minutes


def test_cold_chain_goods_need_a_passed_test_before_they_apply():
    assert untested(["cold_chain"], "pending", True)
    assert untested(["cold_chain"], "", True)
    assert not untested(["cold_chain"], "passed", True)
    assert not untested(["cold_chain"], "", False)
    assert not untested(["unaccompanied"], "", True)
