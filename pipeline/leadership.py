"""One collector leads, the others stand by: decided by a lease in the database.

The leader renews well before the lease runs out. When it falls silent (killed, stopped, cut off) a
standby takes the lease after at most ``seconds`` + a second. A leader that wakes up afterwards finds
its token outdated: its writes are refused by the fence, it ends its work and stands by again. While
the database cannot be reached nobody can take over and nobody can write, so the leader goes on: its
feeds are buffered, and collecting continues without a gap when the database is back.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable
from typing import Protocol

import structlog

from domain.errors import StoreUnavailableError
from store.lease import Fence, Leases

LEASE = "collector"
LOOK_SECONDS = 1.0  # a standby asks so often
RENEWALS = 4  # so often within the life of a lease
log = structlog.get_logger(__name__)


class Work(Protocol):
    """What a leader does."""

    def stop(self) -> None:
        """End it; nothing is written afterwards."""


def holder_name() -> str:
    """Names this process: machine, process and a random part, for process numbers come again."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


class Leadership:
    """One thread that takes the lease when it can and keeps it while it may."""

    def __init__(
        self, leases: Leases, lead: Callable[[Fence], Work], seconds: float, holder: str = "", name: str = LEASE
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            leases: of the database; must not belong to a fenced store.
            lead: begins the work under a fence.
            seconds: after this long without a sign of life another may take over.
            holder: names this process; default from machine and process.
            name: of the lease.
        """
        self._leases, self._lead, self._seconds, self._name = leases, lead, seconds, name
        self.holder = holder or holder_name()
        self.fence: Fence | None = None
        self.work: Work | None = None
        self._failing = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="leadership", daemon=True)

    @property
    def leading(self) -> bool:
        """Whether this process collects now, as far as it knows."""
        return self.work is not None

    def start(self) -> None:
        """Stand by; lead when the lease can be had."""
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """End the work and give the lease up, so that a standby takes over at once."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def alive(self) -> dict[str, bool]:
        """Whether the thread runs."""
        return {"leadership": self._thread.is_alive()}

    def _loop(self) -> None:
        while not self._stopped.is_set():
            try:
                self.step()
            except StoreUnavailableError as error:
                self._trouble(error.code)
            except Exception as error:
                log.exception("step_failed", step="leadership", error=type(error).__name__)
            self._stopped.wait(self._seconds / RENEWALS if self.leading else LOOK_SECONDS)
        self._leave()

    def step(self) -> None:
        """Look once: take the lease, keep it, or find that it is lost.

        Raises:
            StoreUnavailableError: the database cannot be asked; nothing changes.
        """
        if self.fence is None:
            token = self._leases.acquire(self._name, self.holder, self._seconds)
            if token is not None:
                self._begin(Fence(self._name, token))
        elif not self._leases.renew(self._name, self.fence.token, self._seconds):
            log.warning("leadership_lost", token=self.fence.token)
            self._end()
        if self._failing:
            self._failing = False
            log.info("step_recovered", step="leadership")

    def _begin(self, fence: Fence) -> None:
        log.info("leadership_taken", holder=self.holder, token=fence.token)
        try:
            self.work = self._lead(fence)
        except BaseException:
            self._leases.release(self._name, fence.token)  # let another try
            raise
        self.fence = fence

    def _end(self) -> None:
        work, self.work, self.fence = self.work, None, None
        if work is not None:
            work.stop()

    def _leave(self) -> None:
        fence = self.fence
        self._end()
        if fence is not None:
            try:
                self._leases.release(self._name, fence.token)
            except StoreUnavailableError as error:
                log.warning("lease_not_released", code=error.code)  # it runs out by itself

    def _trouble(self, code: str) -> None:
        if not self._failing:
            self._failing = True
            log.warning("step_failed", step="leadership", code=code, leading=self.leading)
