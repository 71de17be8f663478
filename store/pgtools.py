"""pg_dump, pg_restore and psql as child processes; passwords go by environment, never on a command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text

FOLDER = "COCKPIT_PG_BIN"  # environment: where the tools are, when not on the PATH
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
AND c.relnamespace = current_schema()::regnamespace AND c.relname <> 'alembic_version'
"""


class ToolError(Exception):
    """A tool is missing or failed; the message is its own last word."""


def dump(url: str, file: Path) -> None:
    """Write one consistent moment of the database; raises ToolError."""
    _run(
        url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--schema={schema(url)}", f"--file={file}"
    )


def look_through(file: Path) -> None:
    """Read the file's table of contents; raises ToolError when it is no whole dump of a cockpit."""
    listed = _run("", "pg_restore", "--list", str(file))
    if "alembic_version" not in listed:
        raise ToolError(f"{file} is no backup of a cockpit")


def load(url: str, file: Path) -> None:
    """Replace the cockpit's tables by those of the dump, all or nothing; raises ToolError."""
    name = schema(url)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        _run(url, "pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(file))
        drop = f'DROP SCHEMA IF EXISTS "{name}" CASCADE'
        if "CREATE SCHEMA" not in script.read_text("utf-8"):
            drop += f'; CREATE SCHEMA "{name}"'
        _run(url, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
             f"--command={drop}", f"--file={script}")  # fmt: skip


def schema(url: str) -> str:
    """The schema the cockpit's tables lie in."""
    return str(_ask(url, "SELECT current_schema()"))


def others(url: str) -> int:
    """How many other connections the database has."""
    return int(_ask(url, _OTHERS))


def filled(url: str) -> bool:
    """Whether any of the cockpit's tables holds a row."""
    engine = create_engine(make_url(url))
    try:
        with engine.connect() as connection:
            names = connection.execute(text(_TABLES)).scalars().all()
            return any(connection.execute(text(f'SELECT 1 FROM "{name}" LIMIT 1')).first() for name in names)
    finally:
        engine.dispose()


def _ask(url: str, query: str) -> str | int:
    engine = create_engine(make_url(url))
    try:
        with engine.connect() as connection:
            answer: str | int = connection.execute(text(query)).scalar_one()
            return answer
    except Exception as error:
        raise ToolError(f"the database does not answer: {type(error).__name__}") from error
    finally:
        engine.dispose()


def _run(url: str, tool: str, *arguments: str) -> str:
    path = shutil.which(tool, path=os.environ.get(FOLDER)) or shutil.which(tool)
    if path is None:
        raise ToolError(f"{tool} is not installed; install PostgreSQL's client programs or set {FOLDER}")
    ended = subprocess.run(  # noqa: S603 - a tool of the system and our own arguments
        [path, *arguments], env={**os.environ, **_environment(url)}, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        words = ended.stderr.strip().splitlines()
        raise ToolError(f"{tool}: {words[-1] if words else f'exit code {ended.returncode}'}")
    return ended.stdout


def _environment(url: str) -> dict[str, str]:
    """The address as libpq's environment variables."""
    if not url:
        return {}
    parsed: URL = make_url(url)
    host = parsed.host or parsed.query.get("host")
    given = {
        "PGHOST": host, "PGPORT": parsed.port or parsed.query.get("port"), "PGUSER": parsed.username,
        "PGPASSWORD": parsed.password, "PGDATABASE": parsed.database, "PGOPTIONS": parsed.query.get("options"),
        "PGSSLMODE": parsed.query.get("sslmode"), "PGSSLROOTCERT": parsed.query.get("sslrootcert"),
    }  # fmt: skip
    return {name: str(value) for name, value in given.items() if value is not None}
