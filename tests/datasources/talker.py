"""A websocket server that does what a test says to each connection."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType

from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Talk = Callable[["Talker", ServerConnection], Awaitable[None]]
Answer = Callable[[ServerConnection, Request], Response | None]


class Talker:
    """Listens on a port of this machine until the ``with`` ends."""

    def __init__(self, talk: Talk, answer: Answer | None = None, port: int = 0, packed: bool = False) -> None:
        """``answer`` may answer requests that want no websocket, or refuse those that do."""
        self.talk, self.answer, self.port, self._packed = talk, answer, port, packed
        self.heard: list[str | bytes] = []
        self.requests: list[Request] = []
        self._loop = asyncio.new_event_loop()
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="talker", daemon=True)

    def __enter__(self) -> Talker:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Go away; whoever is connected is told so."""
        with contextlib.suppress(RuntimeError):  # gone already
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self) -> None:
        server = await serve(
            self._talk, "127.0.0.1", self.port, process_request=self._asked, close_timeout=0.2,
            compression="deflate" if self._packed else None,
        )  # fmt: skip
        self.port = next(iter(server.sockets)).getsockname()[1]
        self._ready.set()
        await self._end.wait()
        for task in asyncio.all_tasks():  # one that floods would not end by itself
            if task is not asyncio.current_task():
                task.cancel()
        server.close(code=1001)
        await server.wait_closed()

    def _asked(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        return self.answer(connection, request) if self.answer is not None else None

    async def _talk(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed, OSError):
            await self.talk(self, connection)


def says(*messages: str | bytes) -> Talk:
    """Says that to everybody and stays."""

    async def talk(talker: Talker, connection: ServerConnection) -> None:
        for message in messages:
            await connection.send(message)
        await connection.wait_closed()

    return talk


class Once:
    """Says each message once, to whoever is there, until it is wound back."""

    def __init__(self, messages: list[str]) -> None:
        self._messages, self._left = messages, list(messages)

    def rewind(self) -> None:
        """Begin anew."""
        self._left = list(self._messages)

    async def __call__(self, talker: Talker, connection: ServerConnection) -> None:
        while self._left:
            await connection.send(self._left.pop(0))
        await connection.wait_closed()
