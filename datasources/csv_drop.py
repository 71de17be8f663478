"""Adapter ``csv_drop``: tables laid into a folder (or one file), mapped to records by the configuration.

CSV, TSV (both also ``.gz``), XLSX. A file is read when it has come to rest, in chunks, once; the
cursor remembers it, so a restart reads nothing again and a changed file is read anew. A file that
cannot be used is named with the reason and never holds up the others. With ``replay`` the rows are
played from now on; see ``datasources.replay``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from datasources.contract import Batch, Context, Problem
from datasources.coordinates import System, check_coordinates
from datasources.dropfolder import DropFolder, Found
from datasources.filereader import FileReader
from datasources.mapping import Column, check_mapping, field_types, known_zone
from datasources.recording import Recording
from datasources.replay import ReplayOptions
from datasources.rows import Placer, RowReader, Unplaced
from domain.errors import FeedError
from domain.records import Reject


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The feed's table in the configuration.

    Attributes:
        dataset: which record type the rows are, key of ``datasources.mapping.DATASETS``.
        path: file or folder; relative to the configuration file.
        mapping: field of the record -> column, see ``datasources.mapping.Column``.
        glob: which files of a folder.
        timezone: IANA name for times without a zone; default the port's.
        at: time of rows that name none, ISO 8601; default the file's own time.
        encoding: ``auto``, ``utf-8``, ``gb18030`` or ``utf-16``.
        delimiter: of text files; default by the header.
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
    glob: str = "*"
    timezone: str = ""
    at: str = ""
    encoding: str = "auto"
    delimiter: str = ""
    sheet: str = ""
    blank: tuple[str, ...] = ()
    coordinates: System = "wgs84"
    settle_seconds: float = 2.0
    chunk_rows: int = 20_000
    max_megabytes: int = 2_000
    replay: ReplayOptions | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        check_path(self.path)
        check_mapping(self.dataset, self.mapping, bool(self.at))
        check_coordinates(self.coordinates, field_types(self.dataset), self.dataset)
        if self.timezone:
            known_zone(self.timezone)
        if self.at:
            datetime.fromisoformat(self.at)
        if self.encoding not in ("auto", "utf-8", "gb18030", "utf-16"):
            raise ValueError(f"encoding {self.encoding!r} is unknown; may be auto, utf-8, gb18030, utf-16")
        if len(self.delimiter) > 1 or self.delimiter in ('"', "\n", "\r"):
            raise ValueError("delimiter must be one character")
        if self.chunk_rows < 1 or self.max_megabytes < 1 or self.settle_seconds < 0:
            raise ValueError("chunk_rows and max_megabytes must be at least 1, settle_seconds at least 0")
        if not self.glob or self.glob.startswith("/") or ".." in self.glob:
            raise ValueError("glob must be a pattern below the folder, e.g. *.csv")


def check_path(path: str) -> None:
    """Refuse a path that names nothing, or an environment variable that is not set."""
    if "${" in path:
        name = path.partition("${")[2].partition("}")[0]
        raise ValueError(f"path: environment variable {name} is not set")
    if not path.strip() or "\0" in path:
        raise ValueError("path: names no file or folder")


def create(options: Options, context: Context) -> CsvDrop:
    """The adapter for one feed."""
    return CsvDrop(options, context)


class CsvDrop:
    """Reads dropped tables; one thread polls at a time."""

    def __init__(self, options: Options, context: Context) -> None:
        """Take up where ``context.cursor`` left off."""
        self._options, self._context = options, context
        self._zone = options.timezone or context.timezone
        path = Path(options.path).expanduser()
        self._folder = DropFolder(context.base / path, options.glob, options.settle_seconds, context.now)
        self._rows = RowReader(context.feed, options.dataset, options.mapping, self._zone, options.blank)
        self._placer = Placer(context.feed, context.origin, options.dataset, context.now, options.coordinates)
        cursor = context.cursor or {}
        self._done: dict[str, dict[str, Any]] = dict(cursor.get("files") or {})
        self._partial: dict[str, Any] = dict(cursor.get("reading") or {})
        self._failed: dict[str, tuple[tuple[int, int], Problem]] = {}
        self._reader: FileReader | None = None
        replay = options.replay
        self._replay = Recording(replay, self._placer, cursor, self._zone) if replay else None
        if self._replay and not self._replay.resumed:
            self._done, self._partial = {}, {}  # another replay than the one these files were read for

    def poll(self) -> Batch:
        """Read the next chunk of what is new.

        Raises:
            FeedError: no such folder or file; or the one file watched cannot be used.
        """
        try:
            return self._poll()
        except FeedError as error:
            raise FeedError(error.code, error.detail, f"{self._context.feed}: {error.where}") from None

    def _poll(self) -> Batch:
        batch = Batch()
        before = self._cursor()
        files = self._folder.ready()
        self._forget(files)
        more = self._read_chunk(files, batch)
        if self._replay:
            more = self._replay.release(batch, self._context.now(), more, self._options.chunk_rows) or more
        batch.problems = [problem for _, problem in self._failed.values()]
        if batch.problems and self._folder.single and not batch.records and not batch.rejects:
            raise FeedError(batch.problems[0].code, *reversed(batch.problems[0].detail.split(": ", 1)))
        after = self._cursor()
        batch.cursor = after if after != before else None
        batch.more = more
        return batch

    def close(self) -> None:
        """Let go of the file being read."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    @property
    def _resumable(self) -> bool:
        """Whether rows are delivered as they are read, so that a restart can go on at a row."""
        return self._replay is None or self._placer.at_once

    def _forget(self, files: list[Found]) -> None:
        """Drop what is known of files that are gone or have changed; their news replaces it."""
        there = {f.name: f for f in files}
        if not self._folder.waiting:
            self._done = {n: known for n, known in self._done.items() if n in there}
        self._failed = {n: (s, p) for n, (s, p) in self._failed.items() if n in there and there[n].signature == s}

    def _read_chunk(self, files: list[Found], batch: Batch) -> bool:
        """Read on, or begin the next file; True when more is at hand."""
        if self._reader is None:
            file = next((f for f in files if self._wanted(f)), None)
            if file is None:
                return False
            self._reader = FileReader(file, self._options, self._rows, self._fallback(file))
        reader = self._reader
        try:
            if not reader.opened and not self._open(reader, batch):
                return True
            ended = reader.read(self._options.chunk_rows, batch, self._take)
        except FeedError as error:
            self._fail(reader, error)
            return True
        self._partial = {} if ended else {"name": reader.file.name, "sha256": reader.sha256, "row": reader.row}
        if ended:
            self._finish(reader, batch)
        return True

    def _wanted(self, file: Found) -> bool:
        if file.name in self._failed:
            return False
        known = self._done.get(file.name)
        return known is None or not file.same_as(known) or bool(self._replay and self._replay.must_reload(file.name))

    def _open(self, reader: FileReader, batch: Batch) -> bool:
        """Prove and open a file; False when its content turns out to be known."""
        reader.open()
        known = self._done.get(reader.file.name)
        reloading = bool(self._replay and self._replay.must_reload(reader.file.name))
        if known and known.get("sha256") == reader.sha256 and not reloading:
            self._finish(reader, batch, counted=False)  # touched, not changed
            return False
        if self._resumable and self._partial.get("sha256") == reader.sha256:
            reader.skip_to(int(self._partial.get("row", 0)))
        reader.silent = reloading and bool(known) and known is not None and known.get("sha256") == reader.sha256
        return True

    def _take(self, row: Unplaced | Reject, reader: FileReader, batch: Batch) -> None:
        """Put one row where it belongs: into the batch, or among the rows still to be played."""
        if isinstance(row, Reject):
            if not reader.silent:
                batch.rejects.append(row)
        elif self._replay:
            self._replay.add(row, reader.fallback, self._context.now(), reader.silent, batch)
        else:
            batch.records.append(self._placer.place(row, reader.fallback))

    def _finish(self, reader: FileReader, batch: Batch, counted: bool = True) -> None:
        self.close()
        if self._replay:
            self._replay.file_loaded(reader.file.name, self._context.now())
        size, mtime_ns = reader.file.signature
        # Should it have changed while it was read, its state differs from this one: it is read again.
        self._done[reader.file.name] = {"size": size, "mtime_ns": mtime_ns, "sha256": reader.sha256}
        if counted and not reader.silent:
            batch.counts["files"] = batch.counts.get("files", 0) + 1

    def _fail(self, reader: FileReader, error: FeedError) -> None:
        self.close()
        self._partial = {}
        if self._replay:
            self._replay.file_loaded(reader.file.name, self._context.now())
        where = error.where or reader.file.name
        self._failed[reader.file.name] = (
            reader.file.signature,
            Problem(code=error.code, detail=f"{where}: {error.detail}"),
        )

    def _fallback(self, file: Found) -> datetime:
        """Time of rows that name none."""
        if not self._options.at:
            return file.changed_at
        at = datetime.fromisoformat(self._options.at)
        return (at if at.tzinfo else at.replace(tzinfo=known_zone(self._zone))).astimezone(UTC)

    def _cursor(self) -> dict[str, Any]:
        cursor: dict[str, Any] = {"files": dict(self._done)}
        if self._partial and self._resumable:
            cursor["reading"] = dict(self._partial)
        if self._replay:
            cursor["replay"] = self._replay.to_cursor()
        return cursor
