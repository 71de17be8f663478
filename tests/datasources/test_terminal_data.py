"""Real messages and events of terminals held to what the data's README says, through the gate into a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.quality import check_all
from domain.records import ContainerStay, GateMove, VesselCall
from store.engine import Store, open_store
from tests.contract.rig import Clock, Outcome, create, read

LATER = datetime(2046, 1, 1, tzinfo=UTC)  # than any file on disk: all are at rest


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(f"sqlite:///{tmp_path / 'store.db'}", clock=lambda: LATER)
    yield made
    made.close()


def taken(store: Store, adapter: str, folder: Path, **options: Any) -> tuple[Outcome, Counter[str]]:
    """What an adapter brings, and what becomes of it: accepted, duplicate, quarantined, flagged."""
    clock = Clock(LATER)
    outcome = read(create(adapter, options, folder, clock), clock)
    kept, refused = check_all(outcome.records, LATER)
    done = store.ingest("trial", kept, [*outcome.rejects, *refused], outcome.cursor, LATER)
    totals = {name: getattr(done, name) for name in ("accepted", "duplicate", "quarantined", "flagged")}
    return outcome, Counter(totals)


def stays(outcome: Outcome) -> list[ContainerStay]:
    return [record for record in outcome.records if isinstance(record, ContainerStay)]


def test_a_gate_in_at_manila(shared_data: Path, store: Store) -> None:
    folder = shared_data / "terminal" / "edifact"
    path = "CODECO_D95B_PHMNL_MICT_20110402.edi"
    outcome, totals = taken(store, "edifact", folder, path=path, timezone="Asia/Manila")
    stay, move = outcome.records
    assert isinstance(stay, ContainerStay)
    assert isinstance(move, GateMove)
    assert stay.arrived_at == move.event_time == datetime(2011, 4, 2, 4, 59, tzinfo=UTC)
    assert (stay.container_no, stay.length_ft, stay.weight_tonnes, stay.kind) == ("TGHU1643396", 20, 21.43, "standard")
    assert (move.gate_id, move.direction, move.vehicle_id, move.container_no) == ("MICT", "in", "CXL590", "TGHU1643396")
    assert stay.flags == move.flags == ("interchange_missing",)
    assert totals == {"accepted": 2, "duplicate": 0, "quarantined": 0, "flagged": 2}


def test_a_report_sent_twice_with_different_content(shared_data: Path, store: Store) -> None:
    folder = shared_data / "terminal" / "edifact"
    clock = Clock(LATER)
    options = {"path": str(folder), "glob": "COARRI_D23A*", "timezone": "America/Costa_Rica"}
    outcome = read(create("edifact", options, folder, clock), clock)
    first, second = stays(outcome)[:74], stays(outcome)[74:]
    assert {s.stay_id for s in first} == {s.stay_id for s in second}
    assert len({s.stay_id for s in second}) == 74
    assert {s.flags for s in first} == {("segment_count_wrong", "size_type_unknown")}  # UNT says 907, there are 833
    assert {s.flags for s in second} == {("size_type_unknown", "told_again")}
    # What differs is written otherwise (16733.08 and 16733,08) and means the same.
    assert [(s.weight_tonnes, s.arrived_at, s.kind) for s in first] == [
        (s.weight_tonnes, s.arrived_at, s.kind) for s in second
    ]
    assert Counter(str(s.kind) for s in second) == {"standard": 62, "empty": 12}
    assert {s.arrived_by for s in second} == {"vessel CHARLOTTE 133"}
    assert second[0].weight_tonnes == 16.73308
    assert min(s.arrived_at for s in second) == datetime(2025, 2, 27, 18, 42, tzinfo=UTC)
    for part in (first, second):
        done = store.ingest("trial", part, [], None, LATER)
        assert (done.accepted, done.duplicate) == (74, 0)  # the second replaces the first: its flags are others
    assert (outcome.counts["told_again"], outcome.counts["containers"]) == (74, 148)
    assert outcome.rejects == []


def test_a_discharge_at_jakarta(shared_data: Path, store: Store) -> None:
    folder = shared_data / "terminal" / "edifact"
    path = "COARRI_D95B_IDJKT_MAERSK_20101012.edi"
    outcome, totals = taken(store, "edifact", folder, path=path, timezone="Asia/Jakarta")
    [stay] = stays(outcome)
    assert (stay.container_no, stay.kind, stay.arrived_by) == ("MSKU0308961", "empty", "vessel 6IL 1020")
    assert (stay.arrived_at, stay.flags) == (datetime(2010, 10, 12, 10, 8, tzinfo=UTC), ("size_type_unknown",))
    assert totals["accepted"] == 1


def test_what_reports_no_movement_is_refused_with_the_reason(shared_data: Path, store: Store) -> None:
    folder = shared_data / "terminal" / "edifact"
    outcome, totals = taken(store, "edifact", folder, path=str(folder), glob="[BM]*")
    assert outcome.records == []
    assert totals == {"accepted": 0, "duplicate": 0, "quarantined": 3, "flagged": 0}
    assert outcome.counts["bay_plan_containers"] == 642 + 3
    told = {reject.ref: (reject.reason, reject.detail) for reject in outcome.rejects}
    reason, detail = told["BAPLIE_D95B_CRMOB_DEL_MONTE_ROSE_20250223.edi:1410"]
    assert reason == "message_not_used"
    assert "642 containers" in detail
    reason, detail = told["MOVINS_CRMOB_DEL_MONTE_ROSE_20250222.edi:segment 1"]
    assert reason == "segment_broken"
    for word in ("3020 segments", "mid-segment", "'+137:2502221005:201'", "SEACOSA552"):
        assert word in detail


def test_all_messages_together_and_again_after_a_restart(shared_data: Path, store: Store) -> None:
    folder = shared_data / "terminal" / "edifact"
    outcome, _ = taken(store, "edifact", folder, path=str(folder))
    read_files = {"files": 7, "interchanges": 5, "messages": 6, "messages_not_used": 2, "containers": 150, "refused": 1}
    assert {name: outcome.counts[name] for name in read_files} == read_files
    assert (len(outcome.records), len(outcome.rejects), outcome.problems) == (151, 3, {})
    clock = Clock(LATER)
    again = read(create("edifact", {"path": str(folder)}, folder, clock, outcome.cursor), clock)
    assert (again.records, again.rejects, again.counts) == ([], [], {})


def test_events_of_version_2(shared_data: Path, store: Store) -> None:
    folder = shared_data / "terminal" / "dcsa"
    outcome, totals = taken(store, "dcsa_events", folder, path="tnt-220-response.json", places=["FRPAR"])
    assert outcome.counts == {"events": 7, "shipment": 3, "announced": 2, "files": 1}
    assert totals == {"accepted": 1, "duplicate": 1, "quarantined": 0, "flagged": 0}
    call = outcome.records[-1]
    assert isinstance(call, VesselCall)
    assert (call.vessel_name, call.imo, call.voyage) == ("King of the Seas", 9321483, "2103N/2103S")
    assert call.ata == datetime(2021, 1, 9, 13, 12, 56, tzinfo=UTC)


def test_events_of_version_3(shared_data: Path, store: Store) -> None:
    folder = shared_data / "terminal" / "dcsa"
    there = {"path": "tnt-300-response.json", "places": ["GBSOU", "FRPAR"]}
    outcome, totals = taken(store, "dcsa_events", folder, **there)
    assert outcome.counts == {"events": 5, "shipment": 1, "iot": 1, "reefer": 1, "elsewhere": 1, "files": 1}
    assert totals == {"accepted": 1, "duplicate": 0, "quarantined": 0, "flagged": 1}  # IMO 7654321 is none
    depot, _ = taken(store, "dcsa_events", folder, **there, facility_types=["POTE", "DEPO"])
    [stay] = stays(depot)
    assert (stay.container_no, stay.length_ft, stay.kind) == ("APZU4812090", 40, "empty")


def test_events_with_wrong_values_are_refused(shared_data: Path, store: Store) -> None:
    folder = shared_data / "terminal" / "dcsa"
    path = "tnt-220-response-wrong-attribute-values.json"
    outcome, totals = taken(store, "dcsa_events", folder, path=path, places=["FRPAR"])
    assert outcome.counts == {"events": 3, "shipment": 1, "files": 1}
    assert totals == {"accepted": 0, "duplicate": 0, "quarantined": 2, "flagged": 0}
    assert {reject.reason for reject in outcome.rejects} == {"unknown_place"}
    assert all("XYABC" in reject.detail for reject in outcome.rejects)
