"""The last 24 hours of a feed, from the health that was kept; on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.pictures import FeedRow, FeedState
from store.engine import Store
from store.writes import derived
from tests.store.samples import NOW, PORT


def health(store: Store, at: datetime, accepted: int, state: FeedState = FeedState.OK) -> None:
    row = FeedRow(
        key="ais", title="AIS", adapter="nmea_ais", origin="live", state=state, every_seconds=1, expected_seconds=3,
        accepted=accepted,
    )  # fmt: skip
    with store._database.writing() as connection:
        derived.save_feed_health(connection, [row], at)


def test_rows_by_hour_outages_and_hours_nobody_watched(store: Store) -> None:
    assert store.reads.feed_course(PORT, NOW) == {}
    for minutes, accepted, state in [
        (30 * 60, 5, FeedState.OK), (5 * 60 + 1, 10, FeedState.OK), (4 * 60 + 30, 40, FeedState.OK),
        (4 * 60 + 1, 50, FeedState.OK), (3 * 60 + 20, 50, FeedState.DOWN), (3 * 60 + 10, 50, FeedState.OK),
        (10, 75, FeedState.LATE), (1, 80, FeedState.OK),
    ]:  # fmt: skip
        health(store, NOW - timedelta(minutes=minutes), accepted, state)
    course = store.reads.feed_course(PORT, NOW)["ais"]
    assert course.hours == [None] * 18 + [5, 40, 0, None, None, 30]
    assert course.outages == [False] * 20 + [True, False, False, True]


def test_of_a_past_moment_and_counts_that_began_anew(store: Store) -> None:
    health(store, NOW - timedelta(hours=3), 1000)
    health(store, NOW - timedelta(minutes=90), 7)
    course = store.reads.feed_course(PORT, NOW - timedelta(hours=1))["ais"]
    assert course.hours == [None] * 21 + [None, None, 0]
