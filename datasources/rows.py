"""From rows of a table to records: columns bound to a header, cells read, times laid where they belong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations_with_replacement
from typing import Any

import msgspec

from datasources.contract import RAW_LIMIT, Kept, Tap
from datasources.coordinates import System, place_in_wgs84
from datasources.mapping import AT_ONCE, DATASETS, EVENT_FIELDS, TIMED, Column, field_types
from datasources.reading import Cell, Reader, UnusableError, reader, text_of
from datasources.replay import ReplayClock
from domain.errors import FeedError
from domain.records import Origin, Record, Reject

_SURPLUS_MOST = 4  # cells too many that are still put back into texts
# field, its column's index, further columns, how to read it, whether it must be there, its own words for "no value"
_Bound = tuple[str, int, tuple[int, ...], Reader, bool, frozenset[str]]


class Bound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a number must be for its row to be believed.

    Attributes:
        least: at least this.
        most: at most this.
    """

    least: float = -math.inf
    most: float = math.inf

    def hold(self, column: str, cell: Cell) -> None:
        """Refuse a row whose number is not within; UnusableError says which."""
        word = "" if cell is None else text_of(cell)
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not self.least <= value <= self.most:
            allowed = [f"{w} {n:g}" for w, n in (("at least", self.least), ("at most", self.most)) if math.isfinite(n)]
            raise UnusableError("not_credible", f"{column}: {word[:64]!r} is not {' and '.join(allowed)}")


class Unplaced(msgspec.Struct):
    """A row read but not yet laid in time: its fields, its own time (None = the table names none)."""

    values: dict[str, Any]
    at: datetime | None
    ref: str
    flags: list[str]


