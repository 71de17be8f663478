"""Plates are masked before anything is stored, and opened one at a time, for a reason on record."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import feed
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import inspect, select

from api.desk import attach
from domain.alias import UnmaskError, alias_of, is_alias
from domain.errors import ConfigError, NotAllowedError
from domain.permissions import Role
from domain.records import DoorEvent, GateMove, Reject
from domain.retention import Retention
from domain.viewer import Viewer
from layouts.stage import stage
from pipeline.aliases import Aliases
from pipeline.opening import store_of
from pipeline.secrets import KEY
from settings import Access, Settings
from settings import Store as StoreSettings
from store.engine import Store
from store.schema import metadata
from tests.seen_by import seen_by
from tests.store.conftest import empty_postgres as empty_postgres
from tests.store.conftest import new_url as new_url
from tests.store.conftest import server as server
from tests.store.samples import NOW, PORT, ago, common, stay, truck

OFFICER = Viewer(name="wang", roles=frozenset({Role.WATCH_OFFICER}))
LEADER = Viewer(name="li", roles=frozenset({Role.LEADER}))
OWNER = Viewer(name="carrier", roles=frozenset({Role.WATCH_OFFICER}), scope=frozenset({"E1"}))
PLATE, FOREIGN = "鲁B·12345", "鲁UA9876"
WHY = "stands in the fire lane"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)


@pytest.fixture
def told(tmp_path: Path, new_url: Callable[[], str]) -> Settings:
    machines = feed("cranes", personal=False)
    return Settings(home=tmp_path / "home", source=tmp_path / "cockpit.toml", feeds=(feed("test"), machines),
                    access=Access(mask="on"), store=StoreSettings(url=new_url()))  # fmt: skip


@pytest.fixture
def store(told: Settings) -> Iterator[Store]:
    with contextlib.closing(store_of(told)) as opened:
        opened.ingest("test", records(), [reject()], received_at=NOW)
        yield opened


def records() -> list:
    return [
        truck(PLATE, ago(minutes=3), scope="E1"),
        truck(FOREIGN, ago(minutes=2)),
        GateMove(move_id="m1", gate_id="G1", direction="in", vehicle_id=PLATE, **common(ago(minutes=9))),
        DoorEvent(container_no="MSKU1234565", vehicle_id=PLATE, **common(ago(minutes=1))),
        stay("s1", ago(days=1), ago(hours=1), arrived_by="COSCO ARIES", departed_by=PLATE),
    ]


def reject() -> Reject:
    return Reject(feed="test", ref="gate.csv:7", reason="bad_time", detail=f"time of {PLATE}", raw=f"{PLATE};32:00")


def alias(aliases: Aliases, plate: str = PLATE) -> str:
    return alias_of(aliases._key, plate)


def everything(store: Store, but: str = "") -> str:
    """All cells of all tables but one."""
    with store._database.reading() as connection:
        there = set(inspect(connection).get_table_names())
        return "\n".join(
            str(row)
            for table in metadata.sorted_tables
            if table.name in there and table.name != but
            for row in connection.execute(select(table))
        )


def test_no_plate_is_stored_and_no_reader_sees_one(store: Store) -> None:
    kept = everything(store, but="quarantine")
    assert "12345" not in kept.replace("MSKU1234565", "")
    assert "A9876" not in kept
    assert "COSCO ARIES" in kept
    row = store.reads.quarantine(PORT)[0]
    assert (row["detail"], row["raw"]) == ("time of 鲁B**45", "鲁B**45;32:00")


def test_one_vehicle_is_one_alias_everywhere_and_for_ever(store: Store, told: Settings) -> None:
    one = alias(Aliases(told, store))
    ids = store.reads.vehicles(PORT, NOW).ids
    assert one in ids
    assert len(ids) == 2
    assert all(map(is_alias, ids))
    assert store.reads.track(PORT, "vehicles", one, ago(hours=1), NOW)
    with contextlib.closing(store_of(told)) as again:  # another process
        news = again.ingest("test", records(), received_at=NOW)
        assert (news.accepted, news.duplicate) == (0, len(records()))
        moved = again.ingest("test", [truck("鲁b12345", ago(minutes=0), lon=120.3)], received_at=NOW)
        assert [record.vehicle_id for record in moved.fresh] == [one]


def test_machines_of_the_port_keep_their_names(store: Store) -> None:
    store.ingest("cranes", [truck("RTG-07", NOW, feed="cranes")], received_at=NOW)
    assert "RTG-07" in store.reads.vehicles(PORT, NOW).ids


def test_a_plate_is_told_for_a_reason_and_that_is_on_record(store: Store, told: Settings) -> None:
    aliases = Aliases(told, store)
    one = alias(aliases)
    assert aliases.unmask(OFFICER, one, f"  {WHY} ") == PLATE
    auditor = Viewer(name="a", roles=frozenset({Role.AUDITOR}))
    noted = store.reads.audit(auditor, ago(days=9999), NOW + timedelta(days=9999))[0].entry
    assert (noted.what, noted.who, noted.object, noted.after) == ("vehicle.unmask", "wang", one, {"reason": WHY})


@pytest.mark.parametrize("reason", ["", "   ", "abc", "x" * 201])
def test_without_a_reason_nothing_is_told(store: Store, told: Settings, reason: str) -> None:
    aliases = Aliases(told, store)
    with pytest.raises(UnmaskError, match="say why"):
        aliases.unmask(OFFICER, alias(aliases), reason)


def test_only_those_who_may_and_only_what_they_see(store: Store, told: Settings) -> None:
    aliases = Aliases(told, store)
    with pytest.raises(NotAllowedError):
        aliases.unmask(LEADER, alias(aliases), WHY)
    assert aliases.unmask(OWNER, alias(aliases), WHY) == PLATE
    for foreign in (alias(aliases, FOREIGN), alias(aliases, "鲁B00000"), "", "no alias"):
        with pytest.raises(UnmaskError) as refused:
            aliases.unmask(OWNER, foreign, WHY)
        assert refused.value.code == "not_found"


def test_a_whole_plate_finds_its_vehicle_for_those_who_may(store: Store, told: Settings) -> None:
    aliases = Aliases(told, store)
    one = alias(aliases)
    assert aliases.sought(OFFICER, "鲁B 12345") == one
    assert [hit.key for hit in store.reads.search(PORT, one) if hit.kind == "vehicle"] == [one]
    assert aliases.sought(LEADER, PLATE) == PLATE
    assert aliases.sought(OFFICER, "鲁B54321") == "鲁B54321"


def test_a_second_vehicle_with_the_same_alias_gets_a_longer_one(
    store: Store, told: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = alias_of

    def alike(key: bytes, plain: str, digits: int = 6) -> str:
        return "鲁B**45·000000" if digits == 6 else short(key, plain, digits)

    monkeypatch.setattr("pipeline.aliases.alias_of", alike)
    aliases = Aliases(told, store)
    made = aliases.renamed("test", [truck("鲁B11145", NOW), truck("鲁B22245", NOW)])
    names = [record.vehicle_id for record in made]
    assert names[0] == "鲁B**45·000000"
    assert len(set(names)) == 2
    assert [aliases.unmask(OFFICER, name, WHY) for name in names] == ["鲁B11145", "鲁B22245"]


def test_the_key_rotates_and_a_lost_one_is_said_at_the_start(
    store: Store, told: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = (told.home / "secrets.key").read_text(), "ab" * 32
    one = alias(Aliases(told, store))
    monkeypatch.setenv(KEY, f"{new},{old}")
    assert Aliases(told, store).reseal() == 3  # two vehicles and the key of aliases
    monkeypatch.setenv(KEY, new)
    rotated = Aliases(told, store)
    assert alias(rotated) == one
    assert rotated.unmask(OFFICER, one, WHY) == PLATE
    monkeypatch.setenv(KEY, "cd" * 32)
    with pytest.raises(ConfigError, match="aliases cannot be made"):
        Aliases(told, store).ready()


def test_identities_go_with_the_last_rows_about_them(store: Store, told: Settings) -> None:
    aliases = Aliases(told, store)
    one = alias(aliases)
    with store._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE identity SET seen_at = {int(ago(days=500).timestamp() * 1e6)}")
    while not store.operations.retain(Retention(states_days=0), 5.0)[1]:
        pass
    assert aliases.unmask(OFFICER, one, WHY) == PLATE, "a stay is kept for ever, and so is who it was"
    while not store.operations.retain(Retention(), 5.0)[1]:
        pass
    with pytest.raises(UnmaskError):
        aliases.unmask(OFFICER, one, WHY)
    assert Aliases(told, store)._key == aliases._key


def test_the_api_tells_a_plate_and_says_why_not(store: Store, told: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "settings", told, raising=False)
    aliases = Aliases(told, store)
    app = FastAPI()
    attach(app, store, aliases)
    officer, leader = (TestClient(seen_by(app, who)) for who in (OFFICER, LEADER))
    path = f"/api/v1/vehicles/{alias(aliases)}/unmask"
    assert officer.post(path, json={"reason": WHY}).json() == {"alias": alias(aliases), "vehicle": PLATE}
    assert officer.post(path, json={}).status_code == 400
    assert officer.post(path, content=b"{").json()["error"] == "bad_body"
    assert officer.post("/api/v1/vehicles/none/unmask", json={"reason": WHY}).status_code == 404
    assert leader.post(path, json={"reason": WHY}).status_code == 403
    found = officer.get("/api/v1/search", params={"q": PLATE, "lang": "en"}).json()["groups"]
    assert alias(aliases) in str(found)
    assert "12345" not in str(leader.get("/api/v1/search", params={"q": PLATE, "lang": "en"}).json()["groups"])


def test_where_plates_are_shown_none_is_masked(tmp_path: Path, new_url: Callable[[], str]) -> None:
    plain = Settings(home=tmp_path, source=tmp_path / "x", store=StoreSettings(url=new_url()))
    assert not plain.masked, "a demo's vehicles are made up"
    with contextlib.closing(store_of(plain)) as opened:
        opened.ingest("test", [truck(PLATE, NOW)], received_at=NOW)
        assert opened.reads.vehicles(PORT, NOW).ids == [PLATE]
    assert Settings(home=tmp_path, source=tmp_path / "x", access=Access(mode="accounts")).masked
