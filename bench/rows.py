"""What a benchmark reports, and the register they enter themselves in."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Row(msgspec.Struct, kw_only=True):
    """One figure of the table.

    Attributes:
        name: what was measured.
        value: the figure, in ``unit``.
        limit: what it is held against: a bar in the same unit, or a peer measured in the same run.
        ratio: value / limit.
        bar: the largest (or, with ``at_least``, smallest) ratio that still holds.
        holds: whether it does.
    """

    name: str
    value: float
    unit: str
    limit: float
    ratio: float
    bar: float
    holds: bool


Bench = Callable[[], list[Row]]
BENCHES: dict[str, Bench] = {}


def bench(name: str) -> Callable[[Bench], Bench]:
    """Enter a benchmark under a name (``make bench ONLY=name``)."""

    def enter(run: Bench) -> Bench:
        BENCHES[name] = run
        return run

    return enter


def row(name: str, value: float, unit: str, limit: float, bar: float = 1.0, at_least: bool = False) -> Row:
    """Make a row; ``at_least`` turns the bar into a floor."""
    ratio = value / limit
    return Row(
        name=name, value=round(value, 4), unit=unit, limit=round(limit, 4), ratio=round(ratio, 4), bar=bar,
        holds=ratio >= bar if at_least else ratio <= bar,
    )  # fmt: skip
