"""The wire of an MQTT client: what is too long is shortened, packet by packet, whatever comes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from datasources.mqtt_wire import Wire
from tests.datasources.test_mqtt import length


class _Script:
    """A socket that gives what it was given, in pieces of any size."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data, self._sizes = data, sizes

    def recv(self, count: int) -> bytes:
        count = min(count, self._sizes.pop(0)) if self._sizes else count
        if not count and self._data:
            raise BlockingIOError
        got, self._data = self._data[:count], self._data[count:]
        return got


@given(st.lists(st.tuples(st.sampled_from([0x30, 0x32, 0x3B]), st.binary(max_size=300)), max_size=6),
       st.lists(st.integers(0, 40), max_size=60))  # fmt: skip
def test_the_wire_shortens_what_is_too_long_and_nothing_else(
    packets: list[tuple[int, bytes]], sizes: list[int]
) -> None:
    most = 100
    sent = b"".join(bytes([command]) + length(len(body)) + body for command, body in packets)
    wanted = b"".join(bytes([c]) + length(min(len(b), most)) + b[:most] for c, b in packets)
    wire: Any = Wire(_Script(sent, sizes), most)  # type: ignore[arg-type]
    got, idle = b"", 0
    while idle < 200 and len(got) < len(wanted):
        try:
            part = wire.recv(1 if len(got) % 3 else 50)
        except BlockingIOError:
            idle += 1
            continue
        if not part:
            break
        got += part
    assert got == wanted


@given(st.binary(max_size=200))
def test_any_bytes_on_the_wire_are_bytes_or_an_oserror(data: bytes) -> None:
    wire: Any = Wire(_Script(data, []), 50)  # type: ignore[arg-type]
    try:
        while wire.recv(20):
            pass
    except OSError:
        pass
