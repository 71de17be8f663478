"""A feed's lamp says what is the matter, and its counts go on over a restart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes import START, feed, moves

from datasources.contract import Batch, Problem
from domain.errors import FeedError
from domain.pictures import FeedRow, FeedState
from domain.records import GateMove, Reject
from pipeline.health import REJECTS_SHOW_SECONDS, HealthBook
from store.ingest import Ingested


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def book(time: Time) -> HealthBook:
    return HealthBook([feed("gates", every_seconds=10), feed("off", enabled=False)], "en", lambda: START, time)


def row(book: HealthBook) -> FeedRow:
    return next(row for row in book.rows() if row.key == "gates")


def deliver(book: HealthBook, batch: Batch, **counts: Any) -> None:
    counts.setdefault("fresh", batch.records)
    book.stored("gates", Ingested(accepted=len(batch.records), **counts), batch)
    book.delivered("gates", batch, START)


BAD = Reject(feed="gates", ref="gates.csv:7", reason="bad_time", detail="event_time=yesterday", raw="...")


def test_starting_then_ok_then_late(book: HealthBook, time: Time) -> None:
    assert row(book).state is FeedState.STARTING
    deliver(book, Batch(records=list(moves("gates", 0, 3)), counts={"lines": 4}))
    assert row(book).state is FeedState.OK
    assert (row(book).accepted, row(book).counts, row(book).last_ok_at) == (3, {"lines": 4}, START)
    assert row(book).last_event_at == START + timedelta(seconds=2)
    time.seconds = 30.5
    assert (row(book).state, row(book).message_code) == (FeedState.LATE, "silent")
    book.no_room("gates")
    assert row(book).message_code == "buffer_full"
    book.paused("gates", True)
    assert row(book).message_code == "paused"
    deliver(book, Batch())
    assert row(book).state is FeedState.OK


def test_a_feed_that_never_delivers_turns_late(book: HealthBook, time: Time) -> None:
    time.seconds = 31
    assert row(book).state is FeedState.LATE


def test_down_names_what_and_where_until_a_good_poll(book: HealthBook) -> None:
    book.failed("gates", FeedError("missing_file", "does not exist", "gates.csv"))
    assert (row(book).state, row(book).message_code) == (FeedState.DOWN, "missing_file")
    assert row(book).message == "gates.csv: does not exist"
    deliver(book, Batch())
    assert (row(book).state, row(book).message_code, row(book).message) == (FeedState.OK, "", "")


def test_rejects_degrade_until_they_are_long_past_and_a_delivery_is_clean(book: HealthBook, time: Time) -> None:
    deliver(book, Batch(records=list(moves("gates", 0, 9)), rejects=[BAD]), quarantined=1, reasons={"bad_time": 1})
    assert (row(book).state, row(book).message_code) == (FeedState.DEGRADED, "rows_quarantined")
    assert row(book).message == "gates.csv:7: event_time=yesterday"
    assert (row(book).quarantined, row(book).reasons) == (1, {"bad_time": 1})
    time.seconds = REJECTS_SHOW_SECONDS + 1
    deliver(book, Batch())  # nothing new says nothing about the rows
    assert row(book).state is FeedState.DEGRADED
    deliver(book, Batch(records=list(moves("gates", 9, 1))))
    assert row(book).state is FeedState.OK
    assert row(book).quarantined == 1


def test_a_problem_degrades_until_the_next_poll_without_one(book: HealthBook) -> None:
    deliver(book, Batch(problems=[Problem(code="encoding", detail="b.csv: unknown encoding")]))
    assert (row(book).state, row(book).message) == (FeedState.DEGRADED, "b.csv: unknown encoding")
    deliver(book, Batch())
    assert row(book).state is FeedState.OK


def test_an_answer_that_is_the_same_as_before_is_as_wrong_as_before(book: HealthBook) -> None:
    gone = Problem(code="missing_column", detail="list: no lat")
    deliver(book, Batch(records=list(moves("gates", 0, 2)), problems=[gone]))
    deliver(book, Batch(counts={"unchanged": 1}))
    assert (row(book).state, row(book).message_code) == (FeedState.DEGRADED, "missing_column")
    deliver(book, Batch(records=list(moves("gates", 2, 2))))
    assert row(book).state is FeedState.OK


def test_ended_and_disabled(book: HealthBook, time: Time) -> None:
    deliver(book, Batch(ended=True))
    time.seconds = 1e6
    assert row(book).state is FeedState.ENDED
    assert next(r for r in book.rows() if r.key == "off").state is FeedState.DISABLED


def test_counts_go_on_after_a_restart(book: HealthBook, time: Time) -> None:
    deliver(
        book, Batch(records=list(moves("gates", 0, 5)), rejects=[BAD], counts={"lines": 6}),
        quarantined=1, duplicate=2, flagged=3, late=1, reasons={"bad_time": 1}, flags={"clock_ahead": 3},
    )  # fmt: skip
    again = HealthBook([feed("gates", every_seconds=10)], "zh_CN", lambda: START, time, restored=book.rows())
    kept = row(again)
    assert (kept.accepted, kept.duplicate, kept.quarantined, kept.flagged, kept.late) == (5, 2, 1, 3, 1)
    assert (kept.reasons, kept.flags, kept.counts) == ({"bad_time": 1}, {"clock_ahead": 3}, {"lines": 6})
    assert (kept.last_ok_at, kept.state) == (START, FeedState.STARTING)
    deliver(again, Batch(records=list(moves("gates", 5, 1))))
    assert (row(again).accepted, row(again).state) == (6, FeedState.DEGRADED)  # the bad file is still recent


def test_a_backfill_is_counted_too(book: HealthBook) -> None:
    book.filled("gates", {"accepted": 7, "duplicate": 0, "quarantined": 0, "flagged": 0, "late": 0})
    assert row(book).accepted == 7


def test_it_knows_what_a_feed_brings(book: HealthBook) -> None:
    assert book.kinds("gates") == frozenset()
    deliver(book, Batch(records=list(moves("gates", 0, 1))))
    assert book.kinds("gates") == {GateMove}


def test_a_feed_with_nothing_new_still_stands_behind_its_tiles_after_a_restart(book: HealthBook) -> None:
    assert book.kinds("gates") == frozenset()
    book.stored("gates", Ingested(duplicate=2), Batch(records=moves("gates", 0, 2)))
    assert book.kinds("gates") == {GateMove}, "a duplicate tells as much about what a feed brings"
    again = HealthBook([feed("gates")], "en", lambda: START, restored=book.rows())
    assert again.kinds("gates") == {GateMove}
