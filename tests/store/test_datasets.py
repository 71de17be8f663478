"""Rows of datasets: pages that add up to the whole, moments that were, filters, order, and questions refused."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from datasources.mapping import DATASETS as BY_FEEDS
from domain.permissions import DATASET_PERMISSIONS
from domain.records import CheckResult, DoorEvent, Measurement, Node, Record, VesselCall, VesselStatic
from store import sql
from store.engine import Store
from store.limits import TooSlowError, within
from store.moments import micros
from store.reads.dataset_tables import DATASETS, fields_of
from store.reads.datasets import MOST, BadQuestionError, Filter, Question
from tests.store.samples import NOW, PORT, ago, block, common, move, one_of_each, stay, step, task, truck

EARLY = micros(ago(days=6))
TIMELESS = ("received_at",)


def whole(store: Store, name: str, **asked: Any) -> list[tuple[Any, ...]]:
    """All rows, of at most one page."""
    at, known = asked.pop("at", None), asked.pop("known", "corrected")
    if DATASETS[name].kind == "track":
        asked.setdefault("since", EARLY)
    page = store.reads.records(PORT, name, Question(**asked), at, known)
    assert not page.next
    return page.rows


def paged(
    store: Store, name: str, limit: int, between: Callable[[], None] = lambda: None, **asked: Any
) -> Iterator[Any]:
    """All rows, page by page."""
    at, known = asked.pop("at", None), asked.pop("known", "corrected")
    if DATASETS[name].kind == "track":
        asked.setdefault("since", EARLY)
    after = ""
    while True:
        page = store.reads.records(PORT, name, Question(limit=limit, after=after, **asked), at, known)
        assert len(page.rows) <= limit
        yield from page.rows
        after = page.next
        if not after:
            return
        between()


def test_every_dataset_a_feed_can_fill_is_read_and_stands_in_the_matrix() -> None:
    assert {name: one.record for name, one in DATASETS.items()} == BY_FEEDS
    assert set(DATASET_PERMISSIONS) == set(DATASETS)


def test_every_field_of_a_record_is_told_but_the_place_it_stood_at() -> None:
    for name, dataset in DATASETS.items():
        assert set(fields_of(name)) == {*dataset.record.__struct_fields__, "received_at"} - {"ref"}
    units = {field.name: field.unit for field in fields_of("vehicle_position").values() if field.unit}
    assert units == {"lon": "deg", "lat": "deg", "speed_kmh": "km/h", "heading_degrees": "deg", "off_route_metres": "m"}


@pytest.mark.parametrize("name", DATASETS)
def test_a_record_comes_back_as_it_was_stored(store: Store, name: str) -> None:
    records = one_of_each("E1")
    store.ingest("test", records)
    page = store.reads.records(PORT, name, Question(since=EARLY if DATASETS[name].kind == "track" else None))
    expected = [record for record in records if type(record) is DATASETS[name].record]
    for row, record in zip(page.rows, expected, strict=True):
        told = dict(zip(page.columns, row, strict=True))
        assert told.pop("received_at") == NOW
        assert told == {field: getattr(record, field) for field in record.__struct_fields__ if field != "ref"}


def a_day(seed: list[int]) -> list[Record]:
    """Records of many kinds at times that meet."""
    found: list[Record] = []
    for place, number in enumerate(seed):
        at = ago(hours=number % 5, minutes=number)
        found += [
            block(f"B{number}", at=at), stay(f"s{number}", at, ago(hours=-number) if number % 3 else None),
            task(f"D{number}", at=at, vessel_departure_at=at if number % 2 else None),
            step(f"D{number}", Node.CONFIRMED, at),
            truck(f"T{number % 4}", at, lon=120 + place / 50), move(f"m{number}", ago(hours=number % 3)),
            CheckResult(check_id=f"c{number}", result="seal_missing", **common(at)),
            DoorEvent(container_no=f"C{number % 3}", **common(at)),
        ]  # fmt: skip
    return found


KINDS = ("yard_block", "container_stay", "inspection_task", "inspection_step", "vehicle_position", "gate_move",
         "check_result", "door_event")  # fmt: skip
MANY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.lists(st.integers(0, 40), min_size=1, max_size=8, unique=True)


@MANY
@given(seed=SEEDS, limit=st.integers(1, 6), more=SEEDS)
def test_pages_add_up_to_the_whole_whatever_comes_meanwhile(
    throw_away: Callable[[], Store], seed: list[int], limit: int, more: list[int]
) -> None:
    store = throw_away()
    store.ingest("test", a_day(seed))
    for name in KINDS:
        rows = whole(store, name)
        assert list(paged(store, name, limit)) == rows
    before = {name: whole(store, name) for name in KINDS if name != "vehicle_position"}
    for name, rows in before.items():
        left = [number + 100 for number in more]

        def meanwhile(left: list[int] = left) -> None:
            if left:
                store.ingest("test", a_day([left.pop()]))

        came = list(paged(store, name, limit, meanwhile))
        assert len(set(map(repr, came))) == len(came), "a row came twice"
        assert [row for row in came if row in rows] == rows, "an older row was left out, or moved"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("limit", [1, 3])
def test_pages_add_up_on_every_database(store: Store, name: str, limit: int) -> None:
    store.ingest("test", a_day([1, 2, 3, 5, 8, 13, 21, 34]))
    assert list(paged(store, name, limit)) == whole(store, name)
    spans = {"container_stay": "arrived_at", "inspection_task": "vessel_departure_at"}
    if name in spans:
        span = (Filter(field=spans[name], since=micros(ago(hours=3))),)
        assert list(paged(store, name, limit, filters=span)) == whole(store, name, filters=span) != []


@MANY
@given(st.lists(st.tuples(SEEDS, st.integers(0, 20)), min_size=1, max_size=4))
def test_as_known_then_is_what_was_there_then(
    throw_away: Callable[[], Store], days: list[tuple[list[int], int]]
) -> None:
    _held_to_dumps(throw_away(), days)


def test_as_known_then_is_what_was_there_then_on_every_database(store: Store) -> None:
    _held_to_dumps(store, [([3, 1, 8], 0), ([3, 2], 9), ([1, 5], 4), ([8, 3], 15)])


def _held_to_dumps(store: Store, days: list[tuple[list[int], int]]) -> None:
    """Deliver, dump, deliver something else of the same things; then ask for each dump's moment again."""
    kinds = [name for name in KINDS if name != "vehicle_position"]
    dumps: list[tuple[datetime, dict[str, Any]]] = []
    clock = NOW - timedelta(hours=10)
    for seed, shift in days:
        clock += timedelta(minutes=30)
        delivered = [msgspec.structs.replace(one, event_time=one.event_time - timedelta(minutes=shift))
                     if type(one) in (DATASETS["yard_block"].record, DATASETS["inspection_task"].record) else one
                     for one in a_day(seed)]  # fmt: skip
        changed = [msgspec.structs.replace(one, name=f"{one.name} {shift}") if hasattr(one, "tiers") else one
                   for one in delivered]  # fmt: skip
        store.ingest("test", changed, received_at=clock)
        dumps.append((clock + timedelta(minutes=1), {name: whole(store, name) for name in kinds}))
    for at, dump in dumps:
        assert {name: whole(store, name, at=at, known="then") for name in kinds} == dump
        assert {name: list(paged(store, name, 2, at=at, known="then")) for name in kinds} == dump


