"""``python -m bench.kills --rounds 50``: killed between commit and word of it; does every event reach the screens?

RELIABILITY.md, test 2. The real cockpit is killed (kill -9) in turn after it has stored a check and after it has stored
the alert about it, before anybody was told of either; then it is started again and a browser's connection waits for
every alert. In the end the store and the log of alerts are read: each event once, each alert opened once. Prints the
figures; exit code 1 when an event is late, lost or judged twice.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import func, select
from websockets.sync.client import connect

from bench.process import REPO
from domain.alert_identity import alert_id, alert_key
from domain.viewer import SYSTEM
from store import schema, schema_alerts
from store.engine import open_store

WITHIN_SECONDS = 5.0  # from its first answer after the restart to the last event on a browser's connection
PATIENCE = 180.0  # a machine may be busy; what takes longer than this never comes
POINTS = ("CheckResult", "alert")  # stored, and nobody was told
RULE = "co_inspection_mismatch"
CONFIG = """
[feeds.checks]
adapter = "csv_drop"
every_seconds = 0.2
expected_seconds = 36000
settle_seconds = 0
path = "drop"
dataset = "check_result"
[feeds.checks.mapping]
check_id = "id"
declaration_no = "id"
result = "result"
event_time = "at"
"""


class Killed(msgspec.Struct):
    """What came of it.

    Attributes:
        events: how many were dropped in, two each round.
        waited: by round, seconds from the first answer after the restart until all events so far were heard.
        started: by round, seconds from the start of the process to that answer.
        stored, opened, steps: checks in the store; alerts that were opened; rows of the log. All as many as events.
        counted: how often alerts say they were raised, and how many say so.
    """

    events: int = 0
    waited: list[float] = []
    started: list[float] = []
    stored: int = 0
    opened: int = 0
    steps: int = 0
    counted: dict[int, int] = {}

    @property
    def once(self) -> bool:
        """Whether every event was kept and judged once."""
        return self.stored == self.opened == self.steps == self.events and self.counted == {1: self.events}

    @property
    def slowest(self) -> float:
        """The longest wait, in seconds."""
        return max(self.waited)


class Site:
    """A folder with a configuration and a drop folder, and the cockpit that runs on it."""

    def __init__(self, folder: Path, database: str = "") -> None:
        """Write the configuration; an empty ``database`` is the folder's own."""
        self._folder, self.kill = folder, folder / "kill"
        self.database = database or f"sqlite:///{folder / 'home' / 'cockpit.db'}"
        (folder / "drop").mkdir(parents=True)
        (folder / "cockpit.toml").write_text(CONFIG, "utf-8")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self._environment = {
            **os.environ, "COCKPIT_HOME": str(folder / "home"), "COCKPIT_CONFIG": str(folder / "cockpit.toml"),
            "COCKPIT_PORT": str(self.port), "COCKPIT_KILL": str(self.kill), "COCKPIT_DATABASE_URL": self.database,
        }  # fmt: skip

    @contextlib.contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """The cockpit, ended afterwards unless it was killed."""
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.kills_server"], cwd=REPO, env=self._environment, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def answers(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for its first answer."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/livez"):
                return
            time.sleep(0.02)
        raise RuntimeError(f"it does not answer: {(self._folder / 'log').read_text('utf-8')[-2000:]}")

    def drop(self, numbers: list[str]) -> None:
        """Checks of these declarations that did not agree."""
        at = datetime.now(UTC).isoformat()
        rows = "".join(f"{number},seal_mismatch,{at}\n" for number in numbers)
        part = self._folder / "drop" / f".{numbers[0]}"
        part.write_text("id,result,at\n" + rows, "utf-8")
        part.rename(part.with_name(f"{numbers[0]}.csv"))

    def heard(self, numbers: list[str]) -> None:
        """Wait until a new connection, as a browser makes one, has heard of alerts about all of these."""
        left = set(numbers)
        address = f"ws://127.0.0.1:{self.port}/live"
        with connect(address, origin=address.replace("ws", "http").removesuffix("/live"), max_size=None) as tab:  # type: ignore[arg-type]
            tab.send(json.dumps({"op": "sub", "topics": {"alerts": None}}))
            end = time.monotonic() + PATIENCE
            while left:
                text = str(tab.recv(end - time.monotonic()))
                left -= {number for number in left if number in text}


def killed(folder: Path, rounds: int, database: str = "") -> Killed:
    """Kill and start again so many times.

    Args:
        folder: to work in.
        rounds: kills, at each of ``POINTS`` in turn.
        database: address of an empty one; empty: SQLite in the folder.

    Raises:
        RuntimeError: it did not start, or did not die. TimeoutError: an event never came.
    """
    site, said, numbers = Site(folder, database), Killed(), list[str]()
    for turn in range(rounds + 1):
        began = time.monotonic()
        with site.running() as process:
            site.answers(process)
            answered = time.monotonic()
            if numbers:
                site.heard(numbers)
                said.started.append(answered - began)
                said.waited.append(time.monotonic() - answered)
            if turn == rounds:
                break
            new = [f"42582026{2 * turn + n:010d}" for n in range(2)]
            numbers += new
            number = f" {alert_id(alert_key(RULE, new[0]))}"
            site.kill.write_text(POINTS[turn % 2] + (number if turn % 2 else ""))
            site.drop(new)
            if process.wait(PATIENCE) != -signal.SIGKILL:
                raise RuntimeError("it was not killed")
        site.kill.unlink()
    said.events = len(numbers)
    _counted(site.database, said)
    return said


def _counted(database: str, said: Killed) -> None:
    with contextlib.closing(open_store(database)) as store, store._database.reading() as connection:
        log, alerts = schema_alerts.alert_log, schema.alert
        said.stored = connection.execute(select(func.count()).select_from(schema.check_result)).scalar_one()
        mine = log.c.alert_id.in_(select(alerts.c.id).where(alerts.c.rule == RULE))
        said.steps = connection.execute(select(func.count()).select_from(log).where(mine)).scalar_one()
        opened = select(func.count()).select_from(log).where(mine, log.c.what == "opened")
        said.opened = connection.execute(opened).scalar_one()
        rows = [row for row in store.reads.alerts(SYSTEM).rows if row.rule == RULE]
        said.counted = dict(Counter(row.count for row in rows))


def main() -> int:
    """Kill, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        said = killed(Path(folder), rounds)
    print(f"killed {rounds} times between commit and word of it, {said.events} events; load {os.getloadavg()[0]:.1f}")
    print(f"answered again after {statistics.median(said.started):.1f} s (median), {max(said.started):.1f} s (longest)")
    print(f"then every event was heard in {statistics.median(said.waited):.2f} s (median), {said.slowest:.2f} s "
          f"(longest; bar: {WITHIN_SECONDS:g} s)")  # fmt: skip
    print(f"stored {said.stored}, opened {said.opened}, steps {said.steps}, raised {said.counted}: "
          f"{'each once' if said.once else 'LOST OR TWICE'}")  # fmt: skip
    return 0 if said.once and said.slowest <= WITHIN_SECONDS else 1


if __name__ == "__main__":
    raise SystemExit(main())
