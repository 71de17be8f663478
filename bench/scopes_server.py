"""A server for the benchmark of scopes: the real endpoint, where every client is one of some enterprises.

``python -m bench.scopes_server VEHICLES SCOPES``; says its port, then obeys lines: ``publish`` publishes a moved fleet,
each vehicle somebody's, ``made`` answers how many deltas and frames were encoded since it was last asked.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI
from msgspec.structs import replace

from bench.fleet import driven
from bench.process import answer
from domain.pictures import Positions
from domain.viewer import Viewer
from live import endpoint
from live.frames import Frame
from live.hub import Hub
from live.requests import Limits
from live.topics import Topic
from live.wire import server_options

MADE: Counter[str] = Counter()


def counted() -> None:
    """Count encodings where they are made."""
    publish, framed = Topic.publish, Topic._frame

    def counting_publish(self: Topic, picture: Any) -> bool:
        MADE["deltas"] += self.name == "vehicles"
        return publish(self, picture)

    def counting_frame(self: Topic, content: bytes, packable: bool) -> Frame:
        MADE["frames"] += self.name == "vehicles"
        return framed(self, content, packable)

    Topic.publish, Topic._frame = counting_publish, counting_frame  # type: ignore[method-assign]


def fleet(vehicles: int, scopes: int, second: int) -> Positions:
    """A second of a fleet that belongs to enterprises in turn."""
    picture = driven(vehicles, second, datetime.now(UTC))
    return replace(picture, owners={key: f"E{n % scopes:03d}" for n, key in enumerate(picture.ids)})


def main(vehicles: int, scopes: int) -> None:
    """Serve and obey until the lines end."""
    counted()
    hub, app = Hub(lambda value: b"null"), FastAPI(openapi_url=None)

    def viewer_of(scope: Any) -> Viewer:
        code = scope["query_string"].decode()
        return Viewer(name=code, roles=frozenset({"enterprise"}), scope=frozenset({code}))

    endpoint.attach(app, hub, viewer_of, limits=Limits(clients=5000))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", **server_options()))

    def told() -> None:
        while not server.started:
            time.sleep(0.05)
        hub.publish("vehicles", fleet(vehicles, scopes, 0))
        answer({"port": server.servers[0].sockets[0].getsockname()[1]})
        for second, line in enumerate(sys.stdin, 1):
            if line.strip() == "publish":
                hub.publish("vehicles", fleet(vehicles, scopes, second))
            elif line.strip() == "made":
                answer(MADE)
                MADE.clear()
        server.should_exit = True

    threading.Thread(target=told, daemon=True).start()
    server.run()
    hub.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
