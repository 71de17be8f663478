"""What the cockpit has to say about itself, published as a picture."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from domain.pictures import NoticeRow, NoticesPicture

Publish = Callable[[str, Any], None]


class NoticeBoard:
    """The notices now standing, by key; thread-safe. Texts are catalogue ``notice.<code>``."""

    def __init__(self, publish: Publish) -> None:
        """Make an empty board.

        Args:
            publish: takes (topic, picture).
        """
        self._publish = publish
        self._lock = threading.Lock()
        self._rows: dict[str, NoticeRow] = {}

    def post(self, key: str, code: str, level: str = "info", **params: Any) -> None:
        """Put up a notice or replace the one with the same key."""
        row = NoticeRow(key=key, code=code, params=params, level=level)
        with self._lock:
            if self._rows.get(key) == row:
                return
            self._rows[key] = row
            self._show()

    def take_down(self, key: str) -> None:
        """Remove a notice; nothing happens when it does not stand."""
        with self._lock:
            if self._rows.pop(key, None) is not None:
                self._show()

    def replace_all(self, prefix: str, rows: list[NoticeRow]) -> None:
        """Replace every notice whose key begins with ``prefix``."""
        with self._lock:
            kept = {key: row for key, row in self._rows.items() if not key.startswith(prefix)}
            kept.update({row.key: row for row in rows})
            if kept != self._rows:
                self._rows = kept
                self._show()

    def rows(self) -> list[NoticeRow]:
        """The notices standing."""
        with self._lock:
            return list(self._rows.values())

    def show(self) -> None:
        """Publish the board, empty or not."""
        with self._lock:
            self._show()

    def _show(self) -> None:
        self._publish("notices", NoticesPicture(rows=list(self._rows.values()), expected_seconds=0.0))
