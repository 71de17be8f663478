"""A real cockpit in a process of its own, and a real Chromium to look at it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import REPO


@dataclass
class Cockpit:
    """A running cockpit: where it answers, and its process."""

    url: str
    process: subprocess.Popen[str]

    def get(self, path: str) -> Any:
        """JSON of a route."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def wait(self, told: Callable[[], Any], seconds: float, what: str) -> Any:
        """Ask until the answer is truthy; fails naming what was waited for."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if answer := told():
                    return answer
            assert self.process.poll() is None, f"the cockpit ended while waiting for {what}"
            time.sleep(0.2)
        raise AssertionError(f"{what}: not within {seconds} s")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(home: Path, config: Path | None = None, **environ: str) -> Iterator[Cockpit]:
    """Start ``python app.py serve`` and wait until it can serve; ends it afterwards."""
    port = free_port()
    command = [sys.executable, "app.py", "serve", *(["--config", str(config)] if config else [])]
    env = {**os.environ, "COCKPIT_PORT": str(port), "COCKPIT_HOME": str(home), **environ}
    env.pop("COCKPIT_CONFIG", None)
    process = subprocess.Popen(command, cwd=REPO, env=env, text=True)
    cockpit = Cockpit(f"http://127.0.0.1:{port}", process)
    try:
        cockpit.wait(lambda: cockpit.get("/livez"), 30, "/livez")
        yield cockpit
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            pytest.fail("the cockpit did not end within 20 s of SIGTERM")


@pytest.fixture(scope="session")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """The default cockpit with its simulated port."""
    with running(tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh tab of 1920 x 1080 that fails the test on any script error."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert not errors, errors
