"""What of the integrity watch is worth an alert, without the names: for rules, which tell everybody at the desk.

Who agents and officers are is for those with the permission ``integrity`` alone. Here a code stands for them that is
always the same, so that an alert can repeat and clear, and that nobody finds by trying names.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from domain.integrity import Lying, Stay
from domain.pictures import Picture

DAYS = 30
"""Of the span looked at; what a pair did before that is no alert any more."""
EXPECTED_SECONDS = 600.0  # made every five minutes: half an hour old it stands still
Hide = Callable[[str, str], str]
"""From what is named (``agent``, ``pair``) and the name or names to the code that stands for them."""


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """An agent and an officer that met more often than chance would have it.

    Attributes:
        code: stands for the two.
        met, expected, ratio, q: as in ``domain.integrity.Pair``.
    """

    code: str
    met: int
    expected: float
    ratio: float
    q: float


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """An agent or a platform whose confirmations jump the queue more than chance would have it.

    Attributes:
        kind: ``agent`` or ``platform``.
        code: stands for the agent; of a platform its name.
        jumps, places, expected, q: as in ``domain.integrity.Cell``.
    """

    kind: str
    code: str
    jumps: int
    places: int
    expected: float
    q: float


class Signs(Picture, kw_only=True):
    """What deserves a look now; ``as_of`` is the moment it was judged at.

    Attributes:
        days: of the span.
        pairs, ahead: beyond chance at the bound, the most remarkable first.
        lying: declarations that wait still while others went past, without their agents.
        stays: declarations that stand longer than nearly all of their kind, at the node they stand at.
    """

    days: int = DAYS
    pairs: list[Met] = []
    ahead: list[Ahead] = []
    lying: list[Lying] = []
    stays: list[Stay] = []
