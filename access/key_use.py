"""How often each key of a program is used: counted here, kept at most once a minute for each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

import msgspec

from access.book import Book
from domain.accounts import ACTIVITY
from domain.errors import StoreUnavailableError

_log = logging.getLogger(__name__)


class _Uses(msgspec.Struct):
    """Uses of a key that are not kept yet, and when the last were (monotonic)."""

    times: int
    last: datetime
    kept: float = float("-inf")
    waiting: bool = False


class KeyUse:
    """Counts on the event loop. What was counted within the last minute is lost with the process."""

    def __init__(self, book: Book, clock: Callable[[], datetime]) -> None:
        """Nothing is counted yet."""
        self._book, self._clock = book, clock
        self._uses: dict[str, _Uses] = {}
        self._notes: set[asyncio.Task[None]] = set()

    def count(self, key: str) -> None:
        """One more use of the key with this digest."""
        uses = self._uses.setdefault(key, _Uses(0, self._clock()))
        uses.times, uses.last = uses.times + 1, self._clock()
        rest = uses.kept + ACTIVITY.total_seconds() - time.monotonic()
        if rest <= 0:
            self._keep(key, uses)
        elif not uses.waiting:
            uses.waiting = True
            asyncio.get_running_loop().call_later(rest, self._keep, key, uses)

    def _keep(self, key: str, uses: _Uses) -> None:
        uses.waiting = False
        if uses.times:
            times, uses.times, uses.kept = uses.times, 0, time.monotonic()
            task = asyncio.get_running_loop().create_task(self._kept(key, uses, times))
            self._notes.add(task)
            task.add_done_callback(self._notes.discard)

    async def _kept(self, key: str, uses: _Uses, times: int) -> None:
        try:
            await asyncio.to_thread(self._book.used, key, uses.last, times)
        except StoreUnavailableError as error:
            uses.times += times  # the next use keeps them, too
            _log.info("use of a key not noted: %s", error.code)
