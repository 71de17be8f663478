"""A month of the simulated port played back for every rule whose past can be played, draft and published at once.

The back-fill tells two hours of where vehicles are: those of a hundred of them are repeated through the month, a fix
of each every minute.
"""

from __future__ import annotations

import gc
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

import settings as configuration
from bench.rows import Row, bench, row
from domain.backtest import DAYS, Asked
from domain.rule_instances import Changes
from domain.rules import all_rules
from pipeline import backfill
from pipeline.backtest import play
from pipeline.opening import store_of
from pipeline.rule_past import unplayable

LIMIT_SECONDS = 10.0
VEHICLES, HOURS = 100, 2


@bench("backtest")
def backtest() -> list[Row]:
    """The back-fill of the default configuration, then each rule; the process's own time, as one core has it."""
    with tempfile.TemporaryDirectory() as home:
        settings = msgspec.structs.replace(configuration.load(), home=Path(home))
        backfill.main(settings)
        _drive_on(settings.home / "cockpit.db")
        store = store_of(settings)
        until = datetime.now(UTC)
        try:
            found = []
            for rule in all_rules():
                if unplayable(rule):
                    continue
                changes = Changes(hold_on_seconds=rule.hold_on_seconds + 30)
                began = time.process_time()
                gc.disable()
                test = play(settings, store, Asked(name=rule.name, changes=changes, until=until))
                gc.enable()
                took = time.process_time() - began
                total = test.published.total if test.published else 0
                days = (until - test.played_from) / timedelta(days=1)
                name = f"backtest: {rule.name}, {days:.1f} of {DAYS} days, {total} alerts"
                found.append(row(name, took, "s", LIMIT_SECONDS))
        finally:
            store.close()
    return found


def _drive_on(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(vehicle_position)")]
        earlier = ["event_time - back.hours * 3600000000" if name == "event_time" else name for name in names]
        kept = f"SELECT vehicle_id FROM vehicle_latest ORDER BY vehicle_id LIMIT {VEHICLES}"
        connection.execute("CREATE TEMP TABLE back(hours INTEGER)")
        spans = [(hours,) for hours in range(HOURS, 24 * DAYS, HOURS)]
        connection.executemany("INSERT INTO back VALUES (?)", spans)
        connection.execute(f"DELETE FROM vehicle_position WHERE vehicle_id NOT IN ({kept})")
        connection.execute(f"DELETE FROM vehicle_latest WHERE vehicle_id NOT IN ({kept})")
        connection.execute(
            f"INSERT OR IGNORE INTO vehicle_position ({', '.join(names)}) "
            f"SELECT {', '.join(earlier)} FROM vehicle_position, back ORDER BY 1, 2"
        )
        connection.commit()
