"""Tables in files: CSV, TSV, any of them packed with gzip, and XLSX; one row at a time.

A quote that never closes does not swallow a file: csv refuses cells above 131,072 characters.
"""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from datasources import textfile
from domain.errors import FeedError

Row = tuple[int, Sequence[Any]]  # number in the file (the header's is 1 in most files), cells
_SHEETS = (".xlsx", ".xlsm")
_CELLS_LIMIT = 20_000_000
_ADDRESS = re.compile(rb"""\br=["']([A-Z]{0,3})([0-9]{1,7})["']""")


def is_table(path: Path) -> bool:
    """Whether the name is that of a finished table, not of one still being written."""
    name = path.name.lower()
    unfinished = name.endswith((".part", ".tmp", ".crdownload", ".swp", "~")) or name.startswith((".", "~$"))
    return not unfinished


def is_spreadsheet(path: Path) -> bool:
    """Whether the file is a spreadsheet by its name."""
    return path.suffix.lower() in _SHEETS


def open_table(path: Path, encoding: str, delimiter: str = "", sheet: str = "") -> Iterator[Row]:
    """The rows of a table, header first; blank rows are left out.

    Args:
        path: the file.
        encoding: proven encoding of a text file.
        delimiter: of a text file; empty = by the header (comma, tab, semicolon or bar).
        sheet: of a spreadsheet; empty = the first.

    Raises:
        FeedError: ``not_a_table``, ``missing_sheet``, ``unreadable`` ... also while reading.
    """
    if is_spreadsheet(path):
        return _spreadsheet(path, sheet)
    return _text(path, encoding, delimiter)


def check_spreadsheet(path: Path, limit_bytes: int) -> None:
    """Refuse a spreadsheet that would swell: packed too tightly, or with a cell far out of the way.

    The reader lays a sheet out in full, so one cell in the last row and column of an otherwise empty
    sheet would cost gigabytes.

    Raises:
        FeedError: ``too_large``, ``not_a_table``, ``empty_file`` or what the system says.
    """
    try:
        if not path.stat().st_size:
            raise FeedError("empty_file", "has no content", path.name)
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > limit_bytes:
                raise FeedError("too_large", f"more than {limit_bytes // 1_000_000} MB unpacked", path.name)
            for part in parts:
                if "worksheets/" in part.filename and _extent(archive, part) > _CELLS_LIMIT:
                    raise FeedError("too_large", f"more than {_CELLS_LIMIT:,} cells", path.name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        raise FeedError("not_a_table", "is not a spreadsheet, or is cut short", path.name) from None
    except OSError as error:
        raise textfile.os_problem(path, error) from None


def _extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Rows times columns a sheet spans, by the addresses in it; read piece by piece."""
    rows = columns = 1
    rest = b""
    with archive.open(part) as file:
        while piece := file.read(textfile.CHUNK):
            text = rest + piece
            for letters, digits in set(_ADDRESS.findall(text)):
                rows = max(rows, int(digits))
                columns = max(columns, _column_number(letters))
            rest = text[-16:]
    return rows * columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _text(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    with textfile.open_text(path, encoding) as file:
        head = file.readline(1 << 16)
        file.seek(0)
        rows = csv.reader(file, delimiter=delimiter or _delimiter(path, head))
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise FeedError("not_a_table", f"line {rows.line_num}: {error}", path.name) from None
            except (OSError, EOFError, UnicodeDecodeError) as error:
                raise FeedError("unreadable", f"line {rows.line_num}: {type(error).__name__}", path.name) from None
            if any(cells):
                yield rows.line_num, cells


def _delimiter(path: Path, head: str) -> str:
    """The separator: by the name for .tsv, else the one the header has most of."""
    if path.name.lower().removesuffix(".gz").endswith((".tsv", ".tab")):
        return "\t"
    return max(",\t;|", key=head.count)


def _spreadsheet(path: Path, sheet: str) -> Iterator[Row]:
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            if sheet and sheet not in book.sheet_names:
                raise FeedError("missing_sheet", f"no sheet {sheet}; present: {', '.join(book.sheet_names)}", path.name)
            page = book.get_sheet_by_name(sheet) if sheet else book.get_sheet_by_index(0)
            for number, cells in enumerate(page.iter_rows(), start=1):
                if any(cell != "" for cell in cells):
                    yield number, cells
    except CalamineError as error:
        raise FeedError("not_a_table", f"spreadsheet cannot be read ({type(error).__name__})", path.name) from None
    except OSError as error:
        raise textfile.os_problem(path, error) from None
