"""Runs the child processes: back-fill once at the start, forecasts after it and every hour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from domain.pictures import NoticeRow
from pipeline import backfill
from pipeline.children import Child, command
from pipeline.health import HealthBook
from pipeline.notices import NoticeBoard
from pipeline.step_thread import StepThread
from settings import Settings
from store.lease import Fence

FORECAST_SECONDS = 3600.0
FIRST_FORECAST_SECONDS = 30.0
log = structlog.get_logger(__name__)


class History(StepThread):
    """Starts children when they are due; at most one back-fill and one forecast run at a time."""

    def __init__(
        self,
        settings: Settings,
        notices: NoticeBoard,
        book: HealthBook,
        arrived: Callable[[Iterable[str]], None],
        fence: Fence | None = None,
    ) -> None:
        """Prepare; nothing runs before ``start``.

        Args:
            settings: handed on to the children.
            notices: progress and failures are posted here.
            book: rows a back-fill stored are counted here.
            arrived: called with the datasets a child has written; with none after a back-fill.
            fence: the children write under it.
        """
        self._settings, self._notices, self._book = settings, notices, book
        self._arrived, self._fence = arrived, fence
        self._lock = threading.Lock()
        self._children: dict[str, Child] = {}
        self._complaints: list[NoticeRow] = []
        self._forecast_due = time.monotonic() + FIRST_FORECAST_SECONDS
        super().__init__("history")

    def stop(self, timeout: float = 1.0) -> None:
        """End the children and the thread."""
        super().stop(timeout)
        with self._lock:
            children = list(self._children.values())
        for child in children:
            child.stop(timeout)

    def rolled_up(self, much: bool) -> None:
        """New roll-ups are there; ``much``: days of history at once, worth a forecast now."""
        if much:
            self._forecast_due = min(self._forecast_due, time.monotonic() + 1.0)

    def _loop(self) -> None:
        try:
            if backfill.has_work(self._settings):
                self._start("backfill", self._progress, self._filled)
        except Exception:
            log.exception("step_failed", step="backfill")
            self._notices.post("backfill", "backfill_failed", "warning", exit_code=-1)
        while not self._stopped.wait(0.5):
            if time.monotonic() < self._forecast_due or self._running("backfill") or self._running("forecast"):
                continue
            self._forecast_due = time.monotonic() + FORECAST_SECONDS
            self._complaints = []
            try:
                self._start("forecast", self._complaint, self._forecast_made)
            except Exception:
                log.exception("step_failed", step="forecast")

    def _start(self, name: str, on_message: Callable[[dict[str, Any]], None], on_end: Callable[[int], None]) -> None:
        with self._lock:
            if not self._stopped.is_set():
                self._children[name] = Child(
                    command(self._settings, name), self._settings, on_message, on_end, self._fence
                )

    def _running(self, name: str) -> bool:
        child = self._children.get(name)
        return child is not None and child.running

    def _progress(self, message: dict[str, Any]) -> None:
        if "share" in message:
            self._notices.post("backfill", "backfill", percent=int(100 * message["share"]))
        elif "feed" in message:
            self._book.filled(message["feed"], message["counts"])

    def _filled(self, code: int) -> None:
        if self._stopped.is_set():
            return
        if code == 0:
            self._notices.take_down("backfill")
            self._arrived(())
        else:
            log.warning("backfill_failed", exit_code=code)
            self._notices.post("backfill", "backfill_failed", "warning", exit_code=code)
        self._forecast_due = time.monotonic()

    def _complaint(self, message: dict[str, Any]) -> None:
        """A forecast was stored, or a series gives none and says why."""
        if "made" in message:
            self._arrived(("forecast",))
        if "notice" in message:
            params = message.get("params", {})
            key = f"forecast.{params.get('series', '')}"
            self._complaints.append(NoticeRow(key=key, code=message["notice"], params=params))

    def _forecast_made(self, code: int) -> None:
        if self._stopped.is_set():
            return
        if code:
            log.warning("forecast_failed", exit_code=code)
            failed = NoticeRow(key="forecast.", code="forecast_failed", params={"exit_code": code}, level="warning")
            self._complaints.append(failed)
        self._notices.replace_all("forecast.", self._complaints)
        self._arrived(("forecast",))
