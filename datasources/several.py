"""Several records of one row: a table with one figure a column becomes one measurement a figure."""

from __future__ import annotations

from collections.abc import Sequence

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
        found: list[Unplaced | Reject] = []
        told: set[tuple[str, str]] = set()
        for reader in self._readers:
            item = reader.read_telling(number, cells)
            if isinstance(item, Reject):
                if (item.reason, item.detail) in told:
                    continue
                told.add((item.reason, item.detail))
            if item is not None:
                found.append(item)
        return found
