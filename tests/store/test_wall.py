"""Row-level security: without the conditions in the queries the database itself shows an enterprise its rows only."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import structlog
from msgspec.structs import replace
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import ProgrammingError

from bench import bench_scope, past_port
from bench.past_port import FULL
from domain.viewer import Viewer
from store.engine import Store, open_store
from store.reads import positions
from store.schema import alert, audit, inspection_task, known_body, metadata
from store.wall import ROLE, lowered
from tests.store.samples import ENTERPRISE, NOW, PORT, TWO_FEEDS, one_of_each, placed_by_another
from tests.store.test_scope import PORT_ONLY, READS
from tools.postgres import Server

ACCOUNTS = ("plain", "cockpit")  # the owner of a database and nothing else; a superuser
_numbers = itertools.count()


@pytest.fixture(scope="module")
def opened(server: Server) -> Iterator[Callable[..., Store]]:
    """Opens a new database as an account that owns it; the role of the wall is made and granted as docs say."""
    made: list[Store] = []
    with psycopg.connect(server.address("postgres"), autocommit=True) as admin:
        admin.execute("CREATE ROLE plain LOGIN")
        admin.execute("CREATE ROLE stranger LOGIN")
        if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone() is None:
            admin.execute(f"CREATE ROLE {ROLE} NOLOGIN")
        admin.execute(f"GRANT {ROLE} TO plain")

    def make(account: str) -> Store:
        name = f"wall{next(_numbers)}"
        with psycopg.connect(server.address("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} OWNER {account}")
        made.append(open_store(server.url(name).replace("//cockpit@", f"//{account}@"), clock=lambda: NOW))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module", params=ACCOUNTS)
def stores(request: pytest.FixtureRequest, opened: Callable[..., Store]) -> tuple[Store, Store, Store]:
    """One without rows, one with those of others and of the port, one with the enterprise's too."""
    empty, others, own = (opened(request.param) for _ in range(3))
    for store, prefix in ((others, ""), (own, "their")):
        store.prefer(TWO_FEEDS)
        store.ingest("test", one_of_each("E2", prefix=prefix))
        store.ingest("test", one_of_each("", prefix="port"))
    own.ingest("test", one_of_each("E1"))
    others.ingest("second", [placed_by_another("E2")])
    own.ingest("second", [placed_by_another("E1")])
    return empty, others, own


