"""Stays put together from arrivals and departures, whatever the order they are told in."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from datasources.stay_book import Movement, StayBook
from domain.quality import check_all
from domain.records import ContainerStay, Origin, StayKind

START = datetime(2031, 1, 1, tzinfo=UTC)
BOX = "TGHU1643396"


def moved(hour: float, inward: bool, by: str = "truck", said: float | None = None, **more: Any) -> Movement:
    at = START + timedelta(hours=hour)
    made = START + timedelta(hours=hour if said is None else said)
    return Movement(container_no=more.pop("box", BOX), inward=inward, at=at, said=made, by=by, ref="r:1", **more)


def book(cursor: Any = None, days: int = 30) -> StayBook:
    return StayBook("trial", Origin.LIVE, days, cursor)


class Yard:
    """What a store makes of the records: the newest of each stay by event time."""

    def __init__(self) -> None:
        self.stays: dict[str, ContainerStay] = {}

    def put(self, records: list[ContainerStay]) -> None:
        kept, refused = check_all(records, START + timedelta(days=3650))
        assert not refused
        for record in kept:
            known = self.stays.get(record.stay_id)
            if known is None or record.event_time >= known.event_time:  # type: ignore[union-attr]
                self.stays[record.stay_id] = record  # type: ignore[assignment]

    def standing(self, hour: float) -> int:
        at = START + timedelta(hours=hour)
        return sum(s.arrived_at <= at and (s.departed_at is None or at < s.departed_at) for s in self.stays.values())

    @property
    def only(self) -> ContainerStay:
        [stay] = self.stays.values()
        return stay


def played(*moves: Movement) -> Yard:
    """Through a book that is written down and read again after every movement."""
    yard, keeper = Yard(), book()
    for m in moves:
        yard.put(keeper.take(m))
        keeper = book(msgspec.json.decode(msgspec.json.encode(keeper.to_cursor())))
    return yard


def test_an_arrival_opens_and_a_departure_closes() -> None:
    came = moved(1, True, kind=StayKind.REEFER, length_ft=40, weight_tonnes=20.0)
    stay = played(came, moved(5, False, "vessel A 1", weight_tonnes=20.5)).only
    assert (stay.arrived_at, stay.departed_at) == (START + timedelta(hours=1), START + timedelta(hours=5))
    assert (stay.arrived_by, stay.departed_by) == ("truck", "vessel A 1")
    assert (stay.kind, stay.length_ft, stay.weight_tonnes, stay.flags) == (StayKind.REEFER, 40, 20.5, ())


def test_a_departure_alone_is_kept_and_stands_at_no_time() -> None:
    yard = played(moved(5, False))
    assert yard.only.flags == ("arrival_unknown",)
    assert yard.only.arrived_at == yard.only.departed_at
    assert not any(yard.standing(hour) for hour in (4, 5, 6))


def test_the_arrival_is_filled_in_when_it_comes_late() -> None:
    yard = played(moved(5, False), moved(1, True))
    assert yard.only.flags == ()
    assert [yard.standing(hour) for hour in (0, 1, 4, 5)] == [0, 1, 1, 0]


def test_a_second_arrival_ends_the_first_stay_until_the_departure_is_told() -> None:
    moves = (moved(1, True), moved(100, True))
    first, second = played(*moves).stays.values()
    assert (first.departed_at, first.flags) == (second.arrived_at, ("departure_missing",))
    yard = played(*moves, moved(20, False))
    assert len(yard.stays) == 2
    assert [yard.standing(hour) for hour in (2, 19, 20, 99, 100)] == [1, 1, 0, 0, 1]
    assert not any(stay.flags for stay in yard.stays.values())


def test_the_newer_report_counts_whichever_comes_first() -> None:
    old = moved(1, True, "vessel A 1", said=2, weight_tonnes=10.0)
    new = moved(1.5, True, "vessel A 1", said=9, weight_tonnes=11.0)
    for order in ((old, new), (new, old), (old, new, old)):
        stay = played(*order).only
        assert (stay.weight_tonnes, stay.arrived_at, stay.flags) == (11.0, new.at, ("told_again",))


def test_a_repeat_of_the_same_report_changes_nothing() -> None:
    m = moved(1, True)
    keeper = book()
    assert keeper.take(m) == keeper.take(m)
    assert played(m, m).only.flags == ()


def test_a_correction_after_the_departure_reaches_the_closed_stay() -> None:
    yard = played(moved(1, True, said=1), moved(5, False), moved(1, True, said=7, weight_tonnes=9.0))
    assert (yard.only.weight_tonnes, yard.only.departed_at) == (9.0, START + timedelta(hours=5))
    assert "told_again" in yard.only.flags


def test_cancelled_reports_are_taken_back() -> None:
    keeper, yard = book(), Yard()
    came, left = moved(1, True), moved(5, False)
    yard.put(keeper.take(came))
    yard.put(keeper.take(left))
    yard.put(keeper.cancel(left))
    assert (yard.only.departed_at, yard.only.flags) == (None, ("report_cancelled",))
    yard.put(keeper.cancel(came))
    assert yard.only.departed_at == yard.only.arrived_at
    assert keeper.cancel(came) == []
    assert keeper.to_cursor() == {}


def test_a_cancelled_arrival_lets_the_stay_before_it_stand_again() -> None:
    keeper, yard = book(), Yard()
    for m in (moved(1, True), moved(100, True)):
        yard.put(keeper.take(m))
    yard.put(keeper.cancel(moved(100, True)))
    assert yard.standing(200) == 1
    yard.put(keeper.take(moved(150, False)))
    assert [yard.standing(hour) for hour in (149, 150)] == [1, 0]


def test_what_left_long_ago_is_forgotten_what_stands_is_not() -> None:
    keeper = book(days=10)
    keeper.take(moved(1, True))
    keeper.take(moved(2, False))
    keeper.take(moved(3, True, box="MSKU0308961"))
    keeper.take(moved(24 * 20, True, box="KOSU4954710"))
    assert set(keeper.to_cursor()) == {"MSKU0308961", "KOSU4954710"}


def test_every_order_of_a_true_story_ends_in_the_same_yard() -> None:
    story = [moved(1, True), moved(30, False), moved(60, True, "vessel A 1"), moved(90, False)]
    hours = range(0, 100, 5)
    expected = [played(*story).standing(hour) for hour in hours]
    for order in itertools.permutations(story):
        assert [played(*order).standing(hour) for hour in hours] == expected


def _moves(*carriers: str) -> st.SearchStrategy[list[Movement]]:
    hours = st.integers(0, 60).map(lambda n: n * 5)
    boxes = st.sampled_from([BOX, "MSKU0308961"])
    made = st.integers(0, 300)
    move = st.builds(moved, hour=hours, inward=st.booleans(), by=st.sampled_from(carriers), said=made, box=boxes)
    return st.lists(move, max_size=12)


@given(_moves("truck", "vessel A 1"))
def test_whatever_is_told_is_accepted_and_no_box_stands_twice(moves: list[Movement]) -> None:
    yard = played(*moves)
    for hour in range(0, 310, 5):
        at = START + timedelta(hours=hour)
        boxes = [
            s.container_no
            for s in yard.stays.values()
            if s.arrived_at <= at and (s.departed_at is None or at < s.departed_at)
        ]
        assert len(boxes) == len(set(boxes))


@given(_moves("truck", "train"))
def test_telling_everything_again_changes_no_stay(moves: list[Movement]) -> None:
    once, twice, keeper = Yard(), Yard(), book()
    for m in moves:
        records = keeper.take(m)
        once.put(records)
        twice.put(records)
    for m in moves:
        twice.put(keeper.take(m))
    assert [twice.standing(h) for h in range(0, 310, 5)] == [once.standing(h) for h in range(0, 310, 5)]
