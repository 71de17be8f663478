"""Sealed identities, for who has the key; no viewer gets at them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from store.schema import identity as t

AT_ONCE = 500


def bodies(connection: Connection, aliases: Collection[str]) -> dict[str, str]:
    """Sealed bodies by alias, of those that are there."""
    wanted, found = sorted(aliases), {}
    for start in range(0, len(wanted), AT_ONCE):
        chosen = select(t.c.alias, t.c.body).where(t.c.alias.in_(wanted[start : start + AT_ONCE]))
        found.update({row.alias: row.body for row in connection.execute(chosen)})
    return found


def every(connection: Connection) -> dict[str, str]:
    """All sealed bodies by alias."""
    return {row.alias: row.body for row in connection.execute(select(t.c.alias, t.c.body))}
