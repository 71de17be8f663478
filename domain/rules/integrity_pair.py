"""An agent and an officer meet more often than chance would have it (挑人查验, integrity watch).

The alert names nobody: a code stands for the two, and who they are is on the page of the integrity watch, for those
with its permission. It accuses nobody either: there may be an honest cause that no feed tells (docs/integrity.md).
"""

from __future__ import annotations

from typing import Annotated

from domain.integrity_signs import Met, Signs
from domain.rules._integrity import Told, integrity_rule
from domain.rules.base import Params, against, bounds


class Figures(Params, frozen=True):
    """``meetings``: fewer are passed over; ``times``: as often as expected, and more."""

    meetings: Annotated[int, bounds("declarations", 2, 1000)] = 5
    times: Annotated[float, bounds("times", 1, 100)] = 1.5


def _rows(signs: Signs, least: Figures) -> list[Met]:
    return [one for one in signs.pairs if one.met >= least.meetings and one.ratio >= least.times]


def _say(pair: Met, signs: Signs, _: Figures) -> Told:
    expected = round(pair.expected, 1)
    return Told(
        subject_kind="pair", subject=pair.code, grade="found",
        params={"met": pair.met, "expected": expected, "times": round(pair.ratio, 1), "days": signs.days,
                "names_key": "alert.integrity.names"},
        seen={"meetings": against(pair.met, expected, "declarations")},
    )  # fmt: skip


RULE = integrity_rule(
    "integrity_pair", Figures, levels={"found": 3}, rows=_rows, say=_say,
    plan=("look_at_integrity", "compare_shifts", "report_supervisor"),
)  # fmt: skip
