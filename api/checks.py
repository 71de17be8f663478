"""The checks /readyz is made of; each returns an empty text or the reason, for the log only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from api.readiness import Check

DATA_SECONDS = 15.0  # a web worker looks at the store every two seconds, whatever the bus does


class StoreAnswers(Protocol):
    """The part of the store's operations asked here."""

    def ping(self) -> None:
        """Raises when the database does not answer."""

    def current(self) -> bool:
        """Whether the tables are this program's."""


def database(store: StoreAnswers) -> Check:
    """The database answers."""

    def check() -> str:
        store.ping()
        return ""

    return check


def migrations(store: StoreAnswers) -> Check:
    """The tables are those this program was made for."""
    return lambda: "" if store.current() else "the tables are of another version"


def pipeline(alive: Callable[[], Mapping[str, bool]]) -> Check:
    """Every step's thread runs."""

    def check() -> str:
        dead = sorted(name for name, lives in alive().items() if not lives)
        return f"not running: {', '.join(dead)}" if dead else ""

    return check


def data(age: Callable[[], float | None], seconds: float = DATA_SECONDS) -> Check:
    """This web worker gets at the data: it looked at the store a moment ago.

    Args:
        age: seconds since the last look that succeeded; None before the first.
        seconds: how old that may be.
    """

    def check() -> str:
        since = age()
        if since is None:
            return "no look at the store yet"
        return f"last look at the store {since:.0f} s ago" if since > seconds else ""

    return check
