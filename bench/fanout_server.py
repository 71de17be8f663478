"""A server for the fan-out benchmark: ours, or raw ``websockets.broadcast`` doing the same work.

``python -m bench.fanout_server ours|raw VEHICLES``; says its port, then obeys lines: ``go PHASE`` publishes
once a second at that part of the second, ``sent`` answers with the time (monotonic) of every sequence number.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

import uvicorn
import uvloop
from fastapi import FastAPI
from websockets.asyncio.server import ServerConnection, broadcast, serve

from bench.fleet import driven
from bench.process import answer
from domain.pictures import Positions
from domain.viewer import PORT_OPERATOR
from live import endpoint
from live.hub import Hub
from live.topics import Topic
from live.wire import server_options

Publish = Callable[[Positions], None]


class Ticker:
    """Publishes a moving fleet once a second, in a thread of its own, and remembers when."""

    def __init__(self, vehicles: int, publish: Publish) -> None:
        self._vehicles, self._publish = vehicles, publish
        self.sent: dict[int, float] = {}

    def start(self, phase: float) -> None:
        """Begin; updates fall ``phase`` seconds after the full second."""
        threading.Thread(target=self._run, args=(phase,), daemon=True).start()

    def _run(self, phase: float) -> None:
        for seq in count(2):
            picture = driven(self._vehicles, seq, datetime.now(UTC))
            time.sleep((phase - time.monotonic()) % 1.0)
            self.sent[seq] = time.monotonic()
            self._publish(picture)


def obey(vehicles: int, publish: Publish, port: int) -> None:
    """Say the port and obey until the lines end."""
    publish(driven(vehicles, 0, datetime.now(UTC)))
    ticker = Ticker(vehicles, publish)
    answer({"port": port})
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "go":
            ticker.start(float(rest[0]))
        elif word == "sent":
            answer(ticker.sent)


def ours(vehicles: int) -> None:
    """The real endpoint under uvicorn with the real options."""
    hub = Hub(lambda value: b"null")
    app = FastAPI(openapi_url=None)
    endpoint.attach(app, hub, lambda scope: PORT_OPERATOR)
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", **server_options())
    server = uvicorn.Server(config)

    def told() -> None:
        while not server.started:
            time.sleep(0.05)
        obey(vehicles, lambda picture: hub.publish("vehicles", picture), server.servers[0].sockets[0].getsockname()[1])
        server.should_exit = True

    threading.Thread(target=told, daemon=True).start()
    server.run()


async def raw(vehicles: int) -> None:
    """The websockets library: the same encoding, then one broadcast; no resume, no bounds, no topics."""
    topic, readers, loop = Topic("vehicles"), set(), asyncio.get_running_loop()

    async def attend(connection: ServerConnection) -> None:
        hello = {"op": "hello"}
        await connection.send(json.dumps(hello))
        await connection.recv()
        snapshot = topic.frame(None)
        if snapshot is not None:
            await connection.send(snapshot.text)
        readers.add(connection)
        await connection.wait_closed()
        readers.discard(connection)

    def publish(picture: Positions) -> None:
        before = topic.seq
        topic.publish(picture)
        frame = topic.frame(before)
        if frame is not None:
            loop.call_soon_threadsafe(broadcast, readers, frame.text)

    async with serve(attend, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.to_thread(obey, vehicles, publish, port)


if __name__ == "__main__":
    if sys.argv[1] == "ours":
        ours(int(sys.argv[2]))
    else:
        uvloop.run(raw(int(sys.argv[2])))
