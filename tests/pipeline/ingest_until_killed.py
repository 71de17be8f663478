"""Run by test_kill: a collector that takes in numbered rows and says which are acknowledged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import fakes

from pipeline.collector import Collector
from pipeline.ingest import Delivery
from store.engine import open_store


class Telling(Collector):
    """Writes the highest acknowledged row to standard output."""

    def _done(self, delivery: Delivery) -> None:
        super()._done(delivery)
        if delivery.batch.cursor is not None:
            print(delivery.batch.cursor["next"], flush=True)


def main(folder: Path) -> None:
    with fakes.registered("fake") as source:
        source.poll = fakes.counting(500, more=True)  # never idle: the kill hits work under way
        settings = fakes.settings(folder, fakes.feed("gates", every_seconds=0.1))
        settings.home.mkdir(exist_ok=True)
        nothing: Any = lambda topic, picture: None  # noqa: E731
        Telling(settings, open_store(settings.database_url), nothing).start()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
