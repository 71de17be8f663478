"""What a sieve lets through, as a condition of SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, or_, true

from domain.sieve import Op, Sieve, Test


def through(table: FromClause, sieves: Sequence[Sieve]) -> ColumnElement[bool]:
    """Rows that one of several sieves lets through; of no sieve all."""
    if not sieves:
        return true()
    return or_(
        *(and_(true(), *(or_(*(_one(table, test) for test in any_of)) for any_of in one.tests)) for one in sieves)
    )


def _one(table: FromClause, test: Test) -> ColumnElement[bool]:
    return _OPS[test.op](table, test)


def _above(table: FromClause, test: Test) -> ColumnElement[bool]:
    above: ColumnElement[bool] = table.c[test.field] > (table.c[test.of] + test.value if test.of else test.value)
    return above


def _inside(table: FromClause, test: Test) -> ColumnElement[bool]:
    boxes = [
        and_(table.c.lon.between(west, east), table.c.lat.between(south, north))
        for west, south, east, north in test.value
    ]  # fmt: skip
    return or_(~true(), *boxes)


_OPS: Mapping[Op, Callable[[Any, Test], ColumnElement[bool]]] = {
    "above": _above,
    "below": lambda table, test: table.c[test.field] < test.value,
    "among": lambda table, test: table.c[test.field].in_(test.value),
    "none_of": lambda table, test: table.c[test.field].not_in(test.value),
    "inside": _inside,
}
