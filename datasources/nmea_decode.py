"""From NMEA 0183 sentences to AIS messages, and from those to records (ITU-R M.1371-5).

pyais takes the sentences and messages apart; this module keeps the parts of long messages together
in bounded memory, drops what is damaged with the reason, and knows which values mean "unknown".
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

import msgspec
from pyais.exceptions import AISBaseException
from pyais.messages import AISSentence, NMEASentenceFactory

from domain.records import Origin, Record, VesselPosition, VesselStatic

POSITION_TYPES = frozenset({1, 2, 3, 18, 19, 27})
STATIC_TYPES = frozenset({5, 19, 24})
_CLOCK_TYPES = frozenset({4, 11})
_PARTS_LIMIT = 256  # long messages being put together at a time
_PARTS_AGE = 2_000  # sentences after which a long message whose parts did not come is given up
_LINE_LIMIT = 1_024  # bytes; NMEA allows 82, TAG blocks a little more


class Damaged(msgspec.Struct, frozen=True):
    """A sentence that cannot be used: reason (catalogue ``reject.<code>``), detail, and the line."""

    reason: str
    detail: str
    raw: str
    line: int


class Message(msgspec.Struct):
    """One decoded AIS message.

    Attributes:
        line: number of the line that completed it.
        fields: pyais' message object.
        payload: what was sent, to recognise repeats by.
        tagged: unix time of the TAG block (``c:``), when there is one.
    """

    line: int
    fields: Any
    payload: bytes
    tagged: float | None

    @property
    def type(self) -> int:
        """Message type 1 to 27."""
        return int(self.fields.msg_type)

    @property
    def second(self) -> int | None:
        """The sender's own second of the minute, 0 to 59; None when not available."""
        second = getattr(self.fields, "second", None) if self.type in POSITION_TYPES else None
        return second if second is not None and 0 <= second <= 59 else None


class _Parts:
    """A long message whose sentences are still coming."""

    __slots__ = ("line", "sentences", "tagged")

    def __init__(self, line: int, tagged: float | None) -> None:
        self.sentences: list[AISSentence] = []
        self.line, self.tagged = line, tagged


class Decoder:
    """Decodes sentences in the order they come; keeps the parts of long messages."""

    def __init__(self) -> None:
        """Start with nothing half-received."""
        self._parts: OrderedDict[tuple[Any, ...], _Parts] = OrderedDict()

    def feed(self, line: int, raw: bytes) -> list[Message | Damaged]:
        """Take one line of the log or stream.

        Args:
            line: its number.
            raw: the line; comments, blank lines and other sentences than AIS give nothing.

        Returns:
            The message it completes, damaged sentences, and long messages given up by now.
        """
        found: list[Message | Damaged] = []
        raw = raw.strip()
        head = raw if len(raw) <= _LINE_LIMIT else raw[:_LINE_LIMIT]
        if b"VDM" in head or b"VDO" in head:
            try:
                message = self._sentence(line, raw, found)
            except (AISBaseException, ValueError, IndexError, KeyError, TypeError) as error:
                found.append(Damaged("undecodable", type(error).__name__, _shown(raw), line))
            else:
                if message is not None:
                    found.append(message)
        if self._parts:
            self._give_up(line, found)
        return found

    def _sentence(self, line: int, raw: bytes, found: list[Message | Damaged]) -> Message | None:
        if len(raw) > _LINE_LIMIT:
            found.append(Damaged("undecodable", f"{len(raw)} bytes in one line", _shown(raw), line))
            return None
        sentence = NMEASentenceFactory.produce(raw)
        if not isinstance(sentence, AISSentence):
            return None
        if not sentence.is_valid:
            found.append(Damaged("bad_checksum", f"checksum {sentence.checksum:02X} does not fit", _shown(raw), line))
            return None
        tagged = None if sentence.tag_block is None else _tag_time(sentence)
        if sentence.frag_cnt == 1:
            return Message(line, _decoded(sentence), sentence.payload, tagged)
        return self._part(line, sentence, tagged, found)

    def _part(
        self, line: int, sentence: AISSentence, tagged: float | None, found: list[Message | Damaged]
    ) -> Message | None:
        """Keep a part; the whole message when it was the last one."""
        key = (sentence.seq_id, sentence.channel, sentence.talker_id, sentence.frag_cnt)
        if sentence.frag_num == 1:
            if (unfinished := self._parts.pop(key, None)) is not None:
                found.append(_missing(unfinished))
            self._parts[key] = _Parts(line, tagged)
            if len(self._parts) > _PARTS_LIMIT:
                found.append(_missing(self._parts.popitem(last=False)[1]))
        parts = self._parts.get(key)
        if parts is None or sentence.frag_num != len(parts.sentences) + 1:
            detail = f"part {sentence.frag_num} of {sentence.frag_cnt} without the one before"
            found.append(Damaged("missing_part", detail, _shown(sentence.raw), line))
            return None
        parts.sentences.append(sentence)
        if len(parts.sentences) < sentence.frag_cnt:
            return None
        del self._parts[key]
        whole = AISSentence.assemble_from_iterable(parts.sentences)
        return Message(line, _decoded(whole), whole.payload, tagged or parts.tagged)

    def _give_up(self, line: int, found: list[Message | Damaged]) -> None:
        while self._parts:
            oldest = next(iter(self._parts.values()))
            if line - oldest.line <= _PARTS_AGE:
                return
            self._parts.popitem(last=False)
            found.append(_missing(oldest))

    def rest(self) -> list[Damaged]:
        """The long messages that will never be whole, at the end of a log."""
        left = [_missing(parts) for parts in self._parts.values()]
        self._parts.clear()
        return left


