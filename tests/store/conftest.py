"""A store of one's own for every test, at a fixed time of day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.engine import Store, open_store
from tests.store.samples import NOW


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Makes as many empty stores as a test likes."""
    opened: list[Store] = []

    def make() -> Store:
        opened.append(open_store(f"sqlite:///{tmp_path / f'{len(opened)}.db'}", clock=lambda: NOW))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    return new_store()
