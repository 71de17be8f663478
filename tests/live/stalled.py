"""A client that subscribes and then reads nothing."""

from __future__ import annotations

import json
import socket

from websockets.client import ClientProtocol
from websockets.uri import parse_uri


class Stalled:
    """A browser that subscribed and then reads nothing any more, not even pings."""

    def __init__(self, port, receive_buffer=8192):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}/live"), origin=f"http://127.0.0.1:{port}")
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