def _decoded(sentence: AISSentence) -> Any:
    """The message; ValueError when it is cut so short that not even its sender is in it."""
    fields = sentence.decode()
    if fields.mmsi is None:
        raise ValueError("no MMSI")
    return fields


def _missing(parts: _Parts) -> Damaged:
    first = parts.sentences[0]
    detail = f"{len(parts.sentences)} of {first.frag_cnt} parts came"
    return Damaged("missing_part", detail, _shown(first.raw), parts.line)


def _shown(raw: bytes) -> str:
    return raw[:_LINE_LIMIT].decode("ascii", "backslashreplace")


def _tag_time(sentence: AISSentence) -> float | None:
    """Unix time of a TAG block whose checksum is right; milliseconds are understood."""
    block = sentence.tag_block
    if block is None:
        return None
    block.init()
    if not block.is_valid or not block.receiver_timestamp:
        return None
    try:
        stamp = float(block.receiver_timestamp)
    except ValueError:
        return None
    stamp = stamp / 1000 if stamp > 1e11 else stamp
    return stamp if 0 < stamp < 4e9 else None


def station_clock(message: Message) -> datetime | None:
    """The UTC a base station reports (type 4 or 11); None when it reports none or nonsense."""
    if message.type not in _CLOCK_TYPES:
        return None
    f = message.fields
    try:
        return datetime(f.year, f.month, f.day, f.hour, f.minute, f.second, tzinfo=UTC)
    except (ValueError, TypeError):
        return None


def records_of(
    message: Message, feed: str, origin: Origin, ref: str, when: datetime, recorded: datetime | None
) -> tuple[list[Record], str]:
    """The records of a message.

    Args:
        message: decoded.
        feed: name of the feed.
        origin: what the records are to carry.
        ref: file and line, or address.
        when: event time.
        recorded: recorded time of a replay, else None.

    Returns:
        Records, and the detail of a position that is "not available" (then no position is among
        them), else "".
    """
    f, common = (
        message.fields,
        {"feed": feed, "origin": origin, "ref": ref, "event_time": when, "recorded_time": recorded},
    )
    records: list[Record] = []
    unavailable = ""
    if message.type in POSITION_TYPES:
        if f.lat is None or f.lon is None or abs(f.lat) > 90 or abs(f.lon) > 180:
            unavailable = f"lat={f.lat}, lon={f.lon}"
        else:
            records.append(_position(message, common))
    if message.type in STATIC_TYPES:
        records.append(_static(message, common))
    return records, unavailable


def _position(message: Message, common: dict[str, Any]) -> VesselPosition:
    f, long_range = message.fields, message.type == 27
    status = getattr(f, "status", None)
    return VesselPosition(
        **common,
        mmsi=int(f.mmsi),
        lon=float(f.lon),
        lat=float(f.lat),
        # 63 and 511 are type 27's "not available", 102.3, 360 and 511 that of all others.
        speed_knots=_known(f.speed, 63 if long_range else 102.3),
        course_degrees=_known(f.course, 360),
        heading_degrees=_known(getattr(f, "heading", None), 360),
        nav_status=None if status is None or int(status) == 15 else int(status),
    )


def _known(value: float | None, unknown_from: float) -> float | None:
    return None if value is None or value >= unknown_from else float(value)


def _static(message: Message, common: dict[str, Any]) -> VesselStatic:
    f = message.fields
    length = (getattr(f, "to_bow", None) or 0) + (getattr(f, "to_stern", None) or 0)
    width = (getattr(f, "to_port", None) or 0) + (getattr(f, "to_starboard", None) or 0)
    if str(f.mmsi).startswith("98"):  # a tender's type 24 B carries the mother ship's MMSI there
        length = width = 0
    return VesselStatic(
        **common,
        mmsi=int(f.mmsi),
        imo=int(getattr(f, "imo", 0) or 0) or None,
        name=_text(f, "shipname"),
        callsign=_text(f, "callsign"),
        ship_type=int(getattr(f, "ship_type", 0) or 0) or None,
        length_metres=float(length) or None,
        width_metres=float(width) or None,
        draught_metres=float(getattr(f, "draught", 0) or 0) or None,
        destination=_text(f, "destination"),
    )


def _text(fields: Any, name: str) -> str:
    """A six-bit text; ``@`` ends it (ITU-R M.1371-5 table 47)."""
    return str(getattr(fields, name, "") or "").partition("@")[0].strip()
