"""Opens the store as the settings say: one place, so that no process keeps another history than the others."""

from __future__ import annotations

from domain.alias import concealed
from pipeline.aliases import Aliases
from pipeline.auditing import sealer_of
from settings import Settings
from store.engine import Store, open_store
from store.reads.queue_past import Expectations


def store_of(settings: Settings, busy_seconds: float = 5.0, migrate: bool = True) -> Store:
    """Open it, making or migrating its tables.

    Args:
        settings: checked settings.
        busy_seconds: how long a write waits for others.
        migrate: False leaves the tables of another version alone and is a ConfigError then.

    Raises:
        ConfigError: unusable address, a database of a newer cockpit, or no key for the audit.
        StoreUnavailableError: it cannot be reached.
    """
    store = open_store(
        settings.database_url, busy_seconds, settings.port.timezone, bands=settings.store.deadband,
        sealer=sealer_of(settings), migrate=migrate,
    )  # fmt: skip
    store.prefer(settings.ranks, {feed.name: feed.fresh_seconds for feed in settings.feeds})
    store.reads.expectations = Expectations(settings.port.timezone, settings.inspections)
    store.quarantine_rows = settings.retention.quarantine_rows
    if settings.masked:
        store.rename_by(Aliases(settings, store).renamed, concealed)
    return store
