"""Situations of the adapter mqtt: a real broker behind each of them, and liars."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract.http_json_rig import MAPPING, truck
from tests.contract.rig import Case, Expected
from tests.datasources.broker import Nats
from tests.datasources.liar import Behaviour, Liar, Reader, Writer, hangs
from tests.ports import free_port

_OPEN = contextlib.ExitStack()  # closed by ``close_all`` after each test


class _Steady:
    """A broker with trucks that have reported once."""

    def __init__(self, broker: Nats) -> None:
        self.broker, self.begun = broker, False


_STEADY: list[_Steady] = []
_TRUCKS = [(f"port/truck/{number}", json.dumps(truck(number))) for number in range(1, 10)]


def close_all() -> None:
    """Stop the brokers."""
    _OPEN.close()
    _STEADY.clear()


def rewind() -> None:
    """The trucks report anew, except before anything was read; what they report waits for the cockpit."""
    for source in _STEADY:
        if source.begun:
            source.broker.publish(*_TRUCKS)
        source.begun = True


def options(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "topics": ["port/#"], "dataset": "vehicle_position", "mapping": MAPPING, **more}


def published(*rows: Any, topic: str = "port/truck/7", **more: Any) -> Callable[[Path], Any]:
    """Messages that wait at a broker for the cockpit."""

    def lay_out(folder: Path) -> dict[str, Any]:
        broker = _OPEN.enter_context(Nats())
        broker.remember("cockpit", "port/#")
        texts = [row if isinstance(row, str | bytes) else json.dumps(row) for row in rows]
        broker.publish(*[(topic, text) for text in texts])
        return options(broker.url, client_id="cockpit", qos=1, persistent=True, **more)

    return lay_out


def steady(folder: Path) -> dict[str, Any]:
    """Nine trucks that report once."""
    given = published()(folder)
    broker = Nats.at(given["url"])
    broker.publish(*_TRUCKS)
    _STEADY.append(_Steady(broker))
    return given


def _lying(behaviour: Behaviour) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: options(f"mqtt://127.0.0.1:{_OPEN.enter_context(Liar(behaviour)).port}")


def breaks_off() -> Behaviour:
    """Accepts a client and hangs up in the middle of a message."""

    async def behave(liar: Liar, reader: Reader, writer: Writer) -> None:
        await reader.read(100)
        writer.write(b"\x20\x02\0\0")
        await reader.read(100)
        writer.write(b"\x90\x03\0\x01\0\x30\x7f\0\x04port")
        await writer.drain()

    return behave


CASES = [
    Case(name="good", lay_out=published(truck(1), truck(2)), expected=Expected(records=2)),
    Case(name="empty: nothing is published", lay_out=published(), expected=Expected()),
    Case(name="empty message", lay_out=published("", truck(1)), expected=Expected(records=1)),
    Case(
        name="malformed rows",
        lay_out=published(truck(1), truck(2, position=None), truck(3, speed="fast"), '"x"', truck(4, plate={})),
        expected=Expected(records=1, rejects=4),
    ),
    Case(name="malformed: no JSON", lay_out=published("<html>", b"\xff\x00\x80"), expected=Expected(rejects=2)),
    Case(
        name="truncated JSON",
        lay_out=published(json.dumps(truck(1))[:-9], truck(2)),
        expected=Expected(records=1, rejects=1),
    ),
    Case(name="truncated message", lay_out=_lying(breaks_off()), expected=Expected(problem="not_connected")),
    Case(name="hang", lay_out=_lying(hangs()), expected=Expected(problem="not_connected", says=("trial", "mqtt://"))),
    Case(name="duplicate", lay_out=published(truck(1), truck(1)), expected=Expected(records=2)),
    Case(name="out of order", lay_out=published(truck(9), truck(1)), expected=Expected(records=2)),
    Case(
        name="stale: an old position",
        lay_out=published(truck(1, seen_at="2019-08-24T14:15:22Z")),
        expected=Expected(records=1),
    ),
    Case(name="true zero", lay_out=published(truck(1, speed=0)), expected=Expected(records=1)),
    Case(
        name="wrong file: nobody listens",
        lay_out=lambda folder: options(f"mqtt://127.0.0.1:{free_port()}"),
        expected=Expected(problem="not_connected", says=("refused",)),
    ),
    Case(
        name="too large",
        lay_out=published(truck(1), truck(2, note="x" * 300_000), truck(3), max_megabytes=0.1),
        expected=Expected(records=2, rejects=1),
    ),
]
