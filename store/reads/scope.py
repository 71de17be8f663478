"""Who may see a row. Every query goes through `visible`; there is no other way to the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, literal_column, or_, select, union_all

from domain.viewer import Viewer
from store.moments import FOREVER
from store.reads.asof import AsOf
from store.schema import SUPERSEDED


def visible(viewer: Viewer, column: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    """Conditions on a scope column: everything for the port, else only the viewer's own rows.

    Rows without a scope are the port's and not shown to an enterprise.
    """
    return () if viewer.scope is None else (column.in_(_codes(viewer.scope)),)


def public(viewer: Viewer, column: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    """The same where rows without a scope are everybody's: vessels say on the air who and where they are."""
    return () if viewer.scope is None else (or_(column.is_(None), column.in_(_codes(viewer.scope))),)


def _codes(scope: Set[str]) -> list[str]:
    """Codes of enterprises; an empty one would be the port's own where a column has no NULL."""
    return sorted(filter(None, scope))


def sees_port(viewer: Viewer) -> bool:
    """Whether figures of the whole port (roll-ups, feed health, quarantine) may be shown."""
    return viewer.scope is None


def current(table: Table) -> ColumnElement[bool]:
    """The current versions of a state table; literal, because a partial index needs it so."""
    return table.c.valid_to == literal_column(str(FOREVER))


def current_by_key(table: Table) -> ColumnElement[bool]:
    """The same where rows are found by key: + 0 keeps the planner off the partial indexes."""
    return table.c.valid_to + 0 == FOREVER


def stood(table: Table, at: AsOf | None) -> ColumnElement[bool]:
    """The versions that stood at a moment, for rows found by key; None = the current ones.

    By what was known then they may be in the table or in its twin, with the same columns.
    """
    if at is None:
        return current_by_key(table)
    if at.then:
        return (table.c.received_at <= at.at) & (table.c.known_to > at.at)
    return (table.c.valid_from <= at.at) & (table.c.valid_to > at.at)


def standing(
    table: Table, at: AsOf | None, names: Sequence[str], where: Callable[[Table], Sequence[ColumnElement[bool]]]
) -> FromClause:
    """The versions of things that tell their own times, for a moment: columns ``names``.

    When a sample was sent and a box scanned stands inside the record, so today's knowledge of any
    past moment is in the current version. What was known then is what stood in the live picture.

    Args:
        table: a state table.
        at: the moment; None = now.
        names: columns wanted.
        where: further conditions on the table (or its twin).
    """

    def rows(t: Table, condition: ColumnElement[bool]) -> Select[Any]:
        return select(*(t.c[name] for name in names)).where(condition, *where(t))

    if at is None or not at.then:
        return rows(table, current(table)).subquery()
    twin = SUPERSEDED[table.name]
    return union_all(rows(table, stood(table, at)), rows(twin, stood(twin, at))).subquery()
