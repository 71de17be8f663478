"""A small server that answers as Traccar does, by its published API (openapi.yaml 6.6) and its sample answers.

It is no Traccar: what it shows is that the adapter speaks to the API as it is written down.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.datasources.liar import Liar, Reader, Request, Writer, answer

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_SESSION = "JSESSIONID=node0abc"


def device(number: int, **more: Any) -> dict[str, Any]:
    """As /api/devices lists it."""
    base = {
        "id": number, "attributes": {"plate": f"鲁B{number:05}"}, "groupId": 0, "name": f"Truck {number}",
        "uniqueId": f"86000000000{number:04}", "status": "online", "lastUpdate": "2031-05-04T03:00:00.000+00:00",
        "positionId": 0, "phone": None, "model": None, "contact": None, "category": "truck", "disabled": False,
    }  # fmt: skip
    return {**base, **more}


def position(number: int, of: int, at: str, **more: Any) -> dict[str, Any]:
    """As /api/positions and the socket give it; ``at`` is hh:mm of the day."""
    moment = f"2031-05-04T{at}:00.000+00:00"
    base = {
        "id": number, "attributes": {"motion": True, "batteryLevel": 80}, "deviceId": of, "protocol": "huabao",
        "serverTime": moment, "deviceTime": moment, "fixTime": moment, "outdated": False, "valid": True,
        "latitude": 36.01, "longitude": 120.21, "altitude": 4.0, "speed": 10.0, "course": 90.0, "address": None,
        "accuracy": 0.0, "network": None, "geofenceIds": None,
    }  # fmt: skip
    return {**base, **more}


class Tracker(Liar):
    """Holds devices and positions; what is added is said to everybody at the socket."""

    def __init__(self, devices: list[Any], positions: list[Any], port: int = 0) -> None:
        super().__init__(lambda liar, reader, writer: self._speak(reader, writer))
        self.devices, self.positions = devices, positions
        self.email, self.password, self.token = "cockpit@port.example", "right", "SDBGAi"
        self.history = "200 OK"  # what it answers when asked for history
        self._writers: set[Writer] = set()

    def say(self, *documents: Any) -> None:
        """Send messages to all who are connected."""
        for document in documents:
            text = document if isinstance(document, bytes) else json.dumps(document).encode()
            self._loop.call_soon_threadsafe(self._send, text)

    def drive(self, *positions: Any) -> None:
        """Vehicles report."""
        self.positions += positions
        self.say(*[{"positions": [one]} for one in positions])

    def hang_up(self) -> None:
        """Lose every connection of the socket."""
        self._loop.call_soon_threadsafe(lambda: [writer.close() for writer in self._writers])

    @property
    def connected(self) -> int:
        return len(self._writers)

    def asked_for(self, path: str) -> list[Request]:
        return [request for request in self.requests if urlsplit(request.target).path == path]

    def _send(self, text: bytes) -> None:
        for writer in self._writers:
            writer.write(_frame(text))

    async def _speak(self, reader: Reader, writer: Writer) -> None:
        while (request := await self.asked(reader)) is not None:
            body = await reader.readexactly(int(request.headers.get("content-length", 0)))
            if request.headers.get("upgrade") == "websocket":
                await self._socket(request, reader, writer)
                return
            writer.write(self._reply(request, body.decode()))
            await writer.drain()

    def _reply(self, request: Request, body: str) -> bytes:
        parts = urlsplit(request.target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/api/session":
            form = {name: values[0] for name, values in parse_qs(body).items()}
            if query.get("token", "") == self.token or (
                form.get("email"), form.get("password")) == (self.email, self.password):  # fmt: skip
                return answer(json.dumps({"id": 1, "email": self.email}), set_cookie=f"{_SESSION}; Path=/")
            return answer("no", status="400 Bad Request" if query else "401 Unauthorized")
        if _SESSION not in request.headers.get("cookie", ""):
            return answer("", status="401 Unauthorized")
        if parts.path == "/api/devices":
            return answer(json.dumps(self.devices))
        if parts.path == "/api/positions" and self.history != "200 OK":
            return answer("no", status=self.history)
        if parts.path == "/api/positions":
            since, until = _moment(query["from"]), _moment(query["to"])
            return answer(json.dumps([
                one for one in self.positions
                if one["deviceId"] == int(query["deviceId"]) and since <= _moment(one["fixTime"]) <= until
            ]))  # fmt: skip
        return answer("", status="404 Not Found")

    async def _socket(self, request: Request, reader: Reader, writer: Writer) -> None:
        if request.target != "/api/socket" or _SESSION not in request.headers.get("cookie", ""):
            writer.write(answer("", status="401 Unauthorized"))
            await writer.drain()
            return
        key = hashlib.sha1((request.headers["sec-websocket-key"] + _GUID).encode()).digest()
        accept = base64.b64encode(key).decode()
        writer.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())  # fmt: skip
        latest = {one["deviceId"] if isinstance(one, dict) else 0: one for one in self.positions}
        writer.write(_frame(json.dumps({"positions": list(latest.values())}).encode()))
        self._writers.add(writer)
        try:
            while await reader.read(1000):
                pass
        finally:
            self._writers.discard(writer)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _frame(text: bytes) -> bytes:
    """A text message of a websocket server (RFC 6455, 5.2)."""
    size = len(text)
    if size < 126:
        return bytes([0x81, size]) + text
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text
