"""What a record must be for a rule ever to find it, as data: so the store can be asked for those few alone.

A sieve lets through too much rather than too little: what it holds back is found at no moment, whatever else is known.
Figures in the store are finite: the quality gate refuses others.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Op = Literal["above", "below", "among", "none_of", "inside"]


class Test(msgspec.Struct, frozen=True):
    """One condition on a record; a figure that is missing is neither above nor below anything.

    Attributes:
        field: of the record; of ``inside`` without meaning.
        op: above or below ``value`` (itself not); among the words ``value``, or none of them; ``inside``: of a
            position, in one of the boxes (west, south, east, north) ``value``, degrees.
        value: what it is held against.
        of: another field, whose figure is added to ``value``.
    """

    __test__ = False  # no test of pytest's

    field: str
    op: Op
    value: Any
    of: str = ""


class Sieve(msgspec.Struct, frozen=True):
    """All of ``tests``, of each at least one."""

    tests: tuple[tuple[Test, ...], ...] = ()


def filled(*fields: str) -> tuple[Test, ...]:
    """One of these words is not empty."""
    return tuple(Test(field, "none_of", ("",)) for field in fields)


def above(field: str, value: float, of: str = "") -> tuple[Test, ...]:
    """A figure is above a value."""
    return (Test(field, "above", value, of),)


def below(field: str, value: float) -> tuple[Test, ...]:
    """A figure is below a value."""
    return (Test(field, "below", value),)
