"""The one contract every adapter keeps; tests/contract holds each of them to it.

An adapter module ``datasources.<kind>`` offers::

    class Options(msgspec.Struct, ...)      # the feed's table in cockpit.toml, minus common keys
    def create(options: Options, context: Context) -> Adapter

and nothing else is needed: the poller finds it by the feed's ``adapter`` key. A module whose rows stand for
themselves may offer, so that quarantined ones can be tried again once the mapping is right::

    def again(options: Options, context: Context) -> Again

An adapter never raises anything but FeedError out of ``poll``; a row it cannot use becomes a
Reject; it never logs a row's content. ``poll`` may block up to the feed's timeout; it is called by
one thread at a time. Streams (TCP, UDP) read in a thread of their own into a bounded buffer that
``poll`` drains, so one contract serves both. An option may hold a secret: it stands in no cursor
and no record.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from domain.outbound import Outbound
from domain.records import Origin, Record, Reject

Tap = Callable[[str, str], None]
RAW_LIMIT = 4_000  # characters of a row kept in quarantine


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something is wrong but rows still flow: the feed shows as degraded with this text."""

    code: str  # catalogue feed.error.<code>
    detail: str  # file and what, safe to show


class Batch(msgspec.Struct, kw_only=True):
    """What one poll brought.

    Attributes:
        records: usable records; flags on them tell irregularities.
        rejects: rows that could not be used.
        problems: e.g. a file in an unknown encoding.
        counts: what was read, added to the feed's running counts, e.g. {"lines": 500}.
        cursor: state to remember, stored in the SAME transaction as the rows; None = unchanged.
            It is handed back through Context.cursor after a restart. Must be JSON-able.
        more: True when the adapter has more at hand and wants to be polled again at once.
        ended: True when a recording has been played to its end.
        stored: called, from another thread, once all of the batch is stored for good; what a source keeps for us until
            then may be let go of there. Never called in a trial.
        raw_of: the raw text of the row behind a record's ``ref``, until the batch is judged: what the gate refuses
            is kept as it came, and can be tried again with another mapping. None or empty: not known.
    """

    records: list[Record] = []
    rejects: list[Reject] = []
    problems: list[Problem] = []
    counts: dict[str, int] = {}
    cursor: dict[str, Any] | None = None
    more: bool = False
    ended: bool = False
    stored: Callable[[], None] | None = None
    raw_of: Callable[[str], str] | None = None

    def count(self, name: str) -> None:
        """Count one of what was read."""
        self.counts[name] = self.counts.get(name, 0) + 1


class Context(msgspec.Struct, kw_only=True):
    """What an adapter is given.

    Attributes:
        feed: the feed's name.
        origin: what its records are to carry.
        now: the clock, aware UTC. Never call datetime.now yourself.
        home: folder for state files of the cockpit.
        base: folder relative paths in options are resolved against (the config file's folder, or
            the folder of COCKPIT_DATA where the option says so).
        timezone: IANA name for times without a zone.
        geo: folder with the port's GeoJSON files.
        cursor: what the last stored Batch.cursor of this feed was; None at first.
        outbound: what may be connected to; see ``datasources.outbound``.
        timeout_seconds: a poll that takes longer is abandoned; give up by yourself before.
        tap: set in a trial (``app.py try-feed``), where nothing is stored: is told ``ref`` and raw text of each row.
            Nothing may be acknowledged or taken away at the source then.
    """

    feed: str
    origin: Origin
    now: Callable[[], datetime]
    home: Path
    base: Path
    timezone: str = "Asia/Shanghai"
    geo: Path = Path("assets/geo")
    cursor: dict[str, Any] | None = None
    outbound: Outbound = Outbound()
    timeout_seconds: float = 10.0
    tap: Tap | None = None


class Kept(msgspec.Struct, frozen=True):
    """A row that was put into quarantine, as it is handed back to its adapter."""

    ref: str  # as the Reject had it
    raw: str
    reason: str  # why it was refused


Again = Callable[[Kept], Batch]
"""Reads a kept row anew, with the options of now: one record, or one Reject with the newest reason.

``context.now()`` is the time at which the row came. Raises FeedError, codes ``row_cut``, ``row_of_recording`` and
the like, when rows of this kind cannot be read anew at all.
"""


class Adapter(Protocol):
    """A source being read."""

    def poll(self) -> Batch:
        """Fetch what is new. Raises FeedError when the source as a whole fails."""

    def close(self) -> None:
        """Let go of sockets, files and threads. Never raises; may be called twice."""
