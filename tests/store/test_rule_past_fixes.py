"""However much may be looked through: from the moment that is named on, nothing that matters is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.records import VehiclePosition
from domain.sieve import Sieve, above
from store.engine import Store
from store.moments import micros
from store.reads.rule_past_fixes import fixes
from tests.store.rule_brute import seconds
from tests.store.samples import NOW, PORT, ago, common
from tests.store.test_backtest import played

NAMES = ["vehicle_id", "event_time", "speed_kmh"]
SPAN = micros(ago(days=2)), micros(NOW)


def fill(store: Store) -> list[tuple[str, int, float | None]]:
    """Three vehicles over twenty hours, a fix every four minutes; every fifth is fast."""
    found = [
        VehiclePosition(
            vehicle_id=f"V{vehicle}", lon=120.2, lat=36.0, speed_kmh=90.0 if (vehicle + n) % 5 == 0 else 10.0,
            **common(ago(minutes=4 * n + vehicle)),
        )
        for vehicle in range(3) for n in range(300)
    ]  # fmt: skip
    store.ingest("test", found, received_at=NOW)
    return [(one.vehicle_id, micros(one.event_time), one.speed_kmh) for one in found]


@pytest.mark.parametrize("most", [(10_000, 10_000), (10_000, 30), (200, 10_000), (0, 0)])
def test_all_that_matters_is_there_from_the_moment_that_is_named(store: Store, most: tuple[int, int]) -> None:
    kept = fill(store)
    with store._database.reading(PORT) as connection:
        found = fixes(connection, PORT, NAMES, SPAN, [Sieve((above("speed_kmh", 60.0),))], most)
        whole = fixes(connection, PORT, NAMES, SPAN, [], most)
    there = {(row[0], row[1]) for row in found.rows}
    mine = [one for one in kept if found.begin < one[1] <= SPAN[1]]
    fast = {(one[0], one[1]) for one in mine if one[2] == 90.0}
    after = {(name, at + 4 * 60_000_000) for name, at in fast if at + 4 * 60_000_000 <= SPAN[1]}
    assert len(there) == len(found.rows)
    assert fast | after <= there
    assert there <= {(one[0], one[1]) for one in mine}
    assert len(there) < len(mine)
    assert (found.begin < min(at for _, at, _ in kept)) == (most == (10_000, 10_000))
    assert {(row[0], row[1]) for row in whole.rows} == {(n, at) for n, at, _ in kept if at > whole.begin}


def test_an_answer_says_from_when_on_there_were_positions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store)
    test = played(store, "overspeed", days=2)
    assert seconds(test.played_from) == pytest.approx(seconds(ago(minutes=4 * 299 + 2)), abs=1)
    (note,) = (one for one in test.notes if one.code == "positions_from")
    assert note.value == pytest.approx((NOW - test.played_from) / timedelta(hours=1))

    monkeypatch.setattr(fixes, "__defaults__", ((100, 100),))
    cut = played(store, "overspeed", days=2)
    assert test.played_from < cut.played_from < NOW
    assert "positions_from" in {one.code for one in cut.notes}
