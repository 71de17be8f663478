"""A declaration waits still while many others of its platform went past it (浑水摸鱼, integrity watch).

Nothing holds it, and those that went past are no jumpers: it is the one out of order (docs/integrity.md). Mostly
somebody forgot it; helping it is quick.
"""

from __future__ import annotations

from typing import Annotated

from domain.integrity import Lying
from domain.integrity_signs import Signs
from domain.rules._integrity import Told, integrity_rule
from domain.rules.base import Params, against, bounds


class Figures(Params, frozen=True):
    """``passed``: so many went past it."""

    passed: Annotated[int, bounds("declarations", 1, 1000)] = 10


def _rows(signs: Signs, least: Figures) -> list[Lying]:
    return [one for one in signs.lying if one.passed_by >= least.passed]


def _say(row: Lying, _: Signs, least: Figures) -> Told:
    return Told(
        subject_kind="declaration", subject=row.declaration_no, grade="found",
        params={"declaration_no": row.declaration_no, "platform": row.platform or "—", "count": row.passed_by,
                "minutes": round(row.minutes)},
        seen={"passed": against(row.passed_by, least.passed, "declarations")},
    )  # fmt: skip


RULE = integrity_rule(
    "left_waiting", Figures, levels={"found": 3}, rows=_rows, say=_say, plan=("ask_officer", "inspect_first"),
    hold_off_seconds=0.0,
)  # fmt: skip
