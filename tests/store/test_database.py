"""Opening, migrating, two processes at once, and what happens when the database is not to be had."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from domain.errors import ConfigError
from domain.pictures import ForecastRow
from store import migrations
from store.database import Database
from store.engine import Store, open_store
from store.schema import HEAD, metadata
from tests.conftest import REPO
from tests.store.conftest import DATABASES, NewUrl
from tests.store.samples import NOW, PORT, ago
from tools.postgres import Server


def test_the_migrations_make_the_schema_and_end_at_its_head(store: Store) -> None:
    def ours(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
        return kind != "table" or name in metadata.tables or name == "alembic_version"  # not each partition

    with store._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, metadata) == []
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_database_of_a_newer_cockpit_is_refused(new_url: NewUrl) -> None:
    url = new_url()
    store = open_store(url)
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(ConfigError, match=r"store\.url.*another version"):
        open_store(url)


@pytest.mark.parametrize(
    "url", ["sqlite://", "postgresql://h/d", "postgresql+psycopg://h", "sqlite:///:memory:", "no url"]
)
def test_other_urls_are_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigError, match=r"store\.url"):
        open_store(url)


@pytest.mark.parametrize("kind", DATABASES)
def test_two_processes_may_start_on_an_empty_database_at_once(kind: str, tmp_path: Path, server: Server) -> None:
    program = "import sys; from store.engine import open_store; open_store(sys.argv[1], 20).close()"
    url = f"sqlite:///{tmp_path / 'deep' / 'er' / 'cockpit.db'}" if kind == "sqlite" else server.url(server.database())
    starts = [subprocess.Popen([sys.executable, "-W", "error", "-c", program, url], cwd=REPO) for _ in range(2)]
    assert [start.wait(60) for start in starts] == [0, 0]


def test_a_transaction_that_fails_leaves_nothing(new_url: NewUrl) -> None:
    database = Database(new_url(), 1.0)

    def half_way() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    with database.reading() as connection:
        assert not inspect(connection).has_table("t")
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
