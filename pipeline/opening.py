"""Opens the store as the settings say: one place, so that no process keeps another history than the others."""

from __future__ import annotations

from settings import DeadBand as Told
from settings import Settings
from store.engine import Store, open_store
from store.writes.deadband import Bands, DeadBand


def store_of(settings: Settings, busy_seconds: float = 5.0) -> Store:
    """Open it, making or migrating its tables.

    Args:
        settings: checked settings.
        busy_seconds: how long a write waits for others.

    Raises:
        ConfigError: unusable address, or a database of a newer cockpit.
        StoreUnavailableError: it cannot be reached.
    """
    told = settings.store.deadband
    bands = Bands(vehicles=_band(told.vehicles), vessels=_band(told.vessels), gates=_band(told.gates))
    return open_store(settings.database_url, busy_seconds, settings.port.timezone, bands=bands)


def _band(told: Told) -> DeadBand:
    return DeadBand(told.metres, told.seconds, told.degrees)
