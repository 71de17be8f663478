"""The search: the last digits lead to the thing, at any moment, and never to somebody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.pictures import AlertRow
from domain.records import ContainerStay, VesselPosition, VesselStatic
from domain.retention import Retention
from domain.search import Hit
from store.engine import Store
from store.retention import sweep
from tests.store.samples import ENTERPRISE, NOW, PORT, ago, block, common, task, truck

NUMBER = "423120261000451234"


def box(stay_id: str, number: str, block_id: str = "A1", departed: bool = False) -> ContainerStay:
    return ContainerStay(
        stay_id=stay_id, container_no=number, block_id=block_id, arrived_at=ago(hours=9),
        departed_at=ago(hours=1) if departed else None, **common(ago(hours=9)),
    )  # fmt: skip


@pytest.fixture
def port(store: Store) -> Store:
    mmsi = 413999888
    records = [
        task(NUMBER, bill_of_lading="OOLU-2026 7788", containers=("TGHU1234567",), at=ago(hours=5)),
        task("423120261000459999", bill_of_lading="OOLU20261111", scope="E1", at=ago(hours=4)),
        block("A1"), box("s1", "TGHU1234567"), box("s2", "MSCU7654321", departed=True), box("s3", "OOLU8888765"),
        truck("鲁B·D5678", ago(minutes=3)), truck("鲁BA1234", ago(hours=30)),
        VesselPosition(mmsi=mmsi, lon=120.3, lat=36.0, **common(ago(minutes=5))),
        VesselStatic(mmsi=mmsi, name="XIN QING DAO", imo=9304785, callsign="BPBX", **common(ago(minutes=5))),
    ]  # fmt: skip
    store.ingest("test", records, received_at=ago(minutes=2))
    return store


def ask(store: Store, text: str, **more: object) -> dict[str, list[Hit]]:
    found: dict[str, list[Hit]] = {}
    for hit in store.reads.search(more.pop("viewer", PORT), text, **more):  # type: ignore[arg-type]
        found.setdefault(hit.kind, []).append(hit)
    return found


@pytest.mark.parametrize("typed", ["451234", "1234", NUMBER, "42312026100045123", " 4231-2026-1000-451234 "])
def test_a_declaration_is_found_by_its_end_its_beginning_and_the_whole(port: Store, typed: str) -> None:
    assert [hit.key for hit in ask(port, typed)["declaration"]] == [NUMBER]


def test_whole_numbers_come_first_and_everything_leads_somewhere(port: Store) -> None:
    found = ask(port, "oolu20267788")
    assert [(hit.name, hit.declaration, hit.score) for hit in found["bill"]] == [("OOLU-2026 7788", NUMBER, 2)]
    (container,) = ask(port, "tghu 123456-7")["container"]
    assert (container.declaration, container.block, container.standing) == (NUMBER, "A1", True)
    assert [(hit.name, hit.declaration, hit.block) for hit in ask(port, "8765")["container"]] == [
        ("OOLU8888765", "", "A1")
    ]
    assert "container" not in ask(port, "4321")  # left the yard, and was never declared
    assert [hit.key for hit in ask(port, "5678")["vehicle"]] == ["鲁B·D5678"]
    assert [hit.key for hit in ask(port, "鲁b")["vehicle"]] == ["鲁B·D5678", "鲁BA1234"]
    for text in ("qingdao", "999888", "9304785", "bpbx"):
        assert [(hit.key, hit.name) for hit in ask(port, text)["vessel"]] == [("413999888", "XIN QING DAO")]
    assert [hit.key for hit in ask(port, "a1")["block"]] == ["A1"]


@pytest.mark.parametrize(
    "typed", ["", "4", "%", "__", "'; DROP TABLE search_name; --", "\x00\x00", "没有这个号码", "9" * 300]
)
def test_what_finds_nothing_finds_nothing(port: Store, typed: str) -> None:
    assert ask(port, typed) == {}


def test_an_enterprise_finds_its_own_only(port: Store) -> None:
    assert [hit.key for hit in ask(port, "4231", viewer=ENTERPRISE)["declaration"]] == ["423120261000459999"]
    for text in (NUMBER, "TGHU1234567", "5678", "qingdao", "7788"):
        assert ask(port, text, viewer=ENTERPRISE).keys() <= {"vessel"}, "vessels tell everybody who they are"


def test_a_past_moment_finds_what_was_there_then(port: Store) -> None:
    assert ask(port, "451234", at=ago(hours=6)) == {}
    assert ask(port, "451234", at=ago(hours=4, minutes=30))["declaration"]
    assert ask(port, "451234", at=ago(hours=1), known="then") == {}  # received two minutes ago
    assert ask(port, "4321", at=ago(hours=2))["container"][0].standing
    assert [hit.key for hit in ask(port, "鲁b", at=ago(hours=20))["vehicle"]] == ["鲁BA1234"]


def test_a_corrected_bill_of_lading_is_found_by_the_new_one(port: Store) -> None:
    port.ingest("test", [task(NUMBER, bill_of_lading="COSU5550001", at=ago(hours=1))])
    assert "bill" not in ask(port, "7788")
    assert ask(port, "0001")["bill"][0].declaration == NUMBER


def test_alerts_are_found_by_what_they_are_about_and_by_their_rule(port: Store) -> None:
    rows = [
        AlertRow(
            key=f"waiting:{number}", rule="waiting", level=2, subject_kind="declaration", subject=number,
            state="new", condition="firing", opened_at=NOW, last_at=NOW, count=1,
        )
        for number in (NUMBER, "5")
    ]  # fmt: skip
    port.save_alerts(rows)
    assert [hit.key for hit in ask(port, "451234")["alert"]] == [f"waiting:{NUMBER}"]
    assert len(ask(port, "x", rules=("waiting",))["alert"]) == 2


def test_never_more_of_a_kind_than_asked_for_newest_first(store: Store) -> None:
    records = [task(f"{n:06}77", at=ago(hours=40) + timedelta(minutes=n)) for n in range(60)]
    store.ingest("test", records)
    assert [hit.key for hit in ask(store, "77", limit=3)["declaration"]] == ["00005977", "00005877", "00005777"]


def test_names_go_with_what_they_name(port: Store) -> None:
    before = port.reads.counts(PORT)["search_name"]
    assert before == 3 + 2  # declaration, bill and box; declaration and bill
    with port._database.writing() as connection:
        connection.exec_driver_sql(f"DELETE FROM inspection_task WHERE declaration_no = '{NUMBER}'")
    list(sweep(port._database, Retention(), NOW))
    assert port.reads.counts(PORT)["search_name"] == 2
