"""Cycles, and what would move a declaration: every sentence is tried out on the queue it was said of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.cycles import Cycles
from domain.queue_flags import Papers, odd
from domain.queue_order import Waiting, has_priority, order
from domain.records import Direction, EnterpriseClass
from tests.domain.test_queue_order import EXPORT, IMPORT, T0, items, queues, rank_of

CYCLES = Cycles(20, "Asia/Shanghai")
SOON, LATE = timedelta(seconds=1), T0 + timedelta(days=900)


def moved(item, code, params):
    """The declaration after what the sentence supposes."""
    time = params.get("time")
    changes = {
        "sailing_before": lambda: {"vessel_departure_at": time - SOON},
        "sailing_after": lambda: {"vessel_departure_at": time + SOON},
        "sailing_known_before": lambda: {"vessel_departure_at": time - SOON},
        "sailing_known": lambda: {"vessel_departure_at": LATE},
        "appointment_known": lambda: {"appointed_at": LATE},
        "class_advanced": lambda: {"enterprise_class": EnterpriseClass.ADVANCED},
        "direction_export": lambda: {"direction": Direction.EXPORT},
        "direction_import": lambda: {"direction": Direction.IMPORT},
    }  # fmt: skip
    return replace(item, **changes[code]())


@given(queues)
def test_what_would_move_a_declaration_does(queue):
    for place in order(queue, CYCLES, T0):
        item = place.waiting
        for move in place.moves:
            if move.code.startswith("arrives_"):
                continue
            if move.code == "ahead_confirmed":
                assert move.params["count"] == place.rank - 1
                continue
            changed = moved(item, move.code, move.params)
            now = rank_of([changed if other is item else other for other in queue], item.declaration_no)
            assert now <= move.params["rank"] if "direction" in move.code else now == move.params["rank"]


@given(queues, items)
def test_who_comes_in_before_the_cut_goes_ahead_only_as_was_said(queue, newcomer):
    """Of a lane the sentence names priority, exports or earlier sailings: nobody else gets ahead by coming late."""
    late = replace(newcomer, declaration_no="9" * 19, appointed_at=LATE, applied_at=LATE)
    before = {place.waiting.declaration_no: place for place in order(queue, CYCLES, T0)}
    for place in order([*queue, late], CYCLES, T0):
        was = before.get(place.waiting.declaration_no)
        if was is None or place.rank == was.rank:
            continue
        said = next(move.code for move in was.moves if move.code.startswith("arrives_"))
        item = place.waiting
        if has_priority(late) and not has_priority(item):
            assert said.startswith("arrives_plain")
        elif item.direction is None:
            assert said.endswith("_unknown")
        elif item.direction is late.direction:
            assert said.endswith(("_export", "_timeless"))
        else:
            assert "_import" in said
            assert late.direction is Direction.EXPORT


def test_a_missing_sailing_says_where_it_would_stand():
    queue = [
        replace(EXPORT, declaration_no="1", fresh=True),
        replace(EXPORT, declaration_no="2", vessel_departure_at=T0 + timedelta(hours=1)),
        replace(EXPORT, declaration_no="3", vessel_departure_at=T0 + timedelta(hours=2)),
        replace(EXPORT, declaration_no="4", vessel_departure_at=None, enterprise_class=EnterpriseClass.GENERAL),
    ]
    last = order(queue, CYCLES, T0)[-1]
    assert [(move.code, move.params) for move in last.moves] == [
        ("sailing_known", {"rank": 4}),
        ("sailing_known_before", {"time": T0 + timedelta(hours=1), "rank": 2}),
        ("arrives_plain_export_timeless", {"time": T0 + timedelta(minutes=20)}),
        ("ahead_confirmed", {"count": 3}),
    ]


def test_who_comes_in_after_the_cut_stands_behind_it_whatever_his_class():
    aeo = {"declaration_no": "1", "enterprise_class": EnterpriseClass.ADVANCED}
    left_over = replace(IMPORT, declaration_no="2", entered_at=T0 - timedelta(hours=9))
    at = T0 + timedelta(minutes=5)
    in_time, too_late = (replace(EXPORT, **aeo, entered_at=T0 + timedelta(minutes=m)) for m in (20, 21))
    assert [p.waiting.declaration_no for p in order([left_over, in_time], CYCLES, at)] == ["1", "2"]
    places = order([left_over, too_late], CYCLES, at)
    assert [(p.waiting.declaration_no, p.cycle) for p in places] == [
        ("2", T0 + timedelta(minutes=20)),
        ("1", T0 + timedelta(minutes=40)),
    ]
    assert [reason.code for reason in places[1].reasons][-1] == "ahead_cycle"
    assert places[0].flags == ()


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.floats(1, 1440))
def test_every_moment_lies_in_one_cycle(naive, minutes):
    cycles = Cycles(minutes, "America/New_York")  # a zone whose days have 23 and 25 hours
    at = naive.replace(tzinfo=UTC)
    before, after = cycles.before(at), cycles.after(at)
    assert before <= at < after
    assert after - before <= timedelta(minutes=minutes)
    assert cycles.cut(before) == before
    assert cycles.after(before) == after


@pytest.mark.parametrize(
    ("at", "cut"), [("23:59", "00:00"), ("00:00", "00:20"), ("14:19", "14:20"), ("14:20", "14:40")]
)
def test_cuts_go_by_the_ports_clock(at, cut):
    port = timezone(timedelta(hours=8))
    moment = datetime.fromisoformat(f"2026-03-02T{at}").replace(tzinfo=port)
    assert CYCLES.after(moment).astimezone(port).strftime("%H:%M") == cut


anything = st.builds(
    Waiting,
    declaration_no=st.sampled_from(["", "1", "x" * 17, "x" * 17 + "9", "42582021000044710"]) | st.text(max_size=20),
    platform=st.sampled_from(["P", ""]) | st.text(max_size=3),
    direction=st.sampled_from([*Direction, None]),
    enterprise_class=st.sampled_from(EnterpriseClass),
    fresh=st.booleans(),
    vessel_departure_at=st.none() | st.datetimes(timezones=st.none() | st.just(UTC) | st.timezones()),
    appointed_at=st.none() | st.datetimes(timezones=st.none() | st.just(UTC)),
    applied_at=st.none() | st.datetimes(timezones=st.none() | st.just(UTC)),
    entered_at=st.none() | st.datetimes(timezones=st.none() | st.just(UTC)),
)


@given(st.lists(anything, max_size=12), st.randoms())
def test_whatever_comes_has_a_place_and_is_flagged_not_dropped(queue, random):
    places = order(queue, CYCLES, T0)
    assert sorted(map(repr, (p.waiting for p in places))) == sorted(map(repr, queue))
    random.shuffle(queue)
    assert order(queue, CYCLES, T0) == places
    odd([Papers(item, "", ("A", "A", "")) for item in queue], T0)
    for place in places:
        item = place.waiting
        times = (item.vessel_departure_at, item.appointed_at, item.applied_at)
        if all(time is not None and time.tzinfo is None for time in times):
            assert "time_without_zone" in place.flags


def test_a_number_listed_twice_or_cut_short_keeps_both_places_flagged():
    whole = "425820210000443873"
    queue = [replace(IMPORT, declaration_no=number) for number in ("1", "1", whole, whole[:-1], "2")]
    assert {p.waiting.declaration_no for p in order(queue) if "declaration_twice" in p.flags} == {
        "1",
        whole,
        whole[:-1],
    }
    assert len(order(queue)) == 5


def test_odd_papers_are_flagged_beside_one_another():
    def paper(number, platform, boxes, bill="B", **more):
        return Papers(replace(EXPORT, declaration_no=number, platform=platform, **more), bill, boxes)

    here, there = paper("1", "P", ("A", "B")), paper("2", "Q", ("B",), vessel_departure_at=LATE)
    fine = paper("3", "Q", ("C",), vessel_departure_at=LATE, applied_at=T0 - SOON)
    young = paper("4", "Q", (), bill=" ", vessel_departure_at=LATE, applied_at=T0 + SOON)
    assert odd([here, there, fine, young], T0 + SOON) == {
        "1": ("container_two_platforms", "sailing_past"),
        "2": ("container_two_platforms",),
        "4": ("bill_of_lading_blank", "applied_after_appointed"),
    }
