"""What is too old goes, in small transactions; what stands, is open or is the newest of its kind stays."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import text

from domain.pictures import AlertRow
from domain.records import GateState, LabSample, MachineScan, Node, Reject
from domain.retention import Retention
from domain.viewer import Viewer
from tests.store.samples import NOW, PORT, ago, block, common, move, one_of_each, stay, step, task, truck

KEEP = Retention(positions_days=90, gate_states_days=90, quarantine_days=180, facts_days=400, states_days=400)


def rows(store, table):
    with store._database.reading() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def expire(store, keep=KEEP):
    deleted, through = store.operations.retain(keep, 60.0)
    assert through
    return deleted


def open_alert(subject):
    return AlertRow(
        key=f"rule:{subject}", rule="rule", subject=subject, subject_kind="thing", level=2, state="new",
        condition="firing", count=1, opened_at=ago(days=500), last_at=ago(days=500),
    )  # fmt: skip


def test_old_fixes_go_but_for_the_last_before_the_cut(sqlite_store):
    old = [truck("T1", ago(days=100, minutes=10 * i), lon=120.0 + i / 100) for i in range(20)]
    new = [truck("T1", ago(days=80, minutes=10 * i), lon=121.0 + i / 100) for i in range(5)]
    sqlite_store.ingest("test", [*old, *new, truck("T2", ago(days=300))])
    at = ago(days=80, minutes=25)
    before = sqlite_store.reads.vehicles(PORT, at)
    assert expire(sqlite_store) == {"vehicle_position": 19}
    assert rows(sqlite_store, "vehicle_position") == 5 + 1 + 1, "and of each vehicle the last fix before the cut"
    assert rows(sqlite_store, "vehicle_latest") == 2, "newest rows stay, however old"
    after = sqlite_store.reads.vehicles(PORT, at)
    assert (after.ids, list(after.lon), list(after.seen)) == (before.ids, list(before.lon), list(before.seen))


def test_a_box_that_stands_stays_and_one_that_left_goes(store):
    long_ago, left = ago(days=800), ago(days=500)
    stays = [stay("stands", long_ago), stay("left", long_ago, left), stay("late", left, ago(days=10))]
    store.ingest("test", [block("A1", at=ago(days=900)), *stays], received_at=left)
    store.ingest("test", [block("A1", capacity=200, at=ago(days=700))], received_at=left)
    yard = store.reads.yard(PORT)
    deleted = expire(store)
    assert {table: deleted[table] for table in ("container_stay", "yard_block")} == {
        "container_stay": 1,
        "yard_block": 1,
    }
    assert store.reads.yard(PORT) == yard
    assert rows(store, "container_stay") == 2


def test_what_was_believed_after_the_cut_stays(store):
    store.ingest("test", [block("A1", at=ago(days=900))], received_at=ago(days=900))
    store.ingest("test", [block("A1", capacity=200, at=ago(days=700))], received_at=ago(days=30))
    assert expire(store) == {}, "until a month ago the first version was what people saw"


def test_a_declaration_that_is_through_goes_whole(store):
    done, then = ago(days=450), ago(days=460)
    for number in ("done", "sampled", "alerted", "waiting"):
        store.ingest("test", [task(number, at=then), step(number, Node.APPOINTED, then)])
        if number != "waiting":
            store.ingest("test", [step(number, Node.DEPARTED, done)])
        sample = LabSample(declaration_no=number, sent_at=then, completed_at=done, **common(done))
        if number == "sampled":
            sample = msgspec.structs.replace(sample, completed_at=None)
        scan = MachineScan(declaration_no=number, container_no="C", scanned_at=then, **common(then))
        store.ingest("test", [sample, scan])
    store.save_alerts([open_alert("alerted")])
    expire(store)
    for table in ("inspection_task", "inspection_progress", "lab_sample", "machine_scan"):
        assert rows(store, table) == 3, f"{table}: only what is through, unsampled and without an open alert may go"
    assert rows(store, "inspection_step") == 5


def test_facts_gate_states_and_quarantine_go_by_their_time(store):
    old, new = ago(days=410), ago(days=30)
    gates = [
        GateState(gate_id="G1", name="G1", trucks_waiting=i, wait_minutes=1.0, **common(at))
        for i, at in enumerate((old, ago(days=200), new))
    ]
    kinds = ("CheckResult", "DoorEvent", "WeatherObservation", "Measurement", "AreaEvent", "Recognition")
    facts = [record for record in one_of_each(prefix="old") if type(record).__name__ in kinds]
    facts = [msgspec.structs.replace(record, event_time=old) for record in facts]
    store.ingest("test", [*gates, *facts, move("old", old), move("new", new), *one_of_each()], received_at=NOW)
    store.ingest(
        "test", [], [Reject(feed="test", ref="1", reason="bad", detail="", raw="x")], received_at=ago(days=200)
    )
    store.ingest("test", [], [Reject(feed="test", ref="2", reason="bad", detail="", raw="y")], received_at=NOW)
    expire(store)
    tables = ("check_result", "door_event", "weather_observation", "measurement", "area_event", "recognition",
              "quarantine")  # fmt: skip
    assert [rows(store, name) for name in tables] == [1] * 7
    assert rows(store, "gate_latest") == 1
    with store._database.reading() as connection:
        found = connection.execute(text("SELECT move_id FROM gate_move WHERE move_id IN ('old', 'new')")).scalars()
        assert list(found) == ["new"]
        left = connection.execute(text("SELECT count(*) FROM gate_state WHERE gate_id = 'G1'")).scalar_one()
    assert left == 3, "the last before the cut and the two after it"


def test_an_open_alert_keeps_what_it_is_about(store):
    checks = [record for record in one_of_each() if type(record).__name__ in ("CheckResult", "DoorEvent")]
    store.ingest("test", [msgspec.structs.replace(record, event_time=ago(days=500)) for record in checks])
    store.save_alerts([open_alert("c1"), open_alert("C1")])
    assert expire(store) == {}
    assert rows(store, "check_result") == rows(store, "door_event") == 1


def test_zero_keeps_for_ever(store):
    store.ingest("test", [truck("T1", ago(days=4000 - i)) for i in range(3)] + [move("m", ago(days=4000))])
    nothing = Retention(
        positions_days=0, gate_states_days=0, quarantine_days=0, facts_days=0, states_days=0, alerts_days=0
    )
    assert expire(store, nothing) == {}
    assert rows(store, "gate_move") == 1


def test_alerts_stay_unless_told_otherwise(store):
    row = open_alert("x")
    store.save_alerts([row])
    for by in ("acknowledge", "close"):
        row = store.act_on_alert(Viewer(name="duty"), row.key, by, ago(days=300), row.version)
    store.save_alerts([open_alert("y")])
    assert expire(store) == {}
    later = store._clock
    try:
        store.operations._clock = lambda: NOW + timedelta(days=1000)
        assert expire(store, Retention(alerts_days=30)) == {"alert": 3, "alert_log": 2}
    finally:
        store.operations._clock = later
    assert store.reads.alert(PORT, "rule:y") is not None, "an open alert stays, however old"
    assert store.reads.alert(PORT, row.key) is None


def test_a_sweep_goes_on_where_it_stopped_and_lets_writers_in(sqlite_store):
    sqlite_store.ingest("test", [move(f"m{i}", ago(days=500, seconds=i)) for i in range(3500)])
    slices = 0
    through = False
    while not through:
        _, through = sqlite_store.operations.retain(KEEP, 0.0)
        sqlite_store.ingest("test", [move(f"n{slices}", ago(seconds=slices))])
        slices += 1
    assert slices > 3, "a thousand rows a transaction, a transaction a slice"
    assert rows(sqlite_store, "gate_move") == slices
    assert sqlite_store.operations.retained["gate_move"] == 3500


@pytest.mark.parametrize("new_url", ["postgresql"], indirect=True)
def test_postgresql_drops_whole_weeks(store):
    old = [truck("T1", ago(days=120 + i), lon=120.0 + i / 100) for i in range(20)]
    store.ingest("test", [*old, truck("T1", ago(days=1), lon=119.0)])
    query = text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'vehicle_position'::regclass")
    with store._database.reading() as connection:
        before = connection.execute(query).scalar_one()
    expire(store)
    with store._database.reading() as connection:
        after = connection.execute(query).scalar_one()
    assert before - after == 3, "the three weeks of twenty days"
    assert rows(store, "vehicle_position") == 1
    store.ingest(
        "test", [truck("T1", ago(days=119), lon=118.0)]
    )  # a late fix of a week that is gone is taken all the same
    assert rows(store, "vehicle_position") == 2


def test_the_yards_stock_is_the_same_after_the_sweep(store):
    come, gone = ago(days=700), ago(days=500)
    blocks = [block("A1", at=ago(days=900))]
    stays = [stay(f"s{i}", come + timedelta(hours=5 * i), gone + timedelta(hours=7 * i)) for i in range(40)]
    stands = [stay(f"n{i}", ago(days=410, hours=3 * i)) for i in range(40)]
    for record in (*blocks, *stays, *stands):
        store.ingest("test", [record], received_at=record.event_time)
    moments = [ago(days=399), ago(days=390, hours=5), ago(days=100), ago(hours=1)]

    def seen():
        return [store.reads.yard(PORT, at, known=known).rows for at in moments for known in ("corrected", "then")]

    before, sums = seen(), rows(store, "yard_stock")
    expire(store)
    assert seen() == before
    assert rows(store, "yard_stock") < sums
    assert rows(store, "container_stay") == 40
