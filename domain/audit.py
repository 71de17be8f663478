"""The audit: who did what, when, from where, before and after, so written that nobody can take it back unseen.

Every entry carries a seal, a keyed hash over itself and the seal before it. Without the key no entry can be changed,
taken out or put in without breaking the chain. What a chain alone does not show, that its end was cut off, is shown by
checkpoints: signed notes of how far it went, kept in a second place.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from domain.viewer import Viewer

ALGORITHMS = ("sha256", "sm3")
BEGIN = ""  # the seal before the first entry


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing somebody did.

    Attributes:
        what: e.g. ``alert.acknowledge``, ``feed.pause``, ``export``.
        object: what it was done to; its own key.
        who: account or screen.
        roles: in which duties.
        address: from where; empty for the machine itself.
        result: ``done``, or why it was refused.
        before: how it was, what matters of it.
        after: how it is since.
    """

    what: str
    who: str
    object: str = ""
    roles: tuple[str, ...] = ()
    address: str = ""
    result: str = "done"
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


def by(
    viewer: Viewer,
    what: str,
    thing: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    result: str = "done",
) -> Entry:
    """What a viewer did."""
    return Entry(
        what=what, who=viewer.name, object=thing, roles=tuple(sorted(viewer.roles)), address=viewer.address,
        result=result, before=before, after=after,
    )  # fmt: skip


class Sealed(msgspec.Struct, frozen=True):
    """An entry as it stands in the database.

    Attributes:
        seq: counts from 1 without a gap.
        at: microseconds since 1970.
        body: the entry as JSON, exactly as it was sealed.
        seal: in hexadecimal.
    """

    seq: int
    at: int
    body: str
    seal: str


class Checkpoint(msgspec.Struct, frozen=True):
    """How far the chain went, signed."""

    at: int
    seq: int
    seal: str
    signature: str


class Finding(msgspec.Struct, frozen=True):
    """What is wrong; ``code``: ``edited``, ``missing``, ``cut``, ``restamped``, ``forged_checkpoint``."""

    code: str
    seq: int


class Sealer:
    """Seals and checks, with one key."""

    def __init__(self, key: bytes, algorithm: str = "sha256") -> None:
        """Take the key.

        Raises:
            ValueError: an unknown algorithm, or one this machine's OpenSSL does not have.
        """
        if algorithm not in ALGORITHMS:
            raise ValueError(f"is one of {', '.join(ALGORITHMS)}")
        self._key, self._algorithm = key, algorithm
        self._hash("")

    def _hash(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), self._algorithm).hexdigest()

    def code(self, kind: str, name: str) -> str:
        """What stands for a name where it may not be told: 16 hexadecimal digits.

        The same name has the same code, and without the key nobody finds out whose it is by trying names.
        """
        return self._hash(f"code|{kind}|{name}")[:16]

    def seal(self, before: str, seq: int, at: int, body: str) -> str:
        """The seal of an entry that follows one with the seal ``before``."""
        return self._hash(f"entry|{before}|{seq}|{at}|{body}")

    def checkpoint(self, last: Sealed, at: int) -> Checkpoint:
        """A signed note that the chain goes as far as ``last``."""
        return Checkpoint(at, last.seq, last.seal, self._signature(at, last.seq, last.seal))

    def _signature(self, at: int, seq: int, seal: str) -> str:
        return self._hash(f"checkpoint|{at}|{seq}|{seal}")

    def findings(self, entries: Iterable[Sealed], checkpoints: Sequence[Checkpoint]) -> list[Finding]:
        """Everything that is wrong with a chain; empty when it is whole.

        Args:
            entries: all of them, by ``seq``.
            checkpoints: from the second place, in any order.
        """
        found: list[Finding] = []
        noted = {}
        for one in checkpoints:
            if hmac.compare_digest(self._signature(one.at, one.seq, one.seal), one.signature):
                noted[one.seq] = one.seal
            else:
                found.append(Finding("forged_checkpoint", one.seq))
        before, last = BEGIN, 0
        for entry in entries:
            if entry.seq != last + 1:
                found.append(Finding("missing", last + 1))
            elif not hmac.compare_digest(self.seal(before, entry.seq, entry.at, entry.body), entry.seal):
                found.append(Finding("edited", entry.seq))
            if noted.get(entry.seq, entry.seal) != entry.seal:
                found.append(Finding("restamped", entry.seq))
            before, last = entry.seal, entry.seq
        if noted and max(noted) > last:
            found.append(Finding("cut", last + 1))
        return found
