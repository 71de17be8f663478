"""The numbers other processes look at to learn that there is news."""

from __future__ import annotations

from domain.viewer import Viewer
from store.engine import Store
from tests.store.samples import PORT, ago, move, truck
from tests.store.test_alerts import row


def test_a_write_is_counted_for_the_datasets_it_changed_and_no_other(store: Store) -> None:
    assert store.reads.changes() == {}
    store.ingest("f", [move("1", ago(hours=1)), truck("T1", ago(hours=1))])
    assert store.reads.changes() == {"GateMove": 1, "VehiclePosition": 1}
    store.ingest("f", [truck("T1", ago(minutes=1))])
    assert store.reads.changes() == {"GateMove": 1, "VehiclePosition": 2}
    store.save_alerts([row()])
    store.act_on_alert(Viewer(name="operator"), "r:1", "acknowledge", ago(minutes=1), 1)
    assert store.reads.changes()["alert"] == 2


def test_a_repetition_is_no_news(store: Store) -> None:
    records = [move("1", ago(hours=1)), truck("T1", ago(hours=1))]
    store.ingest("f", records)
    before = store.reads.changes()
    store.ingest("f", records, cursor={"at": 2})
    store.save_alerts([])
    assert store.reads.changes() == before
    assert store.reads.counts(PORT)["gate_move"] == 1
