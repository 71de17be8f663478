"""Nothing taken over is lost: whatever the store does, every row arrives once and in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from fakes import START, moves, wait_for

from datasources.contract import Batch
from domain.errors import StoreUnavailableError
from domain.records import Record, Reject
from pipeline import ingest
from pipeline.ingest import Ingestor
from store.ingest import Ingested


class Rows:
    """A store in memory that can be locked, and that refuses some rows for good."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.rejects: list[Reject] = []
        self.cursors: list[tuple[int, Any]] = []  # (rows stored by then, cursor)
        self.locked = False
        self.poison: set[str] = set()
        self.calls = 0
        self.largest = 0

    def ingest(
        self, feed: str, records: Sequence[Record], rejects: Sequence[Reject] = (), cursor: Any = None,
        received_at: Any = None,
    ) -> Ingested:  # fmt: skip
        self.calls += 1
        if self.locked:
            raise StoreUnavailableError("locked", "database is locked")
        if self.poison & {record.ref for record in records}:
            raise ValueError("this row breaks a constraint")
        self.largest = max(self.largest, len(records) + len(rejects))
        self.rows += [f"{feed} {record.ref}" for record in records]
        self.rejects += rejects
        if cursor is not None:
            self.cursors.append((len(self.rows), cursor))
        return Ingested(accepted=len(records), quarantined=len(rejects))


@contextmanager
def running(store: Rows, **options: Any) -> Iterator[Ingestor]:
    told: list[Any] = options.setdefault("trouble", []).append  # type: ignore[assignment]
    options["trouble"] = told
    made = Ingestor(store, lambda delivery, ingested: None, lambda delivery: None, **options)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def test_the_cursor_goes_in_with_the_last_rows() -> None:
    store = Rows()
    with running(store) as ingestor:
        count = 2 * ingest.CHUNK_ROWS + 1
        ingestor.submit("gates", Batch(records=list(moves("gates", 0, count)), cursor={"at": 1}), START)
        assert ingestor.drain(20)
    assert store.cursors == [(count, {"at": 1})]
    assert store.largest == ingest.CHUNK_ROWS


def test_a_source_is_told_when_all_of_a_batch_is_stored_and_not_before() -> None:
    """What keeps messages for us until they are acknowledged must not let go of one that is only in memory."""
    store, told = Rows(), list[int]()
    store.locked = True

    def say() -> None:
        told.append(len(store.rows))
        raise OSError("the source is gone meanwhile")

    with structlog.testing.capture_logs(), running(store) as ingestor:
        count = ingest.CHUNK_ROWS + 1
        ingestor.submit("gates", Batch(records=list(moves("gates", 0, count)), stored=say), START)
        ingestor.submit("gates", Batch(stored=lambda: told.append(-1)), START)
        wait_for(lambda: store.calls >= 2)
        assert told == []
        store.locked = False
        assert ingestor.drain(20)
        wait_for(lambda: len(told) == 2)
    assert told == [count, -1]


def test_a_locked_store_loses_nothing_and_keeps_the_order() -> None:
    store, told = Rows(), []
    store.locked = True
    with structlog.testing.capture_logs() as lines, running(store, trouble=told) as ingestor:
        for number in range(5):
            ingestor.submit("gates", Batch(records=list(moves("gates", number, 1)), cursor={"at": number}), START)
        wait_for(lambda: store.calls >= 3)
        assert store.rows == []
        assert ingestor.waiting_rows("gates") == 5
        store.locked = False
        assert ingestor.drain(20)
    assert store.rows == [f"gates move {n}" for n in range(5)]
    assert [cursor["at"] for _, cursor in store.cursors] == [0, 1, 2, 3, 4]
    assert [line["event"] for line in lines] == ["store_unavailable", "store_available"]
    assert [error.code if error else None for error in told] == ["locked", None]


def test_a_full_buffer_leaves_no_room_for_that_feed_only() -> None:
    store = Rows()
    store.locked = True
    with structlog.testing.capture_logs(), running(store, room_rows=10) as ingestor:
        ingestor.submit("gates", Batch(records=list(moves("gates", 0, 10))), START)
        assert not ingestor.has_room("gates")
        assert not ingestor.wait_for_room("gates", 0.05)
        assert ingestor.has_room("yard")
        waiting = threading.Thread(target=ingestor.wait_for_room, args=("gates", 20))
        waiting.start()
        store.locked = False
        waiting.join(20)
        assert ingestor.has_room("gates")


@pytest.mark.parametrize("bad", [{"move 0"}, {"move 7"}, {"move 3", "move 4", "move 15"}])
def test_a_row_the_database_refuses_goes_to_quarantine_alone(bad: set[str]) -> None:
    store = Rows()
    store.poison = bad
    with structlog.testing.capture_logs(), running(store) as ingestor:
        ingestor.submit("gates", Batch(records=list(moves("gates", 0, 16)), cursor={"at": 16}), START)
        ingestor.submit("gates", Batch(records=list(moves("gates", 16, 1)), cursor={"at": 17}), START)
        assert ingestor.drain(20)
    assert {reject.ref for reject in store.rejects} == bad
    assert {reject.reason for reject in store.rejects} == {"not_storable"}
    assert store.rows == [f"gates move {n}" for n in range(17) if f"move {n}" not in bad]
    assert store.cursors[-1] == (17 - len(bad), {"at": 17})


def test_feeds_take_turns() -> None:
    store = Rows()
    store.locked = True
    with structlog.testing.capture_logs(), running(store) as ingestor:
        for number in range(3):
            ingestor.submit("big", Batch(records=list(moves("big", number, 1))), START)
        ingestor.submit("small", Batch(records=list(moves("small", 0, 1))), START)
        store.locked = False
        assert ingestor.drain(20)
    assert store.rows.index("small move 0") <= 1


def test_stop_stores_what_waits_and_gives_up_on_a_locked_store() -> None:
    store = Rows()
    with running(store) as ingestor:
        ingestor.submit("gates", Batch(records=list(moves("gates", 0, 100))), START)
    assert len(store.rows) == 100
    store.locked = True
    with structlog.testing.capture_logs(), running(store) as ingestor:
        ingestor.submit("gates", Batch(records=list(moves("gates", 0, 100)), cursor={"at": 1}), START)
        wait_for(lambda: store.calls >= 2)
    assert store.cursors == []
