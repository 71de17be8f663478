"""Rows of a dataset as CSV or NDJSON, a page's worth of bytes at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from api.dataset_asked import since_epoch
from api.sheets import tamed


def head(kind: str, columns: Sequence[str]) -> bytes:
    """What a file begins with: of CSV the names of the columns."""
    return _csv([columns]) if kind == "csv" else b""


def part(kind: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Some rows.

    CSV as RFC 4180 has it, UTF-8: unknown is empty, times as in JSON, true and false, entries of a list with spaces
    between. A text that a spreadsheet would run as a formula begins with an apostrophe, as in files from the screen.
    NDJSON: one object a line, as in JSON.
    """
    if kind == "csv":
        return _csv([[_cell(value) for value in row] for row in rows])
    return b"".join(msgspec.json.encode(dict(zip(columns, row, strict=True))) + b"\n" for row in rows)


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8")


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return tamed(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return since_epoch(value)
    return tamed(" ".join(value)) if isinstance(value, tuple) else value
