"""Two feeds on one stay of a box: it counts once, whatever came first, and what the other says is kept and seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.disagreement import FLAG
from domain.records import ContainerStay
from domain.retention import Retention
from store.engine import Store
from store.reads.datasets import Question
from store.retention import sweep
from tests.store.samples import ENTERPRISE, NOW, PORT, ago, block, content, stay

RANKS = {"terminal": 0, "north": 1, "tracker": 2}
BOX, OTHER = "MIOU2453144", "TEMU0190890"


def said(
    feed: str, stay_id: str, arrived: float, left: float | None = None, at: float | None = None, **more: Any
) -> Any:
    """Hours ago."""
    more.setdefault("container_no", BOX)
    departed = None if left is None else ago(hours=left)
    when = ago(hours=at if at is not None else arrived if left is None else left)
    return replace(stay(stay_id, ago(hours=arrived), departed, at=when), feed=feed, **more)


def boxes(store: Store, hours: float = 0, known: str = "corrected") -> dict[str, int]:
    at = None if not hours else ago(hours=hours)
    return {row.key: row.boxes for row in store.reads.yard(PORT, at, known).rows if row.boxes}


def rows(store: Store) -> list[tuple[Any, ...]]:
    return store.reads.records(PORT, "container_stay", Question(columns=("feed", "stay_id", "flags"))).rows


@pytest.fixture
def contested(store: Store) -> Store:
    store.prefer(RANKS)
    store.ingest("survey", [block("A1"), block("B1")], received_at=ago(hours=12))
    return store


@pytest.mark.parametrize("first", ["terminal", "tracker"])
def test_a_box_counts_once_where_the_feed_that_goes_before_says_it_stands(first: str, contested: Store) -> None:
    both = [said("terminal", "t1", 5), said("tracker", "x1", 4, block_id="B1")]
    for one in sorted(both, key=lambda one: one.feed != first):
        assert contested.ingest(one.feed, [one]).accepted == 1
    assert boxes(contested) == {"A1": 1}
    assert rows(contested) == [("terminal", "t1", (FLAG,))]
    assert contested.ingest("tracker", [both[1]]).duplicate == 1
    contested.ingest("tracker", [said("tracker", "x1", 5, at=2)])  # gives in
    assert (boxes(contested), rows(contested)) == ({"A1": 1}, [("terminal", "t1", ())])


def test_what_is_covered_no_longer_comes_back_and_what_was_shown_stays_known(contested: Store) -> None:
    contested.ingest("tracker", [said("tracker", "x1", 8, block_id="B1")], received_at=ago(hours=7))
    contested.ingest("terminal", [said("terminal", "t1", 8)], received_at=ago(hours=5))
    contested.ingest("terminal", [said("terminal", "t1", 8, 7.5)], received_at=ago(hours=3))
    assert boxes(contested) == {}  # the tracker, which says that it stands, is covered by a stay that is over
    contested.ingest("terminal", [said("terminal", "t1", 9, 8.5, at=1)], received_at=ago(hours=1))  # another one
    assert boxes(contested) == {"B1": 1}
    assert boxes(contested, 6, "then") == {"B1": 1}
    assert boxes(contested, 4, "then") == {"A1": 1}
    assert boxes(contested, 2, "then") == {}
    assert boxes(contested, 0.5, "then") == {"B1": 1}
    assert boxes(contested, 6) == {"B1": 1}
    course = contested.reads.yard_course(PORT, ago(hours=7), NOW, None, "then")
    assert (course.boxes, course.peak) == ([1, 1, 1, 1, 0, 0, 1], 1)
    found = [contested.reads.search(PORT, BOX, at, known="then")[0].block for at in (None, ago(hours=4))]
    assert found == ["B1", "A1"]


def test_stays_one_after_the_other_and_boxes_without_a_number_are_each_their_own(contested: Store) -> None:
    contested.ingest("terminal", [said("terminal", "t1", 9, 6), said("terminal", "t2", 5, container_no="")])
    contested.ingest("tracker", [said("tracker", "x1", 6), said("tracker", "x2", 5, container_no="")])
    contested.ingest("tracker", [said("tracker", "x3", 5, container_no="UNKNOWN")])
    contested.ingest("terminal", [said("terminal", "t3", 5, container_no="UNKNOWN")])
    assert boxes(contested) == {"A1": 5}


def test_of_three_feeds_what_is_covered_covers_nothing(contested: Store) -> None:
    words = [said("terminal", "t1", 9, 6), said("north", "n1", 7, 3, block_id="B1"), said("tracker", "x1", 5)]
    for one in words:
        contested.ingest(one.feed, [one])
    assert [row[:2] for row in rows(contested)] == [("terminal", "t1"), ("tracker", "x1")]


def test_stays_from_before_the_second_feed_are_held_against_each_other_when_it_is_heard(store: Store) -> None:
    """As in a database of an earlier version: nobody was asked, both count."""
    store.ingest("terminal", [said("terminal", "t1", 9)])
    store.ingest("tracker", [said("tracker", "x1", 8, block_id="B1")])
    assert store.reads.yard(PORT).boxes == 2
    store.prefer(RANKS)
    store.ingest("tracker", [said("tracker", "x2", 7, container_no=OTHER)])
    store.ingest("terminal", [said("terminal", "t2", 7, container_no=OTHER)])
    assert rows(store) == [("terminal", "t1", (FLAG,)), ("terminal", "t2", ())]


def test_large_batches_are_parted_too(contested: Store) -> None:
    numbers = [f"MIOU{n:07d}" for n in range(2_500)]
    mine = [said("tracker", f"x{n}", 5, block_id="B1", container_no=number) for n, number in enumerate(numbers)]
    assert contested.ingest("tracker", mine).accepted == 2_500
    better = [said("terminal", f"t{n}", 5, container_no=number) for n, number in enumerate(numbers)]
    result = contested.ingest("terminal", better, received_at=NOW + timedelta(seconds=1))
    assert (result.accepted, len(result.fresh), boxes(contested)) == (2_500, 2_500, {"A1": 2_500})
    assert contested.ingest("tracker", mine).duplicate == 2_500


_HOURS = st.integers(0, 10)


@st.composite
def _words(draw: st.DrawFn) -> list[ContainerStay]:
    """Versions of stays of two boxes by three feeds; of a stay at one moment one thing is said."""
    made = {}
    for _ in range(draw(st.integers(2, 9))):
        feed, number = draw(st.sampled_from(sorted(RANKS))), draw(st.integers(1, 2))
        at, arrived, left = draw(st.tuples(_HOURS, _HOURS, st.none() | _HOURS))
        box = draw(st.sampled_from([BOX, OTHER, ""]))
        made[feed, number, at] = said(
            feed, f"s{number}", arrived, left, at, container_no=box, block_id=draw(st.sampled_from(["A1", "B1"])),
            length_ft=draw(st.sampled_from([20, 40])),
        )  # fmt: skip
    return list(made.values())


@settings(max_examples=25, deadline=None)
@given(words=_words(), data=st.data())
def test_whatever_order_the_words_come_in_the_same_is_shown_and_the_stock_is_exact(
    throw_away: Callable[[], Store], words: Sequence[ContainerStay], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(words))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(order)))))
    one, other = throw_away(), throw_away()
    for store in (one, other):
        store.prefer(RANKS)
        store.ingest("survey", [block("A1"), block("B1")], received_at=ago(hours=12))
    one.ingest("all", words, received_at=ago(hours=1))
    for place, (begin, end) in enumerate(zip([0, *cuts], [*cuts, len(order)], strict=True)):
        other.ingest("all", order[begin:end], received_at=ago(hours=1) + timedelta(minutes=place))
    assert _lasting(one) == _lasting(other)
    page = one.reads.records(PORT, "container_stay", Question())
    stays = [dict(zip(page.columns, row, strict=True)) for row in page.rows]
    for hours in range(0, 11, 2):
        at = ago(hours=hours, minutes=-1)
        there = [s for s in stays if s["arrived_at"] <= at and (s["departed_at"] is None or at < s["departed_at"])]
        assert one.reads.yard(PORT, at).boxes == other.reads.yard(PORT, at).boxes == len(there)
        named = [(s["container_no"], s["feed"]) for s in there if s["container_no"]]
        assert len({number for number, _ in named}) == len(set(named))  # never two feeds' word of one box
    assert one.reads.yard(PORT).boxes == other.reads.yard(PORT).boxes


def _lasting(store: Store) -> dict[str, Any]:
    tables = content(store)
    return {name: tables[name] for name in ("container_stay", "yard_stock", "other_word", "stay_span")}


def test_the_yard_and_a_search_tell_what_the_other_feed_says_of_a_box_that_stands(contested: Store) -> None:
    contested.ingest("terminal", [said("terminal", "t1", 5), said("terminal", "t2", 9, 7, container_no=OTHER)])
    contested.ingest("tracker", [said("tracker", "x1", 3, block_id="B1"), said("tracker", "x2", 8, container_no=OTHER)])
    yard = contested.reads.yard(PORT)
    (word,) = yard.others
    assert (yard.disagreed, word.part, word.feed, word.shown_feed, set(word.fields)) == (
        1, BOX, "tracker", "terminal", {"block_id", "arrived_at"},
    )  # fmt: skip
    assert [word.part for word in contested.reads.yard(PORT, ago(hours=7, minutes=30)).others] == [OTHER]
    assert contested.reads.yard(ENTERPRISE).others == []
    (hit,) = contested.reads.search(PORT, BOX)
    assert (hit.block, hit.feeds_disagree) == ("A1", True)


def test_what_stands_is_kept_though_it_is_covered_and_goes_with_what_covers_it(contested: Store) -> None:
    days = 24
    contested.ingest("terminal", [said("terminal", "t1", 90 * days)])
    contested.ingest("tracker", [said("tracker", "x1", 90 * days, block_id="B1")])
    keep = Retention(states_days=30)
    list(sweep(contested._database, keep, NOW))
    contested.ingest("terminal", [said("terminal", "t1", 99 * days, 98 * days, at=1)])
    assert boxes(contested) == {"B1": 1}
    contested.ingest("terminal", [said("terminal", "t1", 99 * days, 60 * days, at=0.5)])
    list(sweep(contested._database, keep, NOW))
    counts = contested.reads.counts(PORT)
    assert (counts["stay_span"], counts["other_word"], boxes(contested)) == (0, 0, {})
