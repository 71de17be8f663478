"""Stores on SQLite and PostgreSQL, as the store's own tests have them."""

from __future__ import annotations

import pytest

from tests.store.conftest import (  # noqa: F401 - fixtures
    empty_postgres,
    new_store,
    new_url,
    server,
    sqlite_store,
    store,
)
from tools.postgres import binaries


@pytest.fixture
def pg_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump, pg_restore and psql are found where the development wheel keeps them."""
    monkeypatch.setenv("COCKPIT_PG_BIN", str(binaries()))
