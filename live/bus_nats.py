"""The bus over NATS: one connection per process, in a thread with an event loop of its own.

NATS may be absent at the start, go and come back: the thread goes on trying, hints meanwhile are
dropped, and after every (re)connection the listeners are told that anything may have changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from live.bus import Hint, Listener, Listeners

RETRY_SECONDS = 1
PING_SECONDS = 3  # with two unanswered ones a connection counts as dead: a cut line shows after about 9 s
ANYTHING = Hint(("*",))  # what listeners hear after a (re)connection
log = structlog.get_logger(__name__)


class NatsBus:
    """Hints through NATS core: at most once, nothing kept."""

    def __init__(self, servers: Sequence[str], subject: str) -> None:
        """Begin to connect in the background.

        Args:
            servers: addresses of one NATS or of the members of one cluster.
            subject: hints travel on ``<subject>.hints``.
        """
        self._servers, self._subject = list(servers), f"{subject}.hints"
        self._listeners = Listeners()
        self._client: Client | None = None
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._down = False
        self._thread = threading.Thread(target=self._run, name="bus", daemon=True)
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether NATS answers now."""
        client = self._client
        return client is not None and client.is_connected

    def send(self, datasets: Iterable[str]) -> None:
        """Hand a hint to NATS; dropped while there is none: old hints say nothing."""
        if self.connected:
            body = msgspec.json.encode(self._listeners.next(datasets))
            with contextlib.suppress(RuntimeError):  # closed meanwhile
                self._loop.call_soon_threadsafe(self._spawn, body)

    def listen(self, listener: Listener) -> None:
        """See live.bus.Bus."""
        self._listeners.add(listener)

    def close(self) -> None:
        """Disconnect; takes 2 s at most."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(2.0)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._live())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _live(self) -> None:
        connecting = asyncio.ensure_future(self._connect())
        await self._closing.wait()
        connecting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await connecting
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.close(), 1.0)

    async def _connect(self) -> None:
        """Until it is connected for the first time; from then on the client reconnects by itself."""
        while True:
            client = Client()
            try:
                await client.connect(
                    self._servers, allow_reconnect=True, max_reconnect_attempts=-1, reconnect_time_wait=RETRY_SECONDS,
                    connect_timeout=2, ping_interval=PING_SECONDS, max_outstanding_pings=2, pending_size=65_536,
                    error_cb=self._failed, disconnected_cb=self._went, reconnected_cb=self._came,
                )  # fmt: skip
                await client.subscribe(self._subject, cb=self._heard)
            except (OSError, nats.errors.Error) as error:
                await self._failed(error)
                with contextlib.suppress(Exception):
                    await client.close()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._client = client
            await self._came()
            return

    def _spawn(self, body: bytes) -> None:
        client = self._client
        if client is not None and client.is_connected:
            sending = asyncio.ensure_future(client.publish(self._subject, body))
            sending.add_done_callback(lambda done: done.cancelled() or done.exception())  # lost is allowed

    async def _heard(self, message: Msg) -> None:
        try:
            hint = msgspec.json.decode(message.data, type=Hint)
        except msgspec.MsgspecError:
            return  # not ours
        self._listeners.hear(hint)

    async def _came(self) -> None:
        self._down = False
        log.info("bus_up")
        self._listeners.hear(ANYTHING)

    async def _went(self) -> None:
        await self._failed(ConnectionError("disconnected"))

    async def _failed(self, error: Any) -> None:
        """One line in the log when it goes down, none after; never the address, it holds a password."""
        if not self._down and not self._closing.is_set():
            self._down = True
            log.warning("bus_down", error=type(error).__name__)
