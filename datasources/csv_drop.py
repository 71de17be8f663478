"""Adapter ``csv_drop``: tables laid into a folder (or one file), mapped to records by the configuration.

CSV, TSV (both also ``.gz``), XLSX. A file is read when it has come to rest, in chunks, once; the
cursor remembers it, so a restart reads nothing again and a changed file is read anew. A file that
cannot be used is named with the reason and never holds up the others. With ``replay`` the rows are
played from now on; see ``datasources.replay``.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from datasources.contract import Again, Batch, Context, Kept
from datasources.coordinates import System, check_coordinates
from datasources.dropfolder import Found
from datasources.filedrop import FileDrop, check_files
from datasources.filereader import TableReader
from datasources.mapping import Column, check_mapping, field_types, known_zone
from datasources.replay import ReplayOptions
from datasources.rows import Bound, Placer, RowReader
from datasources.several import SeveralReader
from domain.errors import FeedError
from domain.records import Reject


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The feed's table in the configuration.

    Attributes:
        dataset: which record type the rows are, key of ``datasources.mapping.DATASETS``.
        path: file or folder; relative to the configuration file.
        mapping: field of the record -> column, see ``datasources.mapping.Column``.
        each: one record of every row for each of these, the mapping being what they have in common; where a needed
            field of one is blank, the row says nothing of it.
        valid: column -> what its number must be, else the row is quarantined as not to be believed.
        loose: columns of free text that may hold the separator unquoted; a row that is too long for that is read
            when it can be read in one way only, and flagged.
        glob: which files of a folder.
        timezone: IANA name for times without a zone; default the port's.
        at: time of rows that name none, ISO 8601; default the file's own time.
        encoding: ``auto``, ``utf-8``, ``gb18030`` or ``utf-16``.
        delimiter: of text files; default by the header.
        header: names of the columns, where the tables do not name them in their first row.
        sheet: of spreadsheets; default the first.
        blank: words that mean "no value" beside the empty cell.
        coordinates: what ``lon`` and ``lat`` are: ``wgs84`` (GPS), or ``gcj02`` (Chinese maps), then brought to WGS-84.
        settle_seconds: how long a file must have stood still before it is read.
        chunk_rows: rows read in one poll.
        max_megabytes: larger files (unpacked) are refused.
        replay: play the rows as a recording.
    """

    dataset: str
    path: str
    mapping: dict[str, str | Column]
    each: tuple[dict[str, str | Column], ...] = ()
    valid: dict[str, Bound] = {}
    loose: tuple[str, ...] = ()
    glob: str = "*"
    timezone: str = ""
    at: str = ""
    encoding: str = "auto"
    delimiter: str = ""
    header: tuple[str, ...] = ()
    sheet: str = ""
    blank: tuple[str, ...] = ()
    coordinates: System = "wgs84"
    settle_seconds: float = 2.0
    chunk_rows: int = 20_000
    max_megabytes: int = 2_000
    replay: ReplayOptions | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        check_files(self)
        for several in self.each or ({},):
            check_mapping(self.dataset, {**self.mapping, **several}, bool(self.at))
        check_coordinates(self.coordinates, field_types(self.dataset), self.dataset)
        if self.at:
            datetime.fromisoformat(self.at)
        if self.encoding not in ("auto", "utf-8", "gb18030", "utf-16"):
            raise ValueError(f"encoding {self.encoding!r} is unknown; may be auto, utf-8, gb18030, utf-16")
        if len(self.delimiter) > 1 or self.delimiter in ('"', "\n", "\r"):
            raise ValueError("delimiter must be one character")


def create(options: Options, context: Context) -> FileDrop:
    """The adapter for one feed."""
    zone = options.timezone or context.timezone
    rows = _rows(options, context, zone)

    def open_table(file: Found) -> TableReader:
        return TableReader(file, options, rows, _fallback(file, options.at, zone))

    placer = Placer(context.feed, context.origin, options.dataset, context.now, options.coordinates)
    return FileDrop(options, context, placer, open_table, rows)


def again(options: Options, context: Context) -> Again:
    """Reads quarantined rows anew; one that names no time happened when it came, as far as is known now."""
    if options.replay is not None:
        raise FeedError("row_of_recording", "the times of a recording are laid anew each time it is played")
    zone = options.timezone or context.timezone
    rows = _rows(options, context, zone)
    placer = Placer(context.feed, context.origin, options.dataset, context.now, options.coordinates)

    def read(kept: Kept) -> Batch:
        batch, at = Batch(), _at(options.at, zone) or context.now()
        for row in rows.read_again(kept):
            if isinstance(row, Reject):
                batch.rejects.append(row)
            else:
                batch.records.append(placer.place(row, at))
        return batch

    return read


def _rows(options: Options, context: Context, zone: str) -> RowReader | SeveralReader:
    def reads(several: dict[str, str | Column], first: bool = True) -> RowReader:
        mapping = {**options.mapping, **several}
        return RowReader(
            context.feed, options.dataset, mapping, zone, options.blank, context.tap if first else None,
            valid=options.valid, loose=options.loose, telling=several,
        )  # fmt: skip

    if not options.each:
        return reads({})
    return SeveralReader([reads(several, number == 0) for number, several in enumerate(options.each)])


def _fallback(file: Found, at: str, zone: str) -> datetime:
    """Time of rows that name none."""
    return _at(at, zone) or file.changed_at


def _at(at: str, zone: str) -> datetime | None:
    """The option's own time; None without one."""
    if not at:
        return None
    moment = datetime.fromisoformat(at)
    return (moment if moment.tzinfo else moment.replace(tzinfo=known_zone(zone))).astimezone(UTC)
