"""Scopes at the hub: made when somebody looks, encoded once for all who look with them, dropped afterwards."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from access.viewers import remember
from api import attach_topics
from bench import bench_scope
from domain.pictures import AlertsPicture, QueuePicture, YardPicture
from domain.viewer import Viewer
from live import scopes as room
from live.hub import Hub
from live.scopes import Scopes, TooManyScopesError, scope_key
from live.topics import Topic
from live.views import register_view, registered
from tests.domain.test_parts import moving, queue
from tests.live.pictures import block
from tests.live.reader import Reader

A, B = frozenset({"A"}), frozenset({"B"})


@pytest.fixture
def hub():
    made = Hub(lambda value: json.dumps(value).encode())
    yield made
    made.close()


def until(condition, seconds=60.0):
    """Wait for what another thread does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def shown(hub, topic, key):
    frame = hub.frame(topic, None, key)
    return None if frame is None else Reader().take(frame).state


def keys(hub, topic, key):
    state = shown(hub, topic, key)
    return None if state is None else list(state["rows"] if "rows" in state else state["ids"])


@pytest.mark.parametrize(
    ("one", "other"), [(("A",), ("B",)), (("A,B",), ("A", "B")), ((), ("",)), (('A","B',), ("A", "B")), ((), None)]
)
def test_no_two_scopes_share_a_key(one, other):
    assert scope_key(frozenset(one)) != scope_key(None if other is None else frozenset(other))


def test_each_scope_has_its_own_rows_and_follows_the_port(hub):
    hub.publish("queue", queue({"a": "A", "b": "B", "p": ""}))
    a, b = hub.admit(A), hub.admit(B)
    for key in (a, b):
        hub.watch("queue", key)
        hub.watch("vehicles", key)
    until(lambda: keys(hub, "queue", a) == ["a"] and keys(hub, "queue", b) == ["b"])
    hub.publish("queue", queue({"a": "A", "b": "B", "b2": "B"}))
    hub.publish("vehicles", moving("vehicles", {"t": "A", "u": "", "v": "B"}))
    until(lambda: keys(hub, "queue", b) == ["b", "b2"] and keys(hub, "vehicles", b) == ["v"])
    until(lambda: keys(hub, "vehicles", a) == ["t"])
    assert keys(hub, "queue", "") == ["a", "b", "b2"]
    assert '"owners"' not in hub.frame("queue", None).text + hub.frame("queue", None, a).text


def test_whoever_asks_once_gets_the_newest_at_once(hub):
    hub.publish("queue", queue({"a": "A", "b": "B"}))
    key = hub.admit(A)
    assert [row.key for row in hub.current("queue", key).rows] == ["a"]
    hub.publish("queue", queue({"b": "B", "a2": "A"}))
    assert [row.key for row in hub.current("queue", key).rows] == ["a2"]
    assert [row.key for row in hub.newest("queue", B).rows] == ["b"], "without bringing the scope to life"
    assert hub.newest("queue", None) is hub.current("queue")
    assert hub.current("queue", 'enterprises:["nobody\'s"]') is None


def test_what_cannot_be_cut_is_read_while_somebody_wants_it_and_never_old(hub, monkeypatch):
    asked, answers = Counter(), iter(range(1, 1000))
    monkeypatch.setattr(room, "CALM_SECONDS", 0.01)

    def read(topic, scope):
        asked[topic, scope] += 1
        return YardPicture(boxes=next(answers), rows=[block("own", 1)])

    hub.read_by(read)
    hub.publish("yard", YardPicture(boxes=10_000))
    key = hub.admit(A)
    assert hub.current("yard", key) is None, "not the port's, and not nothing either"
    hub.watch("yard", key)
    until(lambda: shown(hub, "yard", key) is not None)
    assert shown(hub, "yard", key)["head"]["boxes"] < 1000
    hub.publish("yard", YardPicture(boxes=10_001))
    until(lambda: asked["yard", A] >= 2)
    assert {topic for topic, _ in asked} == {"yard"}, "nobody wants the others"
    hub.unwatch("yard", key)
    monkeypatch.setattr(room, "CALM_SECONDS", 0.0)
    hub.publish("yard", YardPicture(boxes=10_002))
    until(lambda: hub.current("yard", key) is None)  # nobody watched, the port moved on
    assert hub.newest("yard", A).boxes < 1000


