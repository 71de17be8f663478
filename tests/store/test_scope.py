"""An enterprise sees its own rows and nothing else, in every read there is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.alert_pictures import alert_id
from domain.permissions import Role
from domain.pictures import AlertRow, FeedRow, FeedState, NoticeRow
from domain.quarantine import Sought
from domain.records import Direction, Reject, VesselPosition, VesselStatic, WeatherObservation
from domain.rota import Area, Inspections
from domain.rule_instances import Changes
from domain.scores import Counts
from domain.viewer import PORT_OPERATOR, Viewer
from store.engine import Store
from store.moments import micros
from store.reads import Reads
from store.reads.dataset_tables import DATASETS
from store.reads.datasets import Question
from store.reads.rule_past import TABLES
from tests.store import alert_log_rows
from tests.store.samples import ENTERPRISE, NOW, TWO_FEEDS, ago, fence, one_of_each, placed_by_another, task, truck

Ask = Callable[[Reads, Viewer], Any]
ROTA = Inspections(areas={"north": Area()})
LIMITS = {"confirm_wait_minutes": 60.0, "appoint_wait_hours": 1.0, "rejected_wait_hours": 1.0, "suspended_hours": 1.0}
SPAN = (ago(hours=12), NOW + timedelta(hours=1))
MOMENTS: tuple[tuple[Any, ...], ...] = ((), (NOW, "corrected"), (NOW, "then"))
READS: dict[str, Ask] = {
    "yard": lambda r, v: (r.yard(v).rows, r.yard(v).boxes, r.yard(v, ago(minutes=30)).rows),
    "yard_course": lambda r, v: ([n for n in r.yard_course(v, *SPAN).boxes if n], r.yard_course(v, *SPAN).peak),
    "queue": lambda r, v: (r.queue(v).rows, r.queue(v).platforms, r.queue(v, ago(minutes=30)).rows),
    "inspections": lambda r, v: (r.inspections(v).rows, r.inspections(v).waiting, r.inspections(v, ago(hours=1)).rows),
    "inspection": lambda r, v: r.inspection(v, "D1"),
    "integrity": lambda r, v: (r.integrity(v, ago(days=7)).cases, r.integrity(v, ago(days=7), NOW, "then").cases),
    "segments": lambda r, v: [list(r.segments(v, ago(days=1), *m).declaration_no) for m in MOMENTS],
    "declaration_file": lambda r, v: (r.declaration_file(v, "D1"), r.declaration_file(v, "D1", ago(minutes=30))),
    "sailings": lambda r, v: (r.sailings(v, ROTA).rows, r.sailings(v, ROTA, ago(minutes=30)).rows),
    "warnings": lambda r, v: (r.warnings(v, LIMITS).rows, r.warnings(v, LIMITS, ago(minutes=30)).rows),
    "gates": lambda r, v: (r.gates(v).rows, r.gates(v, ago(minutes=30)).rows),
    "alerts": lambda r, v: (r.alerts(v).rows, r.alerts(v).counts),
    "alert": lambda r, v: r.alert(v, "r:1"),
    "alert_packet": lambda r, v: (r.alert_packet(v, alert_id("r:1")), r.alert_packet(v, alert_id("r:1"), NOW)),
    "alert_history": lambda r, v: r.alert_history(v, *SPAN),
    "alert_steps": lambda r, v: r.alert_steps(v, *SPAN),
    "alert_orders": lambda r, v: r.alert_orders(v),
    "dispatched": lambda r, v: r.dispatched(v, ago(days=1)),
    "alert_file": lambda r, v: (r.alert_file(v, alert_id("r:1")), r.alert_file(v, alert_id("r:1"), ago(minutes=30))),
    "standing_alerts": lambda r, v: r.standing_alerts(v, {}),
    "alerts_by_key": lambda r, v: r.alerts_by_key(v, ["r:1"]),
    "vehicles": lambda r, v: (r.vehicles(v).ids, r.vehicles(v, ago(minutes=30)).ids),
    "vessels": lambda r, v: (r.vessels(v).ids, r.vessels(v, ago(minutes=30)).ids),
    "track": lambda r, v: r.track(v, "vehicles", "T1", *SPAN),
    "elsewhere": lambda r, v: r.elsewhere(v, "vehicles", "T1"),
    "fixes": lambda r, v: r.fixes(v, "vehicles", *SPAN).ids,
    "feeds": lambda r, v: r.feeds(v),
    "rule_versions": lambda r, v: r.rule_versions(v),
    "rule_states": lambda r, v: r.rule_states(v),
    "rule_past": lambda r, v: [
        *(r.rule_past(v).records(kind, ago(days=30), SPAN[1]) for kind in sorted(TABLES, key=str)),
        r.rule_past(v).boxes(ago(days=30), SPAN[1]),
        r.rule_past(v).fixes(ago(days=30), SPAN[1], [])[0],
    ],
    "notices": lambda r, v: r.notices(v).rows,
    "oldest": lambda r, v: r.oldest(v),
    "scores": lambda r, v: r.scores(v),
    "quality_hours": lambda r, v: r.quality_hours(v, ago(days=1)),
    "kpi_facts": lambda r, v: r.kpi_facts(v, NOW, "Asia/Shanghai", 240),
    "forecasts": lambda r, v: r.forecasts(v).rows,
    "daily": lambda r, v: r.daily(v, "gate_moves", "port", ago(days=4), NOW),
    "series": lambda r, v: r.series(v, "gate_moves", "port", *SPAN),
    "hourly": lambda r, v: [row for row in r.hourly(v, *SPAN) if row[3]],
    "calls": lambda r, v: r.calls(v),
    "quarantine": lambda r, v: r.quarantine(v),
    "feed_course": lambda r, v: sorted(r.feed_course(v, NOW)),
    "set_aside": lambda r, v: r.set_aside(v, Sought()),
    "set_aside_ids": lambda r, v: r.set_aside_ids(v, Sought()),
    "set_aside_rows": lambda r, v: r.set_aside_rows(v, [1]),
    "received_since": lambda r, v: r.received_since(v, ago(days=1)),
    "fences": lambda r, v: r.fences(v),
    "fence_history": lambda r, v: r.fence_history(v),
    "search": lambda r, v: r.search(v, "412000"),
    "screens": lambda r, v: [row.key for row in r.screens(v).rows],
    "records": lambda r, v: [
        r.records(v, name, Question(since=micros(ago(days=2)) if dataset.kind == "track" else None), *moment).rows
        for name, dataset in DATASETS.items()
        for moment in MOMENTS
    ],
    "sees_vehicle": lambda r, v: [name for name in ("T1", "xT1") if r.sees_vehicle(v, name)],
    "counts": lambda r, v: sorted(r.counts(v).values())[-1],
}
# These two ask for a permission: test_audit.py, test_secrets.py.
OF_AUDITOR = {"audit", "secrets", "settings_history", "backup"}
OF_NOTIFICATIONS = {"sent", "attempts", "waiting"}  # test_outbox.py
PORT_ONLY = {
    "integrity",
    "feeds",
    "rule_versions",
    "rule_states",
    "forecasts",
    "notices",
    "series",
    "daily",
    "quarantine",
    "feed_course",
    "set_aside",
    "set_aside_ids",
    "set_aside_rows",
    "alerts",
    "alert",
    "alert_history",
    "alert_steps",
    "alert_orders",
    "dispatched",
    "alert_file",
    "alert_packet",
    "standing_alerts",
    "alerts_by_key",
    "fences",
    "fence_history",
    "screens",
    "scores",
    "quality_hours",
}
WITHOUT_VIEWER = {"changes"}  # for processes, and says nothing about any row
OF_OWNER = {"kept"}  # each viewer's own, whatever the scope
EVERYBODY = Viewer(name="port")


def test_every_read_is_held_to_this_and_takes_the_viewer_first() -> None:
    names = {name for name, _ in inspect.getmembers(Reads, inspect.isfunction) if not name.startswith("_")}
    assert names == set(READS) | WITHOUT_VIEWER | OF_OWNER | OF_AUDITOR | OF_NOTIFICATIONS
    for name in [*READS, *OF_OWNER, *OF_AUDITOR, *OF_NOTIFICATIONS]:
        assert list(inspect.signature(getattr(Reads, name)).parameters)[1] == "viewer"


@pytest.fixture(scope="module")
def stores(shared_stores: Callable[[], Store]) -> tuple[Store, Store, Store]:
    """One with what is everybody's, one with rows of others and of the port too, one with the enterprise's own."""
    empty, others, own = shared_stores(), shared_stores(), shared_stores()
    heard = (VesselPosition, VesselStatic, WeatherObservation)
    empty.ingest("test", [record for record in one_of_each(None, prefix="x") if isinstance(record, heard)])
    for store in (others, own):
        store.prefer(TWO_FEEDS)
    _fill_port(others)
    others.ingest("test", one_of_each("E2"))
    others.ingest("test", one_of_each(None, prefix="x"))
    own.ingest("test", one_of_each("E1"))
    for store, scope in ((others, "E2"), (own, "E1")):  # another feed places the same truck
        store.ingest("second", [placed_by_another(scope)])
    return empty, others, own


@pytest.mark.parametrize("name", READS)
def test_foreign_rows_and_the_ports_rows_do_not_exist_for_an_enterprise(
    name: str, stores: tuple[Store, Store, Store]
) -> None:
    empty, others, own = stores
    ask = READS[name]
    nothing = ask(empty.reads, EVERYBODY)
    assert ask(others.reads, EVERYBODY) != nothing or name in ("forecasts", "oldest")
    assert ask(others.reads, ENTERPRISE) == ask(empty.reads, ENTERPRISE)
    if name not in PORT_ONLY:
        assert ask(own.reads, ENTERPRISE) != ask(empty.reads, ENTERPRISE)


def _fill_port(store: Store) -> None:
    row = AlertRow(
        key="r:1", rule="r", level=1, subject_kind="vehicle", subject="1", state="new", condition="firing",
        opened_at=ago(hours=1), last_at=ago(hours=1), count=1,
    )  # fmt: skip
    store.save_alerts([row])
    alert_log_rows.write(store, [alert_log_rows.step("r:1", 1, ago(hours=1))], [alert_log_rows.order("o", "r:1")])
    store.save_feed_health([
        FeedRow(
            key="f", title="f", adapter="csv_drop", origin="live", state=FeedState.OK,
            every_seconds=1, expected_seconds=3,
        )
    ])  # fmt: skip
    store.hear_screen("wall-1", {})
    store.rules.keep_states({"gate_queue": ("ok", "")})
    editor = Viewer(name="supervisor", roles=frozenset({Role.SUPERVISOR}))
    store.rules.save(editor, "gate_queue", Changes(), "draft", "", 0)
    store.put_fence(PORT_OPERATOR, fence())
    store.save_notices([NoticeRow(key="n", code="recording_ended")])
    store.add_quality({("gates", "GateMove", NOW): Counts(judged=5)})
    store.save_rollups([("gate_moves", "port", ago(hours=hours), 5.0) for hours in range(1, 90)])
    store.operations.roll_up_days(ago(days=4), NOW)
    store.ingest("f", [], [Reject(feed="f", ref="r", reason="bad", detail="", raw="")])


def test_what_a_truck_did_for_one_stays_his_when_it_drives_for_another(store: Store) -> None:
    mine, theirs = ago(minutes=50), ago(minutes=10)
    store.ingest("test", [truck("T", mine, lon=120.1, scope="E1"), truck("T", theirs, lon=120.3, scope="E2")])
    assert store.reads.vehicles(ENTERPRISE).ids == []
    assert store.reads.vehicles(ENTERPRISE, ago(minutes=40)).lon.tolist() == [120.1]
    assert store.reads.vehicles(ENTERPRISE, ago(minutes=5)).ids == []
    played = store.reads.fixes(ENTERPRISE, "vehicles", ago(hours=1), NOW)
    assert (played.ids, played.labels, played.lon.tolist(), played.status) == (["T"], ["T"], [120.1], [0])
    assert [lon for _, lon, *_ in store.reads.track(ENTERPRISE, "vehicles", "T", ago(hours=1), NOW)] == [120.1]


def test_what_another_had_in_between_is_not_shown_where_it_was_before(store: Store) -> None:
    turns = ((50, "E1", 120.1), (30, "E2", 120.2), (10, "E1", 120.3))
    store.ingest("test", [truck("T", ago(minutes=before), lon=lon, scope=owner) for before, owner, lon in turns])
    shown = [store.reads.vehicles(ENTERPRISE, ago(minutes=before)).lon.tolist() for before in (40, 20, 5)]
    assert shown == [[120.1], [], [120.3]]


def test_an_enterprise_sees_its_place_among_all(store: Store) -> None:
    theirs = task("1", platform="P", direction=Direction.EXPORT, scope="E2", flags=("direction_unknown",))
    mine = task("2", platform="P", scope="E1", flags=("direction_unknown",))
    store.ingest("test", [theirs, mine, task("3", platform="Q", scope="E2")])
    picture = store.reads.queue(ENTERPRISE)
    assert [(row.key, row.rank, row.flags) for row in picture.rows] == [
        ("2", 2, ["direction_unknown", "bill_of_lading_blank"])
    ]
    assert picture.platforms == ["P"]
