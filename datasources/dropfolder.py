"""The files of a drop folder that are ready to be read: finished, at rest and inside the folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec

from datasources.tables import is_table
from datasources.textfile import os_problem
from domain.errors import FeedError


class FolderOptions(Protocol):
    """What of a feed's options concerns the folder its files are laid into."""

    @property
    def path(self) -> str:
        """File or folder; relative to the configuration file."""

    @property
    def glob(self) -> str:
        """Which files of a folder."""

    @property
    def settle_seconds(self) -> float:
        """How long a file must have stood still before it is read."""

    @property
    def max_megabytes(self) -> float:
        """Larger files, unpacked, are refused."""


def check_folder(options: FolderOptions) -> None:
    """Refuse what cannot work, when the configuration is read; ValueError names the option."""
    if "${" in options.path:
        name = options.path.partition("${")[2].partition("}")[0]
        raise ValueError(f"path: environment variable {name} is not set")
    if not options.path.strip() or "\0" in options.path:
        raise ValueError("path: names no file or folder")
    if not options.glob or options.glob.startswith("/") or ".." in options.glob:
        raise ValueError("glob must be a pattern below the folder, e.g. *.csv")
    if options.max_megabytes < 1 or options.settle_seconds < 0:
        raise ValueError("max_megabytes must be at least 1, settle_seconds at least 0")


class Found(msgspec.Struct, frozen=True):
    """One file as it stands: its name below the folder and what tells whether it changed."""

    name: str
    path: Path
    size: int
    mtime_ns: int

    @property
    def signature(self) -> tuple[int, int]:
        """Size in bytes and time of change in ns."""
        return self.size, self.mtime_ns

    @property
    def changed_at(self) -> datetime:
        """Time of the last change, aware UTC."""
        return datetime.fromtimestamp(self.mtime_ns / 1e9, UTC)

    def same_as(self, known: dict[str, Any]) -> bool:
        """Whether a cursor's entry describes this very state of the file."""
        return (known.get("size"), known.get("mtime_ns")) == self.signature


class DropFolder:
    """Watches one file or the files of a folder."""

    def __init__(self, path: Path, glob: str, settle_seconds: float, now: Callable[[], datetime]) -> None:
        """Watch ``path``.

        Args:
            path: a file, or a folder whose files match ``glob``.
            glob: pattern below the folder; ``**/`` goes into folders.
            settle_seconds: how long size and time of change must have stood still.
            now: the clock, aware UTC.
        """
        self._path, self._glob, self._now = path, glob, now
        self._settle = timedelta(seconds=settle_seconds)
        self._seen: dict[str, tuple[tuple[int, int], datetime]] = {}
        self.waiting = 0  # files seen but still being written

    @property
    def single(self) -> bool:
        """Whether one named file is watched rather than a folder."""
        return not self._path.is_dir()

    def ready(self) -> list[Found]:
        """The files at rest, the longest unchanged first.

        Raises:
            FeedError: ``missing_folder``, ``missing_file`` or ``no_permission``.
        """
        now, ready = self._now(), []
        found = list(self._find())
        for file in found:
            known = self._seen.get(file.name)
            if known is None or known[0] != file.signature:
                self._seen[file.name] = known = (file.signature, now)
            # At rest: unchanged since we first looked, or, by its own time, since long before that.
            if min(known[1], file.changed_at) + self._settle <= now:
                ready.append(file)
        self.waiting = len(found) - len(ready)
        self._seen = {f.name: self._seen[f.name] for f in found}
        return sorted(ready, key=lambda f: (f.mtime_ns, f.name))

    def _find(self) -> Iterator[Found]:
        try:
            if self._path.is_dir():
                yield from self._walk(self._path.resolve())
            elif self._path.is_file():
                yield _state(self._path.name, self._path)
            elif self._path.exists():  # a pipe or device: reading it could block for ever
                raise FeedError("unreadable", "is not a file", self._path.name)
            elif not self._path.parent.is_dir():
                raise FeedError("missing_folder", f"folder {self._path.parent.name} does not exist", self._path.name)
            elif self._path.suffix:
                raise FeedError("missing_file", "does not exist", self._path.name)
            else:
                raise FeedError("missing_folder", "does not exist", self._path.name)
        except OSError as error:
            raise os_problem(self._path, error) from None

    def _walk(self, root: Path) -> Iterator[Found]:
        next(root.iterdir(), None)  # a folder that may not be read is an error, not an empty folder
        for path in root.glob(self._glob):
            name = path.relative_to(root)
            if not all(is_table(Path(part)) for part in name.parts):
                continue
            try:
                # A link that leads out of the folder is not read: the folder is where outsiders write.
                if path.is_file() and path.resolve().is_relative_to(root):
                    yield _state(name.as_posix(), path)
            except FileNotFoundError:
                continue  # renamed or taken away while we looked


def _state(name: str, path: Path) -> Found:
    stat = path.stat()
    return Found(name, path, stat.st_size, stat.st_mtime_ns)
