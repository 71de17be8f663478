"""JSON over MQTT: real brokers, sessions that are kept, and peers that lie."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.process import memory_bytes
from datasources import listening
from datasources.contract import Batch
from datasources.mqtt import Mqtt, Options
from domain.errors import FeedError
from domain.outbound import Outbound
from domain.records import Record, VehiclePosition
from tests.contract.http_json_rig import MAPPING, truck
from tests.contract.mqtt_rig import options
from tests.contract.rig import Clock, context
from tests.datasources.broker import MOSQUITTO, Broker, Mosquitto, Nats
from tests.datasources.certificates import certificate
from tests.datasources.liar import Behaviour, Liar, Reader, Writer

needs_mosquitto = pytest.mark.skipif(not MOSQUITTO, reason="no Mosquitto: apt-get install mosquitto")
BROKERS = [pytest.param(Nats, id="nats"), pytest.param(Mosquitto, id="mosquitto", marks=needs_mosquitto)]
CONNACK, SUBACK = b"\x20\x02\0\0", b"\x90\x03\0\x01\0"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_BACKOFF_SECONDS", (0.05, 0.2))


@contextmanager
def polled(url: str, rules: Outbound | None = None, folder: Path = Path(), **more: Any) -> Iterator[Mqtt]:
    made = context(folder, Clock())
    made.outbound, made.timeout_seconds = rules or made.outbound, more.pop("seconds", 2.0)
    with closing(Mqtt(msgspec.convert(options(url, **more), Options), made)) as adapter:
        yield adapter


def gathered(adapter: Mqtt, enough: Callable[[Batch], bool], seconds: float = 15.0) -> Batch:
    """Poll until all that came is as wanted; a FeedError is waited out."""
    end, all_of_it, said = time.monotonic() + seconds, Batch(), "nothing"
    while time.monotonic() < end:
        try:
            batch = adapter.poll()
        except FeedError as error:
            said = str(error)
        else:
            all_of_it.stored = _both(all_of_it.stored, batch.stored)
            all_of_it.records += batch.records
            all_of_it.rejects += batch.rejects
            all_of_it.problems += batch.problems
            for key, count in batch.counts.items():
                all_of_it.counts[key] = all_of_it.counts.get(key, 0) + count
            if enough(all_of_it):
                return all_of_it
        time.sleep(0.01)
    raise AssertionError(f"waited in vain; {len(all_of_it.records)} records, {all_of_it.counts}, last: {said}")


def _both(one: Callable[[], None] | None, other: Callable[[], None] | None) -> Callable[[], None]:
    return lambda: [tell() for tell in (one, other) if tell is not None] and None


def stored(batch: Batch) -> None:
    """What the store does when all of a batch is in."""
    if batch.stored is not None:
        batch.stored()


def refused(adapter: Mqtt) -> FeedError:
    for _ in range(1_000):
        try:
            adapter.poll()
        except FeedError as error:
            return error
        time.sleep(0.01)
    raise AssertionError("nothing is wrong")


def numbers(records: list[Record]) -> list[int]:
    return [int(r.vehicle_id[2:]) for r in records if isinstance(r, VehiclePosition)]


def listening_at(broker: Broker, adapter: Mqtt, topic: str = "port/hello") -> None:
    """Publish until the adapter hears it: then it has subscribed."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        broker.publish((topic, json.dumps(truck(0))))
        if numbers(adapter.poll().records):
            adapter.poll()
            return
    raise AssertionError("the adapter hears nothing")


@pytest.mark.parametrize("kind", BROKERS)
@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_real_broker(kind: type[Broker], version: str) -> None:
    if kind is Nats and version == "5":
        pytest.skip("NATS speaks MQTT 3.1.1")
    mapping = {"vehicle_id": "@topic.2", "event_time": "seen_at", "lat": "position.lat", "lon": "position.lon"}
    with kind() as broker, polled(broker.url, version=version, mapping=mapping, topics=["port/+/+/at"]) as adapter:
        listening_at(broker, adapter, "port/truck/鲁B00000/at")
        broker.publish(("port/truck/鲁B00007/at", json.dumps(truck(1))), ("port/truck/x", "not subscribed to"), qos=0)
        (position,) = gathered(adapter, lambda b: bool(b.records)).records
    assert isinstance(position, VehiclePosition)
    assert position.vehicle_id == "鲁B00007"
    assert position.ref.startswith(f"{broker.url}:")


