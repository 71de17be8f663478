"""Adapter ``json_drop``: JSON files laid into a folder (or one file), mapped to records by the configuration.

One document or one document a line (NDJSON), both also ``.gz``. A file is read when it has come to rest, once, as
``csv_drop`` reads tables; with ``replay`` its rows are played from now on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from datasources import documents, textfile
from datasources.contract import Again, Context
from datasources.coordinates import System
from datasources.documents import DocumentReader, check_rows, decoded, rows_at
from datasources.dropfolder import Found
from datasources.filedrop import FileDrop, check_files
from datasources.filereader import FileReader
from datasources.mapping import Column, known_zone
from datasources.replay import ReplayOptions
from datasources.rows import Placer, Unplaced
from domain.errors import FeedError
from domain.records import Reject


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The feed's table in the configuration.

    Attributes:
        dataset: which record type the rows are, key of ``datasources.mapping.DATASETS``.
        path: file or folder; relative to the configuration file.
        mapping: field of the record -> column; a column is a key, a dotted path or a JSONPath within the row.
        rows: JSONPath of the rows in a document (RFC 9535).
        lines: every line is a document of its own, and ``rows`` is looked for in each.
        glob: which files of a folder.
        timezone: IANA name for times without a zone; default the port's.
        at: time of rows that name none, ISO 8601; default the file's own time.
        blank: words that mean "no value" beside the empty text and null.
        coordinates: what ``lon`` and ``lat`` are: ``wgs84`` (GPS), or ``gcj02`` (Chinese maps), then brought to WGS-84.
        settle_seconds: how long a file must have stood still before it is read.
        chunk_rows: rows delivered in one poll.
        max_megabytes: larger files (unpacked) are refused; a document is held in memory whole.
        replay: play the rows as a recording.
    """

    dataset: str
    path: str
    mapping: dict[str, str | Column]
    rows: str = "$[*]"
    lines: bool = False
    glob: str = "*.json*"
    timezone: str = ""
    at: str = ""
    blank: tuple[str, ...] = ()
    coordinates: System = "wgs84"
    settle_seconds: float = 2.0
    chunk_rows: int = 20_000
    max_megabytes: int = 200
    replay: ReplayOptions | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        check_files(self)
        check_rows(self, bool(self.at))
        if self.at:
            datetime.fromisoformat(self.at)


def create(options: Options, context: Context) -> FileDrop:
    """The adapter for one feed."""
    placer = Placer(context.feed, context.origin, options.dataset, context.now, options.coordinates)
    return FileDrop(options, context, placer, lambda file: JsonFile(file, options, context))


def again(options: Options, context: Context) -> Again:
    """Reads quarantined rows anew."""
    if options.replay is not None:
        raise FeedError("row_of_recording", "the times of a recording are laid anew each time it is played")
    return documents.again(options, context, _at(options, context))


def _at(options: Options, context: Context) -> datetime | None:
    """The option's own time for rows that name none; None without one."""
    if not options.at:
        return None
    moment = datetime.fromisoformat(options.at)
    zone = known_zone(options.timezone or context.timezone)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


class JsonFile(FileReader):
    """Reads one file of JSON."""

    def __init__(self, file: Found, options: Options, context: Context) -> None:
        """Prepare; nothing is opened yet."""
        super().__init__(file, file.changed_at)
        self._options, self._reader = options, DocumentReader(options, context)
        self.fallback = _at(options, context) or self.fallback

    def open(self) -> None:
        """Read the document whole: only its end tells whether it is one.

        Raises:
            FeedError: naming the file and what is wrong.
        """
        data = b"".join(textfile.chunks(self.file.path, self._options.max_megabytes * 1_000_000))
        self.sha256 = hashlib.sha256(data).hexdigest()
        if not data.strip():
            raise FeedError("empty_file", "holds nothing", self.file.name)
        rows = self._lines(data) if self._options.lines else rows_at(*self._asked(data))
        found = self._reader.whole(rows, self.file.name)
        self._items: Iterator[tuple[int, Unplaced | Reject]] = iter(enumerate(found, 1))
        super().open()

    def _asked(self, data: bytes) -> tuple[Any, str, str]:
        return decoded(data, self.file.name), self._options.rows, self.file.name

    def _lines(self, data: bytes) -> list[Any]:
        """The rows of all lines; a line that is none stands for itself, to be refused alone."""
        rows: list[Any] = []
        for line in data.splitlines():
            if not line.strip():
                continue
            try:
                rows += rows_at(decoded(line, self.file.name), self._options.rows, self.file.name)
            except FeedError:
                rows.append(line.decode("utf-8", "replace"))
        return rows
