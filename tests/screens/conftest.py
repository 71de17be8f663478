"""What the tests of screens share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.screens import gallery
from tests.seen_by import seen_by


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Every page over a hub with pictures of a small port."""
    built, hub = gallery.build()
    with TestClient(seen_by(built.server), base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as asking:
        asking.get("/")
        yield asking
    hub.close()
