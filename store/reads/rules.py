"""Rules as people set them, version by version, and how each instance is doing.

The tables do not say whose a row is: rules are the port's own, and an enterprise is told nothing.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from domain.rule_instances import Changes
from domain.rule_versions import RuleState, RuleVersion
from domain.viewer import Viewer
from store.database import Database
from store.moments import micros, moment
from store.reads.rule_past import History
from store.reads.scope import sees_port
from store.schema_alerts import rule_state, rule_version

MOST_LISTED = 5_000


class RuleReads:
    """The named reads about rules, a part of ``Reads``."""

    _database: Database

    def rule_versions(self, viewer: Viewer, name: str = "", at: datetime | None = None) -> list[RuleVersion]:
        """Versions of one rule instance, or of all, newest first; those there were at the moment."""
        if not sees_port(viewer):
            return []
        with self._database.reading(viewer) as connection:
            return versions(connection, name, at)

    def rule_states(self, viewer: Viewer) -> dict[str, RuleState]:
        """How each rule instance is doing, by name."""
        if not sees_port(viewer):
            return {}
        with self._database.reading(viewer) as connection:
            return states(connection)

    def rule_past(self, viewer: Viewer) -> History:
        """What rules looked at, for back-tests."""
        return History(self._database, viewer)


def versions(connection: Connection, name: str = "", at: datetime | None = None) -> list[RuleVersion]:
    """Versions newest first, of one name or of all; those there were at the moment."""
    t = rule_version
    query = select(t).order_by(t.c.valid_from.desc(), t.c.name, t.c.version.desc()).limit(MOST_LISTED)
    if name:
        query = query.where(t.c.name == name)
    if at is not None:
        query = query.where(t.c.valid_from <= micros(at))
    return [
        RuleVersion(
            name=row["name"], version=row["version"], at=moment(row["valid_from"]), state=row["state"], who=row["who"],
            note=row["note"], changes=msgspec.json.decode(row["body"], type=Changes),
        )
        for row in connection.execute(query).mappings()
    ]  # fmt: skip


def states(connection: Connection) -> dict[str, RuleState]:
    """How each rule instance is doing."""
    return {
        row["name"]: RuleState(
            name=row["name"], state=row["state"], since=moment(row["since"]), detail=row["detail"]
        )
        for row in connection.execute(select(rule_state)).mappings()
    }  # fmt: skip
