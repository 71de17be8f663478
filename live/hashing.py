"""The hash by which a browser proves that its state of a topic equals the server's.

CRC-32 (ISO 3309, as in zlib) over a canonical text of the state. The canonical text is made so
that Python and JavaScript agree to the byte (docs/live-protocol.md, "State hash"):
``n`` null, ``t`` true, ``f`` false, ``i<decimal>;`` whole numbers up to 2**53, ``d<16 hex digits>``
other numbers as IEEE 754 double, ``s<bytes>:<UTF-8>`` texts, ``[...]`` lists, ``{...}`` objects with
keys in UTF-16 order.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

_WHOLE = 2**53


def canonical(value: Any) -> bytes:
    """Canonical bytes of a JSON value.

    Args:
        value: what ``json.loads`` may return: None, bool, int, float, str, list, dict.

    Raises:
        TypeError: for anything else.
    """
    parts: list[bytes] = []
    _write(value, parts)
    return b"".join(parts)


def state_hash(value: Any, *columns: bytes) -> str:
    """Eight hex digits: CRC-32 over the canonical value, then over raw little-endian columns."""
    crc = zlib.crc32(canonical(value))
    for column in columns:
        crc = zlib.crc32(column, crc)
    return f"{crc:08x}"


def _write(value: Any, parts: list[bytes]) -> None:
    if value is None:
        parts.append(b"n")
    elif value is True or value is False:
        parts.append(b"t" if value else b"f")
    elif isinstance(value, int | float):
        parts.append(_number(value))
    elif isinstance(value, str):
        text = value.encode()
        parts.append(b"s%d:%s" % (len(text), text))
    elif isinstance(value, Mapping):
        parts.append(b"{")
        for key in sorted(value, key=lambda k: k.encode("utf-16-be")):
            _write(key, parts)
            _write(value[key], parts)
        parts.append(b"}")
    elif isinstance(value, Sequence):
        parts.append(b"[")
        for item in value:
            _write(item, parts)
        parts.append(b"]")
    else:
        raise TypeError(f"not a JSON value: {type(value).__name__}")


def _number(value: float) -> bytes:
    if abs(value) <= _WHOLE and value == int(value):
        return b"i%d;" % int(value)
    return b"d" + struct.pack(">d", value).hex().encode()
