"""Two feeds on one sample, scan or call: as of declarations, one word is shown and the other kept and seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from domain.disagreement import FLAG
from domain.records import LabSample, MachineScan, Record, VesselCall
from store.engine import Store
from store.reads.datasets import Filter, Question
from tests.store.samples import ENTERPRISE, NOW, PORT, ago, common, step, task

RANKS = {"first": 0, "second": 1}
AT = ago(hours=3)
SAMPLE = LabSample(declaration_no="D1", sample_no=2, sent_at=AT, **common(AT))
SCAN = MachineScan(declaration_no="D1", container_no="MIOU2453144", scanned_at=AT, **common(AT))
CALL = VesselCall(call_id="v1", vessel_name="XIN QINGDAO", berth="Q1", ata=AT, **common(AT))
KINDS = {"lab_sample": (SAMPLE, "sent_at"), "machine_scan": (SCAN, "scanned_at"), "vessel_call": (CALL, "ata")}


def said(record: Any, feed: str, hours: float = 3, **more: Any) -> Any:
    return replace(record, feed=feed, event_time=ago(hours=hours), **more)


def rows(store: Store, name: str, viewer: Any = PORT, **asked: Any) -> list[tuple[Any, ...]]:
    return store.reads.records(viewer, name, Question(columns=("feed", "flags"), **asked)).rows


@pytest.fixture
def contested(store: Store) -> Store:
    store.prefer(RANKS)
    store.ingest("first", [replace(task("D1", AT), feed="first"), step("D1", "appointed", AT)])
    return store


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first first", "second first"])
def test_the_word_that_goes_before_is_shown_and_the_row_says_that_another_differs(
    name: str, order: tuple[int, int], contested: Store
) -> None:
    record, field = KINDS[name]
    other = said(record, "second", 1, **{field: ago(hours=5)})
    both: list[Record] = [said(record, "first"), other]
    for place in order:
        assert contested.ingest("all", [both[place]]).accepted == 1
    assert rows(contested, name) == [("first", (FLAG,))]
    flagged = (Filter(field="flags", values=(FLAG,)),)
    assert rows(contested, name, filters=flagged) == [("first", (FLAG,))]
    assert contested.ingest("second", [other]).duplicate == 1
    contested.ingest("second", [said(record, "second", 0.5)])
    assert rows(contested, name) == [("first", ())]
    assert rows(contested, name, filters=flagged) == []
    past = contested.reads.records(PORT, name, Question(columns=("flags",)), ago(minutes=45)).rows
    assert past == [((),)]  # held against what is shown now, as the record says


@pytest.mark.parametrize("name", ["lab_sample", "machine_scan"])
def test_a_declaration_tells_of_its_samples_and_scans(name: str, contested: Store) -> None:
    record, field = KINDS[name]
    contested.ingest("first", [said(record, "first")])
    contested.ingest("second", [said(record, "second", 1, **{field: ago(hours=5)})])
    # Another declaration whose number only begins alike is another declaration.
    contested.ingest("second", [said(record, "second", 1, declaration_no="D11")])
    contested.ingest("first", [said(record, "first", 1, declaration_no="D11", **{field: ago(hours=9)})])
    row = contested.reads.inspection(PORT, "D1")
    assert row is not None
    (word,) = row.others
    assert (word.dataset, word.part, word.feed, list(word.fields)) == (
        name, "2" if name == "lab_sample" else "MIOU2453144", "second", [field],
    )  # fmt: skip
    assert (word.shown_feed, word.shown_at) == ("first", AT)
    assert FLAG in row.flags
    (listed,) = contested.reads.inspections(PORT).rows
    assert FLAG in listed.flags
    before = contested.reads.inspection(PORT, "D1", ago(hours=2))
    assert before is not None
    assert (before.others, FLAG in before.flags) == ([], False)


def test_calls_are_flagged_and_an_enterprise_sees_words_of_its_own_rows_only(contested: Store) -> None:
    contested.ingest("first", [said(CALL, "first", scope="E1")])
    contested.ingest("second", [said(CALL, "second", berth="Q2")])
    (call,) = contested.reads.calls(PORT)
    assert (call["berth"], call["flags"]) == ("Q1", FLAG)
    (own,) = contested.reads.calls(ENTERPRISE)
    assert own["flags"] == ""
    assert rows(contested, "vessel_call", ENTERPRISE) == [("first", ())]


def test_a_feed_alone_is_looked_up_once_and_what_it_said_before_counts_when_another_comes(
    new_store: Callable[[], Store],
) -> None:
    store = new_store()
    store.prefer(RANKS)
    for hours in (3, 2):
        store.ingest("second", [said(SAMPLE, "second", hours, sent_at=ago(hours=hours))], received_at=NOW)
    assert store.reads.counts(PORT)["told_by"] == 1
    store.ingest("first", [said(SAMPLE, "first", 1, sent_at=ago(hours=8))])
    assert rows(store, "lab_sample") == [("first", (FLAG,))]
