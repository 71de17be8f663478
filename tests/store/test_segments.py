"""Inspections as columns: the nine points, what had not happened yet, and spells in which one was held."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from domain.records import Direction, InspectionMode, Node
from domain.segments import NEVER, POINTS
from store.engine import Store
from store.moments import micros
from tests.store.samples import ENTERPRISE, NOW, PORT, ago, step, task

WEEK = ago(days=7)


@pytest.fixture
def filled(store: Store) -> Store:
    """D1 went through, refused once before; D2 waits, of another enterprise; D3 left long ago; D4 has steps only."""
    kind = {"farm": True, "mode": InspectionMode.MACHINE, "area": "north", "direction": Direction.EXPORT}
    told = {**kind, "accepted_at": ago(hours=30), "released_at": ago(hours=3), "scope": "E1"}
    nodes = {node: ago(hours=20 - 2 * i) for i, node in enumerate(Node)}
    store.ingest("test", [
        task("D1", ago(hours=28), **told),
        task("D1", ago(hours=27), **told, hold="rejected", held_since=ago(hours=27)),
        task("D1", ago(hours=20), **told, second_application=True),
        *(step("D1", node, at, scope="E1") for node, at in nodes.items()),
        task("D2", ago(hours=2), scope="E2", hold="suspended", held_since=ago(hours=2)),
        task("D3", ago(days=20)), step("D3", Node.DEPARTED, ago(days=19)),
        step("D4", Node.APPOINTED, ago(hours=1)),
    ])  # fmt: skip
    return store


def test_points_of_a_declaration_and_how_long_it_took(filled: Store) -> None:
    found = filled.reads.segments(PORT, WEEK)
    assert list(found.declaration_no) == ["D1", "D2", "D4"]
    first = found.take(found.second)
    assert dict(zip(POINTS, first.times[0].tolist(), strict=True)) == {
        "accepted": micros(ago(hours=30)), "released": micros(ago(hours=3)),
        **{node.value: micros(ago(hours=20 - 2 * i)) for i, node in enumerate(Node)},
    }  # fmt: skip
    assert first.hours()[0].tolist() == [10.0, 2.0, 2.0, 2.0, 2.0, 2.0, 7.0, pytest.approx(np.nan, nan_ok=True)]
    assert (first.whole()[0].tolist(), first.whole()[1].tolist()) == ([27.0], [True])
    assert (first.farm[0], first.mode[0], first.area[0], first.direction[0]) == (True, "machine", "north", "export")
    assert np.isnan(found.whole()[0][1:]).all()


def test_spells_follow_what_held_it(filled: Store) -> None:
    found = filled.reads.segments(PORT, WEEK)
    spells = zip(found.held_row, found.held_word, found.held_since, found.held_until, strict=True)
    assert [(found.declaration_no[row], why, since, until) for row, why, since, until in spells] == [
        ("D1", "rejected", micros(ago(hours=27)), micros(ago(hours=20))),
        ("D2", "suspended", micros(ago(hours=2)), NEVER),
    ]
    assert list(found.hold) == ["", "suspended", ""]
    assert found.take(found.hold == "suspended").held_row.tolist() == [0]


@pytest.mark.parametrize("at", [ago(hours=15), ago(hours=25), ago(hours=29)])
def test_nothing_is_told_of_what_had_not_happened(filled: Store, at) -> None:
    found = filled.reads.segments(PORT, WEEK, at)
    assert found.moment == micros(at)
    assert (found.times <= micros(at)).all()
    assert ("D1" in found.declaration_no) == (at > ago(hours=28))
    assert len(found.held_row) == (at > ago(hours=27))
    assert ((found.held_until == NEVER) == (at < ago(hours=20))).all()


def test_then_it_says_what_was_known(filled: Store) -> None:
    assert len(filled.reads.segments(PORT, WEEK, ago(hours=1), "then")) == 0  # all came just now
    live, then = filled.reads.segments(PORT, WEEK), filled.reads.segments(PORT, WEEK, NOW, "then")
    assert [c.tolist() for c in (live.times, live.held_since)] == [c.tolist() for c in (then.times, then.held_since)]


def test_an_enterprise_has_its_own(filled: Store) -> None:
    for moment in ((), (NOW - timedelta(minutes=1),), (NOW, "then")):
        found = filled.reads.segments(ENTERPRISE, WEEK, *moment)
        assert set(found.declaration_no) <= {"D1"}
        assert {found.declaration_no[row] for row in found.held_row} <= {"D1"}
