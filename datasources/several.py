"""Several records of one row: a table with one figure a column becomes one measurement a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from datasources.contract import Kept
from datasources.reading import Cell
from datasources.rows import RowReader, Unplaced
from domain.records import Reject


class SeveralReader:
    """Reads every row once for each of several mappings."""

    def __init__(self, readers: Sequence[RowReader]) -> None:
        """Read each row with all of these; a reader to which the row tells nothing is passed over."""
        self._readers = readers

    def bind(self, file: str, header: Sequence[Cell]) -> None:
        """Find all mapped columns in a table's header; FeedError as ``RowReader.bind``."""
        for reader in self._readers:
            reader.bind(file, header)

    def read(self, number: int, cells: Sequence[Cell]) -> list[Unplaced | Reject]:
        """What one row tells; a row refused for one reason is refused once."""
        return _once(reader.read_telling(number, cells) for reader in self._readers)

    def remember(self) -> None:
        """As ``RowReader.remember``; all readers see the same rows."""
        self._readers[0].remember()

    def raw_of(self, ref: str) -> str:
        """As ``RowReader.raw_of``."""
        return self._readers[0].raw_of(ref)

    def read_again(self, kept: Kept) -> list[Unplaced | Reject]:
        """As ``RowReader.read_again``; what was stored of the row before is told again, and known."""
        return _once(item for reader in self._readers for item in reader.read_again(kept))


def _once(items: Iterable[Unplaced | Reject | None]) -> list[Unplaced | Reject]:
    """What is there; a row refused for one reason is refused once."""
    found: list[Unplaced | Reject] = []
    told: set[tuple[str, str]] = set()
    for item in items:
        if isinstance(item, Reject):
            if (item.reason, item.detail) in told:
                continue
            told.add((item.reason, item.detail))
        if item is not None:
            found.append(item)
    return found
