"""examples/streams.toml: every feed of it is one its adapter takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.adapters import connect
from settings import load

REPO = Path(__file__).resolve().parents[2]


def test_every_feed_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(REPO / "examples" / "streams.toml", {"COCKPIT_HOME": str(tmp_path)})
    assert {feed.adapter for feed in settings.feeds} == {"mqtt", "websocket", "traccar"}
    for feed in settings.feeds:
        connect(settings, feed, lambda: datetime.now(UTC), None).close()