def test_a_read_that_fails_leaves_the_last_picture_and_the_others(hub, monkeypatch, caplog):
    monkeypatch.setattr(room, "CALM_SECONDS", 0.01)
    broken = threading.Event()

    def read(topic, scope):
        if topic == "gates" or broken.is_set():
            raise OSError("the database is away")
        return YardPicture(boxes=7)

    hub.read_by(read)
    key = hub.admit(A)
    for topic in ("gates", "yard"):
        hub.watch(topic, key)
    until(lambda: shown(hub, "yard", key) is not None)
    broken.set()
    hub.publish("yard", YardPicture(boxes=9))
    until(lambda: sum("cannot be read" in line for line in caplog.messages) == 2)
    assert shown(hub, "yard", key)["head"]["boxes"] == 7
    broken.clear()
    hub.publish("yard", YardPicture(boxes=9))
    assert shown(hub, "gates", key) is None


def test_a_view_is_drawn_for_each_scope_from_its_own_pictures(hub):
    drawn = Counter()

    def render(pictures, language):
        said = ",".join(row.key for row in pictures["queue"].rows)
        drawn[said] += 1
        return said

    register_view("scoped-view", ("queue",), render, min_seconds=0)
    try:
        hub.publish("queue", queue({"a": "A", "b": "B"}))
        key = hub.admit(A)
        assert hub.draw("scoped-view", "en", key) == "a"
        assert hub.draw("scoped-view", "en") == "a,b"
        for _ in range(50):
            hub.watch("view:scoped-view@en", key)
        until(lambda: shown(hub, "view:scoped-view@en", key) == {"value": "a", "error": ""})
        hub.publish("queue", queue({"a": "A", "a2": "A", "b": "B"}))
        until(lambda: shown(hub, "view:scoped-view@en", key)["value"] == "a,a2")
        assert drawn["a,a2"] == 1
    finally:
        registered().pop("scoped-view")


def test_a_view_waits_for_what_is_still_to_be_read(hub):
    register_view("waiting-view", ("yard",), lambda pictures, language: pictures["yard"].boxes, min_seconds=0)
    try:
        hub.publish("yard", YardPicture(boxes=10_000))
        key, may_read = hub.admit(A), threading.Event()

        def read(topic, scope):
            may_read.wait(60)
            return YardPicture(boxes=3)

        hub.read_by(read)
        assert hub.draw("waiting-view", "en", key) is None
        hub.watch("view:waiting-view@en", key)
        assert shown(hub, "view:waiting-view@en", key) is None
        may_read.set()
        until(lambda: shown(hub, "view:waiting-view@en", key) == {"value": 3, "error": ""})
    finally:
        registered().pop("waiting-view")


class Clock:
    """Seconds a test sets."""

    now = 1000.0

    def __call__(self):
        return self.now


def test_a_scope_goes_when_nobody_looked_with_it_for_a_while_and_there_are_never_too_many(monkeypatch):
    monkeypatch.setattr(room, "MOST", 2)
    clock, gone = Clock(), []
    alive = Scopes(lambda topic: None, lambda *_: None, gone.append, clock)
    monkeypatch.setattr(alive, "_begin", lambda: None)
    a, b = alive.admit(A), alive.admit(B)
    with pytest.raises(TooManyScopesError):
        alive.admit(frozenset({"C"}))
    alive.enter(a)
    alive.watch(("yard",), b)
    clock.now += room.IDLE_SECONDS + 1
    alive.sweep()
    assert not gone, "one has a connection, the other somebody who polls"
    alive.watch(("yard",), b, -1)
    alive.sweep()
    assert gone == [b]
    alive.leave(a)
    alive.sweep()
    assert gone == [b], "somebody may come back to it"
    first = alive.epoch(a)
    clock.now += room.IDLE_SECONDS + 1
    alive.sweep()
    assert alive.alive == frozenset()
    alive.admit(A)
    assert alive.epoch(a) != first, "what a reader has of another life means nothing"


