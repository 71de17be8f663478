"""What a search finds: a thing by its number or name, and where it stands."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain.pictures import AlertRow

KINDS = ("declaration", "bill", "container", "vehicle", "vessel", "alert", "block")
LEAST = 2  # letters or digits asked for, below which nothing is looked up


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A thing found.

    Attributes:
        kind: one of KINDS.
        key: what pages know it by: declaration number, vehicle id, MMSI, alert key, block id.
        name: what was looked for and found: a number as written, a vessel's name.
        declaration: the declaration a bill of lading or container belongs to.
        block: the yard block a container stands or stood in, or of the block itself.
        standing: the container stands there at the moment.
        feeds_disagree: of the container another feed says otherwise where it stands.
        seen_at: when it was last heard of, as far as that is known.
        alert: the alert found.
        score: 2 the whole number, 1 its end or beginning, 0 somewhere inside.
    """

    kind: str
    key: str
    name: str
    declaration: str = ""
    block: str = ""
    standing: bool = False
    feeds_disagree: bool = False
    seen_at: datetime | None = None
    alert: AlertRow | None = None
    score: int = 1
