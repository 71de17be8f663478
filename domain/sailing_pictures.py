"""The pictures of "will it make the ship" and of the warnings of seed 000 (功能③)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain.cross_area import CrossArea
from domain.pictures import Picture

STATES = ("will_miss", "at_risk", "unknown", "missed", "safe")
"""In the order of the list: what can still be helped comes first."""


class SailingRow(msgspec.Struct, kw_only=True):
    """One export that is not through inspection; key is the declaration number.

    Attributes:
        call: what its vessel call is known by: the id of the call, else vessel and departure.
        deadline, deadline_of: until when it must be through: ``cut_off`` (its own), ``call_cut_off``, ``departure``.
        reached_at: when it reached ``stage``.
        early, likely, late: through with a probability of 10, 50 and 90 %; None unknown, or beyond two weeks.
        probability: to be through by the deadline; ``by_departure``: by the vessel's departure.
        margin_hours: from ``likely`` to the deadline; negative: too late.
        state: of ``STATES``.
        why: why the state is unknown or the probability is only the most there may be: ``no_deadline``,
            ``little_history``, ``stuck``, ``held``; else empty.
        compared: how many finished declarations it was compared with, and what they have in common with it.
    """

    key: str
    bill_of_lading: str
    platform: str
    area: str
    stage: str
    hold: str = ""
    special: list[str] = []
    call: str = ""
    vessel_name: str = ""
    voyage: str = ""
    berth: str = ""
    departure: datetime | None = None
    deadline: datetime | None = None
    deadline_of: str = ""
    reached_at: datetime | None = None
    early: datetime | None = None
    likely: datetime | None = None
    late: datetime | None = None
    probability: float | None = None
    by_departure: float | None = None
    margin_hours: float | None = None
    state: str = "unknown"
    why: str = ""
    compared: int = 0
    alike: list[str] = []
    cross: CrossArea | None = None
    origin: str = ""
    recorded_time: datetime | None = None


class SailingsPicture(Picture, kw_only=True):
    """Exports not through inspection, worst first; rows are SailingRow.

    Attributes:
        counts: rows by state.
        baseline_days: of how many days finished declarations are compared with.
    """

    counts: dict[str, int] = {}
    baseline_days: int = 0


class WarningRow(msgspec.Struct, kw_only=True):
    """One entry of the five lists; key is list and subject.

    Attributes:
        kind: of ``WARNINGS``.
        since: when the wait began, or the check was made.
        hours: waited; None for a check.
        limit_hours: how long is allowed.
        result: of a check: ``container_mismatch``, ``seal_mismatch``, ``seal_missing`` or ``other:<source word>``.
    """

    key: str
    kind: str
    declaration_no: str = ""
    bill_of_lading: str = ""
    platform: str = ""
    area: str = ""
    direction: str = ""
    container_no: str = ""
    seal_no: str = ""
    result: str = ""
    since: datetime
    hours: float | None = None
    limit_hours: float | None = None
    origin: str = ""
    recorded_time: datetime | None = None


WARNINGS = ("check", "unconfirmed", "unappointed", "rejected", "suspended")
"""协检异常, 超期未确认, 超期未预约, 驳回超期未预约, 超期挂起: the lists of the seed, in its order."""


class WarningsPicture(Picture, kw_only=True):
    """The five lists, longest wait first in each; rows are WarningRow.

    Attributes:
        counts: rows by list.
    """

    counts: dict[str, int] = {}


def counted(words: list[str], names: tuple[str, ...]) -> dict[str, int]:
    """How often each name stands there; zero where it does not."""
    return {name: words.count(name) for name in names}
