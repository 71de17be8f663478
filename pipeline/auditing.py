"""The audit's key, and the checkpoints of its chain in a second place."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from domain.audit import Checkpoint, Finding, Sealer
from domain.errors import ConfigError
from pipeline.keys import kept_key
from settings import Settings
from store.engine import Store
from store.moments import micros

KEY = "COCKPIT_AUDIT_KEY"
KEY_FILE = "audit.key"
LEAST_LETTERS = 16


def sealer_of(settings: Settings) -> Sealer:
    """Seals with the key of the environment, else with one made in the home folder at the first start.

    Raises:
        ConfigError: a key too short to be one, a key file that cannot be read or made, or an algorithm this
            machine cannot compute.
    """
    key = os.environ.get(KEY, "")
    if key and len(key) < LEAST_LETTERS:
        raise ConfigError("environment", KEY, f"must have at least {LEAST_LETTERS} letters")
    try:
        return Sealer(key.encode() if key else kept_key(settings.home, KEY_FILE), settings.audit.algorithm)
    except ValueError as error:
        raise ConfigError(str(settings.source), "audit.algorithm", str(error)) from None


class Checkpoints:
    """Notes from time to time how far the chain went."""

    def __init__(
        self, store: Store, file: Path, sealer: Sealer, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Nothing is noted yet.

        Args:
            store: whose audit it is.
            file: grows by a line a time.
            sealer: with the audit's key.
            clock: aware UTC.
        """
        self._store, self._file, self._sealer, self._clock = store, file, sealer, clock
        self._noted = 0

    def go_on(self) -> None:
        """Note the end of the chain when it has grown.

        Raises:
            StoreUnavailableError: the store cannot be read now.
            OSError: the second place cannot be written.
        """
        last = self._store.operations.audit_last()
        if last is None or last.seq == self._noted:
            return
        line = msgspec.json.encode(self._sealer.checkpoint(last, micros(self._clock()))) + b"\n"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as out:
            out.write(line)
            out.flush()
            os.fsync(out.fileno())
        self._noted = last.seq


def noted(file: Path) -> tuple[list[Checkpoint], list[Finding]]:
    """The checkpoints of a file, and its lines that are none; no file is no checkpoints."""
    found: list[Checkpoint] = []
    broken: list[Finding] = []
    lines = file.read_bytes().splitlines() if file.exists() else []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=Checkpoint))
        except (msgspec.DecodeError, UnicodeError):
            broken.append(Finding("forged_checkpoint", 0))
    return found, broken
