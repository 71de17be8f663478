"""From messages of a stream to records: each message a JSON document, its rows found by a JSONPath.

The path is applied to a list that holds the message alone, so that it can choose among messages as well:
``$[*]`` takes each message as a row, ``$[*].trucks[*]`` the rows of a list inside, and
``$[?@.MessageType == 'PositionReport']`` only such messages.

A row knows more than what was sent: ``@topic.0`` is the first level of its message's topic, ``@topic.1`` the second,
``@topic.name`` all of it, and ``@received`` the time the message came, for sources that name none or one that cannot be
read. What the source had kept since some earlier time (retained) has no ``@received``: it did not happen now.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from datasources.contract import RAW_LIMIT, Batch, Context
from datasources.coordinates import System
from datasources.documents import DocumentReader, RowOptions, check_rows, decoded, selected
from datasources.listening import Message
from datasources.mapping import Column
from domain.errors import FeedError
from domain.records import Reject

_TOPIC, _RECEIVED = "@topic", "@received"
_NEVER = datetime(1, 1, 1, tzinfo=UTC)  # stands for "names no time" while a retained row is read
_MEGABYTE = 1 << 20


class Stream(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of every adapter whose source sends JSON messages.

    Attributes:
        dataset: which record type the rows are, key of ``datasources.mapping.DATASETS``.
        mapping: field of the record -> column; a column is a key, a dotted path or a JSONPath within the row;
            ``@topic.1`` is the second level of the message's topic, ``@topic.name`` all of it, ``@received`` the time
            it came.
        rows: JSONPath of the rows in a list that holds one message: ``$[*]`` the message itself, ``$[*].trucks[*]``
            a list in it, ``$[?@.type == 'position']`` only messages of one kind.
        timezone: IANA name for times without a zone; default the port's.
        blank: words that mean "no value" beside the empty text and null.
        coordinates: what ``lon`` and ``lat`` are: ``wgs84`` (GPS), or ``gcj02`` (Chinese maps), then brought to WGS-84.
        ca_file: certificates (PEM) to trust beside the system's, e.g. those of the intranet.
        max_megabytes: a longer message is not read: one of a broker is set aside, one of a websocket ends its
            connection.
        silent_seconds: a connection that brings nothing for so long is reported, and made anew.
        chunk_messages: messages of one poll.
    """

    dataset: str
    mapping: dict[str, str | Column]
    rows: str = "$[*]"
    timezone: str = ""
    blank: tuple[str, ...] = ()
    coordinates: System = "wgs84"
    ca_file: str = ""
    max_megabytes: float = 1.0
    silent_seconds: float = 120.0
    chunk_messages: int = 5_000

    def check(self) -> None:
        """Refuse what cannot work; the adapter's Options call it when they are made.

        Raises:
            ValueError: naming the key and what is wrong.
        """
        check_rows(self)
        if not 0 < self.max_megabytes <= 64:
            raise ValueError("max_megabytes must be above 0 and at most 64")
        if self.silent_seconds < 1 or self.chunk_messages < 1:
            raise ValueError("silent_seconds and chunk_messages must be at least 1")

    @property
    def max_bytes(self) -> int:
        """``max_megabytes`` in bytes."""
        return int(self.max_megabytes * _MEGABYTE)


class MessageReader:
    """Reads what a ``Listener`` brought; used by one thread at a time."""

    def __init__(self, options: RowOptions, context: Context, where: str, max_bytes: int) -> None:
        """Prepare.

        Args:
            options: checked by ``check_rows``.
            context: of the adapter.
            where: the source's address, for messages.
            max_bytes: a longer message is refused.
        """
        self._options, self._feed, self._where, self._max = options, context.feed, where, max_bytes
        self._reader, self._tap = DocumentReader(options, context), context.tap

    def read(self, messages: Sequence[Message], batch: Batch) -> None:
        """Put the records and rejects of messages into a batch, and count them there."""
        now: list[Any] = []
        counts = batch.counts
        for message in messages:
            counts["messages"] = counts.get("messages", 0) + 1
            if not message.size:  # takes a retained message away: tells nothing
                counts["empty"] = counts.get("empty", 0) + 1
                continue
            found = self._rows(message)
            if isinstance(found, Reject):
                batch.rejects.append(found)
                continue
            if not found:
                counts["other"] = counts.get("other", 0) + 1
            if message.retained:
                counts["retained"] = counts.get("retained", 0) + 1
                self._read_retained(found, message, batch)
            else:
                now += found
        # A stream's messages need not all hold the same columns: only those a record cannot do without are missed.
        self._reader.steady = frozenset()
        if now:
            self._reader.read(now, self._where, batch, messages[0].number, messages[-1].at)
            counts["rows"] = counts.get("rows", 0) + len(now)

    def _rows(self, message: Message) -> list[Any] | Reject:
        """The rows of a message, each with its topic and time."""
        if message.size > self._max:
            megabytes = message.size / _MEGABYTE
            return self._refuse(message, "too_large", f"{megabytes:.1f} MB, more than {self._max / _MEGABYTE:g} MB")
        try:
            document = decoded(message.body, self._where)
        except FeedError as error:
            return self._refuse(message, "not_json", error.detail)
        found = selected([document], self._options.rows)
        more: dict[str, Any] = {} if message.retained else {_RECEIVED: message.at.isoformat()}
        if message.topic:
            parts = enumerate(message.topic.split("/"))
            more[_TOPIC] = {str(level): part for level, part in parts} | {"name": message.topic}
        return [{**row, **more} if isinstance(row, dict) else row for row in found]

    def _refuse(self, message: Message, reason: str, detail: str) -> Reject:
        named = f"{message.topic}: {detail}" if message.topic else detail
        raw = message.body[: 4 * RAW_LIMIT].decode("utf-8", "backslashreplace")[:RAW_LIMIT]
        ref = f"{self._where}:{message.number}"
        if self._tap is not None:
            self._tap(ref, raw)
        return Reject(feed=self._feed, ref=ref, reason=reason, detail=named, raw=raw)

    def _read_retained(self, rows: list[Any], message: Message, batch: Batch) -> None:
        """Rows the source kept since some earlier time: without a time of their own nobody knows since when."""
        for row in rows:
            trial = Batch()
            self._reader.steady = frozenset()
            self._reader.read([row], self._where, trial, message.number, _NEVER)
            batch.rejects += trial.rejects
            for record in trial.records:
                if record.event_time > _NEVER:
                    batch.records.append(record)
                    continue
                detail = f"{message.topic or 'the row'}: kept by the source, and names no time"
                raw = json.dumps(row, ensure_ascii=False, default=str)[:RAW_LIMIT]
                batch.rejects.append(
                    Reject(feed=self._feed, ref=record.ref, reason="retained_without_time", detail=detail, raw=raw)
                )
        batch.counts["rows"] = batch.counts.get("rows", 0) + len(rows)