def test_as_corrected_is_what_is_known_of_it_today(store: Store) -> None:
    store.ingest("test", [
        stay("early", ago(hours=9), ago(hours=2)), stay("late", ago(hours=1)), step("D", Node.CONFIRMED, ago(hours=1)),
        block("B", at=ago(days=3), capacity=5), block("B", at=ago(hours=1), capacity=9),
        VesselCall(call_id="far", vessel_name="X", eta=ago(days=-9), **common(ago(days=1))),
        VesselCall(call_id="near", vessel_name="X", ata=ago(hours=1), **common(ago(days=1))),
    ])  # fmt: skip
    then = {"at": ago(hours=3)}
    assert whole(store, "container_stay", columns=("stay_id", "departed_at"), **then) == [("early", None)]
    assert whole(store, "container_stay", columns=("departed_at",), at=NOW) == [(ago(hours=2),), (None,)]
    assert whole(store, "inspection_step", **then) == []
    assert whole(store, "yard_block", columns=("capacity_teu",), **then) == [(5,)]
    assert whole(store, "vessel_call", columns=("call_id", "ata"), **then) == [("near", None)]
    left = (Filter(field="departed_at", since=0),)
    assert whole(store, "container_stay", filters=left, **then) == []
    assert len(whole(store, "container_stay", filters=left)) == 1


