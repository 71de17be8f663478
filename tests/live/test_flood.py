"""Floods below the protocol: frames nobody counts as messages, and mistakes of peers who do not listen."""

from __future__ import annotations

import json

import pytest
from websockets.frames import Opcode
from websockets.protocol import Protocol, Side

from live.requests import Limits
from tests.live.pictures import Fleet
from tests.live.stalled import Stalled
from tests.live.test_wire import fill

MASKED = 0x80


def frame(opcode, payload=b"", fin=True):
    """A frame as no client library sends it; masked with zeros."""
    long = len(payload) > 125
    size = bytes([MASKED | 126]) + len(payload).to_bytes(2) if long else bytes([MASKED | len(payload)])
    return bytes([(0x80 if fin else 0) | opcode]) + size + bytes(4) + payload


class Rude(Stalled):
    """Sends what it likes, then listens for the server's last word."""

    def last_word(self):
        """Code and reason of the close frame, after which the server ends the connection."""
        self.socket.settimeout(60)
        protocol = Protocol(Side.CLIENT, max_size=None)
        while data := self.socket.recv(65_536):
            protocol.receive_data(data)
        assert protocol.close_rcvd is not None, "no reason was given"
        return protocol.close_rcvd.code, protocol.close_rcvd.reason


@pytest.mark.parametrize(
    ("flood", "code", "word"),
    [
        ([frame(Opcode.PING, bytes(125))] * 20_000, 4429, "flood"),
        ([frame(Opcode.PONG)] * 20_000, 4429, "flood"),
        ([frame(Opcode.TEXT, b"{", fin=False), *[frame(Opcode.CONT, fin=False)] * 50_000], 4429, "flood"),
        ([frame(Opcode.TEXT, b'{"op":"unsub","topics":[]}')] * 20_000, 4429, "flood"),
        (
            [frame(Opcode.TEXT, b"{", fin=False), *[frame(Opcode.CONT, bytes(60_000), fin=False)] * 170],
            1009,
            "too_large",
        ),
        ([frame(3), *[frame(Opcode.PING)] * 20_000], 1002, "malformed"),
    ],
    ids=["pings", "pongs", "fragments", "messages", "10 MB in fragments", "malformed, and more"],
)
def test_a_flood_of_frames_is_cut_off_with_its_reason(live_server, flood, code, word):
    server = live_server()
    server.hub.publish("vehicles", Fleet(10).step())
    with Stalled(server.port) as good, Rude(server.port) as rude:
        server.until(lambda: server.endpoint.subscriptions == 2)
        rude.socket.sendall(b"".join(flood))
        assert rude.last_word()[0] == code
        server.until(lambda: server.endpoint.clients == 1)
        assert server.endpoint.counts[f"refused:{word}"] == 1
        assert good.socket.recv(1), "the other one stays"


def test_a_peer_that_reads_nothing_and_breaks_the_protocol_is_gone(live_server):
    """Its answer stands behind data it will never read: that must not keep the socket."""
    server = live_server()
    ends = [frame(3), frame(Opcode.CLOSE, b"\x03\xe8"), frame(Opcode.PING) * 1000, frame(Opcode.TEXT, b"what?")]
    for end in ends:
        with Stalled(server.port) as peer:
            server.until(lambda: ("vehicles", "") in server.endpoint._readers)
            fill(server)
            server.until(lambda: any(not outbox._wire.ready for outbox in server.endpoint._clients))
            peer.socket.sendall(end)
            server.until(lambda: not server.server.server_state.connections)


def test_a_browser_that_subscribes_often_enough_is_no_flood(live_server):
    """What a tab says on a change of page, with its pongs, stays far below."""
    server = live_server(Limits())
    with Stalled(server.port) as peer:
        text = json.dumps({"op": "sub", "topics": {"vehicles": None}}).encode()
        peer.socket.sendall((frame(Opcode.TEXT, text) + frame(Opcode.PONG)) * 50)
        server.hub.publish("vehicles", Fleet(10).step())
        server.until(lambda: server.endpoint.counts["frames"] > 0)
        assert server.endpoint.clients == 1
