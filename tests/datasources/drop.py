"""A drop folder with an adapter on it, for the tests of csv_drop."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datasources.contract import Adapter
from tests.contract.rig import NOW, Clock, Outcome, create, read

STEPS = {
    "declaration_no": "报关单号",
    "node": {"column": "节点", "values": {"预约查验": "appointed", "海关确认": "confirmed"}},
}
STEPS = {**STEPS, "event_time": "时间"}
HEADER = "报关单号,节点,时间\n"


def step(number: int, clock: str = "10:00", node: str = "预约查验") -> str:
    return f"42582021{number:010},{node},2031/05/04 {clock}\n"


class Drop:
    """A folder, a clock and the adapter's options."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder, self.clock = folder / "drop", Clock()
        self.folder.mkdir()
        self._base = folder
        self.options: dict[str, Any] = {"dataset": "inspection_step", "path": "drop", "mapping": STEPS, **options}

    def put(self, name: str, content: str | bytes, encoding: str = "utf-8", age_seconds: float = 60.0) -> Path:
        """Write a file that was last changed so long before the test's clock."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        changed = self.clock.now.timestamp() - age_seconds
        os.utime(path, (changed, changed))
        return path

    def adapter(self, cursor: dict[str, Any] | None = None) -> Adapter:
        return create("csv_drop", self.options, self._base, self.clock, cursor)

    def read(self, cursor: dict[str, Any] | None = None, ticks: int = 2) -> Outcome:
        adapter = self.adapter(cursor)
        outcome = read(adapter, self.clock, ticks)
        adapter.close()
        return outcome


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


__all__ = ["HEADER", "NOW", "Drop", "at", "step"]
