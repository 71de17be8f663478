"""Rows out of JSON: a document decoded with care, rows selected by a JSONPath, fields found by name or path.

A column of the mapping is a key of the row, a dotted path into it (``position.lat``, ``units.0.number``), or a JSONPath
of its own (``$.events[?@.kind == 'ATA'].at``), whose first hit counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

import jsonpath
import msgspec

from datasources.contract import RAW_LIMIT, Again, Batch, Context, Kept, Problem
from datasources.coordinates import System, check_coordinates
from datasources.mapping import Column, check_mapping, field_types, known_zone
from datasources.rows import Placer, RowReader, Unplaced
from domain.errors import FeedError
from domain.records import Reject

_PATH = jsonpath.JSONPathEnvironment(strict=True)  # RFC 9535, without the library's own additions
Getter = Callable[[Any], Any]
_ABSENT = object()


def decoded(body: bytes, where: str) -> Any:
    """A JSON document.

    Numbers no number type holds (``NaN``, ``1e999``, thousands of digits) are let through, so that the one row they
    stand in is refused and not its neighbours.

    Raises:
        FeedError: ``not_json`` with what stands there instead.
    """
    if not body.strip():
        raise FeedError("not_json", "the answer is empty", where)
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        pass
    try:
        return json.loads(body, parse_int=_whole)  # also UTF-16, UTF-32, with or without a mark
    except RecursionError:
        raise FeedError("not_json", "is nested too deeply", where) from None
    except (ValueError, UnicodeDecodeError):
        begins = body[:60].decode("utf-8", "replace").split("\n", 1)[0]
        raise FeedError("not_json", f"is no JSON, or was cut off; it begins {begins!r}", where) from None


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= 64 else digits  # Python refuses to read very long ones at all


def check_path(path: str) -> None:
    """Refuse what is no JSONPath; ValueError says where it breaks off."""
    try:
        _PATH.compile(path)
    except jsonpath.JSONPathError as error:
        raise ValueError(f"{path!r} is no JSONPath: {str(error).splitlines()[0][:120]}") from None


def rows_at(document: Any, path: str, where: str) -> list[Any]:
    """The rows of a document; ``[*]`` at the end of the path means a list, ``.*`` takes an object's values.

    Raises:
        FeedError: ``no_rows`` when there is no such list: an error in the clothes of an answer.
    """
    if not path.endswith("[*]"):
        return selected(document, path)
    held = selected(document, path[:-3])
    if held and all(isinstance(one, list) for one in held):
        return [row for one in held for row in one]
    there = ", ".join(sorted(document)[:20])[:200] if isinstance(document, dict) else _kind(document)
    raise FeedError("no_rows", f"no list stands at {path[:-3]}; there are {there}", where)


def selected(document: Any, path: str) -> list[Any]:
    """What a JSONPath finds, in the document's order."""
    try:
        return [match.obj for match in _PATH.compile(path).finditer(document)]
    except (jsonpath.JSONPathError, RecursionError):
        return []


class RowOptions(Protocol):
    """Options of an adapter whose rows are JSON."""

    @property
    def dataset(self) -> str:
        """Key of ``mapping.DATASETS``."""

    @property
    def mapping(self) -> dict[str, str | Column]:
        """Field -> column."""

    @property
    def rows(self) -> str:
        """JSONPath of the rows in a document."""

    @property
    def timezone(self) -> str:
        """IANA name for times without a zone; empty = the port's."""

    @property
    def blank(self) -> tuple[str, ...]:
        """Words that mean "no value"."""

    @property
    def coordinates(self) -> System:
        """What lon and lat are."""


def check_rows(options: RowOptions, has_time: bool = False) -> None:
    """Refuse options that cannot work, when the configuration is read.

    Raises:
        ValueError: naming the key and what is wrong.
    """
    check_path(options.rows)
    check_mapping(options.dataset, options.mapping, has_time)
    check_coordinates(options.coordinates, field_types(options.dataset), options.dataset)
    for name, spec in options.mapping.items():
        for column in (spec,) if isinstance(spec, str) else spec.wanted:
            if column.startswith("$"):
                try:
                    check_path(column)
                except ValueError as error:
                    raise ValueError(f"mapping.{name}: {error}") from None
    if options.timezone:
        known_zone(options.timezone)


