"""Bring a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from domain.errors import ConfigError
from store.database import Database
from store.schema import HEAD


def upgrade(database: Database) -> None:
    """Run the migrations that are missing, all in one transaction.

    A process killed half-way leaves the old schema; a second process that starts at the same time
    waits for the first and finds nothing to do.

    Raises:
        ConfigError: the database was made by a newer cockpit.
    """
    with database.reading() as connection:
        if version(connection) == HEAD:
            return  # the usual start: alembic is not even imported
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise ConfigError("store", "store.url", f"the database belongs to another version: {error}") from None


def expect(database: Database) -> None:
    """Go on only with the tables this program was made for.

    Raises:
        ConfigError: it has others, or none.
    """
    with database.reading() as connection:
        if version(connection) != HEAD:
            raise ConfigError("store", "store.url", "the database belongs to another version, or is empty")


def version(connection: Connection) -> str | None:
    """The migration the tables stand at; None in an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version