@pytest.mark.parametrize("kind", BROKERS)
def test_what_is_published_while_the_cockpit_is_away_or_not_taken_over_comes_again(kind: type[Broker]) -> None:
    kept = {"client_id": "cockpit", "qos": 1, "persistent": True}
    with kind() as broker:
        broker.remember("cockpit", "port/#")
        broker.publish(*[("port/t", json.dumps(truck(n))) for n in range(1, 8)])
        with polled(broker.url, chunk_messages=3, **kept) as adapter:
            first = gathered(adapter, lambda b: len(b.records) == 3)
            assert numbers(first.records) == [1, 2, 3]
            stored(first)
            adapter.poll()  # takes others, which are never stored
        broker.publish(("port/t", json.dumps(truck(8))))
        with polled(broker.url, **kept) as adapter:
            again = numbers(gathered(adapter, lambda b: len(set(numbers(b.records))) > 4).records)
    assert set(again) == {4, 5, 6, 7, 8}  # in whatever order a broker repeats


@pytest.mark.parametrize("kind", BROKERS)
def test_a_trial_takes_nothing_away(kind: type[Broker]) -> None:
    kept, seen = {"client_id": "cockpit", "qos": 1, "persistent": True}, list[tuple[str, str]]()
    with kind() as broker:
        broker.remember("cockpit", "port/#")
        broker.publish(("port/t", json.dumps(truck(1))))
        broker.publish(("port/r", json.dumps(truck(2))), ("port/x", "no JSON"), retain=True)
        about = context(Path(), Clock())
        about.tap = lambda ref, raw: seen.append((ref, raw))
        with closing(Mqtt(msgspec.convert(options(broker.url, **kept), Options), about)) as trial:
            assert numbers(gathered(trial, lambda b: bool(b.records and b.rejects)).records) == [2]
        assert sorted(raw[:7] for _, raw in seen) == ["no JSON", '{"plate']
        with polled(broker.url, **kept) as adapter:
            batch = gathered(adapter, lambda b: {1, 2} <= set(numbers(b.records)))
    assert batch.counts["messages"] >= 3


@pytest.mark.parametrize("kind", BROKERS)
def test_more_than_a_broker_sends_ahead_comes_in_one_go(kind: type[Broker]) -> None:
    """Mosquitto has 20 messages unacknowledged at once."""
    with kind() as broker, polled(broker.url, client_id="cockpit", qos=1, persistent=True) as adapter:
        broker.remember("cockpit", "port/#")
        broker.publish(*[("port/t", json.dumps(truck(n))) for n in range(150)])
        all_of_it = Batch(more=True)
        while all_of_it.more:
            batch = adapter.poll()
            stored(batch)
            all_of_it.records += batch.records
            all_of_it.more = batch.more
    assert numbers(all_of_it.records) == list(range(150))


@pytest.mark.parametrize("kind", BROKERS)
def test_a_broker_that_goes_and_comes_back(kind: type[Broker]) -> None:
    with kind() as broker, polled(broker.url) as adapter:
        listening_at(broker, adapter)
        broker.kill()
        assert refused(adapter).code == "not_connected"
        broker.start()
        end = time.monotonic() + 15
        while time.monotonic() < end:
            broker.publish(("port/t", json.dumps(truck(2))))
            try:
                if numbers(adapter.poll().records):
                    return
            except FeedError:
                continue
        raise AssertionError("does not come back")


@pytest.mark.parametrize("kind", BROKERS)
def test_a_wrong_password_is_not_tried_again_until_somebody_acts(kind: type[Broker]) -> None:
    with kind(user="port", password="right") as broker:
        with polled(broker.url, user="port", password="wrong") as adapter:
            error = refused(adapter)
            assert (error.code, error.halts) == ("unauthorised", True)
            assert "wrong" not in str(error)
            thread = adapter._listener._thread
            assert thread is not None
            thread.join(5)
            assert not thread.is_alive()  # no attempts any more
            assert refused(adapter).halts  # polled again: somebody acted
        with polled(broker.url, user="port", password="right") as adapter:
            listening_at(broker, adapter)


