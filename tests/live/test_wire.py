"""Peers that no longer answer are let go, and never hold up the end of the server."""

from __future__ import annotations

import json
import socket
import time

import pytest
import uvicorn
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from live.requests import Limits
from live.wire import LiveWebSocketProtocol, server_options
from tests.live.pictures import Fleet


class Stalled:
    """A browser that subscribed and then reads nothing any more, not even pings."""

    def __init__(self, server, receive_buffer=8192):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", server.port))
        protocol = ClientProtocol(parse_uri(server.url), origin=server.origin)
        protocol.send_request(protocol.connect())
        self.socket.sendall(b"".join(protocol.data_to_send()))
        while protocol.state.name != "OPEN":
            protocol.receive_data(self.socket.recv(2048))
        protocol.send_text(json.dumps({"op": "sub", "topics": {"vehicles": None}}).encode())
        self.socket.sendall(b"".join(protocol.data_to_send()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


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
    server = live_server(Limits(), ws_ping_interval=0.3, ws_ping_timeout=0.3)
    with Stalled(server):
        server.until(lambda: ("vehicles", "") in server.endpoint._readers)
        if data:
            fill(server)
        server.until(lambda: server.endpoint.clients == 0)
    assert server.endpoint.counts["aborted"] == 1
    assert not server.server.server_state.connections, "the socket is gone too, not only its handler"


def test_the_server_ends_with_stalled_peers(live_server):
    server = live_server()
    stalled = [Stalled(server) for _ in range(50)]
    server.until(lambda: len(server.endpoint._readers.get(("vehicles", ""), ())) == 50)
    fill(server)
    begin = time.monotonic()
    server.stop()
    assert not server.thread.is_alive()
    print(f"ended after {time.monotonic() - begin:.1f} s")
    for peer in stalled:
        peer.socket.close()


def test_a_slow_peer_that_takes_data_is_not_aborted(live_server):
    server = live_server(Limits(), ws_ping_interval=1.0, ws_ping_timeout=1.0)
    server.hub.publish("vehicles", Fleet(100_000).step())  # 3.7 MB: more than 4 s at the pace below
    with Stalled(server, receive_buffer=200_000) as peer:  # below one loopback segment TCP hardly moves
        end = time.monotonic() + 3.0
        while time.monotonic() < end:
            peer.socket.recv(16_384)
            time.sleep(0.02)
        assert server.endpoint.clients == 1, "no pong for longer than the patience, but it takes data"
