"""Stays of the boxes that can matter to a rule: the few it may find, or those it is asked about, with all they were.

A box is judged by its number, else by its stay. Whoever is let through once comes with every version of every stay of
its number: what was wrong with it may have been put right.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, select, tuple_

from domain.sieve import Sieve
from domain.viewer import Viewer
from store.reads.plain import plain
from store.reads.scope import visible
from store.reads.sieve import through
from store.schema import container_stay as stay

AT_ONCE = 5_000  # names in a question


def there(begin: int, end: int) -> tuple[ColumnElement[bool], ...]:
    """Versions of stays of (begin, end], microseconds, however late they were told."""
    return stay.c.arrived_at <= end, stay.c.departed_at > begin, stay.c.valid_to > begin


def boxes(
    connection: Connection, viewer: Viewer, names: Sequence[str], span: tuple[int, int], sieves: Sequence[Sieve],
    named: Collection[str] | None,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Rows, in no order.

    Args:
        connection: to read from.
        viewer: who asks.
        names: columns; ``event_time`` is when a version begins.
        span: begin and end, microseconds.
        sieves: which boxes are wanted; not looked at when ``named`` are given.
        named: their numbers.
    """
    if named is None:
        return _read(connection, viewer, names, span, through(stay, sieves))
    wanted = sorted(named)
    found: set[tuple[Any, ...]] = set()
    for first in range(0, len(wanted), AT_ONCE):
        found |= {*_read(connection, viewer, names, span, _number().in_(wanted[first : first + AT_ONCE]))}
    return list(found)


def _read(
    connection: Connection, viewer: Viewer, names: Sequence[str], span: tuple[int, int], wanted: ColumnElement[bool]
) -> list[tuple[Any, ...]]:
    seen = (*there(*span), *visible(viewer, stay.c.scope))
    number = _number()
    numbers = select(number).where(wanted, *seen)
    stays = select(stay.c.feed, stay.c.stay_id).where(number.in_(numbers), *seen)
    columns = [stay.c.valid_from if name == "event_time" else stay.c[name] for name in names]
    return plain(connection, select(*columns).where(tuple_(stay.c.feed, stay.c.stay_id).in_(stays), *seen))


def _number() -> ColumnElement[Any]:
    return case((stay.c.container_no != "", stay.c.container_no), else_=stay.c.stay_id)