@pytest.fixture
def no_first_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every query has forgotten to ask whose rows they are."""
    for name, module in list(sys.modules.items()):
        if name.startswith("store.reads"):
            for one in ("visible", "public"):
                if hasattr(module, one):
                    monkeypatch.setattr(module, one, lambda viewer, column: ())
    for kind, shape in positions._SHAPES.items():
        monkeypatch.setitem(positions._SHAPES, kind, replace(shape, seen=lambda viewer, column: ()))


@pytest.mark.usefixtures("no_first_wall")
@pytest.mark.parametrize("name", READS)
def test_the_database_leaves_foreign_rows_out_by_itself(name: str, stores: tuple[Store, Store, Store]) -> None:
    empty, others, own = stores
    ask = READS[name]
    assert ask(others.reads, ENTERPRISE) == ask(empty.reads, ENTERPRISE)
    if name not in PORT_ONLY:
        assert ask(own.reads, ENTERPRISE) != ask(empty.reads, ENTERPRISE)
        assert ask(others.reads, PORT) != ask(empty.reads, PORT), "and everything to the port"


def _count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(inspection_task)).scalar_one())


def test_the_wall_stands_for_one_transaction_and_can_be_lowered_within(stores: tuple[Store, Store, Store]) -> None:
    database = stores[2]._database
    with database.reading(ENTERPRISE) as connection:
        assert _count(connection) == 1
        with lowered(connection):
            assert _count(connection) == 3
        assert _count(connection) == 1
    with database.reading() as connection:
        assert _count(connection) == 3
        with lowered(connection):
            assert _count(connection) == 3
    with database.reading(Viewer(name="nobody", scope=frozenset({""}))) as connection:
        assert _count(connection) == 0


def test_whoever_is_behind_the_wall_without_naming_an_enterprise_sees_nothing(
    stores: tuple[Store, Store, Store],
) -> None:
    with stores[2]._database.reading() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {ROLE}")
        for table in (t for t in metadata.sorted_tables if "scope" in t.c and not t.name.startswith("vessel_")):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0, table.name


def test_what_belongs_to_nobody_cannot_be_asked_for_behind_the_wall(stores: tuple[Store, Store, Store]) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        stores[2]._database.reading(ENTERPRISE) as connection,
    ):
        connection.execute(select(audit.c.seq))


def test_an_alert_as_it_was_said_is_walled_like_the_alert(stores: tuple[Store, Store, Store]) -> None:
    database = stores[0]._database
    with database.writing() as connection:
        for key, scope in (("mine", "E1"), ("theirs", "E2")):
            told: dict[str, Any] = {name: "" for name in alert.c.keys() if name != "scope"}  # noqa: SIM118
            times = dict.fromkeys(("valid_from", "valid_to", "level", "opened_at", "version", "received_at"), 1)
            told |= {**times, "recorded_time": None, "shelved_until": None, "key": key, "scope": scope, "body": "{}"}
            connection.execute(alert.insert().values(told))
            connection.execute(known_body.insert().values(dataset="alert", key=key, known_from=1, body="{}"))
        connection.execute(known_body.insert().values(dataset="notice", key="n", known_from=1, body="{}"))
    with database.reading(ENTERPRISE) as connection:
        assert connection.execute(select(known_body.c.key)).scalars().all() == ["mine"]
    with database.writing() as connection:
        connection.execute(alert.delete())
        connection.execute(known_body.delete())


def test_an_account_that_may_not_build_the_wall_says_so_and_goes_on(
    opened: Callable[..., Store],
) -> None:
    with structlog.testing.capture_logs() as lines:
        store = opened("stranger")
    assert not store._database.walled
    assert "second_wall_missing" in {line["event"] for line in lines}
    store.ingest("test", [*one_of_each("E2"), *one_of_each("E1", prefix="own")])
    assert [row.key for row in store.reads.inspections(ENTERPRISE).rows] == ["ownD1"]


def test_the_next_start_puts_up_again_what_a_restore_lost(opened: Callable[..., Store]) -> None:
    store = opened("plain")
    with store._database.writing() as connection:
        connection.exec_driver_sql(f"REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM {ROLE}")
    again = open_store(store._database.engine.url.render_as_string(hide_password=False), clock=lambda: NOW)
    assert again.operations.walled
    assert again.reads.inspections(ENTERPRISE).rows == []
    again.close()


def test_every_read_of_a_viewer_goes_behind_the_wall(
    stores: tuple[Store, Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, seen = stores[0], []
    inner = store._database.reading
    monkeypatch.setattr(store._database, "reading", lambda viewer=None: (seen.append(viewer), inner(viewer))[1])
    for name, ask in READS.items():
        seen.clear()
        ask(store.reads, ENTERPRISE)
        assert seen or name in PORT_ONLY, name  # what is the port's alone is refused before the database is asked
        assert set(seen) <= {ENTERPRISE}, name


def test_every_table_whose_rows_have_an_owner_is_walled(stores: tuple[Store, Store, Store]) -> None:
    with stores[0]._database.reading() as connection:
        query = "SELECT relname FROM pg_class WHERE relrowsecurity"
        walled = set(connection.exec_driver_sql(query).scalars())
    assert walled == {table.name for table in metadata.sorted_tables if "scope" in table.c} | {"known_body"}


@pytest.mark.slow
def test_the_bench_reads_both_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_scope, "RUNS", 1)
    monkeypatch.setattr(past_port, "DAYS", 7)  # of 77: as many rows, in fewer transactions
    rows = bench_scope.reads(FULL.scaled(0.001))
    assert len(rows) == 4
    assert all(row.value > 0 for row in rows)
