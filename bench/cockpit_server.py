"""The whole cockpit in a process of a benchmark, with every read of the database counted.

``python -m bench.cockpit_server HOME``; says its port. Lines it obeys: ``topics`` answers with the topics
that have a picture and all views of the overview, ``reads`` with how many reads there were so far.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import uvicorn

import composition
import settings as configuration
from bench.process import answer
from domain.pictures import TOPICS
from live import endpoint, views
from live.drawing import view_topic
from live.hub import Hub
from live.wire import server_options


class Counted:
    """Passes every read on and counts it."""

    def __init__(self, reads: Any) -> None:
        self._reads = reads
        self.counts: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._reads, name)
        if not callable(found):
            return found

        def read(*args: Any, **kwargs: Any) -> Any:
            self.counts[name] += 1
            return found(*args, **kwargs)

        return read


def main(home: str) -> None:
    """Serve on a free port until the lines end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings = configuration.load(environ={"COCKPIT_HOME": home, "COCKPIT_PORT": str(port)})
        with composition.opened(settings) as store, composition.bus_of(settings) as bus:
            reads = Counted(store.reads)
            store.reads = reads  # type: ignore[assignment]
            hubs = _hubs()
            built = composition.collecting(settings, store, bus)
            server = uvicorn.Server(uvicorn.Config(built, log_level="error", access_log=False, **server_options()))
            threading.Thread(target=_obey, args=(port, reads, hubs, server), daemon=True).start()
            server.run(sockets=[listener])


def _hubs() -> list[Hub]:
    """The hub the cockpit will attach, to ask it what it holds."""
    found: list[Hub] = []
    attach: Callable[..., endpoint.Endpoint] = endpoint.attach

    def remembering(server: Any, hub: Hub, *args: Any, **kwargs: Any) -> endpoint.Endpoint:
        found.append(hub)
        return attach(server, hub, *args, **kwargs)

    endpoint.attach = remembering
    return found


def _obey(port: int, reads: Counted, hubs: list[Hub], server: uvicorn.Server) -> None:
    answer({"port": port})
    for line in sys.stdin:
        if line.strip() == "reads":
            answer(dict(reads.counts))
        elif line.strip() == "topics":
            known = [topic for topic in TOPICS if hubs[0].seq(topic)]
            answer([*known, *(view_topic(name, "zh_CN") for name in views.registered() if name.startswith("overview"))])
    server.should_exit = True


if __name__ == "__main__":
    main(sys.argv[1])
