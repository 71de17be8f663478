"""An enterprise's live pictures show what the store's scoped reads say at the same moment, topic by topic."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.pictures import AlertRow, FeedRow, FeedState
from domain.records import Direction, LabSample, Node, Record
from domain.viewer import Viewer
from live.hub import Hub
from pipeline.freshness import Head
from pipeline.past import Past
from pipeline.topics import Readings, kpis_picture
from settings import Settings, load
from store.engine import Store, open_store
from tests.store.conftest import NewUrl
from tests.store.conftest import empty_postgres as empty_postgres
from tests.store.conftest import new_url as new_url
from tests.store.conftest import server as server
from tests.store.samples import NOW, ago, block, common, move, stay, step, task, truck

OWNERS = (None, "E1", "E2", "E3")
VIEWERS = [Viewer(name="one", scope=frozenset(codes)) for codes in (("E1",), ("E2", "E3"), ("E9",), ())]


def port(seed: int) -> list[Record]:
    """Some of everything, owned at random."""
    chance = random.Random(seed)
    records: list[Record] = [block("A1"), block("A2")]
    for n in range(40):
        owner, own = chance.choice(OWNERS), f"{n:02d}"
        at = ago(minutes=chance.randrange(1, 600))
        mine: dict[str, Any] = {"scope": owner}
        records += [
            task(f"D{own}", platform=f"P{n % 3}", direction=chance.choice(list(Direction)), **mine),
            truck(f"T{own}", ago(minutes=chance.randrange(0, 20)), speed_kmh=float(n), **mine),
            stay(f"s{own}", at, block_id=f"A{n % 2 + 1}", **mine),
            move(f"m{own}", at, **mine),
            LabSample(declaration_no=f"D{own}", sent_at=at, **common(at, **mine)),
        ]
        for node in list(Node)[: chance.randrange(0, 5)]:
            records.append(step(f"D{own}", node, at - timedelta(minutes=30), **mine))
    return records


@pytest.fixture
def store(new_url: NewUrl) -> Iterator[Store]:
    opened = open_store(new_url(), clock=lambda: NOW)
    opened.ingest("test", port(7))
    opened.save_alerts([
        AlertRow(key=f"r:D{n:02d}", rule="r", level=n % 4 + 1, subject_kind="declaration", subject=f"D{n:02d}",
                 state="new", condition="firing", opened_at=ago(hours=1), last_at=ago(hours=1), count=1)
        for n in range(8)
    ])  # fmt: skip
    yield opened
    opened.close()


@pytest.fixture
def told(tmp_path: Any) -> Settings:
    return load(environ={"COCKPIT_HOME": str(tmp_path)})


def _feeds() -> list[FeedRow]:
    return [
        FeedRow(key="test", title="t", adapter="csv_drop", origin="simulated", state=FeedState.OK, every_seconds=1,
                expected_seconds=3, last_ok_at=NOW, last_event_at=NOW, accepted=99)
    ]  # fmt: skip


def _without_head(picture: Any) -> Any:
    """What a picture says, without where and when it comes from."""
    body = dict(msgspec.structs.asdict(picture))
    for name in ("as_of", "expected_seconds", "origins", "feeds", "owners"):
        body.pop(name, None)
    rows = [dict(msgspec.structs.asdict(row)) for row in body.get("rows", [])]
    for row in rows:
        for name in ("as_of", "expected_seconds", "feeds") if body.get("rows") and "reference_kind" in row else ():
            row.pop(name)
    lists = {name: str(value.tolist()) if hasattr(value, "tolist") else value for name, value in body.items()}
    return {**lists, "rows": rows}


def test_the_same_numbers_at_every_scope(store: Store, told: Settings) -> None:
    readings = Readings(told, store, _feeds, lambda feed: frozenset(), lambda: NOW)
    hub, reads, limits = Hub(lambda value: b"null"), store.reads, told.limits
    hub.read_by(readings.scoped)
    for topic in (*readings.moving(), *readings.standing()):
        hub.publish(topic.name, topic.read())
    asked: dict[str, Any] = {
        "queue": lambda v: reads.queue(v, None, None, limits.confirm_wait_minutes),
        "inspections": lambda v: reads.inspections(v),
        "gates": lambda v: reads.gates(v, None, limits.gate_wait_minutes),
        "yard": lambda v: reads.yard(v),
        "vehicles": lambda v: reads.vehicles(v),
        "vessels": lambda v: reads.vessels(v),
        "alerts": lambda v: reads.alerts(v),
        "forecasts": lambda v: reads.forecasts(v),
        "screens": lambda v: reads.screens(v),
        "kpis": lambda v: kpis_picture(
            reads.kpi_facts(v, NOW, told.port.timezone, limits.confirm_wait_minutes), lambda kinds: Head()
        ),
    }
    seen = 0
    for viewer in VIEWERS:
        for topic, read in asked.items():
            live, stored = _without_head(hub.newest(topic, viewer.scope)), _without_head(read(viewer))
            assert live == stored, (topic, viewer.scope)
            seen += len(live["rows"]) + len(live.get("ids", ()))
    assert seen > 60
    hub.close()


@pytest.mark.parametrize("known", ["corrected", "then"])
def test_a_moment_that_has_just_been_shows_what_was_live(store: Store, told: Settings, known: str) -> None:
    readings, past = Readings(told, store, _feeds, lambda feed: frozenset(), lambda: NOW), Past(told, store)
    hub = Hub(lambda value: b"null")
    hub.read_by(readings.scoped)
    for topic in (*readings.moving(), *readings.standing()):
        hub.publish(topic.name, topic.read())
    for viewer in VIEWERS:
        for topic in ("queue", "inspections", "yard", "vehicles", "alerts", "forecasts", "screens"):
            live = _without_head(hub.newest(topic, viewer.scope))
            then = _without_head(past.picture(topic, NOW, known, viewer))
            assert live == then, (topic, viewer.scope)
    hub.close()
