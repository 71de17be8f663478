"""Adapter ``edifact``: gate and vessel reports of a terminal (CODECO, COARRI), dropped as files.

A gate-in or a discharge opens the stay of a container, a gate-out or a load closes it; a truck through
the gate is a gate move as well. Every directory from D.95B on is read. What reports nothing that has
moved (a bay plan, loading instructions) is refused with the reason and its containers are counted, and
so is a message that is not whole. See ``datasources.stay_book`` for reports told twice.
"""

from __future__ import annotations

import codecs
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import msgspec

from datasources.contract import Batch, Context
from datasources.document_drop import Document, DocumentDrop, check_drop
from datasources.edifact_reports import Passage, Report, Row, Senses, why_not_used
from datasources.edifact_syntax import Interchange, Message, Refused, decode, messages, shown
from datasources.mapping import known_zone
from datasources.reading import UnusableError
from datasources.stay_book import Movement, StayBook, need_happened
from domain.records import GateMove, Reject

_TRUCKS_KEPT = 2_000


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The feed's table in the configuration.

    Attributes:
        path: file or folder the messages are dropped into (``.gz`` too); relative to the configuration file.
        glob: which files of a folder, e.g. ``*.edi``.
        timezone: IANA name of the zone the terminal writes its times in; default the port's.
        encoding: ``auto`` (the character set UNB names) or a codec such as ``gb18030``, where a sender
            writes other characters than its UNB says.
        settle_seconds: how long a file must have stood still before it is read.
        max_megabytes: larger files, unpacked, are refused; about half a second is needed for each megabyte.
        chunk_records: about how many records one poll brings.
        terminals: only reports of these terminals or ports are read, by sender (UNB or NAD+MS) or place
            (LOC+165); others are counted as ``elsewhere``. Empty: all are read.
        gate_id: name of the gate for gate moves; default the terminal the message names, else ``gate``.
        gate_in: document codes (BGM 1001) of a CODECO for boxes that came in.
        gate_out: the same for boxes that left.
        discharge: document codes of a COARRI for boxes that came off a vessel.
        load: the same for boxes that went onto one.
        remember_days: how long a box that has left is remembered, to know a late repeat of its reports.
    """

    path: str
    glob: str = "*"
    timezone: str = ""
    encoding: str = "auto"
    settle_seconds: float = 2.0
    max_megabytes: int = 20
    chunk_records: int = 5_000
    terminals: tuple[str, ...] = ()
    gate_id: str = ""
    gate_in: tuple[str, ...] = ("34",)
    gate_out: tuple[str, ...] = ("36",)
    discharge: tuple[str, ...] = ("44", "98", "119")
    load: tuple[str, ...] = ("46", "122", "270")
    remember_days: int = 30

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        check_drop(self)
        if self.timezone:
            known_zone(self.timezone)
        if self.encoding != "auto":
            try:
                codecs.lookup(self.encoding)
            except LookupError:
                raise ValueError(f"encoding {self.encoding!r} is unknown") from None
        if self.remember_days < 1:
            raise ValueError("remember_days must be at least 1")
        if both := ({*self.gate_in} & {*self.gate_out}) | ({*self.discharge} & {*self.load}):
            raise ValueError(f"code {min(both)!r} cannot mean in and out")


def create(options: Options, context: Context) -> DocumentDrop:
    """The adapter for one feed."""
    return DocumentDrop(options, context, EdifactReader(options, context))


class EdifactReader:
    """Reads interchanges; knows nothing of where they come from."""

    def __init__(self, options: Options, context: Context) -> None:
        """Take up the stays of ``context.cursor``."""
        self._options, self._context = options, context
        self._zone = known_zone(options.timezone or context.timezone)
        self._senses = Senses(options.gate_in, options.gate_out, options.discharge, options.load)
        stays = (context.cursor or {}).get("stays")
        self._book = StayBook(context.feed, context.origin, options.remember_days, stays)
        self._trucks = _Trucks()

    def read(self, document: Document) -> Iterator[Batch]:
        """What the messages of a file say, one part for each.

        Raises:
            FeedError: ``not_edifact`` or ``encoding``.
        """
        text = decode(document.data, self._options.encoding, document.name)
        for item in messages(text, document.name):
            if isinstance(item, Refused):
                ref = f"{document.name}:segment {item.segment}"
                yield Batch(rejects=[self._reject(ref, item.reason, item.detail, item.raw)], counts={"refused": 1})
            elif isinstance(item, Interchange):
                yield Batch(counts={"interchanges": 1})
            else:
                yield self._message(item, document)

    def to_cursor(self) -> dict[str, Any]:
        """The stays."""
        return {"stays": self._book.to_cursor()}

    def _message(self, message: Message, document: Document) -> Batch:
        batch = Batch(counts={"messages": 1})
        ref = f"{document.name}:{message.reference or message.first}"
        if message.interchange.test:
            detail = f"message {message.reference} ({message.type}): its interchange is a test (UNB 0035)"
            batch.rejects.append(self._reject(ref, "message_not_used", detail, shown(message.segments)))
        elif message.type in ("CODECO", "COARRI"):
            self._report(message, document, ref, batch)
        else:
            detail, containers = why_not_used(message)
            batch.rejects.append(self._reject(ref, "message_not_used", detail, shown(message.segments) or message.type))
            name = "bay_plan_containers" if message.type == "BAPLIE" else "unused_containers"
            batch.counts |= {"messages_not_used": 1, name: containers}
        return batch

    def _report(self, message: Message, document: Document, ref: str, batch: Batch) -> None:
        try:
            report = Report(message, self._senses, self._zone, document.changed_at, ref)
        except UnusableError as error:
            detail = f"message {message.reference} ({message.type}): {error.detail}"
            batch.rejects.append(self._reject(ref, error.reason, detail, shown(message.segments) or message.type))
            return
        ours = {code.upper() for code in self._options.terminals}
        if ours and not ours & {code.upper() for code in report.terminals(message.interchange.sender)}:
            batch.counts["elsewhere"] = len(report.groups)
            return
        for number, found in enumerate(report.passages(), start=1):
            if isinstance(found, str):
                batch.count(found)
                continue
            batch.count("containers")
            row = found if isinstance(found, Row) else self._use(found, batch)
            if row is not None:
                detail = f"message {message.reference}: {row.detail}"
                batch.rejects.append(self._reject(f"{ref}#{number}", row.reason, detail, row.raw))
        batch.counts |= self._book.counts()

    def _use(self, passage: Passage, batch: Batch) -> Row | None:
        """Enter a movement; the row to refuse when it cannot be."""
        m = passage.movement
        if self._context.tap is not None:
            self._context.tap(m.ref, shown(passage.segments))
        try:
            need_happened(m.at, self._context.now())
            if passage.cancelled:
                self._cancel(m, batch)
            else:
                self._keep(passage, batch)
        except UnusableError as error:
            return Row(reason=error.reason, detail=f"{m.container_no}: {error.detail}", raw=shown(passage.segments))
        return None

    def _keep(self, passage: Passage, batch: Batch) -> None:
        m, context = passage.movement, self._context
        batch.records += self._book.take(m)
        if passage.gate is None:
            return
        way, gate = "in" if m.inward else "out", self._options.gate_id or passage.gate or "gate"
        move_id = f"{gate}-{way}-{m.at:%Y%m%dT%H%M%S}-{m.container_no}"
        # Two short boxes on one truck are one passage. No plate in the name: names are kept as they are.
        if passage.plate and self._trucks.another((passage.plate, move_id.rpartition("-")[0]), m.container_no):
            batch.count("same_truck")
            return
        batch.records.append(
            GateMove(
                feed=context.feed, origin=context.origin, event_time=m.at, ref=m.ref, flags=m.flags, move_id=move_id,
                gate_id=gate, direction=way, vehicle_id=passage.plate, container_no=m.container_no,
            )
        )  # fmt: skip

    def _cancel(self, m: Movement, batch: Batch) -> None:
        stays = self._book.cancel(m)
        if not stays:
            raise UnusableError("nothing_to_cancel", f"nothing was told of {m.at:%Y-%m-%dT%H:%MZ}")
        batch.records += stays
        batch.count("cancelled")

    def _reject(self, ref: str, reason: str, detail: str, raw: str) -> Reject:
        return Reject(feed=self._context.feed, ref=ref, reason=reason, detail=detail, raw=raw or ref)


class _Trucks:
    """Which box each of the last trucks brought or took first."""

    def __init__(self) -> None:
        self._first: OrderedDict[tuple[str, str], str] = OrderedDict()

    def another(self, passage: tuple[str, str], container_no: str) -> bool:
        """Whether another box has told of this passage before."""
        known = self._first.setdefault(passage, container_no)
        if len(self._first) > _TRUCKS_KEPT:
            self._first.popitem(last=False)
        return known != container_no
