"""What the tests of the grown mode stand on: real servers, and the cockpit's processes as a user starts them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.conftest import REPO
from tests.ports import free_port

FULL = os.environ.get("COCKPIT_FULL") == "1"
LEASE_SECONDS = 2.0
CONFIG = """
[bus]
url = "{bus}"
[lease]
seconds = {lease}
[server]
workers = {workers}
[feeds.checks]
adapter = "csv_drop"
every_seconds = 0.2
expected_seconds = 600
settle_seconds = 0
path = "drop"
dataset = "check_result"
[feeds.checks.mapping]
check_id = "id"
declaration_no = "declaration"
result = "result"
event_time = "at"
[feeds.rare]
adapter = "csv_drop"
every_seconds = 3600
expected_seconds = 36000
settle_seconds = 0
path = "rare"
dataset = "check_result"
[feeds.rare.mapping]
check_id = "id"
declaration_no = "declaration"
result = "result"
event_time = {rare_time}
"""


def wait_for(condition: Callable[[], Any], seconds: float = 60.0, what: str = "") -> Any:
    """Wait until the condition holds and return it; fails the test when it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain: {what or condition}")


class Nats:
    """A NATS from the wheel; killing and starting it again keeps its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        binary = shutil.which("nats-server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        assert binary, "NATS is not here: pip install -r requirements-dev.txt"
        self._command = [binary, "--addr", "127.0.0.1", "--port", str(self.port), "--log", os.devnull]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Nats:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)
        wait_for(self._answers, what="NATS")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


class Site:
    """A folder with a configuration and a drop folder, and the processes that run on it."""

    def __init__(self, folder: Path, database: str, bus: str = "", workers: int = 1, lease: float = LEASE_SECONDS):
        self.database, self.port = database, free_port()
        self.folder, self.config, self.log = folder, folder / "cockpit.toml", folder / "log"
        for name in ("drop", "rare"):
            (folder / name).mkdir(parents=True)
        self._settings = {"bus": bus, "lease": lease, "workers": workers}
        self.configure()
        self.environment = {
            "COCKPIT_HOME": str(folder / "home"), "COCKPIT_CONFIG": str(self.config), "COCKPIT_PORT": str(self.port),
            "COCKPIT_DATABASE_URL": database, "PYTHONPATH": str(REPO),
        }  # fmt: skip
        self._dropped = 0

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of the cockpit, ended afterwards however it stands."""
        command = [sys.executable, *(arguments if arguments[0].endswith(".py") else ("app.py", *arguments))]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=REPO, env={**os.environ, **self.environment}, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def configure(self, rare_time: str = '"at"') -> None:
        """Write the configuration; who runs has read it already."""
        self.config.write_text(CONFIG.format(**self._settings, rare_time=rare_time))

    def put(self, count: int = 1, into: str = "drop", at: str = "") -> list[str]:
        """Drop a file with so many checks that did not agree; returns their declarations."""
        numbers = [f"D{self._dropped + n:06d}" for n in range(count)]
        self._dropped += count
        at = at or datetime.now(UTC).isoformat()
        rows = "".join(f"{number},{number},seal_mismatch,{at}\n" for number in numbers)
        part = self.folder / into / f".{numbers[0]}"
        part.write_text("id,declaration,result,at\n" + rows)
        part.rename(part.with_name(f"{numbers[0]}.csv"))
        return numbers

    @property
    def declarations(self) -> set[str]:
        """All dropped so far."""
        return {f"D{n:06d}" for n in range(self._dropped)}