def test_what_a_vessel_had_said_of_itself_by_a_moment(store: Store) -> None:
    def said(name: str, *hours: float) -> None:
        records = [VesselStatic(mmsi=412000001, name=name, **common(ago(hours=one))) for one in hours]
        store.ingest("ais", records, received_at=ago(hours=min(hours) - 0.1))

    def told(at: float, known: str) -> list[tuple[Any, ...]]:
        columns = ("name", "event_time")
        return sorted(whole(store, "vessel_static", columns=columns, at=ago(hours=at), known=known))

    said("OLD", 9, 8)
    said("NEW", 6)
    said("NEW", 2)
    said("OLD", 10, 0.5)  # a log read late: it was said earlier, too, and once more
    assert told(9.5, "corrected") == [("OLD", ago(hours=10))]
    assert told(9.5, "then") == []
    for known in ("corrected", "then"):
        assert told(4, known) == [("NEW", ago(hours=6)), ("OLD", ago(hours=10))]
        assert told(1, known) == [("NEW", ago(hours=2)), ("OLD", ago(hours=10))]
        assert told(0, known) == [("NEW", ago(hours=2)), ("OLD", ago(hours=0.5))]
    early = {"until": micros(ago(hours=5)), "at": ago(hours=1), "columns": ("name",)}
    assert whole(store, "vessel_static", **early) == [("OLD",)]


@pytest.mark.parametrize("many", [1, sql.STAGED_FROM])
def test_a_corrected_measurement_counts_and_what_it_replaced_is_what_was_known_then(store: Store, many: int) -> None:
    def measured(value: float) -> list[Record]:
        made = {"measure": "tide", "unit": "m", "value": value, **common(ago(hours=9))}
        return [Measurement(subject=f"gauge-{number}", **made) for number in range(many)]

    def told(**moment: Any) -> list[float]:
        return [value for (value,) in whole(store, "measurement", columns=("value",), limit=MOST, **moment)]

    for hours, value in ((8, 1.0), (6, 1.0), (4, 2.5), (2, 1.5)):
        result = store.ingest("gauge", measured(value), received_at=ago(hours=hours))
        fresh = 0 if hours == 6 else many
        assert (result.accepted, result.duplicate, len(result.fresh)) == (fresh, many - fresh, fresh)
    assert told() == told(at=ago(hours=7)) == [1.5] * many
    for hours, value in ((7, 1.0), (5, 1.0), (3, 2.5), (1, 1.5)):
        assert told(at=ago(hours=hours), known="then") == [value] * many
    assert told(at=ago(hours=8.5), known="then") == []
    both = [measured(3.0)[0], measured(4.0)[0]]
    assert store.ingest("gauge", both).accepted == 1
    assert store.ingest("gauge", both[::-1]).accepted == 0


def test_filters_leave_what_was_asked_for(store: Store) -> None:
    flagged = ("direction_unknown", "late")
    store.ingest("test", [
        task("1", platform="北", fresh=True, containers=("ABCU1234567", 'a"\\b'), flags=flagged),
        task("2", platform="South", source_rank=7), task("3", platform="", source_rank=9),
    ])  # fmt: skip

    def found(*filters: Filter) -> list[str]:
        return [row[0] for row in whole(store, "inspection_task", columns=("declaration_no",), filters=filters)]

    def one(field: str, *values: Any) -> list[str]:
        return found(Filter(field=field, values=values))

    assert one("declaration_no", "1", "3", "x") == ["1", "3"]
    assert (one("platform", "北"), one("platform", "south"), one("platform", None)) == (["1"], [], ["3"])
    assert (one("fresh", True), one("direction", None), one("direction", "export")) == (["1"], ["1", "2", "3"], [])
    assert (one("containers", "ABCU1234567"), one("containers", 'a"\\b'), one("containers", None)) == (
        ["1"], ["1"], ["2", "3"],
    )  # fmt: skip
    assert (one("flags", "late"), one("flags", "lat"), one("flags", "%"), one("containers", "ABCU")) == (
        ["1"],
        [],
        [],
        [],
    )
    assert found(Filter(field="source_rank", since=7, until=9)) == ["2"]
    assert found(Filter(field="source_rank", since=7), Filter(field="platform", values=("South",))) == ["2"]


def test_fixes_come_also_of_what_is_thinned_out_and_only_for_a_span_or_a_name(store: Store) -> None:
    store.ingest(
        "test", [truck("T", ago(minutes=9 - n / 60), lon=120.2) for n in range(3)] + [truck("U", ago(hours=2))]
    )
    every = whole(store, "vehicle_position", columns=("vehicle_id", "event_time"))
    assert every == [("T", ago(minutes=9)), ("T", ago(minutes=9) + timedelta(seconds=2)), ("U", ago(hours=2))]
    mine = Filter(field="vehicle_id", values=("T",))
    assert len(whole(store, "vehicle_position", since=None, filters=(mine,))) == 2
    for asked, parameter in ((Question(), "from"), (Question(since=EARLY - 10**13), "to")):
        with pytest.raises(BadQuestionError) as told:
            store.reads.records(PORT, "vehicle_position", asked)
        assert told.value.parameter == parameter


