"""Every adapter, held to the one contract of ``datasources.contract``."""

from __future__ import annotations

import contextlib
import importlib
import math
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from datasources.contract import Batch
from domain.errors import FeedError
from domain.records import ContainerStay, Origin, Record, VesselCall
from tests.contract.rig import NOW, Case, Clock, Outcome, adapter_names, create, key, read

NAMES = adapter_names()


def rig(name: str) -> ModuleType:
    return importlib.import_module(f"tests.contract.{name}_rig")


CASES = [pytest.param(n, c, id=f"{n}: {c.name}") for n in NAMES for c in rig(n).CASES]


@pytest.fixture(autouse=True)
def _peers() -> Iterator[None]:
    """Stop what a rig started."""
    yield
    for name in NAMES:
        getattr(rig(name), "close_all", lambda: None)()


def test_every_adapter_has_its_situations() -> None:
    assert {"csv_drop", "edifact", "http_json", "jt808", "mqtt", "nmea_ais", "simulation", "sql_view"} <= set(NAMES)
    needed = {
        "empty",
        "malformed",
        "truncated",
        "hang",
        "duplicate",
        "out of order",
        "stale",
        "true zero",
        "wrong file",
    }
    for name in set(NAMES) - {"simulation"}:  # which reads nothing
        laid = " / ".join(c.name for c in rig(name).CASES)
        assert not {word for word in needed if word not in laid}, f"{name} misses situations"


@pytest.mark.parametrize(("name", "case"), CASES)
def test_situation(name: str, case: Case, tmp_path: Path) -> None:
    clock = Clock()
    adapter = create(name, case.lay_out(tmp_path), tmp_path, clock)
    outcome = in_time(lambda: read(adapter, clock))
    adapter.close()
    expected = case.expected
    if expected.records >= 0:
        assert len(outcome.records) == expected.records
    assert len(outcome.rejects) == expected.rejects
    assert set(outcome.problems) == ({expected.problem} if expected.problem else set())
    for word in expected.says:
        assert word in outcome.problems[expected.problem]
    for record in outcome.records:
        check_record(record, clock.now)
    for reject in outcome.rejects:
        assert reject.reason
        assert reject.detail
        assert reject.raw
        assert reject.ref
        assert reject.feed == "trial"


@pytest.mark.parametrize("name", NAMES)
def test_options_are_typed_and_refuse_what_they_do_not_know(name: str, tmp_path: Path) -> None:
    options = rig(name).steady(tmp_path)
    kind = importlib.import_module(f"datasources.{name}").Options
    assert issubclass(kind, msgspec.Struct)
    msgspec.convert(options, kind)
    with pytest.raises(msgspec.ValidationError, match="no_such_option"):
        msgspec.convert({**options, "no_such_option": 1}, kind)


@pytest.mark.parametrize("name", NAMES)
def test_records_are_whole(name: str, tmp_path: Path) -> None:
    clock = Clock()
    adapter = create(name, rig(name).steady(tmp_path), tmp_path, clock)
    outcome = read(adapter, clock, ticks=4)
    adapter.close()
    assert outcome.records
    for record in outcome.records:
        check_record(record, clock.now)
    assert all(isinstance(v, int) and v >= 0 for v in outcome.counts.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_restart_goes_on_where_it_was(name: str, tmp_path: Path) -> None:
    options = rig(name).steady(tmp_path)
    straight = run(name, options, tmp_path, restart_at=None)
    broken = run(name, options, tmp_path, restart_at=3)
    assert {key(r): r for r in straight.records} == {key(r): r for r in broken.records}
    assert len(broken.records) == len(straight.records)  # nothing came twice


@pytest.mark.parametrize("name", NAMES)
def test_a_lost_batch_comes_again_unchanged(name: str, tmp_path: Path) -> None:
    """A kill between poll and store: the cursor was not stored, so the rows come again, the same."""
    options = rig(name).steady(tmp_path)
    clock = Clock()
    adapter = create(name, options, tmp_path, clock)
    before = read(adapter, clock, ticks=2)
    stored = before.cursor
    lost = read(adapter, clock, ticks=1, stored=False)
    again = create(name, options, tmp_path, Clock(clock.now - timedelta(seconds=5)), stored)
    repeated = read(again, Clock(), ticks=1)
    adapter.close()
    again.close()
    assert {key(r) for r in lost.records} <= {key(r) for r in [*repeated.records, *before.records]}


@pytest.mark.parametrize("name", NAMES)
def test_close_may_come_at_any_time_and_twice(name: str, tmp_path: Path) -> None:
    options = rig(name).steady(tmp_path)
    unused = create(name, options, tmp_path, Clock())
    unused.close()
    unused.close()
    used = create(name, options, tmp_path, Clock())
    used.poll()
    used.close()
    used.close()
    with contextlib.suppress(FeedError):  # a late poll of a closed adapter may fail, not crash
        assert isinstance(used.poll(), Batch)
    used.close()


@pytest.mark.parametrize("name", NAMES)
def test_no_thread_outlives_its_adapter(name: str, tmp_path: Path) -> None:
    options = rig(name).steady(tmp_path)  # which may start a server of its own
    before = set(threading.enumerate())
    adapter = create(name, options, tmp_path, Clock())
    adapter.poll()
    adapter.close()
    assert {t for t in threading.enumerate() if t.is_alive()} <= before


def run(name: str, options: dict[str, object], tmp_path: Path, restart_at: int | None) -> Outcome:
    clock, outcome = Clock(NOW), Outcome()
    getattr(rig(name), "rewind", lambda: None)()  # what is sent once only is sent anew
    adapter = create(name, options, tmp_path, clock)
    for tick in range(8):
        if tick == restart_at:
            adapter.close()
            adapter = create(name, options, tmp_path, clock, outcome.cursor)
        part = read(adapter, clock, ticks=1)
        outcome.records += part.records
        outcome.cursor = part.cursor or outcome.cursor
    adapter.close()
    return outcome


def check_record(record: Record, now: datetime) -> None:
    assert record.feed == "trial"
    assert record.origin in set(Origin)
    assert record.ref or record.origin is Origin.SIMULATED  # a model has no row to point at
    assert isinstance(record.flags, tuple)
    values = msgspec.structs.asdict(record)
    for name, value in values.items():
        if isinstance(value, datetime):
            assert value.tzinfo is UTC, name
        if isinstance(value, float):
            assert math.isfinite(value), name
    msgspec.convert(msgspec.to_builtins(record), type(record))  # every field is of its type
    if not isinstance(record, (ContainerStay, VesselCall)):
        assert record.event_time <= now + timedelta(minutes=10)


def in_time(work: object) -> Outcome:
    """Run in a thread that may be given up: an adapter that hangs fails the test, not the run."""
    result: list[Outcome] = []
    thread = threading.Thread(target=lambda: result.append(work()), daemon=True)  # type: ignore[operator]
    thread.start()
    thread.join(120)
    assert not thread.is_alive(), "poll hangs"
    return result[0]
