"""A declaration was confirmed past better placed ones of its platform (加塞, seed 000 功能②).

Compared with the fair order as it stood before: it jumped when at least
``limits.queue_jump_places`` declarations that stood before it are still waiting now. Those
confirmed in the same breath do not count, nor those that came after. Orange: the equal treatment
of enterprises is what the published rule is for.
"""

from __future__ import annotations

from typing import Annotated

from domain.pictures import QueueRow
from domain.records import InspectionStep, Node
from domain.rules._said import told_by
from domain.rules.base import Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds

NAME = "queue_jump"


class Figures(Params, frozen=True):
    """``places``: so many that stood before it wait still."""

    places: Annotated[int, bounds("declarations", 1, 1000, limit="queue_jump_places")] = 5


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the confirmations that went past others."""
    if facts.queue is None or facts.queue_before is None:
        return []
    confirmed = [step for step in facts.new.get(InspectionStep, ()) if step.node is Node.CONFIRMED]
    if not confirmed:
        return []
    before = {row.key: row for row in facts.queue_before.rows}
    # The picture may be a moment older than the steps: what they confirm waits no longer.
    waiting = {row.key for row in facts.queue.rows} - {step.declaration_no for step in confirmed}
    found = []
    for step in confirmed:
        row = before.get(step.declaration_no)
        passed = _passed(row, before, waiting) if row else []
        if row and len(passed) >= instance.params.places:
            found.append(_finding(step, row, passed, instance))
    return found


def _passed(row: QueueRow, before: dict[str, QueueRow], waiting: set[str]) -> list[QueueRow]:
    """Declarations that stood before this one on its platform and wait still, best placed first."""
    ahead = (
        other
        for other in before.values()
        if other.platform == row.platform and other.rank < row.rank and other.key in waiting
    )
    return sorted(ahead, key=lambda other: other.rank)


def _finding(step: InspectionStep, row: QueueRow, passed: list[QueueRow], instance: RuleInstance) -> Finding:
    return Finding(
        rule=instance.name,
        subject_kind="declaration",
        subject=row.key,
        level=instance.levels["found"],
        event_time=step.event_time,
        params={
            "declaration_no": row.key,
            "platform": row.platform or "—",
            "rank": row.rank,
            "count": len(passed),
            "passed_first": passed[0].key,
        },
        seen={"passed": against(len(passed), instance.params.places, "declarations")},
        **told_by(step),
    )


RULE = Rule(
    name=NAME,
    kind="event",
    evaluate=evaluate,
    params=Figures,
    levels={"found": 2},
    agency="customs",
    plan=("ask_officer", "compare_order", "report_supervisor"),
    needs=("queue",),
    uses=("queue_before",),
    unplayable="order",
)
