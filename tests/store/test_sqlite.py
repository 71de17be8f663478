"""What only SQLite does: files, its own locks, a full disk, waiting for the disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from domain.errors import StoreUnavailableError
from store.engine import Store, open_store
from store.schema import metadata
from tests.store.samples import NOW, PORT, ago, move


def test_tables_are_kept_in_the_order_of_their_keys(sqlite_store: Store) -> None:
    with sqlite_store._database.reading() as connection:
        stored = dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all())
    for table in metadata.sorted_tables:
        assert ("WITHOUT ROWID" in stored[table.name]) == (not table.dialect_options["sqlite"]["with_rowid"])


def test_a_file_that_is_no_database_or_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        open_store(f"sqlite:///{tmp_path}")
    assert caught.value.code == "unreachable"


def test_another_writer_is_waited_for_and_then_named(tmp_path: Path) -> None:
    path = tmp_path / "busy.db"
    store = open_store(f"sqlite:///{path}", busy_seconds=0.1, clock=lambda: NOW)
    foreign = sqlite3.connect(path, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError) as caught:
        store.ingest("f", [move("1", ago(hours=1))])
    assert caught.value.code == "locked"
    assert store.reads.counts(PORT)["gate_move"] == 0  # reads go on
    foreign.execute("ROLLBACK")
    foreign.close()
    assert store.ingest("f", [move("1", ago(hours=1))]).accepted == 1
    store.close()


def test_what_a_person_did_waits_for_the_disk(sqlite_store: Store) -> None:
    def mode(*, durable: bool) -> object:
        with sqlite_store._database.writing(durable=durable) as connection:
            return connection.exec_driver_sql("PRAGMA synchronous").scalar()

    assert [mode(durable=True), mode(durable=False), mode(durable=True)] == [2, 1, 2]
