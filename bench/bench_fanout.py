"""Fan-out of one 50 KB update a second to 500 clients, beside raw ``websockets.broadcast`` in the same seconds.

Both servers and both herds of clients run at the same time, half a second apart, so that whatever else the
machine does meets both alike. Encoding the update is part of the work on both sides.
"""

from __future__ import annotations

import statistics
import time

from bench.process import Process
from bench.rows import Row, bench, row

VEHICLES = 9_300  # all moving: 50 KB an update
CLIENTS, STALLED = 500, 25
SECONDS = 30
MEMORY_BYTES = 5 * 2**20


@bench("fanout")
def fanout() -> list[Row]:
    """p99 of delivery: ours against raw, and with 5 % of the clients stalled against without."""
    with (
        Process("bench.fanout_server", "ours", VEHICLES) as ours,
        Process("bench.fanout_server", "raw", VEHICLES) as raw,
    ):
        ports = [server.hear()["port"] for server in (ours, raw)]
        herds = [Process("bench.live_clients", port, CLIENTS, "read", "vehicles") for port in ports]
        with herds[0], herds[1]:
            for herd in herds:
                herd.hear()
            ours.say("go 0.0")
            raw.say("go 0.5")
            time.sleep(5)  # warm
            _delays(ours, herds[0]), _delays(raw, herds[1])
            time.sleep(SECONDS)
            plain, limit = _delays(ours, herds[0]), _delays(raw, herds[1])
            before = ours.memory_bytes()
            with Process("bench.live_clients", ports[0], STALLED, "stall", "vehicles") as stalled:
                stalled.hear()
                time.sleep(SECONDS)
                with_stalled, raw_then = _delays(ours, herds[0]), _delays(raw, herds[1])
                grown = (ours.memory_bytes() - before) / STALLED
    unchanged = (_p99(with_stalled) / _p99(plain)) / max(1.0, _p99(raw_then) / _p99(limit))
    return [
        row("fan-out to 500: p99 delivery against raw broadcast", _p99(plain), "ms", _p99(limit), 1.5),
        row("fan-out to 500: p50 delivery against raw broadcast", _p50(plain), "ms", _p50(limit), 1.5),
        row("fan-out, 5 % stalled: others' p99 against without", unchanged * _p99(plain), "ms", _p99(plain), 1.1),
        row("fan-out, 5 % stalled: memory for each stalled client", max(0.0, grown), "bytes", MEMORY_BYTES),
    ]


Delays = list[list[float]]


def _delays(server: Process, herd: Process) -> Delays:
    """Milliseconds from publication to each client, by update; updates not delivered to all are left out."""
    sent = server.ask("sent")
    got = herd.ask("got")
    return [
        sorted((at - sent[seq]) * 1e3 for at in times)
        for seq, times in got.items()
        if seq in sent and len(times) == CLIENTS
    ]


def _p99(delays: Delays) -> float:
    """The slowest hundredth of an update's deliveries, median over updates: one disturbed second does not decide."""
    return statistics.median(update[int(len(update) * 0.99)] for update in delays)


def _p50(delays: Delays) -> float:
    return statistics.median(update[len(update) // 2] for update in delays)
