"""Documents dropped into a folder that say several kinds of things: messages, lists of events.

Where every row of a file is one record of one kind, ``filedrop`` does; here a document is read with what earlier
ones have said in mind, so what is remembered moves with the documents.

A file is read once it has come to rest; the cursor remembers it, so a restart reads nothing again and
a changed file is read anew. A file that cannot be used is named with the reason and never holds up
the others. What a document says comes in parts, so that a large one is spread over several polls; the
cursor moves when all of it was delivered, and a restart in between delivers it again, the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from datasources.contract import Batch, Context, Problem
from datasources.dropfolder import DropFolder, FolderOptions, Found, check_folder
from datasources.textfile import chunks
from domain.errors import FeedError


class Document(msgspec.Struct, frozen=True):
    """A document as it was found.

    Attributes:
        name: of the file below the folder, or the address it came from; for messages to people.
        data: its bytes, unpacked.
        changed_at: when it was last changed or fetched, aware UTC.
    """

    name: str
    data: bytes
    changed_at: datetime


class DocumentReader(Protocol):
    """Turns documents into records; knows nothing of where they come from."""

    def read(self, document: Document) -> Iterator[Batch]:
        """What the document says, in parts. Raises FeedError when it is none of its kind."""

    def to_cursor(self) -> dict[str, Any]:
        """What has to be remembered beside the documents read."""


class DropOptions(FolderOptions, Protocol):
    """What of a feed's options concerns its documents."""

    @property
    def chunk_records(self) -> int:
        """About how many records one poll brings."""


def check_drop(options: DropOptions) -> None:
    """Refuse what cannot work, when the configuration is read; ValueError names the option."""
    check_folder(options)
    if options.chunk_records < 1:
        raise ValueError("chunk_records must be at least 1")


class DocumentDrop:
    """Reads dropped documents; one thread polls at a time."""

    def __init__(self, options: DropOptions, context: Context, reader: DocumentReader) -> None:
        """Take up where ``context.cursor`` left off.

        Args:
            options: the feed's.
            context: as the adapter got it.
            reader: already at the state of the same cursor.
        """
        self._options, self._context, self._reader = options, context, reader
        path = Path(options.path).expanduser()
        self._folder = DropFolder(context.base / path, options.glob, options.settle_seconds, context.now)
        self._done: dict[str, dict[str, Any]] = dict((context.cursor or {}).get("files") or {})
        self._failed: dict[str, tuple[tuple[int, int], Problem]] = {}
        self._open: tuple[Found, str, Iterator[Batch]] | None = None

    def poll(self) -> Batch:
        """Read on in a document, or the next one.

        Raises:
            FeedError: no such folder or file; or the one file watched cannot be used.
        """
        try:
            return self._poll()
        except FeedError as error:
            raise error.said(error.detail, f"{self._context.feed}: {error.where}") from None

    def close(self) -> None:
        """Let go of the document being read."""
        self._open = None

    def _poll(self) -> Batch:
        batch = Batch()
        files = self._folder.ready()
        changed = self._forget(files)
        if self._open is None:
            file = next((f for f in files if self._wanted(f)), None)
            changed = (file is not None and self._begin(file)) or changed
            batch.more = file is not None
        if self._open is not None:
            changed = self._read_on(*self._open, batch) or changed
            batch.more = True
        batch.problems = [problem for _, problem in self._failed.values()]
        if batch.problems and self._folder.single and not batch.records and not batch.rejects:
            raise FeedError(batch.problems[0].code, *reversed(batch.problems[0].detail.split(": ", 1)))
        if changed and self._open is None:
            batch.cursor = {"files": dict(self._done), **self._reader.to_cursor()}
        return batch

    def _forget(self, files: list[Found]) -> bool:
        """Drop what is known of files that are gone or have changed; True when the cursor changes by it."""
        there = {f.name: f for f in files}
        self._failed = {n: (s, p) for n, (s, p) in self._failed.items() if n in there and there[n].signature == s}
        before = len(self._done)
        if not self._folder.waiting:
            self._done = {n: known for n, known in self._done.items() if n in there}
        return len(self._done) != before

    def _wanted(self, file: Found) -> bool:
        known = self._done.get(file.name)
        return file.name not in self._failed and (known is None or not file.same_as(known))

    def _begin(self, file: Found) -> bool:
        """Load a document; True when nothing is left to be read of it."""
        try:
            data = b"".join(chunks(file.path, int(self._options.max_megabytes * 1_000_000)))
            if not data.strip():
                raise FeedError("empty_file", "has no content", file.name)
        except FeedError as error:
            self._fail(file, error)
            return False
        sha256 = hashlib.sha256(data).hexdigest()
        if self._done.get(file.name, {}).get("sha256") == sha256:  # touched, not changed
            self._finish(file, sha256)
            return True
        self._open = (file, sha256, self._reader.read(Document(file.name, data, file.changed_at)))
        return False

    def _read_on(self, file: Found, sha256: str, parts: Iterator[Batch], batch: Batch) -> bool:
        """Take parts up to the size of a poll; True at the end of the document."""
        try:
            for part in parts:
                batch.records += part.records
                batch.rejects += part.rejects
                for name, count in part.counts.items():
                    batch.counts[name] = batch.counts.get(name, 0) + count
                if len(batch.records) + len(batch.rejects) >= self._options.chunk_records:
                    return False
        except FeedError as error:
            self._open = None
            self._fail(file, error)
            return False
        self._open = None
        self._finish(file, sha256)
        batch.counts["files"] = batch.counts.get("files", 0) + 1
        return True

    def _finish(self, file: Found, sha256: str) -> None:
        size, mtime_ns = file.signature
        self._done[file.name] = {"size": size, "mtime_ns": mtime_ns, "sha256": sha256}

    def _fail(self, file: Found, error: FeedError) -> None:
        where = error.where or file.name
        self._failed[file.name] = (file.signature, Problem(code=error.code, detail=f"{where}: {error.detail}"))
