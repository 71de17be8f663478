"""A table as a file: CSV that Excel reads in Chinese, or XLSX. Both say what they show, of when, and of what origin."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import xlsxwriter  # type: ignore[import-untyped]

Cell = str | float | int | None
MOST_COLUMNS = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_SHEET = re.compile(r"[\[\]:*?/\\]")


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A table on its way into a file.

    Attributes:
        title: what it shows.
        columns: headers.
        rows: cells; numbers as numbers, anything else as it stands on the screen.
        notes: what must be known of it: term and value.
    """

    title: str
    columns: list[str]
    rows: list[list[Cell]]
    notes: list[tuple[str, str]] = []


def csv_of(sheet: Sheet) -> bytes:
    """UTF-8 with a byte-order mark; the table first, so that programs find it, the notes after an empty line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([tamed(name) for name in sheet.columns])
    writer.writerows([tamed(cell) for cell in row] for row in sheet.rows)
    writer.writerow([])
    writer.writerows([tamed(term), tamed(value)] for term, value in sheet.notes)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def tamed(cell: Cell) -> Cell:
    """A text that a spreadsheet would run as a formula becomes a text."""
    if isinstance(cell, str) and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def xlsx_of(sheet: Sheet, about: str) -> bytes:
    """A workbook: the table with frozen headers and filters, and a second sheet with the notes.

    Args:
        sheet: the table.
        about: name of the sheet with the notes.
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
               "nan_inf_to_errors": True}  # fmt: skip
    with xlsxwriter.Workbook(out, options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        page = book.add_worksheet(_name(sheet.title) or "1")
        page.write_row(0, 0, sheet.columns, head)
        for place, row in enumerate(sheet.rows, 1):
            for column, cell in enumerate(row):
                _write(page, place, column, cell)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, len(sheet.rows), max(0, len(sheet.columns) - 1))
        for column, width in enumerate(_widths(sheet)):
            page.set_column(column, column, width)
        page.repeat_rows(0)
        page.set_footer("&L" + " · ".join(value for _, value in sheet.notes).replace("&", "&&")[:250])
        notes = book.add_worksheet(_name(about) if _name(about) != _name(sheet.title) else "2")
        for place, (term, value) in enumerate(sheet.notes):
            notes.write_string(place, 0, term, head)
            notes.write_string(place, 1, value)
        notes.set_column(0, 0, 18)
        notes.set_column(1, 1, 60)
    return out.getvalue()


def _write(page: Any, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, bool) or cell is None:
        return
    if isinstance(cell, int | float):
        page.write_number(row, column, cell)
    else:
        page.write_string(row, column, cell[:32_767])  # the most a cell holds


def _name(title: str) -> str:
    """A sheet's name: at most 31 letters, without the signs that mean something."""
    return _SHEET.sub(" ", title).strip(" '")[:31]


def _widths(sheet: Sheet) -> Sequence[int]:
    """By the longest text among the first rows; a Chinese sign is two wide."""
    cells: list[Sequence[Cell]] = [sheet.columns, *sheet.rows[:200]]
    widths = [0] * len(sheet.columns)
    for row in cells:
        for place, cell in enumerate(row[: len(widths)]):
            text = "" if cell is None else str(cell)
            widths[place] = max(widths[place], sum(2 if ord(sign) > 0x2E7F else 1 for sign in text))
    return [min(60, max(8, width + 2)) for width in widths]
