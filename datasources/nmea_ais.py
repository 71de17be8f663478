"""Adapter ``nmea_ais``: ships from AIS sentences, out of a log that is replayed or from a live stream.

Positions come from types 1, 2, 3, 18, 19 and 27, names and sizes from 5, 19 and 24 (ITU-R M.1371-5).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from datasources.contract import Batch, Context, Problem
from datasources.mapping import known_zone
from datasources.nmea_clock import MessageTimes
from datasources.nmea_decode import POSITION_TYPES, STATIC_TYPES, Damaged, Decoder, Message, records_of
from datasources.nmea_log import NmeaLog
from datasources.nmea_stream import NmeaStream, split_address
from datasources.replay import ReplayOptions
from domain.errors import FeedError
from domain.identifiers import MmsiKind, mmsi_kind
from domain.records import Reject, VesselPosition

_TAG_TRUST_SECONDS = 600.0  # a live TAG block's time further off than this is a wrong clock
_SENDERS_KEPT = 200_000


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The feed's table in the configuration.

    Attributes:
        path: log file (``.gz`` too), relative to the configuration file; or
        address: ``tcp://host:port`` to connect to, ``udp://host:port`` to listen at.
        speed: recorded seconds per second of a replayed log; 0 = all at once, with its own times.
        recorded_now: see ``datasources.replay.ReplayOptions``.
        timezone: IANA name for a ``recorded_now`` without a zone; default the port's.
        box: keep positions inside (lat_min, lon_min, lat_max, lon_max) only; the others are counted.
        chunk_messages: messages of one poll.
        silent_seconds: a stream that brings nothing for so long is reported, and connected anew.
    """

    path: str = ""
    address: str = ""
    speed: float = 1.0
    recorded_now: str = ""
    timezone: str = ""
    box: tuple[float, float, float, float] | None = None
    chunk_messages: int = 5_000
    silent_seconds: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        if bool(self.path) == bool(self.address):
            raise ValueError("needs either path (a log) or address (a stream)")
        if "${" in self.path:
            name = self.path.partition("${")[2].partition("}")[0]
            raise ValueError(f"path: environment variable {name} is not set")
        if self.address:
            split_address(self.address)
        if self.timezone:
            known_zone(self.timezone)
        if self.box and not (-90 <= self.box[0] < self.box[2] <= 90 and -180 <= self.box[1] < self.box[3] <= 180):
            raise ValueError("box must be [lat_min, lon_min, lat_max, lon_max]")
        if self.chunk_messages < 1 or self.silent_seconds < 1:
            raise ValueError("chunk_messages and silent_seconds must be at least 1")
        if self.speed:
            ReplayOptions(speed=self.speed, recorded_now=self.recorded_now)


def create(options: Options, context: Context) -> NmeaAis:
    """The adapter for one feed."""
    return NmeaAis(options, context)


