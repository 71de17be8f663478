"""A real server for the live tests: uvicorn with the live endpoint, in a thread of its own."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import uvicorn
from fastapi import FastAPI

from domain.errors import NotAllowedError
from domain.viewer import PORT_OPERATOR, Viewer
from live import endpoint
from live.hub import Hub
from live.requests import Limits
from live.wire import server_options
from tests.live.port import Port


def viewer_of(scope):
    """Tests name themselves by a query string."""
    if scope["query_string"] == b"nobody":
        raise NotAllowedError("who are you")
    if scope["query_string"] == b"enterprise":
        return Viewer(name="enterprise", roles=frozenset({"enterprise"}), scope=frozenset({"3702"}))
    return PORT_OPERATOR


class LiveServer:
    """Hub, endpoint and uvicorn on a free loopback port."""

    def __init__(self, limits, **options):
        self.hub = Hub(lambda value: b"null")
        app = FastAPI(openapi_url=None)
        self.endpoint = endpoint.attach(app, self.hub, viewer_of, version="v1", limits=limits)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url, self.origin = f"ws://127.0.0.1:{self.port}/live", f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(app, log_level="error", lifespan="off", **{**server_options(), **options})
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],), daemon=True)
        self.thread.start()

    def stop(self):
        self.server.should_exit = True
        self.thread.join(20)
        self.listener.close()
        self.hub.close()

    def until(self, condition, seconds=60.0):
        """Wait until the endpoint, which works in another thread, got so far."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited in vain; counts {dict(self.endpoint.counts)}"
            time.sleep(0.01)


@pytest.fixture
def live_server():
    """Factory: ``live_server(limits, **uvicorn_options)``; stopped after the test."""
    servers = []

    def start(limits=None, **options):
        servers.append(LiveServer(limits or Limits(), **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def port():
    """A port in a process of its own, started; killed after the module."""
    port = Port()
    port.start()
    yield port
    port.kill()
