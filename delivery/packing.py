"""Files packed once, with gzip and brotli, and kept packed on disk for the next start.

Packing well takes seconds of a core, so one quiet thread does it; until it is done a file goes out with the
packing there is, at last as it is.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import logging
import os
import queue
import threading
import time
from pathlib import Path

import brotli  # type: ignore[import-untyped]

_log = logging.getLogger(__name__)

LEAST_BYTES = 512  # shorter ones gain nothing
BEST_BYTES = 400_000  # above it brotli's best level costs tens of seconds for a tenth of the size
KEPT_DAYS = 30
PACKED_TYPES = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg")


class File:
    """Something a browser fetches.

    Attributes:
        body: its bytes.
        media_type: what they are.
        digest: names the content; equal for equal bytes.
    """

    __slots__ = ("body", "digest", "media_type", "packed")

    def __init__(self, body: bytes, media_type: str) -> None:
        self.body, self.media_type = body, media_type
        self.digest = digest(body)
        self.packed: dict[str, bytes] = {}  # by content-encoding

    def best(self, accepted: str) -> tuple[str, bytes]:
        """The shortest form a browser takes.

        Args:
            accepted: its Accept-Encoding header.

        Returns:
            Content-Encoding ("" for none) and bytes.
        """
        offered = {part.split(";")[0].strip() for part in accepted.split(",")}
        for encoding in ("br", "gzip"):
            if encoding in offered and encoding in self.packed:
                return encoding, self.packed[encoding]
        return "", self.body


def digest(*parts: bytes) -> str:
    """Sixteen hex digits that name a content."""
    made = hashlib.sha256()
    for part in parts:
        made.update(part)
    return made.hexdigest()[:16]


class Packer:
    """Packs files in a thread of its own; equal content is packed once."""

    def __init__(self, folder: Path) -> None:
        """Nothing is packed yet.

        Args:
            folder: where packed bytes are kept between starts; made when missing, done without when it cannot be.
        """
        self._folder = folder
        self._files: dict[str, File] = {}
        self._lock = threading.Lock()
        self._due: queue.SimpleQueue[File] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="packer", daemon=True).start()

    def file(self, body: bytes, media_type: str) -> File:
        """The file of this content, packed now or soon."""
        fresh = File(body, media_type)
        with self._lock:
            known = self._files.setdefault(fresh.digest, fresh)
        if known is fresh and len(body) >= LEAST_BYTES and media_type.startswith(PACKED_TYPES):
            self._due.put(fresh)
        return known

    def _work(self) -> None:
        with contextlib.suppress(OSError, AttributeError):  # Linux only; below the children that fill in history too
            os.sched_setscheduler(threading.get_native_id(), os.SCHED_IDLE, os.sched_param(0))
        self._clear()
        brotlis: list[File] = []
        while True:
            if not brotlis or not self._due.empty():  # all get the quick packing before any gets the good one
                file = self._due.get()
                file.packed["gzip"] = self._made(file, "gzip")
                brotlis.append(file)
                continue
            file = min(brotlis, key=lambda one: len(one.body))
            brotlis.remove(file)
            file.packed["br"] = self._made(file, "br")

    def _made(self, file: File, encoding: str) -> bytes:
        place = self._folder / f"{file.digest}.{encoding}"
        with contextlib.suppress(OSError):
            kept = place.read_bytes()
            os.utime(place)
            if kept:
                return kept
        made = pack(file.body, encoding)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = place.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(made)
            part.replace(place)  # whole or not at all: several workers share the folder
        except OSError as error:
            _log.info("packed files are not kept: %s", error.strerror)
        return made

    def _clear(self) -> None:
        """Let go of what no start used for a month."""
        oldest = time.time() - KEPT_DAYS * 86400
        for place in self._folder.glob("*.*"):
            with contextlib.suppress(OSError):
                if place.stat().st_mtime < oldest:
                    place.unlink()


def pack(body: bytes, encoding: str) -> bytes:
    """The body as ``gzip`` or ``br``; both let other threads run meanwhile."""
    if encoding == "gzip":
        return gzip.compress(body, 6, mtime=0)
    made: bytes = brotli.compress(body, quality=11 if len(body) <= BEST_BYTES else 9)
    return made
