"""Who may see a row. Every query goes through `visible`; there is no other way to the tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Table, literal_column

from domain.viewer import Viewer
from store.moments import FOREVER


def visible(viewer: Viewer, column: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    """Conditions on a scope column: everything for the port, else only the viewer's own rows.

    Rows without a scope are the port's and not shown to an enterprise.
    """
    return () if viewer.scope is None else (column.in_(sorted(viewer.scope)),)


def sees_port(viewer: Viewer) -> bool:
    """Whether figures of the whole port (roll-ups, feed health, quarantine) may be shown."""
    return viewer.scope is None


def current(table: Table) -> ColumnElement[bool]:
    """The current versions of a state table; literal, because a partial index needs it so."""
    return table.c.valid_to == literal_column(str(FOREVER))


def current_by_key(table: Table) -> ColumnElement[bool]:
    """The same where rows are found by key: + 0 keeps the planner off the partial indexes."""
    return table.c.valid_to + 0 == FOREVER


def valid(table: Table, at: int | None) -> tuple[ColumnElement[bool], ...]:
    """Conditions for the versions valid at a moment; None = the current ones."""
    return (current_by_key(table),) if at is None else (table.c.valid_from <= at, table.c.valid_to > at)
