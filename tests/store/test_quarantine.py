"""Quarantine: looked through a page at a time, and left by rows that can be used now; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.quarantine import Sought
from domain.records import Reject
from domain.viewer import Viewer
from store.engine import Store
from store.writes.rejects import RAW_CHARACTERS, Standing
from tests.store.samples import NOW, PORT, ago, move


def laid(feed: str, number: int, reason: str = "not_a_time", raw: str = "") -> Reject:
    return Reject(feed=feed, ref=f"a.csv:{number}", reason=reason, detail=f"event_time=yesterday {number}",
                  raw=raw or f'{{"Id": "{number}"}}')  # fmt: skip


@pytest.fixture
def filled(store: Store) -> Store:
    store.ingest("gates", [], [laid("gates", n) for n in range(5)], None, ago(hours=2))
    store.ingest("gates", [], [laid("gates", n, "unknown_value") for n in range(5, 8)], None, ago(hours=1))
    store.ingest("yard", [], [laid("yard", 9, raw="x" * 900), laid("yard", 10)], None, NOW)
    return store


def refs(store: Store, offset: int = 0, limit: int = 200, **sought: object) -> list[str]:
    return [row.ref[6:] for row in store.reads.set_aside(PORT, Sought(**sought), None, offset, limit).rows]  # type: ignore[arg-type]


def test_pages_newest_first_with_what_else_there_is(filled: Store) -> None:
    found = filled.reads.set_aside(PORT, Sought(), None, 0, 4)
    assert [row.ref for row in found.rows] == ["a.csv:10", "a.csv:9", "a.csv:7", "a.csv:6"]
    assert (found.total, found.reasons) == (10, {"not_a_time": 7, "unknown_value": 3})
    assert found.feeds == {"gates": 8, "yard": 2}
    assert refs(filled, 4, 4) == ["5", "4", "3", "2"]
    assert refs(filled, 8, 4) == ["1", "0"]


def test_filters(filled: Store) -> None:
    assert refs(filled, feed="yard") == ["10", "9"]
    assert refs(filled, feed="gates", reason="unknown_value") == ["7", "6", "5"]
    assert refs(filled, since=ago(minutes=90), until=ago(minutes=30)) == ["7", "6", "5"]
    assert refs(filled, text="YESTERDAY 6") == ["6"]
    assert refs(filled, text='"id": "3"') == ["3"]
    assert refs(filled, text="%") == []
    found = filled.reads.set_aside(PORT, Sought(feed="gates", reason="unknown_value"))
    assert (found.total, found.reasons) == (3, {"not_a_time": 5, "unknown_value": 3})
    assert filled.reads.set_aside(PORT, Sought(), ago(minutes=90)).total == 5
    assert len(filled.reads.set_aside_ids(PORT, Sought(feed="gates"))) == 8


def test_a_list_holds_the_beginning_a_row_all_of_it(filled: Store) -> None:
    row = filled.reads.set_aside(PORT, Sought(feed="yard", text="xxx")).rows[0]
    assert (len(row.raw), row.length) == (300, 900)
    assert [len(one.raw) for one in filled.reads.set_aside_rows(PORT, [row.id])] == [900]


def test_an_enterprise_sees_none(filled: Store) -> None:
    enterprise = Viewer(name="e", scope=frozenset({"E1"}))
    assert filled.reads.set_aside(enterprise, Sought()).total == 0
    assert filled.reads.set_aside_ids(enterprise, Sought()) == []
    assert filled.reads.set_aside_rows(enterprise, [1, 2, 3]) == []


def test_what_is_concealed_cannot_be_searched_for(filled: Store) -> None:
    plate = "鲁BK1234"
    filled.ingest("gates", [], [laid("gates", 11, raw=f"truck {plate}")], None, NOW)
    filled.reads.conceal = lambda text: text.replace(plate, "鲁B***")
    assert refs(filled, text="truck") == ["11"]
    assert refs(filled, text=plate) == refs(filled, text="K12") == []
    assert filled.reads.set_aside_ids(PORT, Sought(text=plate)) == []
    assert filled.reads.set_aside(PORT, Sought(text="truck")).rows[0].raw == "truck 鲁B***"


def test_rows_leave_with_what_they_became_and_once(filled: Store) -> None:
    ids = filled.reads.set_aside_ids(PORT, Sought(feed="gates", reason="unknown_value"))
    moves = [move(f"m{n}", ago(minutes=n)) for n in range(3)]
    first = filled.take_in("gates", moves, ids, [])
    assert (first.rows, first.ingested.accepted, first.ingested.quarantined) == (3, 3, 0)
    again = filled.take_in("gates", moves, ids, [])  # somebody else pressed at the same moment
    assert (again.rows, again.ingested.accepted, again.ingested.duplicate) == (0, 0, 3)
    assert filled.reads.set_aside(PORT, Sought(feed="gates")).total == 5
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    assert filled.reads.series(PORT, "quarantine_taken", "gates", hour, hour + timedelta(hours=1)) == ([hour], [3.0])


def test_a_row_that_stays_has_its_newest_reason_and_is_told_from_others_by_it(filled: Store) -> None:
    row = filled.reads.set_aside(PORT, Sought(feed="gates", text="yesterday 0")).rows[0]
    filled.take_in("gates", [], [], [Standing(row.id, "future", "event_time=2040")])
    found = filled.reads.set_aside_rows(PORT, [row.id])[0]
    assert (found.reason, found.detail, found.received_at) == ("future", "event_time=2040", row.received_at)
    same = Reject(feed="gates", ref=row.ref, reason="future", detail="event_time=2040", raw=row.raw)
    assert filled.ingest("gates", [], [same]).quarantined == 0  # the source sent it again: known
    other = filled.ingest("gates", [], [laid("gates", 0)])  # and once more as it was refused at first
    assert other.quarantined == 1
    newest = filled.reads.set_aside(PORT, Sought(feed="gates", reason="not_a_time")).rows[0]
    filled.take_in("gates", [], [], [Standing(newest.id, "future", "event_time=2040")])
    assert filled.reads.set_aside_rows(PORT, [newest.id]) == []  # one with the row it became the same as
    assert filled.reads.set_aside_rows(PORT, [row.id])[0].times == 3


def test_a_cut_row_keeps_what_tells_it_from_others(store: Store) -> None:
    long = laid("gates", 1, raw="y" * (RAW_CHARACTERS + 7))
    store.ingest("gates", [], [long])
    row = store.reads.set_aside(PORT, Sought()).rows[0]
    store.take_in("gates", [], [], [Standing(row.id, "malformed", "cut")])
    assert row.length == RAW_CHARACTERS
    assert store.ingest("gates", [], [long]).quarantined == 0
