"""One PostgreSQL and one NATS for the tests of the grown mode, a database of one's own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.engine import open_store
from tests.grown.rig import Nats
from tools.postgres import Server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL of its own: these tests stop servers."""
    running = Server()
    yield running
    running.remove()


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """A migrated database without rows, to be copied."""
    name = postgres.database()
    open_store(postgres.url(name)).close()
    return name


@pytest.fixture
def postgres_url(postgres: Server, template: str) -> str:
    return postgres.url(postgres.database(template))


@pytest.fixture(params=("sqlite", "postgresql"))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without rows, of both kinds in turn."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'cockpit.db'}"


@pytest.fixture
def nats() -> Iterator[Nats]:
    """A NATS that may be killed and started again on the same port."""
    with Nats() as server:
        yield server


@pytest.fixture
def wait() -> Callable[..., None]:
    from tests.grown.rig import wait_for

    return wait_for
