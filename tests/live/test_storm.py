"""Everybody comes back at once."""

from __future__ import annotations

import os

from bench.process import Process
from live.columns import ColumnsEncoder
from tests.live.pictures import Fleet

FULL = os.environ.get("COCKPIT_FULL") == "1"


def test_a_storm_of_clients_is_served_from_a_few_snapshots(live_server, monkeypatch):
    count, within = (500, 5) if FULL else (100, 100)
    server, fleet, made = live_server(), Fleet(1200), []
    snapshot = ColumnsEncoder.snapshot
    monkeypatch.setattr(ColumnsEncoder, "snapshot", lambda self: made.append(1) or snapshot(self))
    server.hub.publish("vehicles", fleet.step())
    with Process("bench.live_clients", server.port, count, "read", "vehicles,clock") as herd:
        herd.hear()
        made.clear()
        server.hub.publish("vehicles", fleet.step())
        assert herd.ask("again")["seconds"] <= within
        assert herd.ask("open")["open"] == count
    assert len(made) <= 10
    server.until(lambda: server.endpoint.clients == 0)
