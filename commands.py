"""Commands for the operator that need no running cockpit: store-report, verify-audit, backup, restore."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path

from pipeline.auditing import noted, sealer_of
from pipeline.opening import store_of
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


def verify_audit(settings: Settings) -> int:
    """Say whether the audit is whole; the cockpit may run.

    Returns:
        0 when it is, 1 when not: every finding is printed.
    """
    with contextlib.closing(store_of(settings)) as store:
        checkpoints, broken = noted(settings.checkpoints)
        last = store.operations.audit_last()
        findings = [*broken, *store.operations.audit_findings(sealer_of(settings), checkpoints)]
    for one in findings:
        print(f"audit: {_FINDINGS[one.code].format(seq=one.seq)}")
    if not findings:
        print(f"audit: {last.seq if last else 0} entries, {len(checkpoints)} checkpoints, all whole")
    return 1 if findings else 0


_FINDINGS = {
    "edited": "entry {seq} is not as it was sealed, or was sealed with another key",
    "missing": "entry {seq} is missing",
    "restamped": "entry {seq} was sealed anew: a checkpoint knows another seal",
    "cut": "entries from {seq} on were cut off: a checkpoint knows of them",
    "forged_checkpoint": "a checkpoint (of entry {seq}) was not signed with this key",
}


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
