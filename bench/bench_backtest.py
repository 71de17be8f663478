"""A month of the simulated port played back for every rule whose past can be played, draft and published at once."""

from __future__ import annotations

import gc
import tempfile
import time
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


@bench("backtest")
def backtest() -> list[Row]:
    """The back-fill of the default configuration, then each rule; the process's own time, as one core has it."""
    with tempfile.TemporaryDirectory() as home:
        settings = msgspec.structs.replace(configuration.load(), home=Path(home))
        backfill.main(settings)
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
                name = f"backtest: {rule.name}, {days:.0f} of {DAYS} days, {total} alerts"
                found.append(row(name, took, "s", LIMIT_SECONDS))
        finally:
            store.close()
    return found
