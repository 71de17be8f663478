"""500 browsers come back at once, as after a restart of a switch: how long until all have everything?"""

from __future__ import annotations

import json
import re
import tempfile
import time
import urllib.request

from bench.process import Process
from bench.rows import Row, bench, row

CLIENTS = 500
WITHIN_SECONDS, MOST_READS = 5.0, 10
HISTORY_SECONDS = 300
MORE_PLATFORMS = re.compile(r"view:overview-queue-[1-9]\d*@")  # the overview shows one platform at a time


@bench("storm")
def storm() -> list[Row]:
    """The real cockpit with its simulated port; each client asks for every topic and the overview's views."""
    with tempfile.TemporaryDirectory() as home, Process("bench.cockpit_server", home) as cockpit:
        port = cockpit.hear()["port"]
        _settled(f"http://127.0.0.1:{port}/api/v1/notices")
        topics = [topic for topic in cockpit.ask("topics") if not MORE_PLATFORMS.match(topic)]
        with Process("bench.live_clients", port, CLIENTS, "read", ",".join(topics)) as herd:
            herd.hear()
            time.sleep(3)
            before = sum(cockpit.ask("reads").values())
            seconds = herd.ask("again")["seconds"]
            reads = sum(cockpit.ask("reads").values()) - before
    return [
        row(f"storm: 500 clients have {len(topics)} topics each", seconds, "s", WITHIN_SECONDS),
        row("storm: database reads meanwhile, scheduled ones included", reads, "reads", MOST_READS),
    ]


def _settled(notices: str) -> None:
    """Wait until history has been filled in: that is other work."""
    end, quiet = time.monotonic() + HISTORY_SECONDS, 0
    while quiet < 3 and time.monotonic() < end:
        time.sleep(2)
        try:
            with urllib.request.urlopen(notices, timeout=10) as answer:
                busy = any(notice["code"] == "backfill" for notice in json.load(answer)["rows"])
        except OSError:
            busy = True
        quiet = 0 if busy else quiet + 1