def test_a_scope_that_went_leaves_nothing_behind(hub):
    key = hub.admit(A)
    hub.publish("alerts", AlertsPicture(), key)
    hub._forget(key)
    assert hub.frame("alerts", None, key) is None


async def test_readers_of_ten_scopes_cost_ten_encodings(live_server, monkeypatch):
    """Counted where bytes are made: deltas by the encoder, frames by the topic."""
    made = Counter()
    server = live_server()
    inner, framed = Topic.publish, Topic._frame

    def publish(self, picture):
        made["deltas", self.name] += 1
        return inner(self, picture)

    def frame(self, content, packable):
        made["frames", self.name] += 1
        return framed(self, content, packable)

    names = [f"E{n}" for n in range(10)]
    server.endpoint._viewer_of = lambda scope: viewers[scope["query_string"].decode()]
    viewers = {name: Viewer(name=name, roles=frozenset({"enterprise"}), scope=frozenset({name})) for name in names}
    server.hub.publish("queue", queue({name.lower(): name for name in names}))
    lines, readers = [], {}
    for name in names * 20:
        line = await connect(f"{server.url}?{name}", origin=server.origin, max_size=None)
        await line.send('{"op":"sub","topics":{"queue":null}}')
        lines.append((name, line))
        readers[line] = Reader()

    async def take(name, line, wanted):
        reader = readers[line]
        while reader.state is None or list(reader.state["rows"]) != wanted:
            said = json.loads(await asyncio.wait_for(line.recv(), 60))
            if "t" in said:
                reader.take(json.dumps(said))

    await asyncio.gather(*(take(name, line, [name.lower()]) for name, line in lines))
    monkeypatch.setattr(Topic, "publish", publish)
    monkeypatch.setattr(Topic, "_frame", frame)
    server.hub.publish("queue", queue({f"{name.lower()}{part}": name for name in names for part in "xy"}))
    await asyncio.gather(*(take(name, line, [f"{name.lower()}x", f"{name.lower()}y"]) for name, line in lines))
    assert made["deltas", "queue"] == len(names) + 1, "one for each scope, and the port's"
    assert made["frames", "queue"] <= 2 * len(names), "a delta for all of a scope, or the snapshot it was held against"
    for _, line in lines:
        await line.close()
    server.until(lambda: server.endpoint.clients == 0)


async def test_who_comes_when_there_are_too_many_scopes_is_told_to_come_later(live_server, monkeypatch):
    monkeypatch.setattr(room, "MOST", 1)
    server = live_server()
    server.hub.admit(A)
    with pytest.raises(InvalidStatus) as refused:
        async with connect(server.url + "?enterprise", origin=server.origin):
            pass
    assert refused.value.response.status_code == 403
    assert server.endpoint.counts["refused:full"] == 1
    app = FastAPI(openapi_url=None)
    attach_topics(app, server.hub, "v1")

    async def as_enterprise(scope, receive, send):
        remember(scope, Viewer(name="b", roles=frozenset({"enterprise"}), scope=B))
        await app(scope, receive, send)

    answer = TestClient(as_enterprise).get("/api/v1/topics?topics=queue")
    assert (answer.status_code, answer.json()["error"]) == (503, "full")


@pytest.mark.slow
def test_the_bench_counts_encodings_and_delivers_to_all():
    rows = bench_scope.clients(vehicles=200, count=40, scopes=8, updates=3)
    assert all(row.holds for row in rows), rows


async def test_a_reader_of_another_scope_starts_anew_whatever_he_says_he_has(live_server):
    server = live_server()
    server.hub.publish("queue", queue({"a": "A", "e": "3702"}))
    for _ in range(5):
        server.hub.publish("queue", QueuePicture(platforms=[str(time.time())], rows=[]))
    server.hub.publish("queue", queue({"e": "3702"}))
    async with connect(server.url + "?enterprise", origin=server.origin) as line:
        hello = json.loads(await line.recv())
        assert hello["epoch"] != server.hub.epoch
        seen = [server.hub.epoch, 3]
        await line.send(json.dumps({"op": "sub", "topics": {"queue": seen}}))
        while "t" not in (said := json.loads(await asyncio.wait_for(line.recv(), 60))):
            pass
        assert [row["key"] for row in said["full"]["rows"]] == ["e"]
