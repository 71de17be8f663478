"""A cockpit with accounts in a process of its own, over pictures made by hand."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

import settings as configuration
from access.desk import AccountDesk
from domain.accounts import POLICIES
from domain.permissions import Role
from domain.viewer import Viewer
from store.engine import Store, open_store
from store.reads.audit import Noted
from tests.conftest import REPO
from tests.ports import free_port

ADMIN = Viewer(name="admin", roles=frozenset({Role.SECURITY_ADMIN, Role.AUDITOR}))


class House(msgspec.Struct):
    """Where it answers, and its accounts as the command line would reach them.

    Attributes:
        url: by the name browsers take for a secure place.
        store: its database, opened beside it.
    """

    url: str
    store: Store

    @property
    def desk(self) -> AccountDesk:
        """Where its accounts are changed."""
        return AccountDesk(self.store.accounts, POLICIES["mlps3"], lambda: datetime.now(UTC))

    def account(self, name: str, role: Role = Role.SUPERVISOR) -> str:
        """Make an account; gives the address at which its owner sets the password."""
        _, secret = self.desk.add(ADMIN, name, "", [role])
        return f"{self.url}/welcome/{secret}"

    def noted(self, what: str) -> list[Noted]:
        """What is on record, newest first."""
        now = datetime.now(UTC)
        found = self.store.reads.audit(ADMIN, now - timedelta(days=1), now + timedelta(days=1))
        return [one for one in found if one.entry.what == what]


def config(folder: Path, access: str = "", port: int = 0) -> Path:
    """The project's settings with accounts, and more lines of theirs."""
    text = (REPO / "cockpit.toml").read_text("utf-8")
    text = re.sub(r"^mode +=.*$", 'mode = "accounts"', text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^port += \d+.*$", f"port = {port}", text, count=1, flags=re.MULTILINE) if port else text
    file = folder / "accounts.toml"
    file.write_text(f"{text}\n{access}", "utf-8")
    return file


@contextlib.contextmanager
def opened(folder: Path, access: str = "") -> Iterator[House]:
    """Start one and end it."""
    port, home = free_port(), folder / "home"
    home.mkdir()
    file = config(folder, access, port)
    told = configuration.load(file, environ={**os.environ, "COCKPIT_HOME": str(home)})
    store = open_store(told.database_url)
    asked = [sys.executable, "-m", "tests.wall.hall", str(port), str(home), str(file)]
    process = subprocess.Popen(asked, cwd=REPO)
    try:
        answers(f"http://localhost:{port}/livez", process)
        yield House(f"http://localhost:{port}", store)
    finally:
        process.terminate()
        process.wait(60)
        store.close()


def answers(url: str, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=10):
            return
        assert process.poll() is None, f"{url}: its process has ended"
        time.sleep(0.1)
    raise AssertionError(f"{url}: no answer within {seconds} s")
