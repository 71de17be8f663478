"""A TCP server that does what a test says: answers well, hangs, truncates, floods, redirects and lies."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Behaviour = Callable[["Liar", Reader, Writer], Awaitable[None]]


class Request:
    """What a client asked for."""

    def __init__(self, head: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = (lines[0] + "  ").split(" ", 2)
        pairs = (line.partition(":") for line in lines[1:] if ":" in line)
        self.headers = {name.strip().lower(): value.strip() for name, _, value in pairs}


class Liar:
    """Listens on a port of this machine until the ``with`` ends; ``behaviour`` may be changed meanwhile."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.requests: list[Request] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="liar", daemon=True)

    def __enter__(self) -> Liar:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[str]:
        return [request.target for request in self.requests]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _serve(self, reader: Reader, writer: Writer) -> None:
        try:
            await self.behaviour(self, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def asked(self, reader: Reader) -> Request | None:
        """The next request of a connection; None when the client hung up."""
        try:
            request = Request(await reader.readuntil(b"\r\n\r\n"))
        except asyncio.IncompleteReadError:
            return None
        self.requests.append(request)
        return request


def http(*answers: bytes | Callable[[Request], bytes]) -> Behaviour:
    """Answers requests one after the other; the last answer is given again and again."""

    async def behave(liar: Liar, reader: Reader, writer: Writer) -> None:
        while (request := await liar.asked(reader)) is not None:
            if liar.behaviour is not behave:
                return  # it behaves otherwise by now, to whoever connects anew
            answer = answers[min(len(liar.requests), len(answers)) - 1]
            writer.write(answer if isinstance(answer, bytes) else answer(request))
            await writer.drain()

    return behave


def answer(body: bytes | str, status: str = "200 OK", **headers: str) -> bytes:
    """An HTTP answer."""
    held = body.encode() if isinstance(body, str) else body
    named = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    named.setdefault("content-length", str(len(held)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + held


def hangs() -> Behaviour:
    """Accepts and never answers."""

    async def behave(liar: Liar, reader: Reader, writer: Writer) -> None:
        await liar.asked(reader)
        await asyncio.sleep(3600)

    return behave


def floods(head: bytes, chunk: bytes) -> Behaviour:
    """Answers without end."""

    async def behave(liar: Liar, reader: Reader, writer: Writer) -> None:
        await liar.asked(reader)
        writer.write(head)
        while True:
            writer.write(chunk)
            await writer.drain()

    return behave


def drips(head: bytes, chunk: bytes, seconds: float) -> Behaviour:
    """Answers byte by byte, always just in time to keep the connection."""

    async def behave(liar: Liar, reader: Reader, writer: Writer) -> None:
        await liar.asked(reader)
        writer.write(head)
        while True:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(seconds)

    return behave


def breaks_off(*parts: bytes) -> Behaviour:
    """Sends that much and hangs up."""

    async def behave(liar: Liar, reader: Reader, writer: Writer) -> None:
        await liar.asked(reader)
        for part in parts:
            writer.write(part)
            await writer.drain()

    return behave
