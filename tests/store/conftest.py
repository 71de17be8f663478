"""A store of one's own for every test, on SQLite and on PostgreSQL, at a fixed time of day."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.engine import Store, open_store
from tests.store.samples import NOW
from tools.postgres import Server, shared

DATABASES = ("sqlite", "postgresql")
NewUrl = Callable[[], str]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL for all rooms' tests; ended here, since a worker of a parallel run leaves without its atexit."""
    yield shared()
    shared().remove()


@pytest.fixture(scope="session")
def empty_postgres(server: Server) -> str:
    """A migrated PostgreSQL database without rows: a template."""
    name = server.database()
    open_store(server.url(name)).close()
    return name


def _new_url(kind: str, request: pytest.FixtureRequest, folder: Path) -> NewUrl:
    if kind == "postgresql":
        server, template = request.getfixturevalue("server"), request.getfixturevalue("empty_postgres")
        return lambda: server.url(server.database(template))
    numbers, empty = itertools.count(), request.getfixturevalue("empty_database")
    return lambda: f"sqlite:///{shutil.copy(empty, folder / f'{next(numbers)}.db')}"


def _new_store(new_url: NewUrl) -> Iterator[Callable[[], Store]]:
    opened: list[Store] = []

    def make() -> Store:
        opened.append(open_store(new_url(), clock=lambda: NOW))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture(params=DATABASES)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> NewUrl:
    """Makes migrated databases without rows, of both kinds in turn."""
    return _new_url(request.param, request, tmp_path)


@pytest.fixture
def new_store(new_url: NewUrl) -> Iterator[Callable[[], Store]]:
    """Makes as many empty stores as a test likes."""
    yield from _new_store(new_url)


@pytest.fixture(scope="module", params=DATABASES)
def shared_stores(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Store]]:
    """The same for tests of a module that only read."""
    yield from _new_store(_new_url(request.param, request, tmp_path_factory.mktemp("shared")))


@pytest.fixture
def sqlite_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store on SQLite: what only it does, and what is heavy and tells nothing new on another database."""
    for make in _new_store(_new_url("sqlite", request, tmp_path)):
        yield make()


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    return new_store()


@pytest.fixture(scope="session")
def throw_away(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Store]]:
    """Empty stores for the many examples of a property (SQLite); each call closes the last but one."""
    folder, opened = tmp_path_factory.mktemp("stores"), []
    number = itertools.count()

    def make() -> Store:
        path = folder / f"{next(number)}.db"
        shutil.copy(empty_database, path)
        opened.append(open_store(f"sqlite:///{path}", clock=lambda: NOW))
        if len(opened) > 2:
            opened.pop(0).close()
        return opened[-1]

    yield make
    for one in opened:
        one.close()