@pytest.mark.parametrize(
    ("name", "asked", "parameter"),
    [
        ("gate_move", {"columns": ("plate",)}, "plate"), ("gate_move", {"columns": ("ref",)}, "ref"),
        ("gate_move", {"filters": (Filter(field="move_id; --", values=("1",)),)}, "move_id; --"),
        ("gate_move", {"limit": 0}, "limit"), ("gate_move", {"limit": MOST + 1}, "limit"),
        ("gate_move", {"after": "x"}, "next"),
        ("gate_move", {"after": "é"}, "next"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(
    store: Store, name: str, asked: dict[str, Any], parameter: str
) -> None:
    with pytest.raises(BadQuestionError) as told:
        whole(store, name, **asked)
    assert told.value.parameter == parameter


def test_a_place_is_good_for_its_own_question_only_and_forged_it_breaks_nothing(store: Store) -> None:
    store.ingest("test", [move(f"m{n}", ago(minutes=n)) for n in range(4)])
    place = store.reads.records(PORT, "gate_move", Question(limit=2)).next
    mark, *key = msgspec.json.decode(base64.b64decode(place + "=" * (-len(place) % 4), altchars=b"-_"))
    forged = [[mark, "1", *key[1:]], [mark, 2**63, *key[1:]], [mark, key[0], "\0", key[2]], [mark, *key, 1], [], [1]]
    texts = [base64.urlsafe_b64encode(msgspec.json.encode(one)).decode().rstrip("=") for one in forged]
    elsewhere = {"filters": (Filter(field="gate_id", values=("G1",)),)}
    for asked in (*({"after": one} for one in texts), {"after": place, **elsewhere}, {"after": place, "since": 0}):
        with pytest.raises(BadQuestionError) as told:
            store.reads.records(PORT, "gate_move", Question(**asked))
        assert told.value.parameter == "next"
    assert len(store.reads.records(PORT, "gate_move", Question(after=place, columns=("move_id",))).rows) == 2


def test_what_takes_too_long_is_stopped_and_the_connection_goes_on(store: Store) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90000000) SELECT max(i) FROM n"
    with pytest.raises(TooSlowError), store._database.reading() as connection, within(connection, 0.05):
        connection.execute(text(endless))
    assert whole(store, "gate_move") == []


def named(field: str, value: str) -> Filter:
    return Filter(field=field, values=(value,))


def later(field: str) -> Filter:
    return Filter(field=field, since=EARLY)


@pytest.mark.parametrize(
    ("name", "asked", "how"),
    [
        ("vehicle_position", {}, "PRIMARY KEY (vehicle_id=? AND event_time>?)"),
        ("vehicle_position", {"filters": (named("vehicle_id", "T"),)}, "(vehicle_id=? AND event_time>?)"),
        ("gate_state", {}, "PRIMARY KEY (gate_id=? AND event_time>?)"),
        ("gate_move", {"since": EARLY}, "gate_move_time (event_time>?)"),
        ("inspection_step", {"since": EARLY}, "inspection_step_time (node=? AND event_time>?)"),
        ("container_stay", {"filters": (later("arrived_at"),)}, "container_stay_came (arrived_at>?)"),
        ("machine_scan", {"filters": (later("scanned_at"),)}, "machine_scan_time (scanned_at>?)"),
        ("inspection_task", {"filters": (named("declaration_no", "1"),)}, "(declaration_no=?)"),
    ],
)  # fmt: skip
def test_what_an_index_serves_is_sought_and_never_read_through(
    sqlite_store: Store, name: str, asked: dict[str, Any], how: str
) -> None:
    plans: list[str] = []

    def watch(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if not statement.startswith("EXPLAIN") and re.search(f"(FROM|JOIN) {name}\\b", statement):
            told = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            plans.extend(row[3] for row in told)

    event.listen(sqlite_store._database.engine, "before_cursor_execute", watch)
    whole(sqlite_store, name, **asked)
    assert any(f"SEARCH {name}" in one and how in one for one in plans), plans
    assert not any(f"SCAN {name}" in one for one in plans), plans
