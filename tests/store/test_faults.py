"""Storage that fails under load: a foreign lock, a full disk, a server that crashes. Nothing acknowledged is lost.

COCKPIT_FULL=1 runs the full doses (a lock of 30 s, ten crashes); by default a shorter one of the same.
"""

from __future__ import annotations

import os
import pwd
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from datasources.contract import Batch
from domain.errors import StoreUnavailableError
from pipeline.ingest import Ingestor
from store.engine import Store, open_store
from store.postgres import WRITER
from tests.store.conftest import NewUrl
from tests.store.samples import NOW, PORT, ago, move
from tools.postgres import OWNER, QUICK, Server

FULL = os.environ.get("COCKPIT_FULL") == "1"
LOCKED_SECONDS = 30.0 if FULL else 1.0
CRASHES = 10 if FULL else 2
BACK_WITHIN = 15.0 if FULL else 60.0  # seconds from the server's start; 15 is the bar of the reliability plan


@contextmanager
def _sqlite_lock(url: str) -> Iterator[None]:
    foreign = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    yield
    foreign.execute("ROLLBACK")
    foreign.close()


@contextmanager
def _postgres_lock(url: str) -> Iterator[None]:
    with psycopg.connect(url.replace("+psycopg", "")) as foreign:
        foreign.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER,))
        yield


def _lock(url: str) -> AbstractContextManager[None]:
    return _sqlite_lock(url) if url.startswith("sqlite") else _postgres_lock(url)


def test_while_somebody_else_writes_reads_go_on_and_ingest_waits(new_url: NewUrl) -> None:
    url = new_url()
    store = open_store(url, busy_seconds=0.2, clock=lambda: NOW)
    told: list[str | None] = []
    done = threading.Semaphore(0)
    ingestor = Ingestor(
        store, lambda *_: None, lambda _: done.release(), lambda error: told.append(error and error.code), room_rows=300
    )
    ingestor.start()
    sent, reads = 0, []
    with _lock(url):
        end = time.monotonic() + LOCKED_SECONDS
        while time.monotonic() < end or sent < 3:
            if ingestor.has_room("f"):
                ingestor.submit("f", Batch(records=[move(f"{sent}-{n}", ago(hours=1)) for n in range(100)]), NOW)
                sent += 1
            began = time.monotonic()
            assert store.reads.counts(PORT)["gate_move"] == 0
            reads.append(time.monotonic() - began)
            time.sleep(0.02)
    assert sent == 3  # bounded: the room of the feed was used up
    assert all(done.acquire(timeout=60) for _ in range(sent))
    assert store.reads.counts(PORT)["gate_move"] == 300
    assert told == ["locked", None]
    if FULL:
        assert sorted(reads)[int(len(reads) * 0.99)] < 0.2
    ingestor.stop()
    store.close()


def test_a_full_sqlite_disk_is_named_and_works_again_with_room(sqlite_store: Store) -> None:
    database = sqlite_store._database
    rows = [move(str(n), ago(hours=1)) for n in range(5000)]
    with database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    _full_and_again(sqlite_store, rows, lambda: _unlimited(database))
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def _unlimited(database: Any) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")


def _full_and_again(store: Store, rows: list[Any], make_room: Callable[[], None]) -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        store.ingest("f", rows, cursor={"n": 1})
    assert caught.value.code == "full"
    assert store.reads.counts(PORT)["gate_move"] == 0
    assert store.cursor("f") is None
    make_room()
    assert store.ingest("f", rows, cursor={"n": 1}).accepted == len(rows)


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = Path("/tmp") / f"cockpit-small-{os.getpid()}"
    folder.mkdir()
    options = f"size=24m,mode=700,uid={pwd.getpwnam(OWNER).pw_uid}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False, capture_output=True)
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("a small disk can only be made by root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
    folder.rmdir()


def test_a_full_postgres_disk_is_named_and_works_again_with_room(small_disk: Path) -> None:
    server = Server(QUICK)  # its own: a server whose disk is full cannot make a database for others
    try:
        with psycopg.connect(server.address("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
            admin.execute("CREATE DATABASE small TABLESPACE small")
        store = open_store(server.url("small"), clock=lambda: NOW)
        try:
            ballast = _all_but_a_little(small_disk)
            _full_and_again(store, [move(str(n), ago(hours=1)) for n in range(5000)], ballast.unlink)
        finally:
            store.close()
    finally:
        server.remove()


def _all_but_a_little(disk: Path) -> Path:
    """Fill a disk that others write to meanwhile."""
    ballast = disk / "ballast"
    for _ in range(50):
        free = os.statvfs(disk).f_bavail * 4096 - 300_000
        try:
            ballast.write_bytes(b"\0" * max(0, free))
        except OSError:
            ballast.unlink()
        else:
            return ballast
    raise AssertionError("the disk never stood still")


class _Writer(threading.Thread):
    """Ingests numbered batches, each again until it is taken; remembers what was acknowledged."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store, self.acknowledged, self.refused, self.ended = store, 0, 0, threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            number = self.acknowledged + 1
            try:
                self.store.ingest("f", [move(f"{number}-{n}", ago(hours=1)) for n in range(50)], cursor={"n": number})
            except StoreUnavailableError:
                self.refused += 1
                time.sleep(0.05)
            else:
                self.acknowledged = number

    def wait_for(self, number: int, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.acknowledged < number and time.monotonic() < end:
            time.sleep(0.01)
        return self.acknowledged >= number


def test_a_server_that_crashes_under_load_loses_nothing_and_needs_no_new_process() -> None:
    server = Server(QUICK)
    store = open_store(server.url(server.database()), clock=lambda: NOW)
    writer = _Writer(store)
    writer.start()
    try:
        assert writer.wait_for(5, 30)
        for crash in range(CRASHES):
            server.kill() if crash % 2 else server.stop("immediate")
            before = writer.acknowledged
            server.start()
            assert writer.wait_for(before + 3, BACK_WITHIN)
            assert store.reads.counts(PORT)["gate_move"] >= (before + 3) * 50
    finally:
        writer.ended.set()
        writer.join()
    rows = store.reads.counts(PORT)["gate_move"]
    cursor = store.cursor("f")
    assert cursor is not None
    assert (rows, cursor["n"]) == (writer.acknowledged * 50, writer.acknowledged)
    assert writer.refused > 0
    store.close()
    server.remove()
