"""Adapter ``gtfs_rt``: vehicle positions in the GTFS-realtime format, over HTTP or laid into a folder (or one file).

An address answers with one message, and one that did not change is not read again; a file holds one message, as
fetched, and is read once when it has come to rest. A vehicle's own time counts, however old: a position of hours ago
is kept as one of hours ago and does not become "now".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime

from datasources.contract import Adapter, Batch, Context
from datasources.coordinates import System
from datasources.dropfolder import Found
from datasources.fetching import Fetcher, Web
from datasources.filedrop import FileDrop, check_files
from datasources.filereader import FileReader
from datasources.gtfs_rt_message import VehicleName, vehicles_in
from datasources.replay import ReplayOptions
from datasources.rows import Placer, Unplaced
from datasources.textfile import chunks
from domain.errors import FeedError
from domain.records import Reject


class Options(Web, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The feed's table in the configuration, with those of ``datasources.fetching.Web`` for an address.

    Attributes:
        url: ``http://`` or ``https://`` address of the feed; or
        path: file or folder, also ``.gz``; relative to the configuration file.
        vehicle: what a vehicle goes by: ``id``, ``label`` or ``license_plate`` of its descriptor, or ``entity``, the id
            of the entry. It must name one vehicle: in a feed of several operators labels often do not (two vehicles
            of one message that share a name are flagged), while ids of entries always do, but may change by the trip.
        glob: which files of a folder.
        coordinates: what the coordinates are: ``wgs84`` (as the format says), or ``gcj02`` (Chinese maps), then brought
            to WGS-84.
        timezone: IANA name for a ``replay.recorded_now`` without a zone; default the port's.
        settle_seconds: how long a file must have stood still before it is read.
        chunk_rows: vehicles delivered in one poll.
        max_megabytes: larger messages (unpacked) are refused; a country of 3,500 buses takes half a megabyte.
        replay: play the positions as a recording; ``recorded_now`` must be given, e.g. the header's time.
    """

    url: str = ""
    path: str = ""
    vehicle: VehicleName = "id"
    glob: str = "*"
    coordinates: System = "wgs84"
    timezone: str = ""
    settle_seconds: float = 2.0
    chunk_rows: int = 20_000
    max_megabytes: float = 8.0
    replay: ReplayOptions | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        if bool(self.url) == bool(self.path):
            raise ValueError("needs either url (an address) or path (files)")
        if self.url:
            self.check()
            if self.replay:
                raise ValueError("replay plays files, not an address")
        else:
            check_files(self)
        if self.replay and not self.replay.recorded_now:
            # Else the oldest position would be "now", and it may be weeks older than the others.
            raise ValueError("replay needs recorded_now, the time at which the message was made")


def create(options: Options, context: Context) -> Adapter:
    """The adapter for one feed."""
    placer = Placer(context.feed, context.origin, "vehicle_position", context.now, options.coordinates)
    if options.url:
        return GtfsRt(options, context, placer)
    return FileDrop(options, context, placer, lambda file: MessageFile(file, options, context))


class GtfsRt:
    """Fetches messages; one thread polls at a time."""

    def __init__(self, options: Options, context: Context, placer: Placer) -> None:
        """Take up where ``context.cursor`` left off."""
        self._options, self._context, self._placer = options, context, placer
        cursor = context.cursor or {}
        self._marks = (str(cursor.get("etag", "")), str(cursor.get("modified", "")), str(cursor.get("digest", "")))
        self._fetcher = Fetcher(options, context)

    def poll(self) -> Batch:
        """The vehicles of a message that is another than the last.

        Raises:
            FeedError: as ``Fetcher.get`` and ``vehicles_in``.
        """
        context, options = self._context, self._options
        try:
            answer = self._fetcher.get(options.url, etag=self._marks[0], modified=self._marks[1])
            digest = hashlib.sha256(answer.body).hexdigest()
            if answer.unchanged or digest == self._marks[2]:
                return Batch(counts={"unchanged": 1})
            found = vehicles_in(answer.body, answer.where, context.feed, options.vehicle, context.tap)
        except FeedError as error:
            raise error.said(error.detail, f"{context.feed}: {error.where}") from None
        self._marks = (answer.etag, answer.modified, digest)
        batch = Batch(cursor=dict(zip(("etag", "modified", "digest"), self._marks, strict=True)))
        batch.counts = {"positions": len(found.rows), **({"other_types": found.others} if found.others else {})}
        for row in found.rows:
            if isinstance(row, Reject):
                batch.rejects.append(row)
            else:
                batch.records.append(self._placer.place(row, found.at or context.now()))
        return batch

    def close(self) -> None:
        """Close the connections."""
        self._fetcher.close()


class MessageFile(FileReader):
    """Reads a file that holds one message."""

    counted = "positions"

    def __init__(self, file: Found, options: Options, context: Context) -> None:
        """Prepare; nothing is opened yet."""
        super().__init__(file, file.changed_at)
        self._options, self._context = options, context
        self._others = 0

    def open(self) -> None:
        """Read the message whole: an entry is as likely to stand at its end as at its beginning.

        Raises:
            FeedError: naming the file and what is wrong.
        """
        data = b"".join(chunks(self.file.path, int(self._options.max_megabytes * 1_000_000)))
        self.sha256 = hashlib.sha256(data).hexdigest()
        feed, tap = self._context.feed, self._context.tap
        found = vehicles_in(data, self.file.name, feed, self._options.vehicle, tap)
        self.fallback: datetime = found.at or self.file.changed_at
        self._items: Iterator[tuple[int, Unplaced | Reject]] = iter(enumerate(found.rows, 1))
        self._others = found.others
        super().open()

    def read(self, limit: int, batch: Batch, take: Callable[[Unplaced | Reject, FileReader, Batch], None]) -> bool:
        """Hand out up to ``limit`` vehicles; what else the message holds is counted."""
        if self._others and not self.silent:
            batch.counts["other_types"] = batch.counts.get("other_types", 0) + self._others
        self._others = 0
        return super().read(limit, batch, take)
