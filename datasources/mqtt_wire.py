"""The connection a client of paho-mqtt reads from: to a judged address, and of messages no longer than allowed."""

from __future__ import annotations

import socket
import ssl

_PUBLISH = 0x30
_LENGTH_BYTES = 4  # MQTT 3.1.1 and 5, 2.2.3: a length is 1 to 4 bytes of 7 bits each
_CHUNK = 1 << 16


class Wire:
    """Stands where paho-mqtt has its socket, and shortens what is too long.

    A PUBLISH that is longer than allowed is given to the client with its end cut off, and the rest is thrown away as
    it comes: the message can be refused by name and acknowledged, where hanging up would have it sent again forever.
    paho-mqtt itself would hold up to 256 MB of it.
    """

    def __init__(self, sock: socket.socket | ssl.SSLSocket, most: int) -> None:
        """Take a connected socket.

        Args:
            sock: plain, or TLS after its handshake.
            most: bytes of a packet that are kept.
        """
        self._sock, self._most = sock, most
        self._command, self._seen, self._told = 0, bytearray(), bytearray()
        self._body, self._skip = 0, 0
        self.cut = 0  # bytes that were cut off the packet at hand
        self._closed = False

    def recv(self, count: int) -> bytes:
        """Up to ``count`` bytes; as ``socket.recv``."""
        if self._closed:
            raise OSError("closed")
        if self._told:
            return self._take_told(count)
        if self._body:
            return self._take_body(count)
        if self._command:
            return self._take_length(count)
        if self._skip:
            got = self._sock.recv(min(self._skip, _CHUNK))
            self._skip -= len(got)
            if self._skip and got:
                raise BlockingIOError  # others have their turn between
            if not got:
                return b""
        got = self._sock.recv(1)
        if got:
            self._command, self.cut = got[0], 0
            self._seen.clear()
        return got

    def _take_length(self, count: int) -> bytes:
        """Read the whole length, then hand it on, shortened when it is too much."""
        while not self._seen or self._seen[-1] & 0x80:
            if len(self._seen) == _LENGTH_BYTES:
                raise OSError("answers something that is no MQTT")
            got = self._sock.recv(1)
            if not got:
                return b""
            self._seen += got
        length = sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(self._seen))
        kept = length
        if length > self._most:
            if self._command & 0xF0 != _PUBLISH:
                raise OSError("answers something that is no MQTT")
            kept = self._most
        self._body, self._skip, self.cut = kept, length - kept, length - kept
        self._command, self._told = 0, _encoded(kept)
        return self._take_told(count)

    def _take_told(self, count: int) -> bytes:
        got, self._told = bytes(self._told[:count]), self._told[count:]
        return got

    def _take_body(self, count: int) -> bytes:
        got = self._sock.recv(min(count, self._body, _CHUNK))
        self._body -= len(got)
        return got

    def send(self, data: bytes) -> int:
        """As ``socket.send``."""
        return self._sock.send(data)

    def pending(self) -> int:
        """Bytes decrypted and not read yet: the system does not know of them."""
        return 0 if self._closed or not isinstance(self._sock, ssl.SSLSocket) else self._sock.pending()

    def fileno(self) -> int:
        """As ``socket.fileno``."""
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        """As ``socket.setblocking``."""
        self._sock.setblocking(flag)

    def close(self) -> None:
        """Close; may be called twice."""
        self._closed = True
        self._sock.close()


def _encoded(length: int) -> bytearray:
    told = bytearray()
    while True:
        length, low = divmod(length, 128)
        told.append(low | (0x80 if length else 0))
        if not length:
            return told
