"""Hints between processes over a real NATS that goes and comes back."""

from __future__ import annotations

import contextlib

import structlog

from live.bus import Hint, LocalBus, open_bus
from live.bus_nats import ANYTHING, NatsBus
from tests.grown.rig import Nats, wait_for


def test_without_a_bus_hints_stay_in_the_process() -> None:
    bus = open_bus("", "cockpit")
    assert isinstance(bus, LocalBus)
    heard: list[Hint] = []
    bus.listen(lambda hint: 1 / 0)  # type: ignore[arg-type, return-value]  # one that fails leaves the others alone
    bus.listen(heard.append)
    bus.send(["alert", "VehiclePosition", "alert"])
    bus.send(["notice"])
    assert heard == [Hint(("VehiclePosition", "alert"), 1), Hint(("notice",), 2)]
    bus.close()


def test_a_hint_reaches_every_process_of_this_port_only(nats: Nats) -> None:
    heard: list[Hint] = []
    foreign: list[Hint] = []
    with contextlib.ExitStack() as kept:
        buses = [kept.enter_context(contextlib.closing(NatsBus([nats.url], s))) for s in ("north", "north", "south")]
        buses[1].listen(heard.append)
        buses[2].listen(foreign.append)
        wait_for(lambda: all(bus.connected for bus in buses), what="connections")
        wait_for(lambda: _said(buses[0], heard, "alert"), what="a hint")
        assert all(hint == ANYTHING for hint in foreign)


def test_nats_gone_and_back(nats: Nats) -> None:
    heard: list[Hint] = []
    with structlog.testing.capture_logs() as lines, contextlib.closing(NatsBus([nats.url], "port")) as bus:
        bus.listen(heard.append)
        wait_for(lambda: _said(bus, heard, "one"), what="a hint")
        nats.kill()
        wait_for(lambda: not bus.connected, what="the loss")
        for _ in range(10_000):
            bus.send(["lost"])  # neither waits nor fails nor grows
        heard.clear()
        nats.start()
        wait_for(lambda: ANYTHING in heard, what="word that anything may have changed")
        wait_for(lambda: _said(bus, heard, "two"), what="a hint after it")
        assert not any(hint.dataset == ("lost",) for hint in heard)
    told = [line["event"] for line in lines if line["event"].startswith("bus_")]
    assert told == ["bus_up", "bus_down", "bus_up"]


def test_a_start_without_nats(nats: Nats) -> None:
    nats.kill()
    heard: list[Hint] = []
    with structlog.testing.capture_logs() as lines, contextlib.closing(NatsBus([nats.url], "port")) as bus:
        bus.listen(heard.append)
        bus.send(["lost"])
        wait_for(lambda: lines, what="a line in the log")
        assert not bus.connected
        nats.start()
        wait_for(lambda: _said(bus, heard, "one"), what="a hint")
    assert [line["event"] for line in lines] == ["bus_down", "bus_up"]


def test_the_password_stays_out_of_the_log(nats: Nats) -> None:
    nats.kill()
    url = nats.url.replace("//", "//cockpit:geheim@")
    with structlog.testing.capture_logs() as lines, contextlib.closing(NatsBus([url], "port")):
        wait_for(lambda: lines, what="a line in the log")
    assert "geheim" not in str(lines)


def _said(bus: object, heard: list[Hint], word: str) -> bool:
    """Say it (a subscription may still be on its way) and tell whether it was heard."""
    bus.send([word])  # type: ignore[attr-defined]
    return any(hint.dataset == (word,) for hint in heard)