class DocumentReader:
    """From documents to records: one mapping, any number of documents. Used by one thread at a time."""

    def __init__(self, options: RowOptions, context: Context, steady: Sequence[str] = ()) -> None:
        """Prepare.

        Args:
            options: checked by ``check_rows``.
            context: of the adapter.
            steady: columns that stood in every row so far; see ``steady``.
        """
        feed, dataset, mapping = context.feed, options.dataset, options.mapping
        self._feed, self._now, self._tap = feed, context.now, context.tap
        self._placer = Placer(feed, context.origin, dataset, context.now, options.coordinates)
        self._rows = RowReader(feed, dataset, mapping, options.timezone or context.timezone, options.blank)
        specs = {n: Column(column=s) if isinstance(s, str) else s for n, s in mapping.items()}
        fields = field_types(dataset)
        self.columns = list(dict.fromkeys(column for s in specs.values() for column in s.wanted))
        self._getters = [_getter(column) for column in self.columns]
        self._lists = {s.column for n, s in specs.items() if fields[n].many}
        self._needed = {column for n, s in specs.items() if fields[n].required for column in s.wanted}
        self._kept: list[tuple[str, int, Sequence[Any]]] = []
        self.steady: frozenset[str] | None = frozenset(steady) or None
        """Columns that stood in every row of the first documents: when one is gone, the source has changed."""

    def read(self, rows: Sequence[Any], where: str, batch: Batch, first: int = 1, at: datetime | None = None) -> None:
        """Put the records and rejects of rows into a batch.

        Args:
            rows: JSON values; each should be an object.
            where: what they stand in, for messages.
            batch: gets records, rejects, and a problem when a column is missing everywhere.
            first: number of the first row.
            at: time of rows that name none, aware UTC; default now.
        """
        fallback = at or self._now()
        if batch.raw_of is None:
            self._kept, batch.raw_of = [], self.raw_of
        self._kept.append((where, first, rows))
        present: list[int] = [0] * len(self.columns)
        for read in self.each(rows, where, first, present):
            if isinstance(read, Reject):
                batch.rejects.append(read)
            else:
                batch.records.append(self._placer.place(read, fallback))
        if rows and (missing := self._missing(rows, present)):
            batch.problems.append(Problem(code="missing_column", detail=f"{where}: {missing}"))

    def whole(self, rows: Sequence[Any], where: str) -> list[Unplaced | Reject]:
        """All rows of a document that comes once, as a file does, not yet laid in time.

        Raises:
            FeedError: ``missing_column`` when no row has a column that is needed.
        """
        present: list[int] = [0] * len(self.columns)
        found = list(self.each(rows, where, 1, present))
        if rows and (missing := self._missing(rows, present)):
            raise FeedError("missing_column", missing, where)
        return found

    def each(self, rows: Sequence[Any], where: str, first: int, present: list[int]) -> Iterator[Unplaced | Reject]:
        """Read rows one by one.

        Args:
            rows: JSON values; each should be an object.
            where: what they stand in, for messages.
            first: number of the first row.
            present: is told, column by column, in how many rows it stood.
        """
        self._rows.bind(where, self.columns)
        for number, row in enumerate(rows, first):
            cells = [get(row) for get in self._getters]
            for index, cell in enumerate(cells):
                if cell is _ABSENT:
                    cells[index] = None
                else:
                    present[index] += 1
            if self._tap is not None:
                self._tap(f"{where}:{number}", _raw(row))
            read = self._odd(row, cells, where, number) or self._rows.read(number, cells)
            yield msgspec.structs.replace(read, raw=_raw(row)) if isinstance(read, Reject) else read

    def raw_of(self, ref: str) -> str:
        """The raw text of a row of the batch filled last; empty when it is none of them."""
        where, _, number = ref.rpartition(":")
        place = int(number) if number.isdecimal() else -1
        held = [rows[place - n] for standing, n, rows in self._kept if standing == where and 0 <= place - n < len(rows)]
        return _raw(held[0]) if len(held) == 1 else ""  # two of one name: nobody knows which of them it was

    def _odd(self, row: Any, cells: list[Any], where: str, number: int) -> Reject | None:
        """A row that is no object, or holds an object where a value should stand: not read as something else."""
        said = "" if isinstance(row, dict) else f"is {_kind(row)}, not an object"
        for column, cell in zip(self.columns, cells, strict=True):
            if isinstance(cell, dict) or (isinstance(cell, list) and column not in self._lists):
                said = said or f"{column}: is {_kind(cell)}, not a value"
        if not said:
            return None
        return Reject(feed=self._feed, ref=f"{where}:{number}", reason="malformed", detail=said, raw="")

    def _missing(self, rows: Sequence[Any], present: list[int]) -> str:
        """Which columns stand in no row although they are needed, or always stood there; empty when none."""
        whole = frozenset(c for c, count in zip(self.columns, present, strict=True) if count == len(rows))
        gone = [c for c, count in zip(self.columns, present, strict=True) if count == 0]
        missing = sorted(c for c in gone if c in self._needed or (self.steady and c in self.steady))
        if self.steady is None:
            self.steady = whole
        if not missing:
            return ""
        there = ", ".join(sorted({key for row in rows[:20] if isinstance(row, dict) for key in row}))[:300]
        return f"no {', '.join(missing)} in any of {len(rows)} rows; there are {there or 'none'}"


def again(options: RowOptions, context: Context, at: datetime | None = None) -> Again:
    """Reads quarantined rows anew; one that names no time happened ``at``, else when it came, as it would have then."""
    reader = DocumentReader(options, context)

    def read(kept: Kept) -> Batch:
        where, _, number = kept.ref.rpartition(":")
        try:
            row = json.loads(kept.raw, parse_int=_whole)
        except (ValueError, RecursionError):
            raise FeedError("row_cut", f"of the row {len(kept.raw)} characters are kept", where) from None
        batch = Batch()
        reader.read([row], where, batch, int(number) if number.isdecimal() else 1, at)
        batch.problems, batch.raw_of = [], None
        return batch

    return read


def _getter(column: str) -> Getter:
    if column.startswith("$"):
        path = _PATH.compile(column)

        def by_path(row: Any) -> Any:
            try:
                match = path.match(row)
            except (jsonpath.JSONPathError, RecursionError):
                return _ABSENT
            return _ABSENT if match is None else match.obj

        return by_path
    steps = column.split(".")

    def by_name(row: Any) -> Any:
        if isinstance(row, dict) and column in row:  # a key may itself hold dots
            return row[column]
        return _walked(row, steps) if len(steps) > 1 else _ABSENT

    return by_name


def _walked(value: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _ABSENT
    return value


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}.get(
        type(value), "a number"
    )


def _raw(row: Any) -> str:
    try:
        return json.dumps(row, ensure_ascii=False, default=str)[:RAW_LIMIT]
    except (ValueError, RecursionError):
        return repr(type(row))
