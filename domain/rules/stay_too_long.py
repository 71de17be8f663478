"""A declaration stands at a node longer than 99 of 100 of its kind did (久拖不决, integrity watch).

The limit is not set but measured: the 99 % quantile of the same node, goods, mode and area. Blue; yellow where the stay
is beyond even the upper end of what the limit may be.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from domain.integrity import Stay
from domain.integrity_signs import Signs
from domain.records import Hold
from domain.rules._integrity import Told, integrity_rule
from domain.rules.base import Params, against, bounds


class Figures(Params, frozen=True):
    """``times``: of the limit of its kind."""

    times: Annotated[float, bounds("times", 1, 20)] = 1.0


def _rows(signs: Signs, least: Figures) -> list[Stay]:
    return [one for one in signs.stays if one.minutes > one.limit * least.times]


def _say(stay: Stay, _: Signs, least: Figures) -> Told:
    limit = stay.limit * least.times
    held = {"why_key": f"hold.{stay.hold}"} if stay.hold in set(Hold) else {"why": stay.hold or "—"}
    return Told(
        subject_kind="declaration", subject=stay.declaration_no, grade="sure" if stay.sure else "beyond",
        params={
            "declaration_no": stay.declaration_no, "platform": stay.platform or "—", "node_key": f"node.{stay.stage}",
            "hours": round(stay.minutes / 60, 1), "limit_hours": round(limit / 60, 1), "compared": stay.compared,
            **held,
        },
        seen={"minutes": against(round(stay.minutes, 1), round(limit, 1), "minutes")},
        since=stay.since + timedelta(minutes=limit),
    )  # fmt: skip


RULE = integrity_rule(
    "stay_too_long", Figures, levels={"beyond": 4, "sure": 3}, rows=_rows, say=_say,
    plan=("ask_officer", "report_supervisor"), hold_off_seconds=0.0,
)  # fmt: skip
