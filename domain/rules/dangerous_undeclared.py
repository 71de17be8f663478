"""Dangerous goods in the port that nobody has declared (危险品催报, seed 002: 10 days warn, 14 days intervene)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from domain.records import ContainerStay, StayKind
from domain.rules._said import told_by
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds
from domain.sieve import Sieve, Test, filled

NAME = "dangerous_undeclared"
DAY = 86_400.0


class Figures(Params, frozen=True):
    """``warn_days``: after arrival the owner is urged; ``intervene_days``: the authorities step in."""

    warn_days: Annotated[float, bounds("days", 0.5, 90)] = 10.0
    intervene_days: Annotated[float, bounds("days", 0.5, 90)] = 14.0


def judge(stay: ContainerStay, facts: Facts, instance: RuleInstance) -> Finding | datetime | None:
    """Whether a box's dangerous goods should have been declared by now; else from when on."""
    dangerous = bool(stay.imdg_class) or stay.kind is StayKind.DANGEROUS
    if not dangerous or (stay.declared_at is not None and stay.declared_at <= facts.now):
        return None
    warn = stay.arrived_at + timedelta(days=instance.params.warn_days)
    if facts.now < warn:
        return warn
    days = (facts.now - stay.arrived_at).total_seconds() / DAY
    late = days >= instance.params.intervene_days
    limit = instance.params.intervene_days if late else instance.params.warn_days
    return Finding(
        rule=instance.name,
        subject_kind="container",
        subject=stay.container_no or stay.stay_id,
        level=instance.levels["intervene" if late else "warn"],
        event_time=warn,
        params={
            "container_no": stay.container_no or stay.stay_id, "imdg_class": stay.imdg_class or "—",
            "block": stay.block_id or "—", "days": int(days), "limit_days": round(limit),
        },
        seen={"days": against(round(days, 2), limit, "days")},
        **told_by(stay),
    )  # fmt: skip


def sieve(_instance: RuleInstance, _fences: object) -> Sieve:
    """Dangerous goods."""
    return Sieve(((*filled("imdg_class"), Test("kind", "among", (StayKind.DANGEROUS.value,))),))


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    sieve=sieve,
    over="stays",
    params=Figures,
    orders=(("warn_days", "intervene_days"),),
    levels={"warn": 3, "intervene": 2},
    agency="maritime",
    plan=("call_owners", "check_papers", "joint_inspection", "move_to_dangerous_yard"),
    reads=frozenset({ContainerStay}),
)
