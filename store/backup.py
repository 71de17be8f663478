"""Backup while the cockpit runs, and restore: SQLite by its online backup, PostgreSQL by its own tools.

A backup is one file that was looked through before it got its name: what carries the name is whole.
A restore never destroys: what was there is put aside first, and nothing happens while anybody has the
database open.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import make_url

from domain.errors import CockpitError
from store import pgtools

PAGES = 4_096  # copied at once; in between Ctrl+C is heard


class BackupError(CockpitError):
    """A backup or restore was refused or failed; nothing was changed but what the message says."""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What was written or restored.

    Attributes:
        file: the backup.
        bytes: its size.
        rows: rows by table; empty for PostgreSQL, whose own tools vouch for the file.
        aside: where what stood before was put; None when there was nothing.
    """

    file: Path
    bytes: int
    rows: dict[str, int] = {}
    aside: Path | None = None


def backup(url: str, file: Path, force: bool = False) -> Backup:
    """Copy the database into one file; the cockpit may run and write meanwhile.

    Args:
        url: of the database.
        file: where to; its folder exists.
        force: replace a file of that name.

    Raises:
        BackupError: the file exists, the database cannot be read, or the copy is not whole.
    """
    if file.exists() and not force:
        raise BackupError(f"{file} exists; name another file or use --force")
    if not file.parent.is_dir():
        raise BackupError(f"{file.parent} is no folder")
    part = file.with_name(file.name + ".part")
    try:
        part.unlink(missing_ok=True)
        if make_url(url).get_backend_name() == "postgresql":
            pgtools.dump(url, part)
            rows: dict[str, int] = {}
        else:
            _copy(_path(url), part)
            rows = _looked_through(part)
        _to_disk(part)
        os.replace(part, file)
    except (OSError, sqlite3.Error, pgtools.ToolError) as error:
        raise BackupError(f"no backup was made: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return Backup(file=file, bytes=file.stat().st_size, rows=rows)


def restore(url: str, file: Path, now: datetime, force: bool = False) -> Backup:
    """Put a backup in the place of the database.

    Args:
        url: of the database.
        file: a backup.
        now: names what is put aside.
        force: also when the database holds rows; they are put aside, not deleted.

    Raises:
        BackupError: the cockpit runs, the database is not empty, or the file is no whole backup.
    """
    if not file.is_file():
        raise BackupError(f"{file} does not exist")
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    try:
        if make_url(url).get_backend_name() == "postgresql":
            aside = _restore_postgresql(url, file, stamp, force)
            return Backup(file=file, bytes=file.stat().st_size, aside=aside)
        rows = _looked_through(file)
        aside = _restore_sqlite(_path(url), file, stamp, force)
        return Backup(file=file, bytes=file.stat().st_size, rows=rows, aside=aside)
    except (OSError, sqlite3.Error, pgtools.ToolError) as error:
        raise BackupError(f"nothing was restored: {error}") from error


# --- SQLite ---


def _path(url: str) -> Path:
    return Path(str(make_url(url).database)).expanduser()


def _copy(source: Path, target: Path) -> None:
    """One moment of the database: the read transaction holds it while others write on."""
    if not source.is_file():
        raise BackupError(f"there is no database at {source}")
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30.0)) as read:
        read.isolation_level = None
        read.execute("BEGIN")
        read.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(target)) as write:
            read.backup(write, pages=PAGES, sleep=0.0)
            write.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        read.execute("ROLLBACK")


def _looked_through(file: Path) -> dict[str, int]:
    """Rows by table of a file that is a whole database of ours."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as read:
        found = read.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)]:
            raise BackupError(f"{file} is damaged: {found[0][0]}")
        names = [row[0] for row in read.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        if "alembic_version" not in names:
            raise BackupError(f"{file} is no backup of a cockpit")
        ours = [name for name in names if not name.startswith("sqlite_")]
        return {name: read.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in ours}


def _restore_sqlite(target: Path, file: Path, stamp: str, force: bool) -> Path | None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if _alone(target) and not force:
        raise BackupError(f"{target} is not empty; --force puts it aside and restores")
    part = target.with_name(target.name + ".restoring")
    try:
        _copy(file, part)
        _to_disk(part)
        _alone(target)  # copying took its time
        aside = target.with_name(f"{target.name}.before-{stamp}") if target.exists() else None
        if aside is not None:
            _keep_aside(target, aside)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return aside


def _keep_aside(target: Path, aside: Path) -> None:
    """A second name for the old file: at no moment, not even of a power cut, is there no database."""
    try:
        os.link(target, aside)
    except OSError:  # a file system without links
        shutil.copy2(target, aside)


def _alone(target: Path) -> bool:
    """Make sure nobody else has the database open, and bring it into its one file.

    Leaving WAL mode needs the file for oneself: it fails while any other connection, idle or not, is open.

    Returns:
        Whether the database holds rows.

    Raises:
        BackupError: it is in use.
    """
    if not target.exists():
        return False
    with closing(sqlite3.connect(target, timeout=0.5, isolation_level=None)) as mine:
        try:
            mode = mine.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
            mine.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            mode = ""
        if mode != "delete":
            raise BackupError(f"{target} is in use: stop the cockpit first")
        return _filled(mine)


def _filled(connection: sqlite3.Connection) -> bool:
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    ours = [name for name in names if not name.startswith("sqlite_") and name != "alembic_version"]
    return any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in ours)


def _to_disk(file: Path) -> None:
    with file.open("rb+") as open_file:
        os.fsync(open_file.fileno())


# --- PostgreSQL ---


def _restore_postgresql(url: str, file: Path, stamp: str, force: bool) -> Path | None:
    pgtools.look_through(file)
    others = pgtools.others(url)
    if others:
        raise BackupError(f"the database is in use by {others} other connections: stop the cockpit first")
    aside = None
    if pgtools.filled(url):
        if not force:
            raise BackupError("the database is not empty; --force puts what it holds aside and restores")
        aside = file.with_name(f"{file.name}.before-{stamp}")
        pgtools.dump(url, aside)
    pgtools.load(url, file)
    return aside
