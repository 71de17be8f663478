"""The grown cockpit on this machine, for trying out and for tests: ``make grown``.

PostgreSQL and NATS come from the development wheels, their data live in a temporary folder. What
dies is started again after a second, as systemd would do it; Ctrl+C ends all.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

import settings as configuration  # noqa: E402
from tools.postgres import Server  # noqa: E402

CONFIG = PROJECT / "examples" / "grown" / "cockpit.toml"
PARTS = {"collector": "collect", "standby": "collect", "web": "web"}
RESTART_SECONDS = 1.0
STOP_SECONDS = 20.0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Part:
    """One process that is kept running."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        """Start it."""
        self.name, self._command, self._environment = name, command, environment
        self.start()

    def start(self) -> None:
        """Start it in a session of its own: Ctrl+C is for us, who end the parts in order."""
        self.process = subprocess.Popen(  # noqa: S603 - our own command lines
            self._command, cwd=PROJECT, env={**os.environ, **self._environment}, start_new_session=True
        )

    def keep(self) -> None:
        """Start it again when it has ended."""
        code = self.process.poll()
        if code is not None:
            print(f"grown: {self.name} ended ({code}), starting it again", flush=True)
            self.start()
            print(f"grown: {self.name} is process {self.process.pid} now", flush=True)

    def stop(self) -> None:
        """End it in order, or, when it does not, at once."""
        self.process.send_signal(signal.SIGCONT)  # somebody may have tried what a stopped one does
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Nats(Part):
    """A NATS from the wheel."""

    def __init__(self) -> None:
        """Start it on a free port."""
        self.port = free_port()
        binary = shutil.which("nats-server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        if binary is None:
            raise FileNotFoundError("NATS is not here: pip install -r requirements-dev.txt")
        super().__init__("nats", [binary, "--addr", "127.0.0.1", "--port", str(self.port), "--log", os.devnull], {})

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"nats://127.0.0.1:{self.port}"


def environment_of(database: Server, nats: Nats, home: str) -> dict[str, str]:
    """What the cockpit's processes are told besides the configuration file."""
    return {
        "COCKPIT_CONFIG": os.environ.get("COCKPIT_CONFIG", str(CONFIG)), "COCKPIT_HOME": home,
        "COCKPIT_DATABASE_URL": database.url(database.database()), "COCKPIT_BUS_URL": nats.url,
    }  # fmt: skip


def wait_for_page(address: str, ended: threading.Event) -> None:
    """Until a web worker serves, a minute at most."""
    for _ in range(120):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/livez", timeout=2):  # noqa: S310
            return
        if ended.wait(0.5):
            return


def main() -> int:
    """Start everything, keep it running until SIGINT or SIGTERM; returns the exit code."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    home = tempfile.mkdtemp(prefix="cockpit-grown-")
    database = Server(port=free_port())
    parts: list[Part] = []
    try:
        nats = Nats()
        parts.append(nats)
        environment = environment_of(database, nats, home)
        told = configuration.load(environ={**os.environ, **environment})
        for name, command in PARTS.items():
            own = {**environment, "COCKPIT_COLLECT_PORT": str(free_port())} if command == "collect" else environment
            parts.append(Part(name, [sys.executable, str(PROJECT / "app.py"), command], own))
            time.sleep(RESTART_SECONDS)  # the first one makes the tables and takes the lease
        address = f"http://{told.server.host}:{told.server.port}"
        wait_for_page(address, ended)
        print(f"grown: {address}  (Ctrl+C ends it all)")
        print(f"grown: PostgreSQL {environment['COCKPIT_DATABASE_URL']}   NATS {nats.url}")
        print("grown: " + ", ".join(f"{part.name} {part.process.pid}" for part in parts))
        print("grown: try kill -9, or kill -STOP and later -CONT, on any of them and watch the page", flush=True)
        while not ended.wait(RESTART_SECONDS):
            for part in parts:
                part.keep()
    finally:
        for part in reversed(parts):
            part.stop()
        database.remove()
        shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
