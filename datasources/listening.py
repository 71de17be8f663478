"""Sources that send by themselves: one connection kept alive by a thread, and a bounded buffer that ``poll`` drains.

The thread has an asyncio loop of its own in which nothing but this one connection lives. What comes is put into the
buffer with the time of its reception; when polls come too seldom the oldest is dropped and counted, so that memory
stays bounded whatever the source sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import msgspec
import structlog

from datasources.contract import Batch, Context, Problem
from domain.errors import FeedError

CAPACITY = 20_000  # messages kept between polls, and
CAPACITY_BYTES = 32 << 20  # what they may weigh together
_OVERHEAD = 400  # bytes a message weighs beside its body
_TICK_SECONDS = 0.25
_CONNECT_SECONDS = 10.0
_BACKOFF_SECONDS = (1.0, 60.0)
_JOIN_SECONDS = 2.0
log = structlog.get_logger(__name__)


class Message(msgspec.Struct, frozen=True):
    """What came.

    Attributes:
        at: when, aware UTC.
        body: as sent.
        topic: what it was published under, where the source has topics.
        retained: it was not sent now but kept by the source since some earlier time.
        number: of the message since the adapter was made, from 1.
        size: bytes of the body as sent; more than ``len(body)`` when the rest was not kept.
        taken: to be called once the message was taken over, in the loop's thread; None: nobody waits for it.
    """

    at: datetime
    body: bytes
    topic: str = ""
    retained: bool = False
    number: int = 0
    size: int = 0
    taken: Callable[[], object] | None = None


Session = Callable[["Listener"], Coroutine[Any, Any, None]]


class Listener:
    """Keeps one connection alive and buffers what comes."""

    def __init__(self, session: Session, context: Context, where: str, silent_seconds: float) -> None:
        """Prepare; the thread starts with the first ``take``.

        Args:
            session: connects, calls ``up`` and then ``put`` for all that comes, and returns or raises FeedError when
                the connection ends. It is cancelled to end it.
            context: of the adapter.
            where: the address, for messages.
            silent_seconds: a connection that brought nothing for so long is made anew.
        """
        self._session, self._now, self._where, self._silent = session, context.now, where, silent_seconds
        # A poll must come back within the feed's limit, and with words rather than none.
        self.connect_seconds = min(_CONNECT_SECONDS, 0.9 * context.timeout_seconds)
        self._patience = 0.5 * context.timeout_seconds
        self._messages: deque[Message] = deque()
        self._bytes, self._dropped, self._came, self._taken = 0, 0, 0, 0
        self._changed, self._stop = threading.Condition(), threading.Event()
        self._error: FeedError | None = None  # why there is no connection
        self._told = False  # that the source refuses us
        self._last: datetime | None = None  # when something came, or listening began
        self._heard = 0.0  # the same, monotonic
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._cancel: Callable[[], object] | None = None

    # --- for the adapter's poll ---

    def take(self, limit: int, wait_seconds: float = 0.0) -> list[Message]:
        """Up to ``limit`` messages in the order they came.

        Until the first message came, it is waited for half the feed's time limit: who tries a feed wants to see some.

        Args:
            limit: most messages.
            wait_seconds: how long to wait when there is none, later on.

        Raises:
            FeedError: there is nothing, and no connection: why.
        """
        self._start()
        with self._changed:
            if self._taken == 0:
                self._await_first()
            elif wait_seconds:
                self._changed.wait_for(lambda: self._messages or self._error or self._stop.is_set(), wait_seconds)
            if not self._messages and self._error is not None:
                self._told = self._error.halts
                raise self._error.said(self._error.detail, self._error.where)
            taken = [self._messages.popleft() for _ in range(min(limit, len(self._messages)))]
            self._bytes -= sum(len(m.body) + _OVERHEAD for m in taken)
            self._taken += len(taken)
        return taken

    def _await_first(self) -> None:
        """Wait for the first message and for what comes along with it."""
        end = time.monotonic() + self._patience
        self._changed.wait_for(lambda: self._messages or self._error or self._stop.is_set(), self._patience)
        seen = 0
        while seen < len(self._messages) < CAPACITY and (left := end - time.monotonic()) > 0 and self._error is None:
            seen = len(self._messages)
            self._changed.wait_for(lambda: len(self._messages) > seen, min(_TICK_SECONDS, left))  # noqa: B023

    def confirm(self, messages: list[Message]) -> None:
        """Tell the source that messages were taken over; a connection that is gone meanwhile hears nothing."""
        told = [m.taken for m in messages if m.taken is not None]
        loop = self._loop
        if told and loop is not None:
            with contextlib.suppress(RuntimeError):  # closed
                loop.call_soon_threadsafe(lambda: [tell() for tell in told])

    def report(self, batch: Batch) -> None:
        """Put what was dropped, and a silence, into a batch."""
        with self._changed:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            batch.counts["dropped"] = dropped
            detail = f"{self._where}: {dropped} messages dropped, polled too seldom"
            batch.problems.append(Problem(code="buffer_full", detail=detail))
        if self._last and (quiet := (self._now() - self._last).total_seconds()) >= self._silent:
            batch.problems.append(Problem(code="silent", detail=f"{self._where}: nothing for {quiet:.0f} s"))

    def close(self) -> None:
        """End the connection and the thread; may be called twice and from any thread."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
            thread, cancel = self._thread, self._cancel
        if cancel is not None:
            cancel()
        if thread is not None and threading.current_thread() is not thread:
            thread.join(timeout=_JOIN_SECONDS)

    # --- for the session ---

    def up(self) -> None:
        """The connection stands."""
        self._heard = time.monotonic()
        with self._changed:
            self._error = None

    def put(self, body: bytes, topic: str = "", retained: bool = False, size: int = 0,
            taken: Callable[[], object] | None = None) -> None:  # fmt: skip
        """Keep a message; see ``Message``."""
        self._heard, now = time.monotonic(), self._now()
        with self._changed:
            self._last, self._error = now, None  # the connection stands, whether all of it is set up or not
            self._came += 1
            self._messages.append(Message(now, body, topic, retained, self._came, size or len(body), taken))
            self._bytes += len(body) + _OVERHEAD
            while len(self._messages) > CAPACITY or (self._bytes > CAPACITY_BYTES and len(self._messages) > 1):
                self._bytes -= len(self._messages.popleft().body) + _OVERHEAD
                self._dropped += 1
            self._changed.notify_all()

    async def room(self) -> None:
        """Wait until the buffer is half empty: for what can be asked for later as well."""
        while self._bytes > CAPACITY_BYTES // 2 or len(self._messages) > CAPACITY // 2:  # noqa: ASYNC110  polls are on another thread
            await asyncio.sleep(_TICK_SECONDS)

    # --- the thread ---

    def _start(self) -> None:
        with self._changed:
            if self._stop.is_set():
                raise FeedError("not_connected", "closed", self._where)
            if self._thread is not None and (self._thread.is_alive() or not self._told):
                return
            # The first time, or asked again after a refusal: somebody acted.
            self._error, self._told, self._taken = None, False, 0
            self._last = self._last or self._now()
            self._thread = threading.Thread(target=self._run, name=f"listen-{self._where}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        shortest, longest = _BACKOFF_SECONDS
        pause = shortest
        while not self._stop.is_set():
            before = self._came
            error = self._attempt()
            with self._changed:
                self._error = error
                self._changed.notify_all()
            if error.halts:
                return
            if self._came > before:
                pause = shortest
            # Jitter keeps many cockpits from knocking at one source together.
            self._stop.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311  no secret
            pause = min(longest, pause * 2)

    def _attempt(self) -> FeedError:
        """One connection from beginning to end, and why it ended."""
        try:
            asyncio.run(self._watched())
        except FeedError as error:
            return error
        except (TimeoutError, asyncio.CancelledError):
            said = f"no connection within {self.connect_seconds:g} s"
        except ssl.SSLError as error:
            said = f"TLS: {getattr(error, 'verify_message', '') or error.reason or error}"[:200]
        except OSError as error:
            said = (error.strerror or str(error) or type(error).__name__)[:200]
        except Exception as error:
            # Whatever a library may raise: the next connection starts afresh, and this says so.
            log.exception("listening_failed", where=self._where)
            said = f"{type(error).__name__}"
        else:
            said = "the other side closed the connection"
        return FeedError("not_connected", said, self._where)

    async def _watched(self) -> None:
        loop = asyncio.get_running_loop()
        session = loop.create_task(self._session(self))
        with self._changed:
            self._loop, self._cancel = loop, lambda: _cancel(loop, session)
        self._heard = time.monotonic()
        if self._stop.is_set():
            session.cancel()
        while not session.done():
            await asyncio.wait({session}, timeout=_TICK_SECONDS)
            if not session.done() and time.monotonic() - self._heard >= self._silent:
                session.cancel()
                await asyncio.wait({session}, timeout=self.connect_seconds)
                raise FeedError("not_connected", f"connected, but silent for {self._silent:g} s", self._where)
        session.result()


def _cancel(loop: asyncio.AbstractEventLoop, session: asyncio.Task[None]) -> None:
    with contextlib.suppress(RuntimeError):  # closed meanwhile
        loop.call_soon_threadsafe(session.cancel)
