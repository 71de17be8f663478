"""The moment a page is asked for: live, or a past one with whose knowledge of it.

Addresses carry it (``?at=2026-11-21T03:00:00Z&known=then``, playback ``?since=..&until=..``). In the browser
the Store ``shell-moment`` holds the same words for callbacks: None until the moment was changed on the
page, then ``""`` for live or a query like the address's.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from urllib.parse import parse_qs

import msgspec

from live.views import Viewed, looking_at

STORE = "shell-moment"
LOCATION = "_pages_location"
KNOWN = ("corrected", "then")


class Moment(msgspec.Struct, frozen=True):
    """A moment asked for.

    Attributes:
        at: the past moment, UTC; None = live.
        known: ``corrected`` (today's knowledge of it) or ``then`` (what had been received by ``at``).
        locked: the request is not live, even when its time cannot be read.
    """

    at: datetime | None = None
    known: str = "corrected"
    locked: bool = False

    def now(self) -> datetime:
        """The end of what may be shown: the moment, or the present."""
        return self.at or datetime.now(UTC)

    def drawn(self, oldest: datetime | None = None) -> AbstractContextManager[None]:
        """Draw components of this moment inside it, so that they lock acts and say why they are empty.

        Args:
            oldest: when the stored data begin.
        """
        if self.at is None:
            return nullcontext()
        return looking_at(Viewed(at=self.at, known=self.known, oldest=oldest))


LIVE = Moment()


def moment_of(told: str | None, search: str | None) -> Moment:
    """The moment of a callback.

    Args:
        told: data of the Store; None when the moment was not changed since the page was loaded.
        search: the address's query.
    """
    query = parse_qs(((search if told is None else told) or "").removeprefix("?"))
    return moment_in({name: values[-1] for name, values in query.items()})


def moment_in(query: Mapping[str, str]) -> Moment:
    """The moment in the parameters of an address; a playback counts from its beginning."""
    said = query.get("at") or query.get("since")
    if not said:
        return LIVE
    known = query.get("known", "")
    return Moment(at=_time(said), known=known if known in KNOWN else KNOWN[0], locked=True)


def _time(said: str) -> datetime | None:
    """A time with a zone; None when it is none."""
    try:
        at = datetime.fromisoformat(said.strip().replace(" ", "+"))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None
