"""Many websocket clients in one process, as cheap as they can be, so that the server is what is measured.

``python -m bench.live_clients PORT COUNT read|stall TOPICS [SCOPES]``: connects all at once (in turn as one of so many
enterprises, ``/live?E000``), subscribes to the topics (comma-separated) and says ``{"seconds": ...}`` when every
one has a frame of every topic. Lines it obeys:
``got`` answers with {sequence number: [times]} of the first topic over all clients (monotonic) and forgets them,
``again`` drops all connections, connects all at once again and answers as at the start, ``open`` tells
how many are connected.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import struct
import sys
import time
from collections import defaultdict
from typing import cast

import uvloop

from bench.process import answer

_FRAME = re.compile(rb'"t":"([^"]+)","s":(\d+)')
_SHARED = memoryview(bytearray(1 << 18))  # all clients read into one buffer; only heads of messages are looked at
_HEAD_BYTES = 160
_TEXT, _CONTINUED, _PING, _PONG = 1, 0, 9, 10


class Client(asyncio.BufferedProtocol):
    """Handshake, subscription, and the time at which each message was complete."""

    def __init__(self, herd: Herd) -> None:
        self.herd, self.missing = herd, set(herd.topics)
        self._query = f"?E{herd.number() % herd.scopes:03d}" if herd.scopes else ""
        self._opening: bytearray | None = bytearray()
        self._header, self._head, self._message = bytearray(), bytearray(), b""
        self._rest = self._first = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is not one by name
        host = f"127.0.0.1:{self.herd.port}"
        transport.write(
            f"GET /live{self._query} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def get_buffer(self, sizehint: int) -> memoryview:
        return _SHARED

    def buffer_updated(self, nbytes: int) -> None:
        if self._opening is None:
            self._read(_SHARED, nbytes)
            return
        self._opening += _SHARED[:nbytes]
        end = self._opening.find(b"\r\n\r\n")
        if end < 0:
            return
        rest, self._opening = bytes(self._opening[end + 4 :]), None
        self._say(_TEXT, json.dumps({"op": "sub", "topics": dict.fromkeys(self.herd.topics)}).encode())
        if self.herd.stall:
            self.transport.pause_reading()
            self.herd.complete()
        self._read(memoryview(rest), len(rest))

    def connection_lost(self, exc: Exception | None) -> None:
        self.herd.open.discard(self)

    def _read(self, data: memoryview, size: int) -> None:
        at = 0
        while at < size:
            if self._rest:
                step = min(self._rest, size - at)
                room = _HEAD_BYTES - len(self._head)
                if room > 0:
                    self._head += data[at : at + min(step, room)]
                at, self._rest = at + step, self._rest - step
            else:
                before = len(self._header)
                self._header += data[at : at + 10 - before]
                long = self._header[1] & 127 if len(self._header) > 1 else 0
                need = 10 if long == 127 else 4 if long == 126 else 2
                if len(self._header) < need:
                    return
                at += need - before
                self._first = self._header[0]
                self._rest = long if need == 2 else int.from_bytes(self._header[2:need])
                self._header.clear()
            if not self._rest:
                self._finish(bytes(self._head))
                self._head.clear()

    def _finish(self, head: bytes) -> None:
        opcode = self._first & 15
        if opcode == _PING:
            self._say(_PONG, head)
            return
        if opcode != _CONTINUED:
            self._message = head
        found = _FRAME.search(self._message) if self._first & 128 else None
        if found is not None:
            self._take(found[1].decode(), int(found[2]))

    def _take(self, topic: str, seq: int) -> None:
        if topic == self.herd.topics[0]:
            self.herd.got[seq].append(time.monotonic())
        if topic in self.missing:
            self.missing.discard(topic)
            if not self.missing:
                self.herd.complete()

    def _say(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        length = struct.pack("!B", 128 | size) if size < 126 else struct.pack("!BH", 254, size)
        self.transport.write(bytes([128 | opcode]) + length + bytes(4) + payload)  # masked with zeros


class Herd:
    """All clients of this process."""

    def __init__(self, port: int, count: int, stall: bool, topics: list[str], scopes: int = 0) -> None:
        self.port, self.count, self.stall, self.topics, self.scopes = port, count, stall, topics, scopes
        self._numbers = itertools.count()
        self.open: set[Client] = set()
        self.got: defaultdict[int, list[float]] = defaultdict(list)
        self._waiting, self._all = 0, asyncio.Event()

    def number(self) -> int:
        """Of the next client."""
        return next(self._numbers)

    def complete(self) -> None:
        """One client has all it asked for."""
        self._waiting -= 1
        if self._waiting <= 0:
            self._all.set()

    async def connect(self) -> float:
        """All at once; seconds until every client has everything."""
        self._waiting, self._all = self.count, asyncio.Event()
        began, loop = time.monotonic(), asyncio.get_running_loop()
        await asyncio.gather(*(self._one(loop) for _ in range(self.count)))
        await self._all.wait()
        return time.monotonic() - began

    async def _one(self, loop: asyncio.AbstractEventLoop) -> None:
        _, client = await loop.create_connection(lambda: Client(self), "127.0.0.1", self.port)
        self.open.add(client)

    def drop(self) -> None:
        """Cut all connections."""
        for client in tuple(self.open):
            client.transport.abort()
        self.open.clear()


async def main(port: int, count: int, mode: str, topics: list[str], scopes: int = 0) -> None:
    """Connect, then obey."""
    herd = Herd(port, count, mode == "stall", topics, scopes)
    answer({"seconds": await herd.connect()})
    while line := await asyncio.to_thread(sys.stdin.readline):
        word = line.strip()
        if word == "got":
            got, herd.got = herd.got, defaultdict(list)
            answer(got)
        elif word == "again":
            herd.drop()
            answer({"seconds": await herd.connect()})
        elif word == "open":
            answer({"open": len(herd.open)})


if __name__ == "__main__":
    uvloop.run(
        main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4].split(","), int((sys.argv[5:] or ["0"])[0]))
    )
