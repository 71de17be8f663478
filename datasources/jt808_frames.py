"""JT/T 808 on the wire: frames between flags, escapes, checksum, header (JT/T 808-2013 and -2019, chapter 4)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from functools import reduce
from operator import xor

import msgspec

FLAG, ESCAPE = b"\x7e", b"\x7d"
LONGEST = 4_096  # bytes between two flags: a body of 1,023 with everything escaped takes half of it
SHORTEST = 13  # bytes: header of 12, no body, checksum
_PHONE_2013, _PHONE_2019 = 6, 10
_LENGTH, _RSA, _PARTS, _VERSIONED = 0x03FF, 0x0400, 0x2000, 0x4000  # bits of the attributes
_BAD_ESCAPE = re.compile(rb"\x7d(?![\x01\x02])")


class Frame(msgspec.Struct, frozen=True):
    """One frame whose checksum is right.

    Attributes:
        message_id: e.g. 0x0200.
        version: protocol version of the 2019 header; 0 = the header of 2011 and 2013.
        phone: the terminal's number as sent, 6 or 10 bytes.
        serial: running number of the terminal's messages.
        total: parts of the message; 1 = it is whole.
        index: which part, from 1.
        body: as sent.
        encrypted: the body is encrypted (RSA).
        length_differs: the header declares another length than the body has.
        content: everything between the flags, un-escaped.
    """

    message_id: int
    version: int
    phone: bytes
    serial: int
    total: int
    index: int
    body: bytes
    encrypted: bool
    length_differs: bool
    content: bytes

    @property
    def terminal(self) -> str:
        """The terminal's number without the zeros in front, which differ between versions; empty when unset."""
        return self.phone.hex().lstrip("0")


class Damaged(msgspec.Struct, frozen=True):
    """What cannot be a frame: the reason (catalogue ``reject.<reason>``), the detail, and all of it as text."""

    reason: str
    detail: str
    raw: str


class Splitter:
    """Cuts a stream of bytes at its flags."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Contents of frames that are complete, still escaped; bytes before the first flag come as one, too."""
        *whole, self._rest = (self._rest + data).split(FLAG)
        return (content for content in whole if content)

    @property
    def overflowed(self) -> bool:
        """Whether more came without a flag than any frame holds."""
        return len(self._rest) > LONGEST

    @property
    def rest(self) -> bytes:
        """What came after the last flag."""
        return self._rest


def unescaped(content: bytes) -> bytes | Damaged:
    """The content of a frame with 7d 02 as 7e and 7d 01 as 7d."""
    if _BAD_ESCAPE.search(content):
        return Damaged("undecodable", "7d stands before neither 01 nor 02", content[:LONGEST].hex())
    return content.replace(b"\x7d\x02", FLAG).replace(b"\x7d\x01", ESCAPE)


def escaped(content: bytes) -> bytes:
    """The reverse of ``unescaped``."""
    return content.replace(ESCAPE, b"\x7d\x01").replace(FLAG, b"\x7d\x02")


def checksum(content: bytes) -> int:
    """All bytes combined by exclusive or."""
    return reduce(xor, content, 0)


def parse(content: bytes) -> Frame | Damaged:
    """Read what stands between two flags, already un-escaped."""
    if len(content) < SHORTEST:
        return Damaged("not_a_frame", f"{len(content)} bytes, the shortest frame has {SHORTEST}", content.hex())
    if checksum(content):
        told, right = content[-1], checksum(content[:-1])
        return Damaged("bad_checksum", f"checksum is {told:02x}, should be {right:02x}", as_text(content))
    message_id, attributes = struct.unpack_from(">HH", content)
    version, at, wide = 0, 4, _PHONE_2013
    if attributes & _VERSIONED:
        version, at, wide = content[4] or 1, 5, _PHONE_2019
    needed = at + wide + 2 + (4 if attributes & _PARTS else 0)
    if len(content) < needed + 1:
        return Damaged("not_a_frame", f"{len(content)} bytes, its header alone has {needed}", as_text(content))
    phone = content[at : at + wide]
    (serial,) = struct.unpack_from(">H", content, at + wide)
    total, index = struct.unpack_from(">HH", content, at + wide + 2) if attributes & _PARTS else (1, 1)
    body = content[needed:-1]
    return Frame(
        message_id, version, phone, serial, total, index, body,
        bool(attributes & _RSA), (attributes & _LENGTH) != len(body), content,
    )  # fmt: skip


def build(message_id: int, body: bytes, phone: bytes, serial: int, version: int = 0) -> bytes:
    """A whole frame, flags and all, in the header of the version the terminal speaks."""
    attributes = len(body) | (_VERSIONED if version else 0)
    head = struct.pack(">HH", message_id, attributes) + (bytes([version]) if version else b"")
    content = head + phone + struct.pack(">H", serial & 0xFFFF) + body
    return FLAG + escaped(content + bytes([checksum(content)])) + FLAG


def as_text(content: bytes) -> str:
    """A frame for quarantine: hexadecimal, un-escaped, in words.

    The terminal's number, which may be somebody's mobile number, stands apart from its leading zeros, so that it is
    known for one and masked where quarantined rows are shown.
    """
    wide = content[2:3] and content[2] & 0x40
    at = 5 if wide else 4
    end = at + (_PHONE_2019 if wide else _PHONE_2013)
    phone = content[at:end].hex()
    number = phone.lstrip("0")
    words = ["7e", content[:2].hex(), content[2:at].hex(), "0" * (len(phone) - len(number)), number,
             content[end : end + 2].hex(), content[end + 2 : -1].hex(), content[-1:].hex(), "7e"]  # fmt: skip
    return " ".join(word for word in words if word)
