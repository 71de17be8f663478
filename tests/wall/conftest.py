"""A hall in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import REPO
from tests.ports import free_port

expect.set_options(timeout=90_000)  # a busy machine is no reason to fail

BROKEN = """
[wall.scenes.broken.layouts.only]
size  = [32, 18]
alarm = [16, 0, 16, 18]
[wall.scenes.broken.layouts.only.tiles]
nosuch = [0, 0, 16, 9]
kpis   = [0, 9, 16, 9]
alerts = [16, 0, 16, 18]
"""


class HallProcess:
    """Where the hall answers, and which alerts stand in it."""

    def __init__(self, home: Path, mode: str = "demo") -> None:
        self.port, self._home = free_port(), home
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = config = home / "cockpit.toml"
        shipped = (REPO / "cockpit.toml").read_text("utf-8").replace("drift_pixels    = 2", "drift_pixels    = 0")
        shipped = re.sub(r'^mode( *)= "demo"', rf'mode\1= "{mode}"', shipped, flags=re.MULTILINE)
        config.write_text(shipped + BROKEN, "utf-8")
        self._command = [sys.executable, "-m", "tests.wall.hall", str(self.port), str(home), str(config)]
        self.start()

    def start(self) -> None:
        """Begin, or begin again at the same address."""
        self._process = subprocess.Popen(self._command, cwd=REPO, env={**os.environ})
        self.until(self._answers, "the hall")

    def _answers(self) -> bool:
        assert self._process.poll() is None
        try:
            return bool(urllib.request.urlopen(self.url + "/livez", timeout=5).status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def until(self, told: Callable[[], Any], what: str, seconds: float = 90) -> Any:
        """Ask until the answer is truthy."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if answer := told():
                return answer
            time.sleep(0.1)
        raise AssertionError(f"{what}: not within {seconds} s")

    def alarms(self, *wanted: tuple[str, int, str, str, float]) -> None:
        """Make these the standing alerts."""
        new = self._home / "alarms.new"
        new.write_text(json.dumps(wanted))
        new.replace(self._home / "alarms.json")

    def act(self, screen: str, **body: Any) -> int:
        """What a program says to the screens."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/screens/{screen}/acts", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        try:
            return int(urllib.request.urlopen(request, timeout=30).status)
        except urllib.error.HTTPError as error:
            return error.code

    def stop(self) -> None:
        """End it."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HallProcess]:
    """A hall with a busy day."""
    started = HallProcess(tmp_path_factory.mktemp("hall"))
    yield started
    started.stop()
