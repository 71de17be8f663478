"""What is said to terminals: a conversation with one connection, without the connection (JT/T 808, chapter 8).

The norm's authentication tells a terminal from another that was set up wrongly; it is no protection against somebody
who means harm, since whoever asks for a code is given one. That is the business of the network in front.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Mapping

import msgspec

from datasources.jt808_frames import Damaged, Frame, build
from datasources.jt808_messages import AUTHENTICATION, BATCH, GENERAL_ANSWER, LOCATION, LOGOUT, REGISTRATION, Positions
from datasources.rows import Unplaced
from domain.records import Reject

_ANSWER, _REGISTRATION_ANSWER = 0x8001, 0x8100
_DONE, _FAILED, _NO_SUCH_TERMINAL = 0, 1, 4  # results; the last is of the registration's answer only
_CODE_DIGITS = 16
_TERMINALS_MOST = 10_000  # known on one connection: a forwarding platform speaks for many


class Rules(msgspec.Struct, frozen=True):
    """Whom to listen to.

    Attributes:
        vehicles: terminal's number without leading zeros -> what the vehicle goes by.
        only_listed: refuse terminals that are not among ``vehicles``.
        secret: what codes are made from; empty = any code will do, and none is needed.
    """

    vehicles: Mapping[str, str]
    only_listed: bool
    secret: str

    def code(self, terminal: str) -> str:
        """The code a terminal is given; always the same, so that it outlives a restart of ours."""
        if not self.secret:
            return terminal or "0"
        return hmac.digest(self.secret.encode(), terminal.encode(), "sha256").hex()[:_CODE_DIGITS]

    def allows(self, terminal: str) -> bool:
        """Whether a terminal may speak here at all."""
        return not self.only_listed or terminal in self.vehicles


class Heard(msgspec.Struct):
    """What one frame led to.

    Attributes:
        rows: positions, usable or not.
        answer: the frame to send back, empty for none.
        refusal: instead, when positions are not to be confirmed.
        over: the connection is to be closed after the answer.
        held: the answer waits until the positions are stored.
    """

    rows: list[Unplaced | Reject]
    answer: bytes = b""
    refusal: bytes = b""
    over: bool = False
    held: bool = False


class Session:
    """One connection."""

    def __init__(self, rules: Rules, positions: Positions) -> None:
        """Begin with no terminal known."""
        self._rules, self._positions = rules, positions
        self._proven: set[str] = set()
        self._serial = 0

    def hear(self, frame: Frame, ref: str) -> Heard:
        """Take one frame."""
        if not self._rules.allows(frame.terminal):
            said = self._registered(frame, _NO_SUCH_TERMINAL) if frame.message_id == REGISTRATION else None
            row = self._positions.refuse(frame, ref, "terminal_not_listed", "is not among the feed's vehicles")
            return Heard([row], said or self._answer(frame, _FAILED), over=True)
        if frame.message_id == GENERAL_ANSWER:
            return Heard([])
        if frame.message_id == REGISTRATION:
            return Heard([], self._registered(frame, _DONE))
        if frame.message_id == AUTHENTICATION:
            return self._authenticate(frame, ref)
        if self._rules.secret and frame.terminal not in self._proven:
            row = self._positions.refuse(
                frame, ref, "not_authenticated", f"0x{frame.message_id:04x} before a right code"
            )
            return Heard([row], self._answer(frame, _FAILED), over=True)
        if frame.message_id == LOGOUT:
            self._proven.discard(frame.terminal)
        # What we have no use for (pictures, vendors' own) is confirmed, too: told it is not supported, many
        # terminals send it again and again.
        rows = self._positions.read(frame, ref)
        done = self._answer(frame, _DONE)
        if frame.message_id not in (LOCATION, BATCH):
            return Heard(rows, done, done)
        return Heard(rows, done, self._answer(frame, _FAILED), held=bool(rows))

    def rest(self) -> list[Unplaced | Reject]:
        """What the connection leaves behind unfinished."""
        return self._positions.rest()

    def _authenticate(self, frame: Frame, ref: str) -> Heard:
        code = frame.body[1 : 1 + frame.body[0]] if frame.version and frame.body else frame.body
        if self._rules.secret and not hmac.compare_digest(code, self._rules.code(frame.terminal).encode()):
            row = self._positions.refuse(frame, ref, "not_authenticated", "wrong code")
            return Heard([row], self._answer(frame, _FAILED), over=True)
        if len(self._proven) < _TERMINALS_MOST:
            self._proven.add(frame.terminal)
        return Heard([], self._answer(frame, _DONE))

    def _registered(self, frame: Frame, result: int) -> bytes:
        code = self._rules.code(frame.terminal).encode() if result == _DONE else b""
        return self._build(_REGISTRATION_ANSWER, struct.pack(">HB", frame.serial, result) + code, frame)

    def _answer(self, frame: Frame, result: int) -> bytes:
        return self._build(_ANSWER, struct.pack(">HHB", frame.serial, frame.message_id, result), frame)

    def _build(self, message_id: int, body: bytes, frame: Frame) -> bytes:
        self._serial += 1
        return build(message_id, body, frame.phone, self._serial, frame.version)


def refused(damaged: Damaged, feed: str, ref: str) -> Reject:
    """What is no frame, for quarantine."""
    return Reject(feed=feed, ref=ref, reason=damaged.reason, detail=damaged.detail, raw=damaged.raw)