class NmeaAis:
    """Reads AIS; one thread polls at a time."""

    def __init__(self, options: Options, context: Context) -> None:
        """Prepare; the log or the stream is opened by the first poll."""
        self._options, self._context = options, context
        self._times, self._decoder = MessageTimes(), Decoder()
        self._log: NmeaLog | None = None
        self._stream: NmeaStream | None = None
        self._since: datetime | None = None
        self._number, self._seen_any = 0, False
        self._senders: set[int] = set()

    def poll(self) -> Batch:
        """What has been sent since the last poll.

        Raises:
            FeedError: no such log, not a log of AIS, or no connection.
        """
        try:
            return self._poll_stream() if self._options.address else self._poll_log()
        except FeedError as error:
            raise error.said(error.detail, f"{self._context.feed}: {error.where}") from None

    def close(self) -> None:
        """Close log, socket and thread."""
        if self._log is not None:
            self._log.close()
        if self._stream is not None:
            self._stream.close()

    def _poll_log(self) -> Batch:
        o, batch, now = self._options, Batch(), self._context.now()
        zone = o.timezone or self._context.timezone
        if self._log is None:
            replay = ReplayOptions(speed=o.speed, recorded_now=o.recorded_now) if o.speed else None
            path = self._context.base / Path(o.path).expanduser()
            self._log = NmeaLog(path, replay, zone, self._context.cursor or {})
        log, name = self._log, Path(o.path).name
        count = 0
        for timed in log.take(now, o.chunk_messages):
            count += 1
            known = timed.read <= log.resumed_at
            if isinstance(timed.item, Damaged):
                if not known:
                    self._refuse(batch, timed.item, f"{name}:{timed.item.line}")
                continue
            recorded = self._times.settle(timed.item, timed.clock or now)
            if known:
                continue
            when = log.replay.shifted(recorded) if log.replay else recorded
            self._keep(batch, timed.item, f"{name}:{timed.item.line}", when, recorded if log.replay else None)
        if log.lines_new:
            batch.counts["lines"], log.lines_new = log.lines_new, 0
        self._seen_any = self._seen_any or count > 0 or log.resumed_at > 0
        if log.ended and not self._seen_any:
            raise log.broken or FeedError("not_nmea", "holds no AIS sentence (!AIVDM)", name)
        if log.broken:
            batch.problems.append(Problem(code=log.broken.code, detail=f"{name}: {log.broken.detail}"))
        if log.clockless:
            batch.problems.append(Problem(code="no_clock", detail=f"{name}: no station tells the time in it"))
        batch.cursor = log.to_cursor() if count else None
        batch.more = count >= o.chunk_messages
        batch.ended = not log.more
        return batch

    def _poll_stream(self) -> Batch:
        o, batch = self._options, Batch()
        if self._stream is None:
            self._stream = NmeaStream(o.address, self._context.now, o.silent_seconds, self._context.outbound)
            self._since = self._context.now()
        lines, dropped = self._stream.drain(o.chunk_messages)
        if not lines and self._stream.error:
            raise FeedError("not_connected", self._stream.error, o.address)
        for heard, raw in lines:
            self._number += 1
            for item in self._decoder.feed(self._number, raw):
                if isinstance(item, Damaged):
                    self._refuse(batch, item, f"{o.address}#{item.line}")
                else:
                    when = self._times.settle(item, _heard(item, heard))
                    self._keep(batch, item, f"{o.address}#{item.line}", when, None)
        if lines:
            batch.counts["lines"] = len(lines)
        if dropped:
            batch.counts["dropped"] = dropped
            batch.problems.append(Problem(code="buffer_full", detail=f"{dropped} lines dropped, polled too seldom"))
        self._report_silence(batch)
        batch.more = len(lines) >= o.chunk_messages
        return batch

    def _report_silence(self, batch: Batch) -> None:
        last = (self._stream.last if self._stream else None) or self._since
        if last and (quiet := (self._context.now() - last).total_seconds()) >= self._options.silent_seconds:
            batch.problems.append(Problem(code="silent", detail=f"{self._options.address}: nothing for {quiet:.0f} s"))

    def _refuse(self, batch: Batch, item: Damaged, ref: str) -> None:
        batch.count("missing_part" if item.reason == "missing_part" else "undecodable")
        batch.rejects.append(
            Reject(feed=self._context.feed, ref=ref, reason=item.reason, detail=item.detail, raw=item.raw)
        )

    def _keep(self, batch: Batch, message: Message, ref: str, when: datetime, recorded: datetime | None) -> None:
        """Put a message's records into the batch and count it."""
        if self._context.tap is not None:
            self._context.tap(ref, message.payload.decode("ascii", "backslashreplace"))
        mmsi = int(message.fields.mmsi)
        for kind in self._kinds(message, mmsi):
            batch.count(kind)
        records, unavailable = records_of(message, self._context.feed, self._context.origin, ref, when, recorded)
        if unavailable:
            batch.count("not_available")
            reason, raw = "position_not_available", message.payload.decode("ascii", "backslashreplace")
            batch.rejects.append(
                Reject(feed=self._context.feed, ref=ref, reason=reason, detail=f"mmsi={mmsi}, {unavailable}", raw=raw)
            )
        for record in records:
            if isinstance(record, VesselPosition) and self._outside(record):
                batch.count("outside_box")
            else:
                batch.records.append(record)

    def _kinds(self, message: Message, mmsi: int) -> Iterator[str]:
        yield "messages"
        if mmsi not in self._senders and len(self._senders) < _SENDERS_KEPT:
            self._senders.add(mmsi)
            yield "senders"
        if message.type in POSITION_TYPES:
            yield "positions"
            if mmsi_kind(mmsi) is not MmsiKind.SHIP:
                yield "positions_not_ship"
        if message.type in STATIC_TYPES:
            yield "static"
        if message.type not in POSITION_TYPES | STATIC_TYPES:
            yield "other_types"

    def _outside(self, position: VesselPosition) -> bool:
        box = self._options.box
        return box is not None and not (box[0] <= position.lat <= box[2] and box[1] <= position.lon <= box[3])


def _heard(message: Message, heard: datetime) -> datetime:
    """When a live message was received: by its TAG block when that is plausible, else by our clock."""
    if message.tagged is None or abs(message.tagged - heard.timestamp()) > _TAG_TRUST_SECONDS:
        return heard
    return datetime.fromtimestamp(message.tagged, UTC)