class RowReader:
    """Reads the rows of one table whose header is known."""

    def __init__(
        self,
        feed: str,
        dataset: str,
        mapping: Mapping[str, str | Column],
        zone: str,
        blank: Sequence[str] = (),
        tap: Tap | None = None,
        *,
        valid: Mapping[str, Bound] | None = None,
        loose: Sequence[str] = (),
        telling: Collection[str] = (),
    ) -> None:
        """Prepare the readers of all mapped fields.

        Args:
            feed: the feed's name, for rejects.
            dataset: key of ``mapping.DATASETS``.
            mapping: field -> column, already checked.
            zone: IANA name for times without a zone.
            blank: words that mean "no value" beside the empty cell.
            tap: of the adapter's context.
            valid: column -> what its number must be for the row to be believed.
            loose: columns of free text in which the separator may stand unquoted.
            telling: fields without which a row tells nothing; it is then passed over.
        """
        self._tap = tap
        self._valid, self._loose, self._telling = dict(valid or {}), tuple(loose), frozenset(telling)
        self.dataset, self._feed = dataset, feed
        self._fields = field_types(dataset)
        self._specs = {n: Column(column=s) if isinstance(s, str) else s for n, s in mapping.items()}
        self._readers = {n: reader(n, s, self._fields[n], zone) for n, s in self._specs.items()}
        self._blank = frozenset({"", *blank})
        self._bound: list[_Bound] = []
        self._bounds: list[tuple[str, int, Bound]] = []
        self._gaps: list[int] = []
        self._constants: dict[str, Any] = {}
        self._header: list[str] = []
        self._file, self._width = "", 0
        self._cells: dict[str, tuple[list[str], Sequence[Cell]]] | None = None

    def bind(self, file: str, header: Sequence[Cell]) -> None:
        """Find the mapped columns in a table's header.

        Raises:
            FeedError: ``missing_column`` naming the columns wanted and those present,
                ``duplicate_column`` when a mapped name stands there twice.
        """
        names = [column_name(cell) for cell in header]
        wanted = {n: [column_name(c) for c in s.wanted] for n, s in self._specs.items() if s.wanted}
        bounds, loose = {column_name(c): bound for c, bound in self._valid.items()}, map(column_name, self._loose)
        needed = [*(c for columns in wanted.values() for c in columns), *bounds, *loose]
        missing = sorted({c for c in needed if c not in names})
        present = ", ".join(n for n in names if n)[:600]
        if missing:
            raise FeedError("missing_column", f"no column {', '.join(missing)}; columns present: {present}", file)
        if twice := sorted({c for c in needed if names.count(c) > 1}):
            raise FeedError("duplicate_column", f"column {', '.join(twice)} stands there more than once", file)
        self._bound = [self._bind_one(n, [names.index(c) for c in columns]) for n, columns in wanted.items()]
        self._bounds = [(c, names.index(c), bound) for c, bound in bounds.items()]
        self._gaps = sorted(names.index(column_name(c)) for c in self._loose)
        self._constants = {n: self._constant(n, s) for n, s in self._specs.items() if s.constant is not None}
        self._header, self._file = names, file
        self._width = 1 + max((names.index(c) for c in needed), default=-1)

    def _bind_one(self, name: str, indices: list[int]) -> _Bound:
        spec = self._specs[name]
        others = tuple(indices[1:])
        return name, indices[0], others, self._readers[name], self._fields[name].required, frozenset(spec.blank)

    def _constant(self, name: str, spec: Column) -> Any:
        try:
            return self._readers[name](spec.constant, [])
        except UnusableError as error:
            raise FeedError("bad_options", error.detail, f"mapping.{name}") from None

    def read(self, number: int, cells: Sequence[Cell]) -> Unplaced | Reject:
        """Read one row.

        Args:
            number: its number in the file, the header being 1.
            cells: the row's cells.
        """
        read = self.read_telling(number, cells)
        assert read is not None  # noqa: S101  only with `telling` set
        return read

    def read_telling(self, number: int, cells: Sequence[Cell]) -> Unplaced | Reject | None:
        """Read one row as ``read`` does; None when it tells nothing."""
        ref = f"{self._file}:{number}"
        if self._tap is not None:
            self._tap(ref, self._raw(cells))
        if self._cells is not None:
            self._cells[ref] = (self._header, cells)
        try:
            if self._gaps and len(cells) > len(self._header):
                values, flags = self._fitted(cells)
            else:
                self._check_width(cells)
                values, flags = self._values(cells)
        except UnusableError as error:
            if error.reason == "missing_value" and error.detail.partition(":")[0] in self._telling:
                return None
            return Reject(feed=self._feed, ref=ref, reason=error.reason, detail=error.detail, raw=self._raw(cells))
        at = values.pop("event_time", None)
        for field in EVENT_FIELDS.get(self.dataset, ()):
            at = at or values.get(field)
        return Unplaced(values, at, ref, flags)

    def _values(self, cells: Sequence[Cell], doubtful: bool = False) -> tuple[dict[str, Any], list[str]]:
        values, flags = dict(self._constants), []  # type: tuple[dict[str, Any], list[str]]
        for column, index, bound in self._bounds:
            bound.hold(column, cells[index])
        for name, index, others, read, required, blank in self._bound:
            cell = cells[index]
            if others:
                parts = ["" if cells[i] is None else text_of(cells[i]) for i in (index, *others)]
                bare = sum(part in self._blank or part in blank for part in parts)
                if doubtful and 0 < bare < len(parts):
                    raise UnusableError("missing_value", f"{name}: half of it")
                cell = None if bare else self._specs[name].separator.join(parts)
            if (
                cell is None
                or (isinstance(cell, str) and cell.strip() in self._blank)
                or (blank and text_of(cell) in blank)
            ):
                if required:
                    raise UnusableError("missing_value", f"{name}: blank")
                continue
            value = read(cell, flags)
            if value is not None:
                values[name] = value
        return values, flags

    def _fitted(self, cells: Sequence[Cell]) -> tuple[dict[str, Any], list[str]]:
        """A row with separators inside its texts, read only when it can be read in one way.

        Every way to put the surplus cells back into the loose columns is tried; those in which a field cannot be
        read fall out. What is left must agree in every field.
        """
        found: list[tuple[dict[str, Any], list[str]]] = []
        surplus = len(cells) - len(self._header)
        ways = list(combinations_with_replacement(self._gaps, surplus)) if surplus <= _SURPLUS_MOST else []
        if not any(text_of(c) for c in cells[-surplus:] if c is not None):
            ways.append(())  # they may be nothing but separators at the end
        for way in ways:
            try:
                read = self._values(_put_back(cells, way), doubtful=True)
            except UnusableError:
                continue
            if read not in found:
                found.append(read)
        if len(found) != 1:
            why = f"they could be read in {len(found)} ways" if found else "no way to read them"
            raise UnusableError("too_many_cells", f"{len(cells)} cells, header has {len(self._header)}; {why}")
        return found[0][0], [*found[0][1], "cells_joined"]

    def remember(self) -> None:
        """From now on keep the rows read until this is called again: see ``raw_of``."""
        self._cells = {}

    def raw_of(self, ref: str) -> str:
        """The raw text of a row read since ``remember``; empty when it is none of them."""
        header, cells = (self._cells or {}).get(ref, ([], []))
        return raw_row(header, cells) if cells else ""

    def read_again(self, kept: Kept) -> list[Unplaced | Reject]:
        """Read a row as ``_raw`` wrote it, with the mapping of now; nothing when it tells nothing.

        Raises:
            FeedError: ``row_cut`` when it is not all there.
        """
        file, _, number = kept.ref.rpartition(":")
        header, cells = named_cells(kept.raw, file)
        extra = kept.reason == "too_many_cells"  # what stood beyond the header has no name but its place
        while extra and header and re.fullmatch(r"#\d+", header[-1]):
            header = header[:-1]
        try:
            self.bind(file, header)
        except FeedError as error:
            reason = kept.reason if extra else "too_few_cells"
            return [Reject(feed=self._feed, ref=kept.ref, reason=reason, detail=error.detail, raw=kept.raw)]
        read = self.read_telling(int(number) if number.isdecimal() else 0, cells)
        if isinstance(read, Reject):
            return [msgspec.structs.replace(read, ref=kept.ref, raw=kept.raw)]
        return [] if read is None else [msgspec.structs.replace(read, ref=kept.ref)]

    def _check_width(self, cells: Sequence[Cell]) -> None:
        if len(cells) < self._width:
            raise UnusableError("too_few_cells", f"{len(cells)} cells, header has {len(self._header)}")
        if len(cells) > len(self._header) and any(text_of(c) for c in cells[len(self._header) :] if c is not None):
            raise UnusableError("too_many_cells", f"{len(cells)} cells, header has {len(self._header)}")

    def _raw(self, cells: Sequence[Cell]) -> str:
        return raw_row(self._header, cells)


