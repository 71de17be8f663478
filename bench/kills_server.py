"""The cockpit as ``python app.py serve`` runs it, but killed where it was told to be.

``COCKPIT_KILL`` names a file. While it holds ``CheckResult`` or ``alert``, the process kills itself (as kill -9 does)
once such rows are committed, in the place of telling anybody of it; ``alert`` is followed by the number of the alert
that must be in the store by then.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import app
from domain.viewer import SYSTEM
from pipeline.collector import Collector


def main() -> int:
    """Serve until killed."""
    place = Path(os.environ["COCKPIT_KILL"])
    tell = Collector._changed

    def killed(self: Collector, datasets: Iterable[str]) -> None:
        named = set(datasets)
        dataset, _, number = place.read_text().partition(" ") if place.exists() else ("", "", "")
        if dataset in named and (not number or self._store.reads.alert_file(SYSTEM, number) is not None):
            os.kill(os.getpid(), signal.SIGKILL)
        tell(self, named)

    Collector._changed = killed  # type: ignore[method-assign]
    return app.main(["serve"])


if __name__ == "__main__":
    sys.exit(main())
