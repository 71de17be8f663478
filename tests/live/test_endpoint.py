"""The websocket ``/live`` under a real uvicorn: subscribe, resume, refuse, conflate."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
import zlib

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from domain.pictures import YardPicture
from live.requests import Limits
from tests.live.pictures import Fleet, block
from tests.live.reader import Reader


@contextlib.asynccontextmanager
async def client(server, query="", **options):
    async with connect(server.url + query, **{"origin": server.origin, "max_size": None, **options}) as socket_:
        yield socket_


async def hello(connection):
    message = json.loads(await connection.recv())
    assert message["op"] == "hello"
    return message


async def frame(connection):
    """The next frame of a topic, past the beats."""
    while "t" not in (message := json.loads(await asyncio.wait_for(connection.recv(), 60))):
        pass
    return json.dumps(message)


async def subscribe(connection, **topics):
    await connection.send(json.dumps({"op": "sub", "topics": topics}))


async def closing(connection):
    """Code and reason with which the server closes."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await asyncio.wait_for(connection.recv(), 60)
    return connection.close_code, connection.close_reason


def yard(boxes):
    return YardPicture(rows=[block("A", boxes), block("B", 1)])


async def test_hello_says_who_speaks(live_server):
    server = live_server()
    async with client(server) as connection:
        said = await hello(connection)
        assert not connection.protocol.extensions, "permessage-deflate is off"
    assert (said["protocol"], said["epoch"], said["version"]) == (1, server.hub.epoch, "v1")
    assert (said["beat"], said["heartbeat"], said["patience"]) == (4.0, 25.0, 8.0)


async def test_snapshot_then_deltas_then_nothing_after_unsubscribing(live_server):
    server, reader = live_server(), Reader()
    server.hub.publish("yard", yard(1))
    async with client(server) as connection:
        await hello(connection)
        await subscribe(connection, yard=None)
        reader.take(await frame(connection))
        server.hub.publish("yard", yard(2))
        assert '"patch"' in (text := await frame(connection))
        assert reader.take(text).hash() == server.hub.state_hash("yard")
        await connection.send('{"op":"unsub","topics":["yard","never"]}')
        await subscribe(connection, queue=None)
        server.until(lambda: ("queue", "") in server.endpoint._readers)
        server.hub.publish("yard", yard(3))
        server.hub.publish("queue", YardPicture())
        assert json.loads(await frame(connection))["t"] == "queue"


async def test_resume_sends_the_gap_to_who_has_the_epoch_and_the_snapshot_to_others(live_server):
    server = live_server()
    for boxes in range(5):
        server.hub.publish("yard", yard(boxes))
    for seen, kind in (([server.hub.epoch, 3], "d"), (["another", 3], "full"), ([server.hub.epoch, 0], "full")):
        async with client(server) as connection:
            await hello(connection)
            await subscribe(connection, yard=seen)
            assert kind in json.loads(await frame(connection))


async def test_a_silent_connection_beats(live_server):
    async with client(live_server(Limits(beat_seconds=0.05))) as connection:
        await hello(connection)
        assert json.loads(await asyncio.wait_for(connection.recv(), 60))["op"] == "beat"


@pytest.mark.parametrize(
    ("messages", "code", "word"),
    [
        (["what?"], 4400, "malformed"),
        (['{"op":"sub","topics":{"secrets":null}}'], 4403, "unknown_topic"),
        (['{"op":"sub","topics":{"view:nothing@en":null}}'], 4403, "unknown_topic"),
        (['{"op":"sub","topics":{"yard":["EPOCH",999]}}'], 4400, "unknown_sequence"),
        (['{"op":"sub","topics":{"yard":["EPOCH",-1]}}'], 4400, "unknown_sequence"),
        (['{"op":"sub","topics":{"yard":null,"queue":null,"alerts":null}}'], 4413, "too_many_topics"),
        (['{"op":"unsub","topics":[]}'] * 200, 4429, "flood"),
        (['{"op":"sub","topics":{"yard":null}}'] * 1000, 4429, "flood"),
        (["x" * 100_000], 1009, "too_large"),
        (["x" * 10_000_000], 1009, "too_large"),
    ],
)
async def test_bad_input_is_refused_counted_and_closed_and_others_do_not_notice(live_server, messages, code, word):
    server, reader = live_server(Limits(topics=2)), Reader()
    server.hub.publish("yard", yard(1))
    async with client(server) as good, client(server) as bad:
        await hello(good)
        await subscribe(good, yard=None)
        reader.take(await frame(good))
        with contextlib.suppress(ConnectionClosed):
            for message in messages:
                await bad.send(message.replace("EPOCH", server.hub.epoch))
        assert (await closing(bad))[0] == code
        server.until(lambda: server.endpoint.counts[f"refused:{word}"] == 1)
        server.hub.publish("yard", yard(2))
        assert reader.take(await frame(good)).hash() == server.hub.state_hash("yard")
    server.until(lambda: server.endpoint.clients == 0)
    assert not server.endpoint._readers


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1"])
async def test_foreign_origin_is_refused_at_the_handshake(live_server, origin):
    server = live_server()
    with pytest.raises(InvalidStatus) as refused:
        async with client(server, origin=origin):
            pass
    assert refused.value.response.status_code == 403
    assert server.endpoint.counts["refused:origin"] == 1


