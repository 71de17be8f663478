"""What a viewer keeps for later: a page as it stood, or a thing."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from domain.errors import CockpitError

Kind = Literal["view", "bookmark"]
MOST = 200  # of a kind, for one viewer
LONGEST_NAME = 80
LONGEST_PATH = 2_000
LONGEST_BODY = 64_000  # bytes


class KeepError(CockpitError):
    """It cannot be kept.

    Attributes:
        code: bad_name, bad_path, too_large or too_many.
    """

    def __init__(self, code: str) -> None:
        """Remember why."""
        super().__init__(code)
        self.code = code


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A saved view or bookmark.

    Attributes:
        kind: ``view`` or ``bookmark``.
        name: the viewer's own name for it; of a kind each name is there once.
        path: page address with its query, always inside the cockpit.
        body: what the address does not hold: filters, place of the map, where it was scrolled to.
        updated_at: when it was kept.
    """

    kind: Kind
    name: str
    path: str
    body: dict[str, Any] = {}
    updated_at: datetime | None = None


def checked(kind: Kind, name: str, path: str, body: dict[str, Any]) -> Kept:
    """What may be kept.

    Raises:
        KeepError: a name of no or too many letters, an address outside the cockpit, or too much to keep.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise KeepError("bad_name")
    inside = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    if not inside or len(path) > LONGEST_PATH:
        raise KeepError("bad_path")
    if len(msgspec.json.encode(body)) > LONGEST_BODY:
        raise KeepError("too_large")
    return Kept(kind=kind, name=name, path=path, body=body)
