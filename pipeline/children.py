"""Child processes for work that would hold up the live picture: back-fill and forecasts.

A child writes one line of JSON per message to its standard output. Its standard input is a pipe
whose other end its parent holds: when the parent ends, however it ends, the pipe closes and the
child ends itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import structlog

from pipeline.opening import store_of
from settings import PROJECT, Settings
from store.engine import Store
from store.lease import Fence

CHILD = "COCKPIT_CHILD"  # set in the environment of children
FENCE = "COCKPIT_FENCE"  # the lease their parent holds, as name:token
log = structlog.get_logger(__name__)


def command(settings: Settings, name: str) -> list[str]:
    """Command line of a child: the cockpit's own inner command."""
    return [sys.executable, str(PROJECT / "app.py"), name, "--config", str(settings.source)]


class Child:
    """A running child and the thread that reads its messages."""

    def __init__(
        self,
        arguments: Sequence[str],
        settings: Settings,
        on_message: Callable[[dict[str, Any]], None],
        on_end: Callable[[int], None],
        fence: Fence | None = None,
    ) -> None:
        """Start it, at low priority.

        Args:
            arguments: the command line.
            settings: home and database are handed on through the environment.
            on_message: called with every message, in the reading thread.
            on_end: called with the exit code, in the reading thread.
            fence: what its store writes under; a child that outlives its parent's lease writes nothing.

        Raises:
            OSError: it could not be started.
        """
        environment = {**os.environ, "COCKPIT_HOME": str(settings.home), CHILD: "1"}
        # A child that is ended leaves multiprocessing's semaphores to its tracker, which would lament it.
        environment["PYTHONWARNINGS"] = "ignore:resource_tracker:UserWarning"
        if settings.store.url:
            environment["COCKPIT_DATABASE_URL"] = settings.store.url
        if fence is not None:
            environment[FENCE] = f"{fence.name}:{fence.token}"
        self._on_message, self._on_end = on_message, on_end
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            list(arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=PROJECT,
            start_new_session=True,  # Ctrl+C is for the cockpit, which ends its children itself
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, name=f"child-{self._process.pid}", daemon=True)
        self._reader.start()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def stop(self, timeout: float = 2.0) -> None:
        """End it and wait for it."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout)
        self._reader.join(timeout)

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        with self._process.stdout as lines:
            for line in lines:
                message = _parse(line)
                if message is not None:
                    self._safely(self._on_message, message)
                else:
                    sys.stderr.write(line)  # its log
        code = self._process.wait()
        self._process.stdin.close()
        self._safely(self._on_end, code)

    def _safely(self, call: Callable[[Any], None], value: Any) -> None:
        try:
            call(value)
        except Exception:
            log.exception("step_failed", step="child")


def _parse(line: str) -> dict[str, Any] | None:
    """A message, or None for anything else a library may have printed."""
    try:
        found = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
    if isinstance(found, float | int):
        return {"share": float(found)}
    return found if isinstance(found, dict) else None


def own_store(settings: Settings, busy_seconds: float = 5.0) -> Store:
    """Open a child's store, behind the fence its parent writes under.

    Args:
        settings: the configuration.
        busy_seconds: how long a write waits for others.
    """
    store = store_of(settings, busy_seconds)
    name, _, token = os.environ.get(FENCE, "").partition(":")
    if name:
        store.fence(Fence(name, int(token)))
    return store


def say(**message: Any) -> None:
    """Send a message to the parent; a process started by hand has nobody to tell."""
    if os.environ.get(CHILD) == "1":
        print(msgspec.json.encode(message).decode(), flush=True)


def end_with_parent() -> None:
    """In a child: end this process as soon as the parent is gone. Elsewhere: nothing."""
    if os.environ.get(CHILD) == "1":
        os.nice(10)
        threading.Thread(target=_wait_for_parent, name="parent-watch", daemon=True).start()


def _wait_for_parent() -> None:
    while os.read(0, 1024):  # not through sys.stdin: its lock, held here, would abort a normal exit
        pass
    os._exit(3)  # at once: nobody is left to clean up for, and every transaction is whole or not there
