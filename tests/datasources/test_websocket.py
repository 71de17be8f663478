"""JSON over websockets: subscriptions, peers that flood, lie, refuse, hang and come back."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection

from bench.process import memory_bytes
from datasources import listening
from datasources.contract import Batch
from datasources.listening import CAPACITY, Message
from datasources.messages import MessageReader
from datasources.websocket import Options, Websocket
from domain.errors import FeedError
from domain.outbound import Outbound
from domain.records import VehiclePosition, VesselPosition
from tests.contract.http_json_rig import MAPPING, truck
from tests.contract.rig import NOW, Clock, context
from tests.contract.websocket_rig import options
from tests.datasources.liar import Liar, answer, http
from tests.datasources.talker import Once, Talker, says


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_BACKOFF_SECONDS", (0.05, 0.2))


@contextmanager
def polled(url: str, rules: Outbound | None = None, **more: Any) -> Iterator[Websocket]:
    clock = more.pop("clock", Clock())
    given = msgspec.convert(options(url, **more), Options)
    made = context(Path(), clock)
    made.outbound = rules or made.outbound
    with closing(Websocket(given, made)) as adapter:
        yield adapter


def until(adapter: Websocket, holds: Callable[[Batch], bool], seconds: float = 10.0) -> Batch:
    """Poll until a batch is as wanted; a FeedError is waited out."""
    end, said = time.monotonic() + seconds, "nothing"
    while time.monotonic() < end:
        try:
            batch = adapter.poll()
        except FeedError as error:
            said = str(error)
        else:
            said = f"{len(batch.records)} records, {batch.problems}"
            if holds(batch):
                return batch
        time.sleep(0.01)
    raise AssertionError(f"waited in vain; last: {said}")


def refused(adapter: Websocket) -> FeedError:
    for _ in range(1_000):
        try:
            adapter.poll()
        except FeedError as error:
            return error
        time.sleep(0.01)
    raise AssertionError("nothing is wrong")


def test_what_is_said_first_and_what_comes_then() -> None:
    async def talk(talker: Talker, connection: ServerConnection) -> None:
        talker.heard += [await connection.recv(), await connection.recv()]
        await connection.send(json.dumps(truck(1)))
        await connection.wait_closed()

    subscribe = ["hello", {"APIKey": "k", "BoundingBoxes": [[[35.9, 120.0], [36.2, 120.5]]]}]
    with Talker(talk) as talker:
        with polled(f"{talker.url}/live?token=t", subscribe=subscribe, headers={"X-Key": "k"}) as adapter:
            batch = until(adapter, lambda b: bool(b.records))
        assert talker.heard[0] == "hello"
        assert json.loads(talker.heard[1])["BoundingBoxes"] == [[[35.9, 120.0], [36.2, 120.5]]]
        assert talker.requests[0].headers["X-Key"] == "k"
        assert talker.requests[0].path == "/live?token=t"
    (position,) = batch.records
    assert isinstance(position, VehiclePosition)
    assert "token" not in position.ref  # what stands behind the ? may be a secret
    assert batch.counts == {"messages": 1, "rows": 1}


AIS = {
    "MessageType": "PositionReport",
    "MetaData": {"MMSI": 413000001, "time_utc": "2031-05-04 02:11:09.123456789 +0000 UTC"},
    "Message": {"PositionReport": {"UserID": 413000001, "Latitude": 36.01, "Longitude": 120.21, "Sog": 4.5, "Cog": 90}},
}


def test_messages_of_many_kinds_are_chosen_among_by_a_path() -> None:
    """The shape of AISStream: what is wanted stands under the name of the message's kind."""
    mapping = {
        "mmsi": "MetaData.MMSI", "lat": "Message.PositionReport.Latitude", "lon": "Message.PositionReport.Longitude",
        "speed_knots": "Message.PositionReport.Sog", "course_degrees": "Message.PositionReport.Cog",
        "event_time": "@received",  # theirs has a form of its own, with nanoseconds
    }  # fmt: skip
    static = {"MessageType": "ShipStaticData", "Message": {"ShipStaticData": {"Name": "HAI WANG"}}}
    said = [json.dumps(message).encode() for message in (AIS, static, AIS)]
    with Talker(says(*said)) as talker:
        more = {"dataset": "vessel_position", "mapping": mapping, "rows": "$[?@.MessageType == 'PositionReport']"}
        with polled(talker.url, **more) as adapter:
            batch = until(adapter, lambda b: bool(b.records))
    assert [r.mmsi for r in batch.records if isinstance(r, VesselPosition)] == [413000001] * 2
    assert {r.event_time for r in batch.records} == {NOW}
    assert batch.counts == {"messages": 3, "rows": 2, "other": 1}


def test_a_server_that_goes_and_comes_back() -> None:
    with Talker(says(json.dumps(truck(1)))) as talker:
        port = talker.port
        with polled(talker.url) as adapter:
            until(adapter, lambda b: bool(b.records))
            talker.stop()
            assert refused(adapter).code == "not_connected"
            with Talker(says(json.dumps(truck(2))), port=port):
                again = until(adapter, lambda b: bool(b.records))
    assert [r.vehicle_id for r in again.records if isinstance(r, VehiclePosition)] == ["鲁B00002"]


