"""A database from before the past was kept: upgraded, it answers the same."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from msgspec.structs import replace
from sqlalchemy import select

from domain.records import InspectionTask
from domain.viewer import PORT_OPERATOR
from store import migrations
from store.database import Database
from store.engine import Store, open_store
from store.moments import micros
from store.schema import yard_stock
from store.stock import CORRECTED, expire
from tests.asof.port_of_chance import Chance, pictures


def _of_then(record: Any) -> Any:
    """Without what declarations did not say when the past was not kept yet."""
    if not isinstance(record, InspectionTask):
        return record
    return replace(record, accepted_at=None, released_at=None, hold="", held_since=None)


def _filled(path: Path, seed: int) -> Store:
    chance = Chance(seed)
    deliveries = chance.deliveries(12)
    store = open_store(f"sqlite:///{path}", clock=lambda: deliveries[-1][0])
    for received_at, records in deliveries:
        store.ingest("f", [_of_then(record) for record in records], received_at=received_at)
    return store


def _as_of_0002(path: Path, filled: Path) -> None:
    """The rows of a filled database in the tables there were before."""
    database = Database(f"sqlite:///{path}", 5.0)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    database.close()
    with sqlite3.connect(path) as old:
        old.execute("ATTACH ? AS filled", (str(filled),))
        for (table,) in old.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            if table not in ("alembic_version", "sqlite_sequence"):
                columns = ", ".join(f'"{row[1]}"' for row in old.execute(f"PRAGMA main.table_info({table})"))
                old.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM filled.{table}")
    old.close()


def _sums(store: Store) -> list[tuple[object, ...]]:
    t = yard_stock
    query = select(t).where(t.c.known == CORRECTED, t.c.boxes != 0)
    with store._database.reading() as connection:
        return sorted(tuple(row) for row in connection.execute(query))


def test_an_upgraded_database_answers_the_same(tmp_path: Path) -> None:
    before = _filled(tmp_path / "new.db", 5)
    _as_of_0002(tmp_path / "old.db", tmp_path / "new.db")
    now = before.reads._clock()
    after = open_store(f"sqlite:///{tmp_path / 'old.db'}", clock=lambda: now)
    try:
        assert _sums(after) == _sums(before) != []
        assert pictures(after, now) == pictures(before, now)
        for hours in (1, 5, 9):
            at = now - timedelta(hours=hours)
            assert pictures(after, at, at=at) == pictures(before, at, at=at)
            yard = [store.reads.yard_course(PORT_OPERATOR, at, now) for store in (after, before)]
            assert yard[0] == yard[1]
    finally:
        before.close()
        after.close()


def test_sums_no_later_moment_needs_may_go(tmp_path: Path) -> None:
    store = _filled(tmp_path / "a.db", 3)
    now = store.reads._clock()
    later = now + timedelta(days=40)
    kinds: tuple[dict[str, Any], ...] = ({"at": later, "known": "corrected"}, {"at": later, "known": "then"})
    try:
        before = [store.reads.yard(PORT_OPERATOR, **moment) for moment in kinds]
        assert before[0].boxes > 0
        with store._database.writing() as connection:
            assert expire(connection, micros(later)) > 0
            assert expire(connection, micros(later)) == 0
        assert [store.reads.yard(PORT_OPERATOR, **moment) for moment in kinds] == before
    finally:
        store.close()
