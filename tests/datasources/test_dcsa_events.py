"""DCSA events to stays, gate moves and calls, in both versions."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.dcsa_events import EventReader, Options
from datasources.document_drop import Document
from domain.errors import FeedError
from domain.records import ContainerStay, GateMove, VesselCall
from tests.contract.dcsa_events_rig import PLACE, call, move, options, write
from tests.contract.rig import NOW, Clock, Outcome, context, create, read


def drop(folder: Path, *events: Any, **more: Any) -> Outcome:
    clock = Clock()
    write(list(events))(folder)
    adapter = create("dcsa_events", {**options(), **more}, folder, clock)
    outcome = read(adapter, clock)
    adapter.close()
    return outcome


def as_version_3(event: dict[str, Any], words: bool = False) -> dict[str, Any]:
    """An equipment event of version 2.2 as 3.0 writes it."""
    word = {"GTIN": "GATED_IN", "LOAD": "LOADED", "ACT": "ACTUAL"} if words else {}
    code, classifier = event["equipmentEventTypeCode"], event["eventClassifierCode"]
    return {
        "eventID": event["eventID"], "eventDateTime": event["eventDateTime"],
        "eventUpdatedDateTime": event["eventCreatedDateTime"], "eventLocation": event["eventLocation"],
        "eventClassification": {
            "eventTypeCode": "EQUIPMENT", "eventClassifierCode": word.get(classifier, classifier),
            "equipmentEventTypeCode": word.get(code, code),
        },
        "equipmentDetails": {
            name: event[name] for name in ("equipmentReference", "ISOEquipmentCode", "emptyIndicatorCode")
        },
    }  # fmt: skip


def test_a_gate_in_and_a_load_are_a_stay(tmp_path: Path) -> None:
    loaded = move("LOAD", "2031-05-04T10:30:00+08:00", transportCall=call()["transportCall"])
    outcome = drop(tmp_path, move(), loaded)
    kinds = [type(record) for record in outcome.records]
    assert kinds == [ContainerStay, GateMove, ContainerStay]
    stay = outcome.records[-1]
    assert isinstance(stay, ContainerStay)
    assert stay.arrived_at == datetime(2031, 5, 4, 1, 0, tzinfo=UTC)
    assert stay.departed_at == datetime(2031, 5, 4, 2, 30, tzinfo=UTC)
    assert (stay.arrived_by, stay.departed_by) == ("truck", "vessel King of the Seas 055N/055S")
    assert (stay.length_ft, stay.kind, stay.flags) == (20, "standard", ())


@pytest.mark.parametrize("words", [False, True])
def test_both_versions_say_the_same(tmp_path: Path, words: bool) -> None:
    (tmp_path / "2").mkdir()
    (tmp_path / "3").mkdir()
    assert drop(tmp_path / "2", move()).records == drop(tmp_path / "3", as_version_3(move(), words)).records


def test_plans_move_no_box(tmp_path: Path) -> None:
    outcome = drop(tmp_path, move(eventClassifierCode="EST"), move("LOAD", eventClassifierCode="PLN"))
    assert (outcome.records, outcome.rejects, outcome.counts["announced"]) == ([], [], 2)


def test_the_times_of_a_call_come_together(tmp_path: Path) -> None:
    outcome = drop(
        tmp_path,
        call("ARRI", "PLN", "2031-05-04T06:00:00+08:00"),
        call("DEPA", "EST", "2031-05-06T06:00:00+08:00"),
        call("ARRI", "ACT", "2031-05-04T08:00:00+08:00"),
    )
    last = outcome.records[-1]
    assert isinstance(last, VesselCall)
    assert (last.call_id, last.vessel_name, last.imo, last.voyage) == (
        "call-1",
        "King of the Seas",
        9321483,
        "055N/055S",
    )
    assert [t.isoformat()[:16] if t else None for t in (last.eta, last.ata, last.etd, last.atd)] == [
        "2031-05-03T22:00", "2031-05-04T00:00", "2031-05-05T22:00", None,
    ]  # fmt: skip


def test_the_newer_estimate_counts_whichever_comes_first(tmp_path: Path) -> None:
    old = call("ARRI", "EST", "2031-05-05T06:00:00Z", eventCreatedDateTime="2031-05-01T00:00:00Z")
    new = call("ARRI", "EST", "2031-05-05T09:00:00Z", eventCreatedDateTime="2031-05-02T00:00:00Z")
    for number, order in enumerate(((old, new), (new, old))):
        (tmp_path / str(number)).mkdir()
        last = drop(tmp_path / str(number), *order).records[-1]
        assert isinstance(last, VesselCall)
        assert last.eta == datetime(2031, 5, 5, 9, tzinfo=UTC)


def test_what_happens_elsewhere_is_counted(tmp_path: Path) -> None:
    elsewhere = [
        move(eventLocation={"UNLocationCode": "SGSIN"}),
        move(eventLocation={"UNLocationCode": PLACE, "facilityTypeCode": "DEPO"}),
        move(eventLocation={"UNLocationCode": PLACE, "facilityCode": "QQCTU"}),
        call(transportCall={**call()["transportCall"], "UNLocationCode": "SGSIN"}),
    ]
    outcome = drop(tmp_path, *elsewhere, facilities=["QQCT"])
    assert (outcome.records, outcome.rejects, outcome.counts["elsewhere"]) == ([], [], 4)


_THERE = {**call()["transportCall"], "location": {"UNLocationCode": "SGSIN"}}


@pytest.mark.parametrize(
    ("event", "reason", "says"),
    [
        (move("GTOO"), "unknown_value", "equipmentEventTypeCode='GTOO'"),
        (call("ARRI", "SURE"), "unknown_value", "eventClassifierCode='SURE'"),
        (call("SAIL"), "unknown_value", "transportEventTypeCode='SAIL'"),
        (move(eventType="PARTY"), "unknown_value", "eventType='PARTY'"),
        (move(eventLocation={"UNLocationCode": "XYABC"}), "unknown_place", "XYABC"),
        (move(eventLocation={"UNLocationCode": "Qingdao"}), "unknown_place", "Qingdao"),
        (call(eventLocation={"UNLocationCode": PLACE}, transportCall=_THERE), "place_contradictory", "SGSIN"),
        (call(transportCall={"UNLocationCode": PLACE}), "missing_value", "vessel"),
        (move(eventDateTime="2031-05-04"), "not_a_time", "2031-05-04"),
        (move(eventDateTime="2031-05-04T09:00:00"), "time_without_zone", "eventDateTime"),
        (call(at="2031-06-04T09:00:00Z"), "future", "2031-06-04"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, event: Any, reason: str, says: str) -> None:
    outcome = drop(tmp_path, event)
    [reject] = outcome.rejects
    assert (outcome.records, reject.reason) == ([], reason)
    assert says in reject.detail
    assert json.loads(reject.raw) == event


def test_places_must_be_named() -> None:
    with pytest.raises(ValueError, match="places"):
        Options(path="x", places=())


_LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just(PLACE) | st.just("EQUIPMENT")
_JSON = st.recursive(
    _LEAF,
    lambda c: st.lists(c, max_size=3) | st.dictionaries(st.sampled_from([*move(), *call()]), c, max_size=5),
    max_leaves=12,
)
_BENT = st.tuples(st.sampled_from([move(), call(), as_version_3(move())]), st.integers(0, 12), _JSON).map(
    lambda t: {**t[0], list(t[0])[t[1] % len(t[0])]: t[2]}
)


@given(st.binary(max_size=100) | st.lists(_JSON | _BENT, max_size=4).map(lambda e: json.dumps(e).encode()))
def test_no_bytes_bring_a_poll_down(data: bytes) -> None:
    reader = EventReader(Options(path="x", places=(PLACE,)), context(Path("x"), Clock()))
    with contextlib.suppress(FeedError):
        for batch in reader.read(Document("x.json", data, NOW)):
            assert all(reject.detail and reject.raw for reject in batch.rejects)
            assert all(record.ref for record in batch.records)


def test_deep_nesting_is_no_list_of_events() -> None:
    reader = EventReader(Options(path="x", places=(PLACE,)), context(Path("x"), Clock()))
    with pytest.raises(FeedError, match="nested"):
        list(reader.read(Document("x.json", b"[" * 100_000, NOW)))
