"""Peers that no longer answer are let go, and never hold up the end of the server."""

from __future__ import annotations

import time

import pytest
import uvicorn

from live.requests import Limits
from live.wire import LiveWebSocketProtocol, server_options
from tests.live.pictures import Fleet
from tests.live.stalled import Stalled


def fill(server, updates=60):
    """Publish more than a socket that is not read can hold."""
    fleet = Fleet(3000)
    for _ in range(updates):
        server.hub.publish("vehicles", fleet.step())
        time.sleep(0.002)


def test_uvicorn_is_the_version_this_was_written_for():
    assert uvicorn.__version__ == "0.54.0", "read live/wire.py against the new version, then change this line"


def test_options_for_uvicorn():
    config = uvicorn.Config("app", **server_options())
    config.load = None
    assert config.ws is LiveWebSocketProtocol
    assert config.ws_per_message_deflate is False
    assert config.ws_ping_interval + 2 * config.ws_ping_timeout <= 45, "unreachable peers are gone within 45 s"


@pytest.mark.parametrize("data", [True, False], ids=["with data waiting", "idle"])
def test_a_stalled_peer_is_aborted(live_server, data):
    server = live_server(Limits(), ws_ping_interval=1.0, ws_ping_timeout=1.0)  # time to see it subscribe
    with Stalled(server.port):
        server.until(lambda: ("vehicles", "") in server.endpoint._readers)
        if data:
            fill(server)
        server.until(lambda: server.endpoint.clients == 0)
    assert server.endpoint.counts["aborted"] == 1
    assert not server.server.server_state.connections, "the socket is gone too, not only its handler"


def test_a_slow_peer_that_takes_data_is_not_aborted(live_server):
    server = live_server(Limits(), ws_ping_interval=1.0, ws_ping_timeout=2.0)
    server.hub.publish("vehicles", Fleet(100_000).step())  # 3.7 MB: more than 6 s at the pace below
    with Stalled(server.port, receive_buffer=200_000) as peer:  # below one loopback segment TCP hardly moves
        end = time.monotonic() + 4.0
        while time.monotonic() < end:
            peer.socket.recv(12_288)
            time.sleep(0.02)
        assert server.endpoint.clients == 1, "no pong for longer than the patience, but it takes data"