async def test_who_may_not_look_is_refused(live_server):
    with pytest.raises(InvalidStatus) as refused:
        async with client(live_server(), "?nobody"):
            pass
    assert refused.value.response.status_code == 403


async def test_no_more_clients_than_allowed(live_server):
    server = live_server(Limits(clients=1))
    async with client(server) as first, client(server) as second:
        await hello(first)
        assert (await closing(second))[0] == 1013


async def test_a_mistake_of_ours_ends_one_connection_without_its_text(live_server, monkeypatch, caplog):
    server = live_server()
    server.hub.publish("yard", yard(1))
    monkeypatch.setattr(server.hub, "frame", lambda topic, since: {}["postgresql://operator:password@db"])
    async with client(server) as connection:
        await hello(connection)
        await subscribe(connection, yard=None)
        assert await closing(connection) == (1011, "internal error")
    server.until(lambda: server.endpoint.clients == 0)
    assert "live connection failed" in caplog.text


async def test_a_slow_client_is_conflated_and_delays_nobody(live_server):
    server = live_server(Limits(blocked_seconds=0.2))
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    narrow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", server.port))
    fleet, quick, late = Fleet(3000), Reader(), Reader()
    async with client(server) as good, client(server, sock=narrow, max_queue=1) as slow:
        for connection in (good, slow):
            await hello(connection)
            await subscribe(connection, vehicles=None)
        server.until(lambda: len(server.endpoint._readers.get(("vehicles", ""), ())) == 2)
        for _ in range(60):  # about 1.2 MB, more than the narrow socket and its queue hold
            server.hub.publish("vehicles", fleet.step())
            quick.take(await frame(good))
        assert quick.hash() == server.hub.state_hash("vehicles")
        await asyncio.sleep(0.3)
        frames = 0
        while late.seq != quick.seq:
            late.take(await frame(slow))
            frames += 1
        assert late.hash() == quick.hash()
        assert frames < 60, "it skipped what it missed"
        assert server.endpoint.counts["conflated"] >= 1


async def test_a_broken_frame_of_the_websocket_itself_is_refused_and_counted(live_server):
    server = live_server()
    async with client(server) as good, client(server) as bad:
        await hello(bad)
        bad.transport.write(b"\x81\x05naked")  # not masked
        assert (await closing(bad))[0] == 1002
        server.until(lambda: server.endpoint.counts["refused:malformed"] == 1)
        await hello(good)


async def test_the_clock_strikes_while_somebody_shows_it(live_server):
    server = live_server()
    async with client(server) as connection:
        await hello(connection)
        await subscribe(connection, clock=None)
        times = [json.loads(await frame(connection)) for _ in range(2)]
        reader = Reader().take(json.dumps(times[0])).take(json.dumps(times[1]))
        assert reader.state["value"]["epoch"] == server.hub.epoch
        assert abs(reader.state["value"]["now"] - time.time()) < 60
    server.until(lambda: not server.endpoint.subscriptions)


@pytest.mark.parametrize("query", ["", "?deflate=1"])
async def test_a_long_snapshot_comes_whole_and_its_deltas_follow(live_server, query):
    server, fleet, reader = live_server(), Fleet(10_000), Reader()
    server.hub.publish("vehicles", fleet.step())
    for _ in range(2):  # the second client gets the first one's snapshot and what came since
        async with client(server, query) as connection:
            await hello(connection)
            await subscribe(connection, vehicles=None)
            message = await asyncio.wait_for(connection.recv(), 60)
            packed = isinstance(message, bytes)
            assert packed == bool(query)
            reader.take(zlib.decompress(message, -zlib.MAX_WBITS) if packed else message)
            while reader.hash() != server.hub.state_hash("vehicles"):
                reader.take(await frame(connection))
        server.hub.publish("vehicles", fleet.step())


async def test_every_scope_has_frames_of_its_own(live_server):
    server, whole, own = live_server(), Reader(), Reader()
    scope = server.hub.admit(frozenset({"3702"}))
    server.hub.publish("yard", yard(1))
    server.hub.publish("yard", YardPicture(rows=[block("C", 7)]), scope)
    async with client(server) as operator, client(server, "?enterprise") as enterprise:
        for connection, reader in ((operator, whole), (enterprise, own)):
            await hello(connection)
            await subscribe(connection, yard=None)
            reader.take(await frame(connection))
        server.hub.publish("yard", yard(2))
        whole.take(await frame(operator))
        server.hub.publish("yard", YardPicture(rows=[block("C", 8)]), scope)
        own.take(await frame(enterprise))
    assert set(whole.state["rows"]) == {"A", "B"}
    assert own.state["rows"]["C"]["boxes"] == 8
    assert set(own.state["rows"]) == {"C"}
