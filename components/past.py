"""Whether what is being drawn is of a past moment; then acts are locked and "nothing" means another thing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from components.format import stamp
from locales import translate


class Past(Protocol):
    """A past moment that is being drawn."""

    @property
    def at(self) -> datetime:
        """The moment."""

    @property
    def oldest(self) -> datetime | None:
        """When the stored data begin; None while nothing is stored."""


_reader: list[Callable[[], Past | None]] = [lambda: None]


def use_past(reader: Callable[[], Past | None]) -> None:
    """From now on ask this what is being drawn; it answers None for the live picture."""
    _reader[0] = reader


def past() -> Past | None:
    """The past moment being drawn; None live."""
    return _reader[0]()


def before_history() -> bool:
    """Whether the moment lies before all stored data: what would be drawn of it are no true zeros."""
    seen = past()
    return seen is not None and (seen.oldest is None or seen.at < seen.oldest)


def locked(lang: str) -> str:
    """Why nothing can be done on what is being drawn; empty live."""
    seen = past()
    return translate(lang, "time.locked", time=stamp(seen.at, lang)) if seen is not None else ""
