"""From any earlier schema to the newest, also when the process is killed half-way: all of it or nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from store import migrations
from store.database import Database
from store.engine import Store, open_store
from store.schema import HEAD, metadata
from tests.conftest import REPO
from tests.store.conftest import DATABASES
from tests.store.samples import NOW, PORT
from tools.postgres import Server


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.db'}"
    server: Server = request.getfixturevalue("server")
    return server.url(server.database())


def _make_old(url: str) -> None:
    """The first schema, with a row in it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    database = Database(url, 5.0)
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO gate_move (feed, move_id, event_time, gate_id, direction, vehicle_id, container_no, visit_id,"
            " origin, received_at, ref, flags) VALUES ('f', '1', 1795320000000000, 'G1', 'in', '', '', '',"
            " 'simulated', 1795320000000000, '', '')"
        )
    database.close()


def _state(store: Store) -> tuple[Any, ...]:
    with store._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _ours})
        return compare_metadata(context, metadata), migrations.version(connection)


def _ours(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
    return kind != "table" or name in metadata.tables  # not each partition


@pytest.mark.parametrize("statements", [12, 70])
def test_a_migration_killed_midway_is_made_again_from_the_start(url: str, statements: int) -> None:
    _make_old(url)
    program = [sys.executable, "-m", "tests.store.migrate_until_killed", url, str(statements)]
    assert subprocess.run(program, cwd=REPO, check=False, timeout=120).returncode == -signal.SIGKILL
    left = Database(url, 5.0)
    with left.reading() as connection:
        assert migrations.version(connection) == "0001"
        assert not inspect(connection).has_table("lease")
    left.close()
    store = open_store(url, clock=lambda: NOW)
    assert _state(store) == ([], HEAD)
    assert store.reads.counts(PORT)["gate_move"] == 1
    store.close()
