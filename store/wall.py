"""The second wall between enterprises, where the database has one: row-level security of PostgreSQL.

The first is `store.reads.scope.visible`: a condition in every query. Should one be forgotten, the database itself
leaves foreign rows out: a reading transaction of a viewer with a scope runs as the role ``cockpit_scoped``, which may
read a few tables, write none, and is held to the policies of migration 0011. Taking a role works for superusers too,
whom no policy would hold; everybody else pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from store.schema import metadata

if TYPE_CHECKING:
    from store.database import Database

ROLE = "cockpit_scoped"
# What reads of an enterprise ask besides tables whose rows have an owner.
UNOWNED = ("known_body", "saved_view", "search_name")
WALLED = "cockpit_walled"  # execution option of a connection behind the wall
log = structlog.get_logger(__name__)

_STANDS = f"""
SELECT coalesce((SELECT bool_and(has_table_privilege(r.oid, to_regclass(name), 'SELECT'))
    AND pg_has_role(current_user, r.oid, 'MEMBER')
    FROM pg_roles r, unnest(%s::text[]) AS name WHERE r.rolname = '{ROLE}' GROUP BY r.oid), false)
"""


def stands(connection: Connection) -> bool:
    """Whether scoped reads can go behind the wall: the role is there, ours to take, and may read its tables."""
    return bool(connection.exec_driver_sql(_STANDS, (_tables(),)).scalar_one())


def raise_wall(database: Database) -> bool:
    """Make the role and what it may read, where this account may; says in the log when it may not.

    Returns:
        Whether the wall stands.
    """
    with database.reading() as connection:
        if stands(connection):
            return True
    with database.writing() as connection:
        try:
            with connection.begin_nested():
                _make(connection)
        except DBAPIError as error:
            log.warning("second_wall_missing", role=ROLE, why=str(error.orig).splitlines()[0])
            return False
    return True


@contextmanager
def lowered(connection: Connection) -> Iterator[None]:
    """Step out of the wall for what needs all rows and gives none of them away, as a place in a queue."""
    codes = connection.get_execution_options().get(WALLED)
    if codes is None:
        yield
        return
    connection.exec_driver_sql("SELECT set_config('role', 'none', true)")
    yield
    enter(connection, codes)


def walled(connection: Connection) -> bool:
    """Whether what is read now goes behind the wall."""
    return WALLED in connection.get_execution_options()


def enter(connection: Connection, codes: Set[str]) -> None:
    """Go behind the wall for the rest of the transaction, seeing rows of these enterprises."""
    connection.exec_driver_sql(
        f"SELECT set_config('cockpit.scope', (%s::text[])::text, true), set_config('role', '{ROLE}', true)",
        (sorted(filter(None, codes)),),
    )


def _make(connection: Connection) -> None:
    there = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).first()
    if there is None:
        connection.exec_driver_sql(f"CREATE ROLE {ROLE} NOLOGIN")
    if not connection.exec_driver_sql("SELECT pg_has_role(current_user, %s, 'MEMBER')", (ROLE,)).scalar_one():
        connection.exec_driver_sql(f"GRANT {ROLE} TO CURRENT_USER")
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {ROLE}")
    connection.exec_driver_sql(f"GRANT SELECT ON {', '.join(_tables())} TO {ROLE}")


def _tables() -> list[str]:
    return [table.name for table in metadata.sorted_tables if "scope" in table.c or table.name in UNOWNED]
