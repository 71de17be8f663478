"""What only PostgreSQL does: weeks as partitions, isolation, several writers, connections that come and go."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest

from domain.errors import StoreUnavailableError
from domain.records import Node, Record
from store import weeks
from store.engine import Store, open_store
from store.moments import micros
from store.postgres import WRITER
from tests.store.samples import NOW, PORT, ago, content, move, stay, step, task, truck
from tools.postgres import Server


@pytest.fixture
def name(server: Server, empty_postgres: str) -> str:
    return server.database(empty_postgres)


@pytest.fixture
def open_one(server: Server, name: str) -> Iterator[Callable[..., Store]]:
    """Opens the same database as often as a test likes, as several processes would."""
    opened: list[Store] = []

    def make(busy_seconds: float = 10.0) -> Store:
        opened.append(open_store(server.url(name), busy_seconds, clock=lambda: NOW))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def foreign(server: Server, name: str) -> Iterator[psycopg.Connection]:
    """Somebody else at the same database."""
    with psycopg.connect(server.address(name)) as connection:
        yield connection


def test_every_text_is_compared_by_code_point(foreign: psycopg.Connection) -> None:
    other = foreign.execute(
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_collation l ON l.oid = a.attcollation"
        " WHERE n.nspname = 'public' AND c.relname <> 'alembic_version' AND c.relkind IN ('r', 'p')"
        " AND a.attnum > 0 AND l.collname <> 'C'"
    ).fetchall()
    assert other == []


def test_positions_lie_in_their_weeks_and_the_next_week_is_ready(
    open_one: Callable[..., Store], foreign: psycopg.Connection
) -> None:
    store = open_one()
    times = [NOW, NOW - timedelta(weeks=1), NOW - timedelta(weeks=600)]
    store.ingest("f", [truck(f"T{n}", at) for n, at in enumerate(times)])
    rows = foreign.execute("SELECT vehicle_id, tableoid::regclass::text FROM vehicle_position ORDER BY 1").fetchall()
    assert rows == [
        ("T0", "vehicle_position_w20261116"),
        ("T1", "vehicle_position_w20261109"),
        ("T2", "vehicle_position_default"),
    ]
    coming = weeks.name_of("vehicle_position", weeks.week_of(micros(NOW)) + weeks.WEEK)
    assert foreign.execute("SELECT to_regclass(%s) IS NOT NULL", (coming,)).fetchone() == (True,)


def test_a_week_that_cannot_be_made_waits_in_the_default_partition(
    open_one: Callable[..., Store], foreign: psycopg.Connection
) -> None:
    store = open_one()
    foreign.execute("LOCK TABLE vehicle_position_default IN ACCESS SHARE MODE")  # as a running pg_dump does
    assert store.ingest("f", [truck("T1", ago(hours=1))]).accepted == 1
    foreign.rollback()
    where = "SELECT DISTINCT tableoid::regclass::text FROM vehicle_position"
    assert foreign.execute(where).fetchall() == [("vehicle_position_default",)]
    foreign.rollback()
    store.ingest("f", [truck("T1", NOW)])
    assert foreign.execute(where).fetchall() == [("vehicle_position_w20261116",)]
    assert [len(store.reads.track(PORT, "vehicles", "T1", ago(hours=2), NOW))] == [2]


def test_a_read_sees_one_moment(open_one: Callable[..., Store]) -> None:
    reader, writer = open_one(), open_one()
    count = "SELECT count(*) FROM gate_move"
    with reader._database.reading() as connection:
        before = connection.exec_driver_sql(count).scalar()
        writer.ingest("f", [move("1", NOW)])
        assert connection.exec_driver_sql(count).scalar() == before == 0
    assert reader.reads.counts(PORT)["gate_move"] == 1


def test_writers_side_by_side_leave_what_one_would_have_left(
    open_one: Callable[..., Store], new_postgres: Callable[[], Store]
) -> None:
    batches = [_batch(number) for number in range(8)]
    errors: list[BaseException] = []

    def write(store: Store, seed: int) -> None:
        order = batches * 2
        random.Random(seed).shuffle(order)
        try:
            for records in order:
                store.ingest("test", records)
        except BaseException as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(open_one(), seed)) for seed in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    alone = new_postgres()
    for records in batches:
        alone.ingest("test", records)
    assert errors == []
    assert content(open_one()) == content(alone)


@pytest.fixture
def new_postgres(server: Server, empty_postgres: str) -> Iterator[Callable[[], Store]]:
    opened: list[Store] = []

    def make() -> Store:
        opened.append(open_store(server.url(server.database(empty_postgres)), clock=lambda: NOW))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def _batch(number: int) -> list[Record]:
    """Small parts and (one in four) more than the store stages; every fix beyond the dead-band."""
    at = ago(minutes=10 * number)
    many = 2_500 if number % 4 == 0 else 40
    records: list[Record] = [move(f"{number // 2}-{n}", ago(minutes=n % 600)) for n in range(many)]
    records += [stay(f"s{n}", ago(days=1), at, at=at) for n in range(50)]
    records += [truck(f"T{n}", at, lon=120 + number / 100) for n in range(50)]
    records += [task(f"D{n}", at, platform=str(number)) for n in range(20)]
    return records + [step(f"D{n}", list(Node)[number % 7], at) for n in range(20)]


def test_a_foreign_writer_is_waited_for_and_then_named(
    open_one: Callable[..., Store], foreign: psycopg.Connection
) -> None:
    store = open_one(busy_seconds=0.2)
    foreign.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER,))
    with pytest.raises(StoreUnavailableError) as caught:
        store.ingest("f", [move("1", ago(hours=1))])
    assert (caught.value.code, store._database.refused) == ("locked", {"locked": 1})
    assert store.reads.counts(PORT)["gate_move"] == 0  # reads go on
    with store._database.touching() as connection:  # and so do leases
        connection.exec_driver_sql("UPDATE lease SET expires_at = 0")
    foreign.rollback()
    assert store.ingest("f", [move("1", ago(hours=1))]).accepted == 1


def test_lost_connections_are_replaced_without_a_word(
    open_one: Callable[..., Store], foreign: psycopg.Connection
) -> None:
    store = open_one()
    store.ingest("f", [move("1", ago(hours=1))])
    _end_all(foreign)
    assert store.ingest("f", [move("2", ago(hours=1))]).accepted == 1
    _end_all(foreign)
    assert store.reads.counts(PORT)["gate_move"] == 2


def test_a_connection_lost_in_the_middle_leaves_nothing(
    open_one: Callable[..., Store], foreign: psycopg.Connection
) -> None:
    store = open_one()

    def cut() -> None:
        with store._database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO notice (code, body, updated_at) VALUES ('x', '', 0)")
            _end_all(foreign)
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(StoreUnavailableError) as caught:
        cut()
    assert caught.value.code == "unreachable"
    assert store.reads.counts(PORT)["notice"] == 0


def _end_all(foreign: psycopg.Connection) -> None:
    foreign.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    foreign.commit()


def test_a_commit_waits_for_the_disk_and_a_persons_for_every_disk(open_one: Callable[..., Store]) -> None:
    store = open_one()

    def mode(*, durable: bool) -> object:
        with store._database.writing(durable=durable) as connection:
            return connection.exec_driver_sql("SHOW synchronous_commit").scalar()

    assert [mode(durable=True), mode(durable=False), mode(durable=True)] == ["on", "local", "on"]


def test_a_server_that_is_not_there_or_a_database_that_is_not(server: Server) -> None:
    for url in ("postgresql+psycopg://cockpit@127.0.0.1:1/none", server.url("none")):
        with pytest.raises(StoreUnavailableError) as caught:
            open_store(url, 0.2)
        assert caught.value.code == "unreachable"


def test_repeated_rejects_use_up_no_ids(open_one: Callable[..., Store], foreign: psycopg.Connection) -> None:
    from domain.records import Reject

    store = open_one()
    reject = Reject(feed="f", ref="x:1", reason="bad", detail="", raw="")
    for _ in range(3):
        store.ingest("f", [], [reject])
    store.ingest("f", [], [Reject(feed="f", ref="x:2", reason="bad", detail="", raw="")])
    assert foreign.execute("SELECT id, times FROM quarantine ORDER BY id").fetchall() == [(1, 3), (2, 1)]
