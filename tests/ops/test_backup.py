"""A backup made while the cockpit writes comes back equal, and a restore never destroys."""

from __future__ import annotations

import os
import sqlite3
import threading
from datetime import timedelta

import pytest

from store import pgtools
from store.backup import BackupError, backup, restore
from store.engine import open_store
from tests.store.samples import NOW, ago, content, move, one_of_each, truck


def counts(found):
    return {table: len(rows) for table, rows in found.items() if table != "yard_stock"}  # sums, read summed up


def filled(url):
    store = open_store(url, clock=lambda: NOW)
    store.ingest("test", [*one_of_each(), *(truck("T1", ago(minutes=i)) for i in range(50))])
    store.save_rollups([("gate_moves", "port", NOW - timedelta(hours=i), float(i)) for i in range(48)])
    return store


def read(url):
    store = open_store(url, clock=lambda: NOW)
    try:
        return content(store)
    finally:
        store.close()


@pytest.mark.usefixtures("pg_tools")
def test_what_comes_back_is_what_was_there(new_url, tmp_path):
    url, file = new_url(), tmp_path / "port.backup"
    store = filled(url)
    before = content(store)
    made = backup(url, file)
    if made.rows:
        assert counts(before).items() <= made.rows.items()
    store.ingest("test", one_of_each(prefix="after"))
    store.close()
    with pytest.raises(BackupError, match="not empty"):
        restore(url, file, NOW)
    assert len(read(url)["gate_move"]) == 4, "a refused restore changes nothing"
    restored = restore(url, file, NOW, force=True)
    assert read(url) == before
    assert restored.aside is not None
    assert restored.aside.exists()

    elsewhere = new_url()
    restore(elsewhere, file, NOW)
    assert read(elsewhere) == before, "and into a fresh database without a word"
    aside = new_url()
    restore(aside, restored.aside, NOW)
    assert len(read(aside)["gate_move"]) == 4, "what was put aside is whole"


@pytest.mark.usefixtures("pg_tools")
def test_a_restore_waits_for_the_cockpit_to_stop(new_url, tmp_path):
    url, file = new_url(), tmp_path / "port.backup"
    store = filled(url)
    backup(url, file)
    try:
        for force in (False, True):
            with pytest.raises(BackupError, match="stop the cockpit"):
                restore(url, file, NOW, force)
        store.ingest("test", [move("still", NOW)])
    finally:
        store.close()
    assert len(read(url)["gate_move"]) == 3


@pytest.mark.usefixtures("pg_tools")
def test_a_backup_while_writers_write_is_one_moment(new_url, tmp_path):
    url, file = new_url(), tmp_path / "port.backup"
    store = filled(url)
    ended, written = threading.Event(), []

    def write():
        while not ended.is_set():
            number = len(written)
            # Two facts and a cursor in one transaction: a backup has all three or none.
            pair = [move(f"a{number}", NOW), move(f"b{number}", NOW)]
            store.ingest("writer", pair, cursor={"at": number})
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 5:
            ended.wait(0.01)
        backup(url, file)
        acknowledged = len(written)
    finally:
        ended.set()
        writer.join()
        store.close()
    fresh = new_url()
    restore(fresh, file, NOW)
    copy = open_store(fresh)
    try:
        moves = [row for row in content(copy)["gate_move"] if "writer" not in row and str(row).find("'a") + 1]
        at = copy.cursor("writer")["at"]
    finally:
        copy.close()
    assert moves
    assert 4 <= at <= acknowledged
    ids = {value for row in read(fresh)["gate_move"] for value in row if isinstance(value, str)}
    assert {f"{side}{number}" for side in "ab" for number in range(at + 1)} <= ids
    assert f"a{at + 1}" not in ids


def test_a_damaged_or_foreign_file_is_refused(tmp_path):
    url, file = f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "port.backup"
    filled(url).close()
    backup(url, file)
    whole = file.read_bytes()
    for damage in (b"not a database", whole[: len(whole) // 2], whole[:8192] + os.urandom(4096) + whole[12288:]):
        file.write_bytes(damage)
        with pytest.raises(BackupError):
            restore(url, file, NOW, force=True)
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.execute("CREATE TABLE t (x)")
    foreign.commit()
    foreign.close()
    with pytest.raises(BackupError, match="no backup of a cockpit"):
        restore(url, tmp_path / "foreign.db", NOW, force=True)
    assert len(read(url)["gate_move"]) == 2, "nothing was touched"
    assert not list(tmp_path.glob("*.restoring"))
    assert not list(tmp_path.glob("*.before-*"))


def test_a_file_is_not_written_over_by_mistake(tmp_path):
    url, file = f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "port.backup"
    filled(url).close()
    file.write_text("precious")
    with pytest.raises(BackupError, match="exists"):
        backup(url, file)
    assert file.read_text() == "precious"
    backup(url, file, force=True)
    assert file.read_bytes().startswith(b"SQLite format 3")
    with pytest.raises(BackupError, match="there is no database"):
        backup(f"sqlite:///{tmp_path / 'missing.db'}", tmp_path / "other")
    assert not (tmp_path / "missing.db").exists()
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.usefixtures("pg_tools")
@pytest.mark.parametrize("new_url", ["postgresql"], indirect=True)
def test_a_dump_that_cannot_be_loaded_leaves_the_database_as_it_was(new_url, tmp_path):
    url, file = new_url(), tmp_path / "port.backup"
    filled(url).close()
    backup(url, file)
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(BackupError):
        restore(url, file, NOW, force=True)
    assert len(read(url)["gate_move"]) == 2


def test_missing_tools_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("COCKPIT_PG_BIN", raising=False)
    with pytest.raises(pgtools.ToolError, match="COCKPIT_PG_BIN"):
        pgtools._run("", "pg_dump")


def test_a_password_never_stands_on_a_command_line():
    given = pgtools._environment("postgresql+psycopg://duty:hunter2@db:5433/port?sslmode=require")
    assert given == {
        "PGHOST": "db", "PGPORT": "5433", "PGUSER": "duty", "PGPASSWORD": "hunter2", "PGDATABASE": "port",
        "PGSSLMODE": "require",
    }  # fmt: skip


def test_from_the_command_line(tmp_path, monkeypatch, capsys):
    import app

    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COCKPIT_DATABASE_URL", raising=False)
    for name in ("configure", "catch_all"):
        monkeypatch.setattr(app.logs, name, lambda *_: None)  # they are for the whole process
    filled(f"sqlite:///{tmp_path / 'home' / 'cockpit.db'}").close()
    assert app.main(["store-report"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("rollup_hour"))
    assert line.split()[1] == "48"
    assert app.main(["backup", str(tmp_path / "b")]) == 0
    assert "whole" in capsys.readouterr().out
    assert app.main(["restore", str(tmp_path / "b")]) == 1
    assert "--force" in capsys.readouterr().err
    assert app.main(["restore", str(tmp_path / "b"), "--force"]) == 0
    assert "what was there before" in capsys.readouterr().out
