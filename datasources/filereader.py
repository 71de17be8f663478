"""One file being read piece by piece across polls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from datasources import tables, textfile
from datasources.contract import Batch
from datasources.dropfolder import Found
from datasources.rows import RowReader, Unplaced
from datasources.several import SeveralReader
from domain.errors import FeedError
from domain.records import Reject


class TableOptions(Protocol):
    """What of a feed's options concerns the reading of its files."""

    @property
    def encoding(self) -> str:
        """``auto`` or the encoding the file must have."""

    @property
    def delimiter(self) -> str:
        """Separator of text files; empty = by the header."""

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns of a table that does not name them itself."""

    @property
    def sheet(self) -> str:
        """Sheet of a spreadsheet; empty = the first."""

    @property
    def max_megabytes(self) -> int:
        """Larger files, unpacked, are refused."""


class FileReader:
    """One file being read piece by piece across polls; what is in it, a kind of file of its own says."""

    counted = "rows"  # under which name what is read is counted

    def __init__(self, file: Found, fallback: datetime) -> None:
        """Prepare; nothing is opened yet.

        Args:
            file: the file as found.
            fallback: time of rows that name none, aware UTC.
        """
        self.file, self.fallback = file, fallback
        self.opened, self.silent = False, False  # silent: read again after a restart, already counted
        self.sha256, self.row = "", 0
        self._items: Iterator[tuple[int, Unplaced | Reject | list[Unplaced | Reject]]] = iter(())
        self._skip = 0

    def open(self) -> None:
        """Prove the file: fill ``sha256`` and ``_items``, then call this.

        Raises:
            FeedError: naming the file and what is wrong.
        """
        self.opened = True

    def skip_to(self, row: int) -> None:
        """Leave out the rows up to this number: they were delivered before a restart."""
        self._skip = row

    def read(self, limit: int, batch: Batch, take: Callable[[Unplaced | Reject, FileReader, Batch], None]) -> bool:
        """Read up to ``limit`` rows, handing each to ``take``; True at the end of the file.

        Raises:
            FeedError: the rest of the file cannot be read.
        """
        count = 0
        try:
            for number, item in self._items:
                if number <= self._skip:
                    continue
                for one in item if isinstance(item, list) else (item,):
                    take(one, self, batch)
                self.row = number
                count += 1
                if count >= limit:
                    return False
            return True
        finally:
            if count and not self.silent:
                batch.counts[self.counted] = batch.counts.get(self.counted, 0) + count

    def close(self) -> None:
        """Close the file."""
        if isinstance(self._items, Generator):
            self._items.close()


class TableReader(FileReader):
    """Reads a table: proves it, binds its header, hands out its rows."""

    def __init__(self, file: Found, options: TableOptions, rows: RowReader | SeveralReader, fallback: datetime) -> None:
        """Prepare; nothing is opened yet.

        Args:
            file: the file as found.
            options: how to read it.
            rows: turns cells into fields.
            fallback: time of rows that name none, aware UTC.
        """
        super().__init__(file, fallback)
        self._options, self._rows = options, rows
        self._table: Iterator[tables.Row] = iter(())

    def open(self) -> None:
        """Prove encoding and size, and find the mapped columns.

        Raises:
            FeedError: naming the file and what is wrong.
        """
        path, limit, encoding = self.file.path, self._options.max_megabytes * 1_000_000, ""
        if tables.is_spreadsheet(path):
            tables.check_spreadsheet(path, limit)
            self.sha256 = textfile.fingerprint(path, limit)
        else:
            told = textfile.inspect(path, self._options.encoding, limit)
            encoding, self.sha256 = told.encoding, told.sha256
        self._table = tables.open_table(path, encoding, self._options.delimiter, self._options.sheet)
        header: Sequence[str] = self._options.header
        if not header:
            first = next(self._table, None)
            if first is None:
                raise FeedError("empty_file", "has no header row", self.file.name)
            header = first[1]
        self._rows.bind(self.file.name, header)
        self._items = self._read_rows()
        super().open()

    def close(self) -> None:
        """Close the file."""
        super().close()
        if isinstance(self._table, Generator):
            self._table.close()

    def _read_rows(self) -> Iterator[tuple[int, Unplaced | Reject | list[Unplaced | Reject]]]:
        read = self._rows.read
        for number, cells in self._table:
            if number > self._skip:
                yield number, read(number, cells)
