"""Text files as they come from customs and terminal systems: which encoding, packed or not.

The encoding is decided on the whole file before the first row is used. A file is UTF-8 (with or
without mark), UTF-16 (with mark) or GB18030 and then every byte of it must fit; anything else is
refused as a whole, because a table of wrong characters is worse than none.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import msgspec

from domain.errors import FeedError

CHUNK = 1 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Share of the non-ASCII characters that must belong to the everyday set (GB 2312) before bytes that
# are not UTF-8 are believed to be GB18030: Latin-1, Big5 and Shift-JIS texts decode as rare hanzi.
_EVERYDAY_SHARE = 0.85


class Inspected(msgspec.Struct, frozen=True):
    """What one pass over a text file told: its encoding and the fingerprint of its content."""

    encoding: str
    sha256: str
    size: int  # bytes, unpacked


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading, unpacking ``.gz`` on the way.

    Raises:
        FeedError: ``missing_file``, ``no_permission`` or ``unreadable``.
    """
    try:
        return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")
    except OSError as error:
        raise os_problem(path, error) from None


def os_problem(path: Path, error: OSError) -> FeedError:
    """The FeedError that says what the system found wrong with a file or folder."""
    if isinstance(error, FileNotFoundError):
        return FeedError("missing_file", "does not exist", path.name)
    if isinstance(error, PermissionError):
        return FeedError("no_permission", "may not be read by the cockpit's user", path.name)
    return FeedError("unreadable", error.strerror or type(error).__name__, path.name)


def chunks(path: Path, limit_bytes: int) -> Iterator[bytes]:
    """Read a file piece by piece, unpacked, guarding against archives that swell without end.

    Raises:
        FeedError: ``truncated`` (archive cut short or damaged), ``too_large`` or what opening says.
    """
    total = 0
    with open_bytes(path) as file:
        while True:
            try:
                piece = file.read(CHUNK)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise FeedError("truncated", f"archive is cut short or damaged ({error})", path.name) from None
            except OSError as error:
                raise os_problem(path, error) from None
            if not piece:
                return
            total += len(piece)
            if total > limit_bytes:
                raise FeedError("too_large", f"more than {limit_bytes // 1_000_000} MB unpacked", path.name)
            yield piece


def inspect(path: Path, encoding: str = "auto", limit_bytes: int = 2_000_000_000) -> Inspected:
    """Find out and prove the encoding of a text file.

    Args:
        path: the file, ``.gz`` unpacked on the way.
        encoding: ``auto`` or the encoding the file must have.
        limit_bytes: refuse files that are larger than this, unpacked.

    Raises:
        FeedError: ``empty_file``, ``encoding``, ``truncated``, ``too_large``, ``missing_file`` ...
    """
    digest, size = hashlib.sha256(), 0
    candidates: list[_Candidate] = []
    for piece in chunks(path, limit_bytes):
        if not size:
            candidates = [_Candidate(name, encoding == "auto") for name in _names(piece, encoding)]
        digest.update(piece)
        size += len(piece)
        for candidate in candidates:
            candidate.feed(piece)
    if not size:
        raise FeedError("empty_file", "has no content", path.name)
    for candidate in candidates:
        if candidate.proven():
            return Inspected(candidate.name, digest.hexdigest(), size)
    tried = "neither UTF-8 nor GB18030 nor UTF-16 with mark" if encoding == "auto" else f"not {encoding}"
    raise FeedError("encoding", f"is {tried}; not one row of it was used", path.name)


def open_text(path: Path, encoding: str) -> TextIO:
    """Open an inspected file as text, keeping line ends as they are (csv wants them so)."""
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, errors="strict", newline="")


def _names(head: bytes, wanted: str) -> list[str]:
    for mark, name in _MARKS:
        if head.startswith(mark):
            return [name] if wanted in ("auto", name.removesuffix("-sig")) else [wanted]
    return ["utf-8", "gb18030"] if wanted == "auto" else [wanted]


class _Candidate:
    """One encoding being tried on a file, piece by piece."""

    def __init__(self, name: str, guessed: bool) -> None:
        self.name, self._guessed = name, guessed
        self._decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder(name)("strict")
        self._everyday = self._foreign = 0

    def feed(self, piece: bytes, final: bool = False) -> None:
        if self._decoder is None:
            return
        try:
            text = self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            self._decoder = None
            return
        if _unprintable(text):
            self._decoder = None
        elif self._guessed and self.name == "gb18030" and not text.isascii():
            foreign = "".join(c for c in text if c > "\x7f")
            everyday = len(foreign.encode("gb2312", "ignore").decode("gb2312"))
            self._everyday += everyday
            self._foreign += len(foreign)

    def proven(self) -> bool:
        self.feed(b"", final=True)
        return self._decoder is not None and self._everyday >= _EVERYDAY_SHARE * self._foreign


_CONTROLS = {chr(c) for c in (*range(0x20), *range(0x7F, 0xA0))} - set("\t\n\r\x0b\x0c\x1a\x85")


def _unprintable(text: str) -> bool:
    """Whether a text holds what no table holds: controls, the replacement sign, private characters."""
    if text.isascii() and text.isprintable():
        return False
    found = set(text)
    return bool(found & _CONTROLS) or any(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" for c in found if c > "\x7f")


def fingerprint(path: Path, limit_bytes: int) -> str:
    """SHA-256 of a file's content, unpacked, as hexadecimal text."""
    digest = hashlib.sha256()
    for piece in chunks(path, limit_bytes):
        digest.update(piece)
    return digest.hexdigest()
