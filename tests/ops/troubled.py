"""Run by test_alert_troubles: ``python app.py serve`` with a rule that throws and a clock that goes back, when told.

Folder ``COCKPIT_TROUBLES``: while it has a file ``throws``, the rule about checks throws; a file ``clock`` holds the
seconds by which the collector's clock is ahead.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

import app
from domain import rules
from pipeline.collector import Collector

PLACE = Path(os.environ["COCKPIT_TROUBLES"])


def clock() -> datetime:
    ahead = PLACE / "clock"
    return datetime.now(UTC) + timedelta(seconds=float(ahead.read_text()) if ahead.exists() else 0.0)


def main() -> int:
    real = rules.rule_of("co_inspection_mismatch")
    start = Collector.__init__

    def evaluate(facts: Any, instance: Any) -> Any:
        if (PLACE / "throws").exists():
            raise ZeroDivisionError("by design")
        return real.evaluate(facts, instance)  # type: ignore[union-attr,misc]

    def started(self: Collector, *given: Any, **more: Any) -> None:
        start(self, *given, **{**more, "clock": clock})

    every = tuple(replace(one, evaluate=evaluate) if one is real else one for one in rules.all_rules())
    rules.all_rules = lambda: every  # type: ignore[assignment]
    Collector.__init__ = started  # type: ignore[method-assign,assignment]
    return app.main(["serve"])


if __name__ == "__main__":
    sys.exit(main())
