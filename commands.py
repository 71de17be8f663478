"""Commands for the operator that need no running cockpit: store-report, backup, restore."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from settings import Settings
from store.backup import Backup, backup, restore
from store.engine import open_store
from store.report import written


def report(settings: Settings) -> int:
    """Print what the database holds; the cockpit may run."""
    store = open_store(settings.database_url, timezone=settings.port.timezone)
    try:
        print(written(store.operations.report()))
    finally:
        store.close()
    return 0


def save(settings: Settings, file: Path, force: bool) -> int:
    """Write a backup and say what is in it."""
    start = time.monotonic()
    made = backup(settings.database_url, file, force)
    print(f"{made.file}: {_contents(made)}, whole, in {time.monotonic() - start:.1f} s")
    return 0


def put_back(settings: Settings, file: Path, force: bool) -> int:
    """Restore a backup, bring its tables up to date and say where the old database went."""
    settings.home.mkdir(parents=True, exist_ok=True)
    made = restore(settings.database_url, file, datetime.now(UTC), force)
    open_store(settings.database_url, timezone=settings.port.timezone).close()  # an older backup is migrated
    if made.aside is not None:
        print(f"what was there before: {made.aside}")
    print(f"restored {made.file}: {_contents(made)}")
    return 0


def _contents(made: Backup) -> str:
    size = f"{made.bytes / 1024 / 1024:,.1f} MB"
    return f"{sum(made.rows.values()):,} rows, {size}" if made.rows else size