def raw_row(header: Sequence[str], cells: Sequence[Cell]) -> str:
    """A row of a table as it is kept in quarantine: column -> text, as JSON."""
    named = {name or f"#{i + 1}": str(cell) for i, (name, cell) in enumerate(zip(header, cells, strict=False))}
    named.update({f"#{i + 1}": str(c) for i, c in enumerate(cells) if i >= len(header)})
    return msgspec.json.encode(named).decode()[:RAW_LIMIT]


def named_cells(raw: str, file: str) -> tuple[list[str], list[Cell]]:
    """Header and cells of what ``raw_row`` wrote.

    Raises:
        FeedError: ``row_cut`` when it was longer than what is kept.
    """
    try:
        row = msgspec.json.decode(raw, type=dict[str, str])
    except (msgspec.MsgspecError, UnicodeEncodeError):
        raise FeedError("row_cut", f"of the row {len(raw)} characters are kept", file) from None
    return list(row), list(row.values())


def _put_back(cells: Sequence[Cell], way: Sequence[int]) -> list[Cell]:
    """The cells with as many of them joined at each column as it stands in ``way``."""
    fitted: list[Cell] = []
    position = 0
    while position < len(cells):
        more = way.count(len(fitted))
        parts = cells[position : position + 1 + more]
        fitted.append(",".join(str(part) for part in parts) if more else parts[0])
        position += 1 + more
    return fitted


def column_name(cell: Cell) -> str:
    """A header's cell as a column name: without marks, line ends and surrounding blanks."""
    return " ".join(str("" if cell is None else cell).replace("\ufeff", "").split())


class Placer:
    """Lays rows in time and makes records of them: as they are, or as a replay wants them."""

    def __init__(
        self, feed: str, origin: Origin, dataset: str, now: Callable[[], datetime], coordinates: System = "wgs84"
    ) -> None:
        """Prepare for one dataset; ``now`` is the clock, aware UTC, ``coordinates`` what the rows' places are."""
        self._coordinates = coordinates
        self._feed, self._origin, self._kind, self._now = feed, origin, DATASETS[dataset], now
        self._times = [n for n, f in field_types(dataset).items() if f.kind is datetime and n != "event_time"]
        self._announces = bool(EVENT_FIELDS.get(dataset))
        self.at_once, self.timed = dataset in AT_ONCE, dataset in TIMED
        self.replay: ReplayClock | None = None

    def place(self, row: Unplaced, fallback: datetime) -> Record:
        """The record of a row.

        A time of the row that lies ahead (an announced arrival) is no event yet: such a record
        happened when it was read, or when the replay started.

        Args:
            row: the row as read.
            fallback: recorded time of rows that name none, aware UTC.
        """
        recorded = (row.at or fallback).astimezone(UTC)
        values, replay = row.values, self.replay
        if self._coordinates != "wgs84":
            place_in_wgs84(values, self._coordinates)
        if replay is None:
            happened = min(recorded, self._now()) if self._announces else recorded
            return self._kind(
                feed=self._feed, origin=self._origin, event_time=happened,
                ref=row.ref, flags=tuple(row.flags), **values,
            )  # fmt: skip
        if self.at_once:
            recorded = min(recorded, replay.recorded_now)
        for name in self._times:
            if (moment := values.get(name)) is not None:
                values[name] = replay.shifted(moment)
        return self._kind(
            feed=self._feed, origin=self._origin, event_time=replay.shifted(recorded), recorded_time=recorded,
            ref=row.ref, flags=tuple(row.flags), **values,
        )  # fmt: skip
