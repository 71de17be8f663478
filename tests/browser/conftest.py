"""A real cockpit in a process of its own, and a real Chromium to look at it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import REPO
from tests.ports import free_port

PATIENCE_MS = 90_000  # for whatever is waited for: a busy machine is no reason to fail
expect.set_options(timeout=PATIENCE_MS)


class Cockpit:
    """A cockpit in a process of its own, on one port and home; it may be killed and started again."""

    def __init__(self, home: Path, config: Path = REPO / "cockpit.toml") -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._env = {**os.environ, "COCKPIT_PORT": str(port), "COCKPIT_HOME": str(home)}
        self._env["COCKPIT_CONFIG"] = str(config)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start ``python app.py serve`` and wait until it can serve; nothing if it runs."""
        if self._process is None:
            self._process = subprocess.Popen([sys.executable, "app.py", "serve"], cwd=REPO, env=self._env, text=True)
            self.wait(lambda: self.get("/livez"), 120, "/livez")

    def kill(self) -> None:
        """As a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hold(self, command: str) -> None:
        """Stand a child process still as soon as it is there, so that whoever is to stop it is in time."""
        assert self._process is not None
        mine = psutil.Process(self._process.pid)

        def held() -> bool:
            for child in mine.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    if command in child.cmdline():
                        child.suspend()
                        return True
            return False

        self.wait(held, 60, command)

    def stop(self) -> None:
        """In order."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail("the cockpit did not end within 60 s of SIGTERM")

    def get(self, path: str) -> Any:
        """JSON of a route."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def wait(self, told: Callable[[], Any], seconds: float, what: str) -> Any:
        """Ask until the answer is truthy; fails naming what was waited for."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if answer := told():
                    return answer
            assert self._process is None or self._process.poll() is None, f"the cockpit ended while waiting for {what}"
            time.sleep(0.2)
        raise AssertionError(f"{what}: not within {seconds} s")


@pytest.fixture(scope="session")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    """The default cockpit with its simulated port and the history a fresh home makes first."""
    started = Cockpit(tmp_path_factory.mktemp("home"))

    def shown() -> bool:
        then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
        asked = ("vessels", "yard", "gates", f"vehicles?at={then}")  # trucks of the last hours come last
        return all(started.get(f"/api/v1/{name}")["rows"] for name in asked)

    try:
        started.start()
        started.wait(shown, 280, "a picture of the port, and its last hours")
        yield started
    finally:
        started.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh tab of 1920 x 1080 that fails the test on any script error."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert not errors, errors
