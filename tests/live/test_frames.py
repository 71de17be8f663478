"""Bytes for the socket: what our own framing says is what the websocket standard reads."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as StandardFrame
from websockets.frames import Opcode
from websockets.streams import StreamReader

from live.frames import PACK_BYTES, PIECE_BYTES, Frame, messages


def read(pieces):
    """Opcodes, fin flags and payload as the websockets library parses them."""
    opcodes, fins, payload = [], [], b""
    for piece in pieces:
        reader = StreamReader()
        reader.feed_data(piece)
        reader.feed_eof()
        parsing = StandardFrame.parse(reader.read_exact, mask=False)
        try:
            next(parsing)
        except StopIteration as end:
            opcodes.append(end.value.opcode)
            fins.append(end.value.fin)
            payload += end.value.data
        assert not reader.buffer, "nothing is left over"
    return opcodes, fins, payload


@given(st.integers(0, 300) | st.sampled_from([125, 126, 65_535, 65_536, 65_537, 3 * PIECE_BYTES, 3 * PIECE_BYTES + 1]))
def test_any_length_is_read_back(size):
    body = bytes(range(256)) * (size // 256 + 1)
    opcodes, fins, payload = read(messages(1, body[:size]))
    assert payload == body[:size]
    assert opcodes == [Opcode.TEXT] + [Opcode.CONT] * (len(opcodes) - 1)
    assert fins == [False] * (len(fins) - 1) + [True]


@pytest.mark.parametrize(
    ("size", "packable", "packed"),
    [(PACK_BYTES, True, True), (PACK_BYTES - 1, True, False), (PACK_BYTES, False, False)],
)
def test_only_what_pays_is_packed_and_only_once(size, packable, packed):
    frame = Frame(1, b"x" * size, packable=packable)
    opcodes, _, payload = read(frame.pieces(True))
    assert (opcodes[0] == Opcode.BINARY) == packed
    assert (zlib.decompress(payload, -zlib.MAX_WBITS) if packed else payload) == frame.body
    assert frame.pieces(True) is frame.pieces(True)
    assert read(frame.pieces(False)) == ([Opcode.TEXT], [True], frame.body)
