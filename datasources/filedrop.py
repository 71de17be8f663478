"""Files laid into a folder, or one file: each read once, piece by piece, at rest, as it is or as a recording.

What is in a file is the business of a ``FileReader``; this module knows which file is next, what was read before a
restart, and how a file that cannot be used is told of without holding up the others.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from datasources.contract import Batch, Context, Problem
from datasources.dropfolder import DropFolder, FolderOptions, Found, check_folder
from datasources.filereader import FileReader
from datasources.mapping import known_zone
from datasources.recording import Recording
from datasources.replay import ReplayOptions
from datasources.rows import Placer, Unplaced
from domain.errors import FeedError
from domain.records import Reject


class DropOptions(FolderOptions, Protocol):
    """What of a feed's options concerns its files."""

    @property
    def timezone(self) -> str:
        """IANA name for times without a zone; empty = the port's."""

    @property
    def chunk_rows(self) -> int:
        """Rows read in one poll."""

    @property
    def replay(self) -> ReplayOptions | None:
        """How the rows are played as a recording; None = they are delivered as they are."""


class Remembers(Protocol):
    """Keeps the rows of a poll until the next: what the gate refuses is to be kept as it came."""

    def remember(self) -> None:
        """Forget the rows of before, and keep those that follow."""

    def raw_of(self, ref: str) -> str:
        """The raw text of a row; empty when it is none of them."""


def check_files(options: DropOptions) -> None:
    """Refuse what cannot work; ValueError names the option."""
    check_folder(options)
    if options.timezone:
        known_zone(options.timezone)
    if options.chunk_rows < 1:
        raise ValueError("chunk_rows must be at least 1")


class FileDrop:
    """Reads dropped files; one thread polls at a time."""

    def __init__(
        self,
        options: DropOptions,
        context: Context,
        placer: Placer,
        read: Callable[[Found], FileReader],
        rows: Remembers | None = None,
    ) -> None:
        """Take up where ``context.cursor`` left off.

        Args:
            options: what of the feed's options concerns files.
            context: as the adapter was given it.
            placer: makes the records.
            read: how a file is read; nothing is opened yet.
            rows: knows the raw text of what was read last; None when nobody does.
        """
        self._options, self._context, self._placer, self._read = options, context, placer, read
        self._rows = rows
        path = Path(options.path).expanduser()
        self._folder = DropFolder(context.base / path, options.glob, options.settle_seconds, context.now)
        cursor = context.cursor or {}
        self._done: dict[str, dict[str, Any]] = dict(cursor.get("files") or {})
        self._partial: dict[str, Any] = dict(cursor.get("reading") or {})
        self._failed: dict[str, tuple[tuple[int, int], Problem]] = {}
        self._reader: FileReader | None = None
        replay = options.replay
        self._replay = Recording(replay, placer, cursor, options.timezone or context.timezone) if replay else None
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
            raise error.said(error.detail, f"{self._context.feed}: {error.where}") from None

    def _poll(self) -> Batch:
        batch = Batch()
        if self._rows is not None:
            self._rows.remember()
            batch.raw_of = self._rows.raw_of
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
            self._reader = self._read(file)
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

    def _cursor(self) -> dict[str, Any]:
        cursor: dict[str, Any] = {"files": dict(self._done)}
        if self._partial and self._resumable:
            cursor["reading"] = dict(self._partial)
        if self._replay:
            cursor["replay"] = self._replay.to_cursor()
        return cursor
