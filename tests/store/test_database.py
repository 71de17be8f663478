"""Opening, migrating, two processes at once, and what happens when the database is not to be had."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from domain.errors import ConfigError, StoreUnavailableError
from domain.pictures import ForecastRow
from store import migrations
from store.database import Database
from store.engine import Store, open_store
from store.schema import HEAD, metadata
from tests.conftest import REPO
from tests.store.samples import NOW, PORT, ago, move


def test_the_migrations_make_the_schema_and_end_at_its_head(store: Store) -> None:
    with store._database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        stored = dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all())
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
    for table in metadata.sorted_tables:
        assert ("WITHOUT ROWID" in stored[table.name]) == (not table.dialect_options["sqlite"]["with_rowid"])


def test_a_database_of_a_newer_cockpit_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'newer.db'}"
    store = open_store(url)
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(ConfigError, match=r"store\.url.*another version"):
        open_store(url)


@pytest.mark.parametrize("url", ["sqlite://", "postgresql://h/d", "sqlite:///:memory:"])
def test_other_urls_are_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigError, match=r"store\.url"):
        open_store(url)


def test_a_file_that_is_no_database_or_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        open_store(f"sqlite:///{tmp_path}")
    assert caught.value.code == "unreachable"


def test_two_processes_may_start_on_an_empty_folder_at_once(tmp_path: Path) -> None:
    program = "import sys; from store.engine import open_store; open_store(sys.argv[1], 20).close()"
    url = f"sqlite:///{tmp_path / 'deep' / 'er' / 'cockpit.db'}"
    starts = [subprocess.Popen([sys.executable, "-W", "error", "-c", program, url], cwd=REPO) for _ in range(3)]
    assert [start.wait(60) for start in starts] == [0, 0, 0]


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


def test_a_full_disk_is_named_and_nothing_is_half_written(store: Store) -> None:
    with store._database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailableError) as caught:
        store.ingest("f", [move(str(n), ago(hours=1)) for n in range(5000)], cursor={"n": 1})
    assert caught.value.code == "full"
    assert store.reads.counts(PORT)["gate_move"] == 0
    assert store.cursor("f") is None


def test_what_a_person_did_waits_for_the_disk(store: Store) -> None:
    def mode(*, durable: bool) -> object:
        with store._database.writing(durable=durable) as connection:
            return connection.exec_driver_sql("PRAGMA synchronous").scalar()

    assert [mode(durable=True), mode(durable=False), mode(durable=True)] == [2, 1, 2]


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}", 1.0)

    def half_way() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
    database.close()


def test_roll_ups_and_forecasts_are_replaced(new_store: Callable[[], Store]) -> None:
    store = new_store()
    store.save_rollups([("m", "s", ago(hours=2), 1.0), ("m", "s", ago(hours=1), 2.0)])
    store.save_rollups([("m", "s", ago(hours=1), 3.0)])
    assert store.reads.series(PORT, "m", "s", ago(hours=2), NOW) == ([ago(hours=2), ago(hours=1)], [1.0, 3.0])
    assert store.reads.series(PORT, "m", "s", ago(hours=1), ago(minutes=30)) == ([ago(hours=1)], [3.0])
    row = ForecastRow(
        key="k", unit="teu", past_times=[ago(hours=1)], past_values=[None], times=[NOW], mean=[1.0], lower_80=[0.5],
        upper_80=[1.5], lower_95=[0.0], upper_95=[2.0], model="MSTL", made_at=NOW,
    )  # fmt: skip
    store.save_forecasts([row])
    store.save_forecasts([row])
    assert store.reads.forecasts(PORT).rows == [row]
