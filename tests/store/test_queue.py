"""The queue as the store reads it: cycles, what is expected by the weeks before, what the source says, whose it is."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from domain.records import Direction, InspectionMode, Node
from store.engine import Store
from tests.store.samples import ENTERPRISE, NOW, PORT, ago, step, task


def weeks(store: Store) -> None:
    """Every day of three weeks two declarations, confirmed half an hour on, begun and done an hour and two later."""
    records: list[object] = []
    for day in range(1, 22):
        for number in range(2):
            name, at = f"past-{day}-{number}", NOW - timedelta(days=day, minutes=10)
            records.append(task(name, at=at, platform="P", direction=Direction.IMPORT, mode=InspectionMode.MANUAL))
            hours = {Node.APPOINTED: 0.0, Node.CONFIRMED: 0.5, Node.ASSIGNED: 1.5, Node.INSPECTED: 2.5}
            records += [step(name, node, at + timedelta(hours=h)) for node, h in hours.items()]
    store.ingest("test", records)  # type: ignore[arg-type]


def test_what_is_expected_comes_from_the_weeks_before_and_holds_for_a_cycle(store: Store) -> None:
    weeks(store)
    waiting = task("1", platform="P", direction=Direction.IMPORT, mode=InspectionMode.MANUAL, at=ago(minutes=9))
    store.ingest("test", [waiting, step("1", Node.APPOINTED, ago(minutes=9))])
    (row,) = store.reads.queue(PORT).rows
    assert row.expected is not None
    assert row.expected.days >= 5
    assert row.expected.start is not None
    assert row.expected.start.since <= row.expected.start.at <= row.expected.start.until
    assert row.expected.finish is not None
    assert row.expected.finish.at - row.expected.start.at == timedelta(hours=1)
    then = store.reads.queue(PORT, ago(minutes=5)).rows[0]
    assert then.key == "1"


def test_the_first_day_expects_nothing_and_says_why(store: Store) -> None:
    store.ingest("test", [task("1", platform="P")])
    picture = store.reads.queue(PORT)
    assert [(row.expected, row.expected_unknown) for row in picture.rows] == [(None, "few_days")]
    assert picture.cut is not None
    assert picture.rows[0].cycle == picture.cut > NOW
    assert picture.sources == []


def test_a_sources_own_order_is_shown_and_its_figures_are_the_ports(store: Store) -> None:
    first = task("1", platform="P", direction=Direction.IMPORT, source_rank=1, scope="E1")
    second = task("2", platform="P", direction=Direction.EXPORT, source_rank=2)
    store.ingest("test", [first, second])
    picture = store.reads.queue(PORT)
    assert [(row.key, row.source_differs) for row in picture.rows] == [("2", "direction"), ("1", "direction")]
    assert [(one.platform, one.inverted, one.tau) for one in picture.sources] == [("P", {"direction": 1}, -1.0)]
    own = store.reads.queue(ENTERPRISE)
    assert [(row.key, row.rank, row.source_differs) for row in own.rows] == [("1", 2, "direction")]
    assert own.sources == []


def test_rows_stand_still_while_nothing_happens(store: Store) -> None:
    """A few seconds on, nothing of a row is sent anew."""
    store.ingest("test", [task("1", platform="P"), step("1", Node.APPOINTED, ago(minutes=9, seconds=1))])
    one, other = (store.reads.queue(PORT, ago(seconds=s)).rows for s in (9, 2))
    assert msgspec.json.encode(one) == msgspec.json.encode(other)
