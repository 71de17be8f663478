"""Confirmations of an agent or a platform jump the queue more than chance would have it (浑水摸鱼, integrity watch).

``queue_jump`` tells of one confirmation as it happens; this one of what many together say, with the bound on chance.
For an agent a code stands: who it is, is on the page of the integrity watch, for those with its permission. Single days
beyond chance are on that page alone: a day that is over clears never.
"""

from __future__ import annotations

from typing import Annotated

from domain.integrity_signs import Ahead, Signs
from domain.rules._integrity import Told, integrity_rule
from domain.rules.base import Params, against, bounds


class Figures(Params, frozen=True):
    """``jumps``: fewer are passed over."""

    jumps: Annotated[int, bounds("declarations", 1, 1000)] = 3


def _rows(signs: Signs, least: Figures) -> list[Ahead]:
    return [one for one in signs.ahead if one.jumps >= least.jumps]


def _say(row: Ahead, signs: Signs, _: Figures) -> Told:
    expected = round(row.expected, 1)
    return Told(
        subject_kind=row.kind, subject=row.code, grade=row.kind,
        params={"jumps": row.jumps, "places": row.places, "expected": expected, "days": signs.days,
                "who_key": f"subject.{row.kind}", "names_key": "alert.integrity.names"},
        seen={"places": against(row.places, expected, "declarations")},
    )  # fmt: skip


RULE = integrity_rule(
    "integrity_index", Figures, levels={"agent": 3, "platform": 3}, rows=_rows, say=_say,
    plan=("look_at_integrity", "compare_order", "report_supervisor"),
)  # fmt: skip