def test_one_that_floods_is_dropped_from_and_memory_stays_bounded() -> None:
    message = json.dumps(truck(1, note="x" * 10_000))

    async def talk(talker: Talker, connection: ServerConnection) -> None:
        while True:
            await connection.send(message)

    with Talker(talk) as talker, polled(talker.url, chunk_messages=10) as adapter:
        adapter.poll()
        before = memory_bytes(os.getpid())
        batch = until(adapter, lambda b: any(p.code == "buffer_full" for p in b.problems), 60)
        assert memory_bytes(os.getpid()) - before < 100_000_000
        assert batch.counts["dropped"] > 0
        assert batch.more


def test_a_message_that_is_too_long_costs_its_connection_and_no_memory() -> None:
    for packed in (False, True):  # packed, 20 MB of blanks are 20 kB on the wire
        with Talker(says(" " * 20_000_000), packed=packed) as talker, polled(talker.url) as adapter:
            error = refused(adapter)
            assert not adapter._listener._messages
        assert error.code == "not_connected"
        assert "longer than allowed" in error.detail


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_a_refusal_is_not_tried_again_until_somebody_acts(status: str) -> None:
    with Liar(http(answer("no", status=status))) as liar, polled(f"ws://127.0.0.1:{liar.port}/?key=hidden") as adapter:
        error = refused(adapter)
        assert (error.code, error.halts) == ("unauthorised", True)
        assert "hidden" not in str(error)
        time.sleep(0.5)  # several waits of a feed that tries again
        assert len(liar.requests) == 1
        assert refused(adapter).halts  # polled again: somebody acted
        assert len(liar.requests) == 2


def test_silence_is_said_and_the_connection_made_anew() -> None:
    clock = Clock()
    with Talker(says(json.dumps(truck(1)))) as talker, polled(talker.url, silent_seconds=1, clock=clock) as adapter:
        until(adapter, lambda b: bool(b.records))
        clock.turn(2)
        batch = adapter.poll()
        assert [p.code for p in batch.problems] == ["silent"]
        until(adapter, lambda b: bool(b.records))
        assert len(talker.requests) == 2


def test_nothing_of_this_machine_is_reached_unless_allowed() -> None:
    with Talker(says("[]")) as talker, polled(talker.url, Outbound()) as adapter:
        error = refused(adapter)
        assert error.code == "address_refused"
        assert not talker.requests


def test_closing_ends_a_flood_and_a_handshake_at_once() -> None:
    async def talk(talker: Talker, connection: ServerConnection) -> None:
        while True:
            await connection.send("{}")

    async def never(liar: Liar, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    with Talker(talk) as talker, Liar(never) as liar:
        for url in (talker.url, f"ws://127.0.0.1:{liar.port}"):
            with polled(url) as adapter:
                adapter.poll()
            thread = adapter._listener._thread
            assert thread is not None
            assert not thread.is_alive()


def test_what_was_sent_once_is_read_once() -> None:
    once = Once([json.dumps(truck(n)) for n in range(50)])
    with Talker(once) as talker, polled(talker.url, chunk_messages=7) as adapter:
        numbers: list[str] = []
        while len(numbers) < 50:
            batch = until(adapter, lambda b: bool(b.records))
            numbers += [r.ref for r in batch.records]
    assert len(set(numbers)) == 50


@pytest.mark.parametrize(("change", "says"), [
    ({"url": "http://h/"}, "ws://"), ({"url": "wss://u:p@h/"}, "password"), ({"headers": {"A B": "1"}}, "header"),
    ({"subscribe": [{"key": "${NOT_SET}"}]}, "NOT_SET"), ({"ping_seconds": -1}, "ping"), ({"rows": "x["}, "JSONPath"),
    ({"max_megabytes": 0}, "max_megabytes"), ({"silent_seconds": 0}, "silent"), ({"mapping": {}}, "vehicle_id"),
])  # fmt: skip
def test_options_that_cannot_work(change: dict[str, Any], says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert({**options("ws://h/"), **change}, Options)


class _Plain(msgspec.Struct, frozen=True):
    dataset: str = "vehicle_position"
    mapping: dict[str, Any] = msgspec.field(default_factory=lambda: MAPPING)
    rows: str = "$[*]"
    timezone: str = ""
    blank: tuple[str, ...] = ()
    coordinates: Any = "wgs84"


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*MAPPING.values(), "position"]), inner)
    ),
    max_leaves=12,
)


@given(
    st.lists(st.binary(max_size=60) | _JSON.map(lambda value: json.dumps(value).encode()), max_size=5),
    st.booleans(), st.text(max_size=12),
)  # fmt: skip
def test_any_message_is_rows_or_a_clear_refusal(bodies: list[bytes], retained: bool, topic: str) -> None:
    assert CAPACITY > 5
    batch = Batch()
    reader = MessageReader(_Plain(), context(Path(), Clock()), "ws://h", 1000)
    messages = [Message(NOW, body, topic, retained, n, len(body)) for n, body in enumerate(bodies, 1)]
    reader.read(messages, batch)
    told = batch.counts.get("rows", 0)
    assert len(batch.records) + len(batch.rejects) >= told
    assert all(r.reason and r.detail and r.ref for r in batch.rejects)