@pytest.mark.parametrize("kind", BROKERS)
def test_what_a_broker_retained_is_never_now(kind: type[Broker]) -> None:
    timed, untimed = truck(1), {k: v for k, v in truck(2).items() if k != "seen_at"}
    with kind() as broker:
        broker.publish(("port/a", json.dumps(timed)), ("port/b", json.dumps(untimed)), retain=True)
        with polled(broker.url, mapping={**MAPPING, "event_time": "@received"}) as adapter:
            batch = gathered(adapter, lambda b: b.counts.get("retained", 0) == 2)
            assert not batch.records
        with polled(broker.url) as adapter:
            batch = gathered(adapter, lambda b: b.counts.get("retained", 0) == 2)
    assert numbers(batch.records) == [1]
    assert batch.records[0].event_time.isoformat() == "2031-05-04T02:01:00+00:00"
    assert [r.reason for r in batch.rejects] == ["retained_without_time"]
    assert "port/b" in batch.rejects[0].detail


@needs_mosquitto
def test_tls_is_for_the_name_in_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = certificate(tmp_path, "broker.port.example")
    true = socket.getaddrinfo

    def resolve(host: str, *more: Any, **named: Any) -> list[Any]:
        return true("127.0.0.1" if host.endswith(".port.example") else host, *more, **named)

    monkeypatch.setattr("datasources.outbound.socket.getaddrinfo", resolve)
    with Mosquitto(tls=files) as broker:
        url = "mqtts://{}:" + str(broker.port)
        for name, ca_file in (("other.port.example", "cert.pem"), ("broker.port.example", "")):
            with polled(url.format(name), folder=tmp_path, ca_file=ca_file) as adapter:
                assert "certificate" in refused(adapter).detail
        with polled(url.format("broker.port.example"), folder=tmp_path, ca_file="cert.pem") as adapter:
            batch = adapter.poll()
            assert not batch.problems
            assert adapter._listener._error is None


def test_nothing_of_this_machine_is_reached_unless_allowed() -> None:
    with Nats() as broker, polled(broker.url, Outbound()) as adapter:
        assert refused(adapter).code == "address_refused"


def lying(*parts: bytes, endless: bytes = b"") -> Behaviour:
    """Answers a client and its subscription, and then this."""

    async def behave(liar: Liar, reader: Reader, writer: Writer) -> None:
        for answer in (CONNACK, SUBACK):
            await reader.read(1000)
            writer.write(answer)
        for part in parts:
            writer.write(part)
            await writer.drain()
        while True:
            if endless:
                writer.write(endless)
                await writer.drain()
            elif not await reader.read(1000):
                return

    return behave


def publish(payload: bytes, topic: bytes = b"port/t", announced: int | None = None) -> bytes:
    body = struct.pack(">H", len(topic)) + topic + payload
    return b"\x30" + length(announced or len(body)) + body


def length(number: int) -> bytes:
    told = b""
    while True:
        number, low = divmod(number, 128)
        told += bytes([low | (0x80 if number else 0)])
        if not number:
            return told


def test_one_that_floods_is_dropped_from_and_memory_stays_bounded() -> None:
    row = json.dumps(truck(1, note="x" * 20_000)).encode()
    with Liar(lying(endless=publish(row) * 50)) as liar:
        with polled(f"mqtt://127.0.0.1:{liar.port}", chunk_messages=10) as adapter:
            adapter.poll()
            before = memory_bytes(os.getpid())
            batch = gathered(adapter, lambda b: any(p.code == "buffer_full" for p in b.problems), 60)
            assert memory_bytes(os.getpid()) - before < 100_000_000
        assert batch.counts["dropped"] > 0


