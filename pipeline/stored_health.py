"""The health of the feeds as another process saved it, brought up to date by the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from domain.pictures import FeedRow, FeedState
from domain.records import Record
from settings import Feed

_KINDS = {kind.__name__: kind for kind in Record.__subclasses__()}
_AGEING = (FeedState.OK, FeedState.DEGRADED, FeedState.STARTING)


class StoredHealth:
    """What the database says of the feeds; asked again by ``refresh`` only. Thread-safe."""

    def __init__(
        self, feeds: Sequence[Feed], read: Callable[[], Sequence[FeedRow]], clock: Callable[[], datetime]
    ) -> None:
        """Begin with nothing known.

        Args:
            feeds: those of the configuration, in their order; others were there once.
            read: the rows as last saved.
            clock: aware UTC.
        """
        self._places = {feed.name: place for place, feed in enumerate(feeds)}
        self._read, self._clock = read, clock
        self._rows: tuple[FeedRow, ...] = ()
        self._kinds: dict[str, frozenset[type[Record]]] = {}

    def refresh(self) -> None:
        """Read anew.

        Raises:
            StoreUnavailableError: what was known stays.
        """
        standing = [row for row in self._read() if row.key in self._places]
        rows = tuple(sorted(standing, key=lambda row: self._places[row.key]))
        self._kinds = {row.key: frozenset(_KINDS[name] for name in row.brings if name in _KINDS) for row in rows}
        self._rows = rows

    def rows(self) -> list[FeedRow]:
        """All feeds as of now: one whose collector died was saved as well, and is late all the same."""
        now = self._clock()
        return [_aged(row, now) for row in self._rows]

    def kinds(self, feed: str) -> frozenset[type[Record]]:
        """Types of the records a feed has ever brought."""
        return self._kinds.get(feed, frozenset())


def _aged(row: FeedRow, now: datetime) -> FeedRow:
    since = row.last_ok_at
    if row.state not in _AGEING or since is None or now - since <= timedelta(seconds=row.expected_seconds):
        return row
    return msgspec.structs.replace(row, state=FeedState.LATE, message_code="silent", message="")
