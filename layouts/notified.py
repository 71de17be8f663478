"""What pages need of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.deliveries import Attempt
from domain.sent import SentRow, Sought
from domain.viewer import Viewer


class SentReads(Protocol):
    """What was told to whom; NotAllowedError for who does not look after notifications."""

    def sent(self, viewer: Viewer, sought: Sought, most: int = 300) -> list[SentRow]:
        """Entries of the outbox, newest due first."""

    def attempts(self, viewer: Viewer, targets: Sequence[str]) -> dict[str, list[Attempt]]:
        """The newest attempts to reach each target, newest first."""

    def waiting(self, viewer: Viewer) -> dict[str, int]:
        """How many entries wait, by target."""


class Outbox(Protocol):
    """Sends messages."""

    def test(self, viewer: Viewer, target: str) -> None:
        """One to try a target, on record; NotAllowedError, StoreUnavailableError."""
