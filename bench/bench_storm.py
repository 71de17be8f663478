"""500 browsers come back at once, as after a restart of a switch: how long until all have everything?"""

from __future__ import annotations

import contextlib
import re
import tempfile
import time

from bench.bench_start import history_is_there
from bench.process import Process
from bench.rows import Row, bench, row

CLIENTS = 500
WITHIN_SECONDS, MOST_READS = 5.0, 10
HISTORY_SECONDS, QUIET_SECONDS = 300, 10
MORE_PLATFORMS = re.compile(r"view:overview-queue-[1-9]\d*@")  # the overview shows one platform at a time


@bench("storm")
def storm() -> list[Row]:
    """The real cockpit with its simulated port; each client asks for every topic and the overview's views."""
    with tempfile.TemporaryDirectory() as home, Process("bench.cockpit_server", home) as cockpit:
        port = cockpit.hear()["port"]
        settled(f"http://127.0.0.1:{port}")
        topics = [topic for topic in cockpit.ask("topics") if not MORE_PLATFORMS.match(topic)]
        with Process("bench.live_clients", port, CLIENTS, "read", ",".join(topics)) as herd:
            herd.hear()
            time.sleep(3)
            start = _reads(cockpit)
            time.sleep(QUIET_SECONDS)
            before = _reads(cockpit)
            seconds = herd.ask("again")["seconds"]
            reads = _reads(cockpit) - before
    scheduled = (before - start) / QUIET_SECONDS * seconds  # topics are read anew by the clock, storm or not
    return [
        row(f"storm: 500 clients have {len(topics)} topics each", seconds, "s", WITHIN_SECONDS),
        row("storm: database reads beyond the schedule's", max(0.0, reads - scheduled), "reads", MOST_READS),
    ]


def _reads(cockpit: Process) -> int:
    return sum(cockpit.ask("reads").values())


def settled(url: str) -> None:
    """Wait until history has been filled in: that is other work."""
    end = time.monotonic() + HISTORY_SECONDS
    while time.monotonic() < end:
        time.sleep(2)
        with contextlib.suppress(OSError):
            if history_is_there(url):
                return
    raise RuntimeError(f"{url}: history not filled in within {HISTORY_SECONDS} s")
