"""Quarantine as people look through it: what they ask for, what they are shown, what came of trying rows again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class Sought(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows.

    Attributes:
        feed: name of a feed; empty = all.
        reason: code of a reason; empty = all.
        since: received at or after, aware UTC; None = from the beginning.
        until: received before; None = up to now.
        text: stands in place, detail or raw row, whatever its case; empty = anything.
    """

    feed: str = ""
    reason: str = ""
    since: Aware | None = None
    until: Aware | None = None
    text: str = ""


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """A row in quarantine.

    Attributes:
        id: its number; grows with the time a row first came.
        feed: by which it came.
        ref: where it stood.
        reason: code (catalogue ``reject.<code>``).
        detail: field and value at fault.
        raw: as it came, in a list only its beginning.
        length: characters of ``raw`` that are kept.
        received_at: when it last came.
        times: how often.
    """

    id: int
    feed: str
    ref: str
    reason: str
    detail: str
    raw: str
    length: int
    received_at: datetime
    times: int


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A page of quarantine.

    Attributes:
        rows: newest first.
        total: rows that are sought, on all pages.
        reasons: rows by reason, whatever reason is sought: what else there is.
        feeds: rows by feed, of everything sought but the feed.
    """

    rows: list[SetAside] = []
    total: int = 0
    reasons: dict[str, int] = {}
    feeds: dict[str, int] = {}


class TriedAgain(msgspec.Struct, kw_only=True):
    """What came of trying rows again.

    Attributes:
        tried: rows that went through mapping and gate.
        taken: of those, the ones that left quarantine.
        known: of the taken, those that said nothing new: the source had sent them again, usable, meanwhile.
        reasons: rows that stay by their newest reason.
        not_here: rows that cannot be tried here, by why (catalogue ``again.<code>``).
        after: number of the last row looked at.
        left: rows sought that were not reached in the time there was.
    """

    tried: int = 0
    taken: int = 0
    known: int = 0
    reasons: dict[str, int] = {}
    not_here: dict[str, int] = {}
    after: int = 0
    left: int = 0
