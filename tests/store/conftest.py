"""A store of one's own for every test, at a fixed time of day."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.engine import Store, open_store
from tests.store.samples import NOW


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without rows; copying it is faster than migrating."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def throw_away(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Store]]:
    """Empty stores for the many examples of a property; each call closes the last but one."""
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


@pytest.fixture
def new_store(empty_database: Path, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Makes as many empty stores as a test likes."""
    opened: list[Store] = []

    def make() -> Store:
        path = tmp_path / f"{len(opened)}.db"
        shutil.copy(empty_database, path)
        opened.append(open_store(f"sqlite:///{path}", clock=lambda: NOW))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    return new_store()