def test_a_message_of_60_megabytes_is_refused_by_name_and_what_follows_is_read() -> None:
    parts = [publish(b"[", announced=60_000_000), *[b" " * 1_000_000] * 59, b" " * (1_000_000 - 9)]
    parts.append(publish(json.dumps(truck(1)).encode()))
    with Liar(lying(*parts)) as liar, polled(f"mqtt://127.0.0.1:{liar.port}", max_megabytes=0.5) as adapter:
        before = memory_bytes(os.getpid())
        batch = gathered(adapter, lambda b: bool(b.records), 60)
        assert memory_bytes(os.getpid()) - before < 40_000_000
    (reject,) = batch.rejects
    assert reject.reason == "too_large"
    assert "port/t" in reject.detail
    assert "57.2 MB" in reject.detail


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 50, b"\x20\xff\xff\xff\xff\x01", b"\0"]
)
def test_one_that_speaks_something_else(said: bytes) -> None:
    async def behave(liar: Liar, reader: Reader, writer: Writer) -> None:
        await reader.read(1000)
        writer.write(said)
        await writer.drain()
        await reader.read(1000)

    with Liar(behave) as liar, polled(f"mqtt://127.0.0.1:{liar.port}", seconds=1.0) as adapter:
        assert refused(adapter).code == "not_connected"


def test_a_subscription_that_is_refused_is_said() -> None:
    async def behave(liar: Liar, reader: Reader, writer: Writer) -> None:
        for answer in (CONNACK, SUBACK[:-1] + b"\x80"):
            await reader.read(1000)
            writer.write(answer)
            await writer.drain()
        await reader.read(1000)

    with Liar(behave) as liar, polled(f"mqtt://127.0.0.1:{liar.port}") as adapter:
        assert "port/#: subscription refused" in refused(adapter).detail


TIC = {  # the way of TIC 4.0's JSON: subjects are lists, observed properties lists of values with time and place
    "header": {"msgid": "1", "timestamp": "2031-05-04T02:05:00Z"},
    "che": [
        {
            "id": f"STS0{n}",
            "location": {
                "latitude": [
                    {"timestamp": "2031-05-04T02:04:00Z", "pointofmeasurement": "estimated", "value": 1.0},
                    {"timestamp": "2031-05-04T02:05:00Z", "pointofmeasurement": "actual", "value": 36.0 + n / 100},
                ],
                "longitude": [
                    {"timestamp": "2031-05-04T02:05:00Z", "pointofmeasurement": "actual", "value": 120.2},
                ],
            },
            "speed": [{"timestamp": "2031-05-04T02:05:00Z", "unit": "m/s", "value": 2.5}],
        }
        for n in (1, 2)
    ],
}


def test_telemetry_in_the_way_of_tic_4_is_mapped_by_paths_alone() -> None:
    actual = "[?@.pointofmeasurement == 'actual']"
    mapping = {
        "vehicle_id": "id",
        "event_time": f"$.location.latitude{actual}.timestamp",
        "lat": f"$.location.latitude{actual}.value",
        "lon": f"$.location.longitude{actual}.value",
        "speed_kmh": {"column": "speed.0.value", "factor": 3.6},
    }
    with Nats() as broker, polled(broker.url, mapping=mapping, rows="$[*].che[*]") as adapter:
        broker.publish(("port/che", json.dumps(TIC)), retain=True)
        first, second = gathered(adapter, lambda b: len(b.records) > 1).records[:2]
    assert isinstance(first, VehiclePosition)
    assert isinstance(second, VehiclePosition)
    assert (first.vehicle_id, first.lat, first.lon, first.speed_kmh) == ("STS01", 36.01, 120.2, 9.0)
    assert (second.vehicle_id, second.lat) == ("STS02", 36.02)


@pytest.mark.parametrize(("change", "says"), [
    ({"url": "http://h/"}, "mqtt://"), ({"url": "mqtt://h/port"}, "topics"), ({"url": "mqtt://u:p@h"}, "password"),
    ({"topics": []}, "topics"), ({"topics": ["a/#/b"]}, "a/#/b"), ({"topics": ["a+"]}, "none"), ({"qos": 2}, "qos"),
    ({"persistent": True}, "client_id"), ({"persistent": True, "client_id": "c"}, "qos"), ({"password": "p"}, "user"),
    ({"user": "u", "password": "${NOT_SET}"}, "NOT_SET"), ({"keepalive_seconds": 1}, "keepalive"),
])  # fmt: skip
def test_options_that_cannot_work(change: dict[str, Any], says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        msgspec.convert({**options("mqtt://h"), **change}, Options)
