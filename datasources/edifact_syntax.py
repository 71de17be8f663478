"""From the bytes of an EDIFACT file to whole messages (ISO 9735, syntax versions 1 to 4).

``datasources.edifact_segments`` takes the characters apart; this module finds separators and character
set, puts segments together to messages, and holds each against its own trailer. A message of which a
segment is broken or the end is missing is refused whole: what stood in the lost part cannot be known.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

import msgspec
from pydifact.control.characters import Characters
from pydifact.exceptions import EDISyntaxError

from datasources.edifact_segments import Segment, segments
from domain.errors import FeedError

RAW_LIMIT = 4000  # characters of a message kept in quarantine
# Character sets of ISO 9735 that are ASCII or one of ISO 8859; UNOX and KECA are named by the option ``encoding``.
_SETS = {
    b"UNOA": "ascii", b"UNOB": "ascii", b"UNOC": "iso8859-1", b"UNOD": "iso8859-2", b"UNOE": "iso8859-5",
    b"UNOF": "iso8859-7", b"UNOG": "iso8859-3", b"UNOH": "iso8859-4", b"UNOI": "iso8859-6", b"UNOJ": "iso8859-8",
    b"UNOK": "iso8859-9", b"UNOW": "utf-8", b"UNOY": "utf-8",
}  # fmt: skip
_NAMED_SET = re.compile(rb"UNB.(UNO[A-Z]|KECA)", re.DOTALL)
_HEAD = re.compile(r"UN[ABGH]")
_LATER = re.compile(r"'(?:UNB|UNH|UNT|UNZ)\+")
_TAG = re.compile(r"[A-Z]{3}")
_SERVICE = frozenset({"UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ"})
_NO_RELEASE = "\0"  # a blank in the release character's place of UNA means there is none


class Interchange(msgspec.Struct):
    """The envelope a message came in; empty for messages without one.

    Attributes:
        sender: code of UNB S002.
        prepared: date and time of UNB S004, as written.
        control: reference of UNB 0020.
        test: whether UNB 0035 says that nothing of it is meant.
        whole: False when messages stand without UNB.
    """

    sender: str = ""
    prepared: tuple[str, str] = ("", "")
    control: str = ""
    test: bool = False
    whole: bool = False


class Message(msgspec.Struct):
    """A whole message: the segments between UNH and UNT.

    Attributes:
        type: e.g. ``CODECO``.
        reference: of UNH 0062.
        segments: without UNH and UNT.
        first: number of its UNH in the file, from 1.
        stated: number of segments its trailer gives; ``counted`` those there are, UNH and UNT with them.
        counted: see above.
        interchange: the envelope.
    """

    type: str
    reference: str
    segments: list[Segment]
    first: int
    stated: str
    counted: int
    interchange: Interchange


class Refused(msgspec.Struct, frozen=True):
    """Something that is no whole message: reason (catalogue ``reject.<reason>``), what and where."""

    reason: str
    detail: str
    segment: int
    raw: str


def part(segment: Segment, element: int, component: int = 0) -> str:
    """One component of a segment, without blanks around; empty when it is not there."""
    if element >= len(segment):
        return ""
    value = segment[element]
    if isinstance(value, str):
        return value.strip() if component == 0 else ""
    return value[component].strip() if component < len(value) else ""


def shown(segments: list[Segment]) -> str:
    """Segments as text, for people; never parsed again."""
    text, size = [], 0
    for segment in segments:
        line = "+".join(e if isinstance(e, str) else ":".join(e) for e in segment)
        text.append(line)
        size += len(line) + 1
        if size > RAW_LIMIT:
            break
    return "'".join(text)[:RAW_LIMIT]


def decode(data: bytes, encoding: str, name: str) -> str:
    """The text of a file, by the character set its UNB names or the one configured.

    Args:
        data: the file.
        encoding: ``auto`` or a codec's name.
        name: of the file, for errors.

    Raises:
        FeedError: ``not_edifact`` or ``encoding``.
    """
    data = data.removeprefix(codecs.BOM_UTF8).strip(b" \t\r\n\x1a\0")
    named = _NAMED_SET.search(data[:200])
    charset = encoding if encoding != "auto" else _SETS.get(named[1], "") if named else "ascii"
    if not charset:
        told = named[1].decode() if named else ""
        raise FeedError("encoding", f"UNB names {told}; set encoding to what is meant by it", name)
    try:
        text = data.decode(charset)
    except UnicodeDecodeError as error:
        told = f"UNB names {named[1].decode()}" if named and encoding == "auto" else f"is read as {charset}"
        if not _HEAD.match(data[:3].decode("ascii", "replace")):
            raise FeedError("not_edifact", "does not begin with UNA, UNB or UNH", name) from None
        detail = f"{told}, but byte {data[error.start]:#04x} at {error.start} is none of it; set encoding"
        raise FeedError("encoding", detail, name) from None
    # Line ends are no character of any message: they stand after segments, or where a mailer wrapped lines.
    flat = text.replace("\r", "") if text[8:9] == "\n" and text.startswith("UNA") else _flat(text)
    if not _HEAD.match(flat) and not _LATER.search(flat):
        raise FeedError("not_edifact", "does not begin with UNA, UNB or UNH", name)
    return flat


def messages(text: str, name: str) -> Iterator[Message | Refused | Interchange]:
    """The messages of a file in their order, what had to be refused between them, and each envelope.

    Args:
        text: as ``decode`` gives it.
        name: of the file, for errors.

    Raises:
        FeedError: ``not_edifact``: UNA gives one character two meanings.
    """
    marks, body = _separators(text, name)
    frame = _Frame()
    number = 0
    try:
        for segment in segments(body, marks):
            number += 1
            tag = segment[0]
            if frame.message is not None and type(tag) is str and tag not in _SERVICE and _TAG.fullmatch(tag):
                frame.message.segments.append(segment)
            else:
                yield from frame.take(segment, number)
    except EDISyntaxError:
        frame.cut = True
    # A file that ends on a separator is cut too, which the tokenizer does not say.
    frame.cut = frame.cut or not body.endswith(marks.segment_terminator)
    yield from frame.end(number, body[-60:])


class _Frame:
    """What is open while segments come."""

    def __init__(self) -> None:
        self.message: Message | None = None
        self.cut = False
        self._interchange = Interchange()
        self._opened = self._groups = self._messages = 0  # number of the UNB; UNG and UNH since
        self._stray: list[Segment] = []
        self._stray_from = self._stray_count = 0
        self._stray_end = ""
        self._broken: tuple[int, str] | None = None

    def take(self, segment: Segment, number: int) -> Iterator[Message | Refused | Interchange]:
        """Service segments, and whatever is none of a message."""
        tag = segment[0]
        if tag in ("UNB", "UNG", "UNH", "UNE", "UNZ"):
            yield from self._give_up(f"{tag} comes before its trailer (UNT)", number)
        if tag in ("UNB", "UNH"):
            yield from self._report_stray()
        if tag == "UNB":
            yield from self._close_interchange("", "", number)
            prepared = (part(segment, 4), part(segment, 4, 1))
            test = part(segment, 11) == "1"
            self._interchange = Interchange(part(segment, 2), prepared, part(segment, 5), test, True)
            self._opened, self._groups, self._messages = number, 0, 0
            yield self._interchange
        elif tag == "UNH":
            self._messages += 1
            kind, reference = part(segment, 2).upper(), part(segment, 1)
            self.message = Message(kind, reference, [], number, "", 0, self._interchange)
        elif tag == "UNT" and self.message is not None:
            yield self._whole(self.message, segment, number)
            self.message, self._broken = None, None
        elif tag == "UNZ" and self._interchange.whole:
            yield from self._report_stray()
            yield from self._close_interchange(part(segment, 1) or "0", part(segment, 2), number)
        elif tag in ("UNG", "UNE") and self.message is None:
            self._groups += tag == "UNG"
        elif self.message is not None:
            self._broken = self._broken or (number, shown([segment]))
            self.message.segments.append(segment)
        else:
            self._stray_from = self._stray_from or number
            self._stray_count += 1
            self._stray_end = f", up to the trailer of message {part(segment, 2)}" if tag == "UNT" else self._stray_end
            if len(self._stray) < 50:
                self._stray.append(segment)

    def end(self, number: int, tail: str) -> Iterator[Message | Refused | Interchange]:
        """The file is over."""
        why = f"the file ends in mid-segment: {tail!r}" if self.cut else "the file ends before its trailer (UNT)"
        cut_here = self.cut and self.message is None
        yield from self._give_up(why, number)
        yield from self._report_stray()
        if cut_here:
            yield Refused("message_incomplete", why, number + 1, tail or "UNA")
        yield from self._close_interchange("", "", number)

    def _whole(self, message: Message, trailer: Segment, number: int) -> Message | Refused:
        message.counted, message.stated = number - message.first + 1, part(trailer, 1)
        if self._broken is not None:
            at, text = self._broken
            why = f"segment {at} is none: {text[:80]!r}"
        elif part(trailer, 2) != message.reference:
            why = f"its trailer (UNT) names message {part(trailer, 2)!r}"
        else:
            return message
        return _refused("segment_broken", message, why, number)

    def _give_up(self, why: str, number: int) -> Iterator[Refused]:
        if self.message is not None:
            yield _refused("message_incomplete", self.message, why, number)
        self.message, self._broken = None, None

    def _report_stray(self) -> Iterator[Refused]:
        if self._stray:
            first = shown(self._stray[:1])[:80]
            what = "in mid-segment" if first.startswith(("+", ":")) else "without a header (UNH)"
            detail = f"{self._stray_count} segments begin {what}, the first {first!r}{self._stray_end}; none is used"
            yield Refused("segment_broken", detail[:300], self._stray_from, shown(self._stray) or "'")
        self._stray, self._stray_from, self._stray_count, self._stray_end = [], 0, 0, ""

    def _close_interchange(self, stated: str, control: str, number: int) -> Iterator[Refused]:
        """Hold an interchange against its trailer; what came whole is kept all the same."""
        envelope, counted = self._interchange, self._groups or self._messages
        self._interchange = Interchange()
        if not envelope.whole:
            return
        name = f"interchange {envelope.control!r} of {envelope.sender!r}"
        raw = f"UNB from segment {self._opened}: sender {envelope.sender}, reference {envelope.control}"
        if not stated:
            detail = f"{name}: its trailer (UNZ) is missing; {counted} messages came"
        elif _number(stated) != counted:
            detail = f"{name}: its trailer (UNZ) gives {stated} messages, {counted} came"
        elif control != envelope.control:
            detail = f"{name}: its trailer (UNZ) names {control!r}"
        else:
            return
        yield Refused("interchange_incomplete", detail, number, raw)


def _refused(reason: str, message: Message, why: str, number: int) -> Refused:
    detail = f"message {message.reference} ({message.type}) from segment {message.first}: {why}; none of it is used"
    header: Segment = ["UNH", message.reference, message.type]
    return Refused(reason, detail[:400], number, shown([header, *message.segments]))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def segment_count_fits(message: Message) -> bool:
    """Whether the trailer gives the number of segments there are."""
    return _number(message.stated) == message.counted


def _flat(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")


def _separators(text: str, name: str) -> tuple[Characters, str]:
    """Separators, by UNA where there is one, and the rest of the text."""
    if not text.startswith("UNA"):
        return Characters.from_str("UNA:+,? '"), text
    advice, body = text[3:9], text[9:].lstrip()
    used = [c for c in (advice[:2] + advice[3:4] + advice[5:6]) if c != " "]
    if len(advice) < 6 or len(set(used)) < len(used) or advice[5] == " " or any(c.isalnum() for c in used):
        raise FeedError("not_edifact", f"UNA gives no usable separators: {advice!r}", name)
    marks = Characters.from_str(advice)
    marks.escape_character = advice[3] if advice[3] != " " else _NO_RELEASE
    return marks, body
