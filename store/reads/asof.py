"""A moment to read the store as of: when, and by whose knowledge."""

from __future__ import annotations

from datetime import datetime

import msgspec

from store.moments import micros

KNOWN = ("corrected", "then")


class AsOf(msgspec.Struct, frozen=True):
    """A past moment.

    Attributes:
        at: microseconds.
        then: by what had been received by ``at``; else by all that is known of it today.
    """

    at: int
    then: bool = False


def as_of(at: datetime | None, known: str) -> AsOf | None:
    """The moment of a read; None = live.

    Raises:
        ValueError: ``known`` is neither ``corrected`` nor ``then``.
    """
    then = knows_then(known)
    return None if at is None else AsOf(micros(at), then)


def knows_then(known: str) -> bool:
    """Whether a moment is read by what was known then.

    Raises:
        ValueError: ``known`` is neither ``corrected`` nor ``then``.
    """
    if known not in KNOWN:
        raise ValueError(f"known must be one of {', '.join(KNOWN)}")
    return known == "then"
