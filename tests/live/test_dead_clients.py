"""Peers that do not read, on a server in a process of its own: its memory, its end, its other clients.

COCKPIT_FULL=1 takes the real heartbeat (25 s, 8 s) and the promised times on a machine with nothing else to do;
otherwise a quick heartbeat, and as long as a busy machine needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time

import pytest
from websockets.asyncio.client import connect

from tests.live.pictures import Fleet
from tests.live.port import Port
from tests.live.stalled import Stalled

FULL = os.environ.get("COCKPIT_FULL") == "1"
MIB = 2**20


@pytest.fixture
def port():
    ports = []

    def start(**options):
        ports.append(Port())
        ports[-1].start(**options)
        return ports[-1]

    yield start
    for started in ports:
        started.kill()


@contextlib.contextmanager
def stalled(port, count):
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(Stalled(port.port))
        yield


def test_sigterm_ends_the_server_within_ten_seconds_with_50_stalled_clients(port):
    port = port(vehicles=5000)
    with stalled(port, 50):
        port.until(lambda: port.get("/counts")["clients"] == 50, 30, "50 clients")
        time.sleep(4)  # more is published than their sockets hold
        port.process.send_signal(signal.SIGTERM)
        port.process.wait(10 if FULL else 60)


async def _follow(port, seconds, least=0):
    """Read so long, and until so many frames came; returns how many, and the longest time between two."""
    frames, longest = 0, 0.0
    async with connect(f"ws://127.0.0.1:{port.port}/live", origin=port.url, max_size=None) as good:
        await good.send(json.dumps({"op": "sub", "topics": {"vehicles": None}}))
        end = last = time.monotonic()
        end += seconds
        while (now := time.monotonic()) < end or frames < least:
            message = json.loads(await asyncio.wait_for(good.recv(), 60))
            if "t" in message:
                frames, longest, last = frames + 1, max(longest, now - last), now
    return frames, longest


def test_stalled_readers_cost_little_are_dropped_and_disturb_nobody(port):
    count, heartbeat, patience, within = (25, 25, 8, 45) if FULL else (25, 1.5, 4, 90)
    port = port(vehicles=5000, heartbeat=heartbeat, patience=patience)
    asyncio.run(_follow(port, 2))  # warm
    before, began = port.resident_bytes(), time.monotonic()
    with stalled(port, count):
        frames, longest = asyncio.run(_follow(port, 15) if FULL else _follow(port, 3, least=5))
        held = port.resident_bytes() - before
        port.until(lambda: port.get("/counts").get("aborted") == count, within + 15, "all dropped")
        dropped = time.monotonic() - began
    assert held < count * 5 * MIB
    assert dropped <= within
    assert frames >= (5 if not FULL else 30), "the good reader goes on"
    assert longest < (5 if FULL else 30)


def test_a_giant_snapshot_waits_once_for_all_stalled_clients(live_server):
    server, fleet = live_server(), Fleet(100_000)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            server.hub.publish("vehicles", fleet.step())
            for _ in range(4):
                stack.enter_context(Stalled(server.port))
        server.until(lambda: len(server.endpoint._readers.get(("vehicles", ""), ())) == 12)
        server.until(lambda: all(outbox._frame for outbox in server.endpoint._clients))
        outboxes = tuple(server.endpoint._clients)
        waiting = {outbox._frame for outbox in outboxes}
        assert sum(len(frame.body) for frame in waiting) < len(outboxes) * MIB, "frames are shared"
        assert all(outbox._wire.buffered() < MIB // 4 for outbox in outboxes), "and only a piece is copied"
