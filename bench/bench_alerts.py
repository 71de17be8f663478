"""From the record that breaks a limit to the alert drawn by a browser; many rules over many objects; a flood."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace
from websockets.sync.client import connect

from bench.alerts_server import FLEET, RATE, fix
from bench.drawn_alerts import Desk
from bench.process import Process
from bench.rows import Row, bench, row
from domain.alert_banners import banners
from domain.alert_parents import suppressed_by
from domain.alert_pictures import AlertRow
from domain.rule_instances import default
from domain.rules import all_rules
from domain.rules.base import Facts, RuleInstance
from pipeline.fact_book import FactBook
from pipeline.rule_watch import RuleWatch
from settings import Limits, numbers

SECONDS, WARM_SECONDS, LATE_SECONDS = 60, 10, 5
INSTANCES, TICKS = 200, 30
FLOOD_MS = 50.0
WITHIN_MS, WITHIN_SECONDS = 500.0, 1.0
STRIP, LIST = "view:shell-strip@en", "alerts"
_OFF = re.compile(r"OFF\d{4}")


@bench("alerts")
def alerts() -> list[Row]:
    """All of it."""
    return [*flood(), *ticks(), *latency()]


def flood() -> list[Row]:
    """Ten thousand standing alerts made into lines, and hidden behind their causes."""
    now, dice = datetime.now(UTC), random.Random(1)
    rows = [
        AlertRow(
            key=f"r{n % 9}:{n}", rule=f"r{n % 9}", level=dice.choice((2, 3, 3, 4)), subject_kind="vehicle",
            subject=str(n), state="new", condition="firing", last_at=now, count=1, feed="ais",
            opened_at=now + timedelta(seconds=dice.uniform(0, 60)), lon=120 + n % 100 / 1000, lat=36.0,
        )
        for n in range(FLEET)
    ]  # fmt: skip
    rows.append(replace(rows[0], key="down:ais", rule="down", level=2, subject_kind="feed", subject="ais", id=""))
    up = {f"r{n}": frozenset({"down"}) for n in range(4)}
    name = f"alerts: {FLEET:,} standing"
    return [
        row(f"{name}, as at most ten lines", _quickest(lambda: banners(rows)), "ms", FLOOD_MS),
        row(f"{name}, behind their causes", _quickest(lambda: suppressed_by(rows, up)), "ms", FLOOD_MS),
    ]


def _quickest(run: Callable[[], object]) -> float:
    """Milliseconds of processor time, the best of ten."""
    took = []
    for _ in range(10):
        began = time.process_time()
        run()
        took.append((time.process_time() - began) * 1e3)
    return min(took)


def ticks() -> list[Row]:
    """Two hundred instances of rules about vehicles over ten thousand of them, a tenth of which moved since."""
    watch, book, now = RuleWatch(), FactBook(), datetime.now(UTC)
    watch.run(dict(itertools.islice(_instances(), INSTANCES)))
    took = []
    for second in range(TICKS):
        now += timedelta(seconds=1)
        moved = range(FLEET) if second == 0 else range(second % 10, FLEET, 10)
        book.add([fix(f"T{one:05d}", one, now, 900.0 if one % 1000 == second % 1000 else 12.0) for one in moved], now)
        began = time.process_time()
        facts = Facts(now=now, **book.facts)
        judged = watch.tick(facts, facts, book.take())
        watch.keep()
        took.append(time.process_time() - began)
    name = f"alerts: a tick of {INSTANCES} rule instances over {FLEET:,} vehicles"
    found = sum(len(one.findings) + len(one.pending) for one in judged)
    print(f"{name}: {found:,} found in the last", flush=True)
    return [
        row(f"{name}, the first", took[0], "s", WITHIN_SECONDS, 5.0),
        row(f"{name}, median", statistics.median(took[1:]), "s", WITHIN_SECONDS),
        row(f"{name}, longest", max(took[1:]), "s", WITHIN_SECONDS),
    ]


def _instances() -> Iterator[tuple[str, RuleInstance]]:
    """Of every rule that judges vehicles one by one, again and again under other names."""
    rules = [one for one in all_rules() if one.judge is not None and one.over == "vehicles"]
    limits = numbers(Limits())
    for number in itertools.count():
        for rule in rules:
            name = f"{rule.name}_{number}"
            yield name, default(rule, limits, name)


def latency(seconds: int = SECONDS) -> list[Row]:
    """A thousand records a second through the whole cockpit; now and then a vehicle leaves its route."""
    with tempfile.TemporaryDirectory() as home, Process("bench.alerts_server", home) as server:
        port = server.hear()["port"]
        tab = Tab(port, [STRIP, LIST])
        with Desk(port) as desk:
            server.ask(f"go {WARM_SECONDS}")
            before = os.getloadavg()[0]
            sent = server.ask(f"go {seconds}", seconds + 60)
            time.sleep(LATE_SECONDS)
            drawn = desk.drawn()
        tab.close()
    name = f"alerts: at {RATE:,} records/s, record to"
    print(f"{name} ...: load of the machine {before:.1f} before, {os.getloadavg()[0]:.1f} after", flush=True)
    return [
        *_took(f"{name} a browser's socket, list", sent, tab.heard[LIST]),
        *_took(f"{name} a browser's socket, strip", sent, tab.heard[STRIP]),
        *_took(f"{name} the list drawn in Chromium", sent, drawn["list"]),
        *_took(f"{name} the strip drawn in Chromium", sent, drawn["strip"]),
    ]


def _took(name: str, sent: dict[str, float], came: dict[str, float]) -> list[Row]:
    """Median and p99 of how long it took; the newest of several stands for all that left their route before it."""
    shown = {one: min((at for other, at in came.items() if other >= one), default=None) for one in sent}
    took = sorted((at - sent[one]) * 1e3 for one, at in shown.items() if at is not None)
    if len(took) < len(sent):
        print(f"{name}: {len(sent) - len(took)} of {len(sent)} never came", flush=True)
    took += [LATE_SECONDS * 1e3] * (len(sent) - len(took))
    return [
        row(f"{name}, median of {len(sent)}", statistics.median(took), "ms", WITHIN_MS),
        row(f"{name}, p99", took[int(0.99 * (len(took) - 1))], "ms", WITHIN_MS),
    ]


class Tab:
    """What a browser has open: notes when each vehicle off its route was first heard of on each topic."""

    def __init__(self, port: int, topics: list[str]) -> None:
        """Connect and subscribe."""
        self.heard: dict[str, dict[str, float]] = {topic: {} for topic in topics}
        self._socket = connect(
            f"ws://127.0.0.1:{port}/live", origin=f"http://127.0.0.1:{port}", max_size=None, compression=None
        )  # type: ignore[arg-type]
        self._socket.send(json.dumps({"op": "sub", "topics": dict.fromkeys(topics)}))
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read no more."""
        self._socket.close()
        self._thread.join()

    def _read(self) -> None:
        for text in self._socket:
            at = time.time()
            head = str(text)[:120]
            topic = next((one for one in self.heard if f'"t":"{one}"' in head), None)
            if topic is not None:
                for name in _OFF.findall(str(text)):
                    self.heard[topic].setdefault(name, at)
