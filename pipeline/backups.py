"""A backup that was made says so: in the audit, and where people see how old the newest one is."""

from __future__ import annotations

from datetime import datetime

from domain.audit import by
from pipeline.secrets import operator
from store.backup import Backup
from store.engine import Store
from store.reads.configured import BACKUP_MARK


def note_backup(store: Store, made: Backup, at: datetime) -> None:
    """Put a backup on record.

    Args:
        store: the database it is of.
        made: what was written.
        at: when, aware UTC.

    Raises:
        StoreUnavailableError: the store takes no writes now.
    """
    file = str(made.file.resolve())
    told = {"bytes": made.bytes, "rows": sum(made.rows.values())}
    store.note(by(operator(), "backup", file, after=told))
    store.ingest(BACKUP_MARK, [], (), {"at": at.isoformat(), "file": file, **told}, at)
