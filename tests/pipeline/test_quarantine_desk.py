"""Trying rows again: what is usable leaves quarantine and is stored, nothing is counted or stored twice."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import settings as configuration
from datasources.contract import Batch
from domain.errors import NotAllowedError
from domain.permissions import Role
from domain.quarantine import Sought, TriedAgain
from domain.records import GateMove, Origin, Record, Reject
from domain.viewer import SYSTEM, Viewer
from pipeline.adapters import connect
from pipeline.gate import judge
from pipeline.quarantine_desk import _KINDS, QuarantineDesk
from store.engine import Store, open_store

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SUPERVISOR = Viewer(name="s", roles=frozenset({Role.SUPERVISOR}))
BEFORE = {"move_id": "id", "gate_id": "gate", "event_time": "at", "direction": {"column": "way", "values": {"I": "in"}}}
AFTER = {**BEFORE, "direction": {"column": "way", "values": {"I": "in", "O": "out"}}}


def loaded(home: Path, mapping: dict[str, Any], **more: Any) -> configuration.Settings:
    feed = {"adapter": "csv_drop", "path": "moves.csv", "dataset": "gate_move", "mapping": mapping,
            "settle_seconds": 0, **more}  # fmt: skip
    lines = [f"{name} = {_toml(value)}" for name, value in feed.items()]
    other = '[feeds.ais]\nadapter = "nmea_ais"\npath = "x"\nenabled = false'
    (home / "cockpit.toml").write_text("\n".join(["[feeds.gates]", *lines, other]))
    return configuration.load(home / "cockpit.toml", environ={"COCKPIT_HOME": str(home)})


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)


class House:
    """A store, and what a feed of one file brought into it."""

    def __init__(self, home: Path) -> None:
        self.home, self.now = home, NOW
        self.store: Store = open_store(f"sqlite:///{home}/c.db", clock=lambda: self.now)
        self.told: list[Record] = []

    def bring(self, rows: list[str], mapping: dict[str, Any] = BEFORE, header: str = "id,gate,way,at") -> None:
        (self.home / "moves.csv").write_text("\n".join([header, *rows]) + "\n")
        kept = loaded(self.home, mapping)
        adapter = connect(kept, kept.feeds[0], lambda: self.now, None)
        batch = judge(adapter.poll(), self.now)
        self.store.ingest("gates", batch.records, batch.rejects)
        adapter.close()

    def desk(self, mapping: dict[str, Any] = AFTER, **more: Any) -> QuarantineDesk:
        kept = loaded(self.home, mapping, **more)
        return QuarantineDesk(kept, self.store, lambda: self.now, lambda records, *_: self.told.extend(records))

    def again(self, mapping: dict[str, Any] = AFTER, **sought: str) -> TriedAgain:
        return self.desk(mapping).try_again(SUPERVISOR, Sought(**sought))

    def held(self) -> dict[str, int]:
        return self.store.reads.set_aside(SYSTEM, Sought()).reasons

    def moves(self) -> int:
        return self.store.reads.counts(SYSTEM)["gate_move"]


@pytest.fixture
def house(tmp_path: Path) -> Any:
    house = House(tmp_path)
    yield house
    house.store.close()


def test_once_the_mapping_is_right_the_rows_come_in(house: House) -> None:
    house.bring(["1,G1,I,2026-03-02 08:00:00", "2,G1,O,2026-03-02 08:01:00", "3,G1,?,2026-03-02 08:02:00"])
    assert (house.moves(), house.held()) == (1, {"unknown_value": 2})
    done = house.again(feed="gates")
    assert (done.tried, done.taken, done.known, done.reasons, done.left) == (2, 1, 0, {"unknown_value": 1}, 0)
    assert (house.moves(), house.held()) == (2, {"unknown_value": 1})
    assert [(one.ref, one.event_time.hour) for one in house.told] == [("moves.csv:3", 0)]  # 08:01 in Shanghai
    assert house.again().taken == 0
    assert house.moves() == 2


def test_a_row_the_gate_refused_goes_through_the_mapping_again(house: House) -> None:
    swapped = {"vehicle_id": "id", "lon": "y", "lat": "x", "event_time": "at"}
    right = {**swapped, "lon": "x", "lat": "y"}
    (house.home / "moves.csv").write_text("id,x,y,at\nT1,120.2,36.1,2026-03-02 16:00:00\n")
    for mapping in (swapped,):
        kept = loaded(house.home, mapping, dataset="vehicle_position")
        batch = judge(connect(kept, kept.feeds[0], lambda: NOW, None).poll(), NOW)
        house.store.ingest("gates", batch.records, batch.rejects)
    assert [one.reason for one in batch.rejects] == ["position_outside_world"]
    assert json.loads(batch.rejects[0].raw)["x"] == "120.2"  # as it came, not what the wrong mapping made of it
    done = house.desk(right, dataset="vehicle_position").try_again(SUPERVISOR, Sought())
    assert (done.taken, house.held()) == (1, {})
    assert house.store.reads.vehicles(SYSTEM).lon.tolist() == [120.2]


def test_a_record_without_its_row_is_judged_again_as_it_is(house: House) -> None:
    ahead = GateMove(feed="ais", origin=Origin.LIVE, event_time=NOW + timedelta(hours=1), ref="stream", move_id="1",
                     gate_id="G1", direction="in")  # fmt: skip
    refused = judge(Batch(records=[ahead]), NOW)
    house.store.ingest("ais", [], refused.rejects)
    assert house.held() == {"future": 1}
    house.now += timedelta(hours=2)
    assert house.again().taken == 1
    assert house.told == [ahead]


def test_records_are_told_apart_by_their_fields() -> None:
    assert len(_KINDS) == len(Record.__subclasses__())


@pytest.mark.parametrize(
    ("feed", "raw", "why"),
    [
        ("ais", "!AIVDM,1,1,,A,xxx,0*00", "row_not_alone"),
        ("gone", "{}", "row_of_no_feed"),
        ("gates", '{"id": "1", "gate": "G1", "way', "row_cut"),
    ],
)
def test_what_cannot_be_tried_here_says_why_and_stays(house: House, feed: str, raw: str, why: str) -> None:
    house.store.ingest(feed, [], [Reject(feed=feed, ref="a:1", reason="malformed", detail="d", raw=raw)])
    done = house.again()
    assert (done.tried, done.not_here, house.held()) == (0, {why: 1}, {"malformed": 1})


def test_rows_of_a_recording_are_not_laid_in_time_again(house: House) -> None:
    house.bring(["2,G1,O,2026-03-02 08:01:00"])
    done = house.desk(AFTER, replay={"speed": 1}).try_again(SUPERVISOR, Sought())
    assert done.not_here == {"row_of_recording": 1}


def test_odd_rows_stay_odd(house: House) -> None:
    ragged = ["1,G1,O", "2,G1,O,2026-03-02 08:01:00,,x", "3,G1,O,2026-03-02 08:02:00"]
    house.bring(ragged)
    assert house.held() == {"too_few_cells": 1, "too_many_cells": 1, "unknown_value": 1}
    assert house.again().taken == 1
    assert house.held() == {"too_few_cells": 1, "too_many_cells": 1}


def test_the_chosen_ones_alone_and_on_record(house: House) -> None:
    house.bring([f"{n},G1,O,2026-03-02 08:0{n}:00" for n in range(4)])
    chosen = house.store.reads.set_aside_ids(SYSTEM, Sought())[:1]
    assert house.desk().try_again(SUPERVISOR, Sought(), chosen).taken == 1
    assert house.held() == {"unknown_value": 3}
    auditor = Viewer(name="a", roles=frozenset({Role.AUDITOR}))
    noted = house.store.reads.audit(auditor, NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert [(one.entry.what, one.entry.who, one.entry.after) for one in noted] == [("feed.again", "s", {"rows": 1})]
    with pytest.raises(NotAllowedError):
        house.desk().try_again(Viewer(name="w", roles=frozenset({Role.WATCH_OFFICER})), Sought())


def test_what_there_is_no_time_for_is_left_and_gone_on_with(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.quarantine_desk.AT_ONCE", 3)
    house.bring([f"{n},G1,{'O' if n else '?'},2026-03-02 08:0{n}:00" for n in range(8)])
    first = house.desk().try_again(SUPERVISOR, Sought(), seconds=0)
    assert (first.taken, first.left) == (2, 5)
    second = house.desk().try_again(SUPERVISOR, Sought(), after=first.after, seconds=60)
    assert (second.taken, second.left, house.held()) == (5, 0, {"unknown_value": 1})


ROWS = st.lists(
    st.tuples(
        st.integers(0, 9), st.sampled_from("IO?"), st.sampled_from(["2026-03-02 08:00:00", "noon", "2026-03-02 07:00"])
    ),
    max_size=12,
)


@settings(max_examples=12, deadline=None)
@given(ROWS, st.integers(1, 3))
def test_trying_again_never_doubles(rows: list[tuple[int, str, str]], presses: int) -> None:
    """However often and by however many at once: the same as if the mapping had been right from the beginning."""
    lines = [f"{number},G1,{way},{at}" for number, way, at in rows]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        late, right = House(Path(one)), House(Path(two))
        late.bring(lines)
        right.bring(lines, AFTER)
        before = sum(late.held().values())
        desk = late.desk()
        with ThreadPoolExecutor(presses) as pool:
            done = list(pool.map(lambda _: desk.try_again(SUPERVISOR, Sought()), range(presses)))
        assert late.moves() == right.moves()
        assert sum(late.held().values()) == sum(right.held().values())
        assert before - sum(one.taken for one in done) == sum(late.held().values())
        late.store.close()
        right.store.close()


@pytest.mark.parametrize(
    ("adapter", "more"),
    [
        ("http_json", {"url": "http://10.0.0.9/rows"}),
        ("json_drop", {"path": "rows.json"}),
        ("sql_view", {"url": "sqlite:///other.db", "view": "moves"}),
    ],
)
def test_rows_of_json_are_read_anew_without_asking_the_source(house: House, adapter: str, more: Any) -> None:
    feed = {"adapter": adapter, "dataset": "gate_move", "mapping": AFTER, **more}
    told = "\n".join(["[feeds.gates]", *(f"{name} = {_toml(value)}" for name, value in feed.items())])
    (house.home / "cockpit.toml").write_text(told)
    kept = configuration.load(house.home / "cockpit.toml", environ={"COCKPIT_HOME": str(house.home)})
    row = {"id": "7", "gate": "G1", "way": "O", "at": "2026-03-02 08:01:00", "more": {"a": [1]}}
    rows = [Reject(feed="gates", ref=f"list:{n}", reason="unknown_value", detail="?", raw=json.dumps(one))
            for n, one in enumerate((row, {**row, "way": "?"}, [row]), 1)]  # fmt: skip
    house.store.ingest("gates", [], [*rows, msgspec.structs.replace(rows[0], ref="list:9", raw=rows[0].raw[:20])])
    done = QuarantineDesk(kept, house.store, lambda: NOW).try_again(SUPERVISOR, Sought())
    assert (done.taken, done.reasons, done.not_here) == (1, {"unknown_value": 1, "malformed": 1}, {"row_cut": 1})
    assert house.moves() == 1
