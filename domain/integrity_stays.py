"""Declarations that stood longer at a node than nearly all of their kind (久拖不决)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import msgspec
import numpy as np

from domain.integrity import LISTED, Case, Stay, Stays
from domain.integrity_chance import Floats, upper_quantile
from domain.records import Node

QUANTILE = 0.99
LEAST = 200  # of a kind, below which it is compared with a wider one
_NODES = tuple(node.value for node in Node)
Kind = tuple[str, ...]


class _Stood(msgspec.Struct, frozen=True):
    """A stay at a node; until None: it stands there yet."""

    case: Case
    stage: str
    since: float
    until: float | None
    minutes: float

    def kinds(self) -> tuple[tuple[str, Kind], ...]:
        """What it may be compared with, the closest first."""
        case = self.case
        farm = "farm" if case.farm else "other"
        return (
            ("area", (self.stage, farm, case.mode, case.area)),
            ("mode", (self.stage, farm, case.mode)),
            ("stage", (self.stage,)),
        )


class _Norm(msgspec.Struct, frozen=True):
    compared: int
    usual: float
    limit: float
    upper: float


def stays_of(cases: Sequence[Case], since: float, base: float, now: float, listed: int = LISTED) -> Stays:
    """Long stays that ended in [since, now], or have not ended, open ones first, then by how much.

    Args:
        cases: in any order.
        since: where the span begins, epoch seconds.
        base: where begins what they are compared with.
        now: the moment looked at.
        listed: rows at most.
    """
    stood = [one for case in cases for one in _stood(case, now)]
    norms = _norms(stood, base)
    rows: list[Stay] = []
    ended = standing = beyond = beyond_open = uncompared = 0
    for one in stood:
        if one.until is not None and one.until < since:
            continue
        closest = next(((name, norms[kind]) for name, kind in one.kinds() if kind in norms), None)
        if closest is None:
            uncompared += 1
            continue
        long = one.minutes > closest[1].limit
        if one.until is None:
            standing, beyond_open = standing + 1, beyond_open + long
        else:
            ended, beyond = ended + 1, beyond + long
        if long:
            rows.append(_stay(one, *closest))
    rows.sort(key=lambda stay: (stay.until is not None, -stay.ratio, stay.declaration_no, stay.stage))
    return Stays(
        quantile=QUANTILE, ended=ended, beyond=beyond, expected=ended * (1 - QUANTILE), standing=standing,
        beyond_open=beyond_open, uncompared=uncompared, rows=rows[:listed],
    )  # fmt: skip


def _stood(case: Case, now: float) -> Iterator[_Stood]:
    """Stays between nodes that follow each other; where one was never told, nothing is known of either side."""
    reached = [at if at is not None and at <= now else None for at in case.nodes]
    for place, (since, until) in enumerate(pairwise(reached)):
        if since is not None and until is not None and since <= until:
            yield _Stood(case, _NODES[place], since, until, (until - since) / 60)
    last = next((place for place in reversed(range(len(reached))) if reached[place] is not None), None)
    if last is not None and last < len(reached) - 1:
        since = float(reached[last] or 0.0)
        yield _Stood(case, _NODES[last], since, None, (now - since) / 60)


def _norms(stood: Sequence[_Stood], base: float) -> dict[Kind, _Norm]:
    minutes: dict[Kind, list[float]] = {}
    for one in stood:
        if one.until is not None and one.until >= base:
            for _, kind in one.kinds():
                minutes.setdefault(kind, []).append(one.minutes)
    norms = {}
    for kind, values in minutes.items():
        if len(values) >= LEAST:
            ordered: Floats = np.sort(np.array(values))
            limit, upper = upper_quantile(ordered, QUANTILE)
            norms[kind] = _Norm(len(values), float(np.median(ordered)), limit, upper)
    return norms


def _stay(one: _Stood, name: str, norm: _Norm) -> Stay:
    return Stay(
        declaration_no=one.case.declaration_no, stage=one.stage, platform=one.case.platform,
        since=datetime.fromtimestamp(one.since, UTC),
        until=None if one.until is None else datetime.fromtimestamp(one.until, UTC),
        minutes=one.minutes, usual=norm.usual, limit=norm.limit, ratio=one.minutes / max(norm.limit, 1.0), kind=name,
        compared=norm.compared, sure=one.minutes > norm.upper, hold=one.case.hold if one.until is None else "",
    )  # fmt: skip
