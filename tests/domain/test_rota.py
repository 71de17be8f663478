"""Which area works when: weekends, holidays in turn, hours; and what platforms can take."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.rota import Area, Inspections, Platform

ZONE = ZoneInfo("Asia/Shanghai")
PORT = Inspections(
    holidays=("2026-10-01", "2026-10-02", "2026-10-03"),
    areas={"north": Area(weekend=("saturday",), bays=6), "south": Area(weekend=("sunday",))},
    platforms={"1号": Platform(officers=9)},
)


def test_saturday_north_sunday_south_holidays_in_turn() -> None:
    working = {day: [area for area in PORT.areas if PORT.works(area, day)] for day in map(date.fromisoformat, (
        "2026-09-25", "2026-09-26", "2026-09-27", "2026-10-01", "2026-10-02", "2026-10-03",
    ))}  # fmt: skip
    assert list(working.values()) == [["north", "south"], ["north"], ["south"], ["north"], ["south"], ["north"]]


def test_an_area_opens_next_when_it_works_again() -> None:
    friday_night = datetime(2026, 9, 25, 14, 0, tzinfo=UTC)  # 22:00 at the port
    assert PORT.next_opening("north", friday_night, ZONE) == datetime(2026, 9, 26, 0, 0, tzinfo=UTC)
    assert PORT.next_opening("south", friday_night, ZONE) == datetime(2026, 9, 27, 0, 0, tzinfo=UTC)
    assert PORT.next_opening("elsewhere", friday_night, ZONE) == friday_night


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.sampled_from(["north", "south"]))
def test_the_next_opening_is_open_and_nothing_before_it_is(naive: datetime, area: str) -> None:
    at = naive.replace(tzinfo=UTC)
    opening = PORT.next_opening(area, at, ZONE)
    assert opening is not None
    assert opening >= at
    assert PORT.open_at(area, opening, ZONE)
    if opening > at:
        for share in (0.0, 0.3, 0.7, 0.99):
            assert not PORT.open_at(area, at + (opening - at) * share, ZONE)
        assert not PORT.open_at(area, opening - timedelta(seconds=1), ZONE)


def test_a_platform_has_what_its_area_says_unless_told_otherwise() -> None:
    assert PORT.capacity("north", "1号") == (6, 9)
    assert PORT.capacity("south", "2号") == (4, 3)
    assert PORT.capacity("elsewhere", "2号") is None


def test_what_makes_no_sense_is_named() -> None:
    wrong = msgspec.convert(
        {
            "cycle_minutes": 0, "holidays": ["first of May"], "platforms": {"1号": {"bays": -1}},
            "areas": {"north": {"opens": "9", "weekend": ["friday"]}},
        },
        Inspections,
    )  # fmt: skip
    assert [key for key, _ in wrong.problems()] == [
        "cycle_minutes", "holidays", "areas.north.opens", "areas.north.weekend", "platforms.1号.bays",
    ]  # fmt: skip
    assert not PORT.problems()
