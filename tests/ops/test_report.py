"""The store's report: exact where it is cheap, marked where it is estimated."""

from __future__ import annotations

from datetime import timedelta

from store import report
from tests.store.samples import NOW, ago, move, truck


def test_rows_ages_and_growth(store):
    moves = [move(f"m{day}-{i}", ago(days=day, hours=1)) for day in range(20) for i in range(3)]
    tracks = [truck(f"T{i}", ago(days=day), lon=120 + day / 100) for i in range(2) for day in range(4)]
    store.ingest("test", [*moves, *tracks])
    lines = {line.table: line for line in store.operations.report()}
    gates = lines["gate_move"]
    assert (gates.rows, gates.about) == (60, False)
    assert gates.oldest == ago(days=19, hours=1)
    assert gates.newest == ago(hours=1)
    assert gates.rows_per_day == 3.0
    assert gates.bytes > 0
    assert gates.bytes_per_day > 0
    positions = lines["vehicle_position"]
    assert (positions.rows, positions.oldest, positions.newest) == (8, ago(days=3), NOW)
    assert positions.rows_per_day == 8 / 3
    latest = lines["vehicle_latest"]
    assert (latest.rows, latest.rows_per_day) == (2, None), "rows written over do not grow"
    assert lines["alert"].oldest is None
    assert sum(line.bytes for line in lines.values()) > 50_000
    assert store.operations.sizes()["database"] > 0


def test_a_huge_table_is_estimated_and_says_so(store, monkeypatch):
    store.ingest("test", [move(f"m{i}", ago(hours=i)) for i in range(500)])
    if store._database.engine.dialect.name == "postgresql":
        from sqlalchemy import text

        with store._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    monkeypatch.setattr(report, "COUNTED_BYTES", 1)
    line = next(line for line in store.operations.report() if line.table == "gate_move")
    assert line.about
    assert 450 <= line.rows <= 550
    assert "~" in next(row for row in report.written([line]).splitlines() if row.startswith("gate_move"))


def test_it_reads_like_a_table():
    lines = [
        report.Line(table="gate_move", rows=1_234_567, bytes=3 << 20, oldest=NOW - timedelta(days=400), newest=NOW,
                    rows_per_day=3086.4, bytes_per_day=7864.0),
        report.Line(table="vehicle_position", rows=10**8, bytes=20 << 30, about=True),
    ]  # fmt: skip
    text = report.written(lines)
    assert "1,234,567" in text
    assert "3.0 MB" in text
    assert "~100,000,000" in text
    assert "20.0 GB" in text
    assert text.splitlines()[-1].startswith("total")
