"""A box weighs more than it may (SOLAS VI/2: a verified gross mass above the plate's maximum must not be loaded)."""

from __future__ import annotations

from typing import Annotated

from domain.records import ContainerStay
from domain.rules._said import told_by
from domain.rules.base import Facts, Finding, Params, Rule, RuleInstance, against, bounds, figure
from domain.sieve import Sieve, above

NAME = "vgm_over"


class Figures(Params, frozen=True):
    """``tonnes``: by which it may be above the plate's maximum, as scales differ."""

    tonnes: Annotated[float, bounds("tonnes", 0, 5)] = 0.0


def judge(stay: ContainerStay, facts: Facts, instance: RuleInstance) -> Finding | None:
    """Whether a box in the yard is heavier than its plate allows."""
    if stay.vgm_tonnes is None or stay.max_gross_tonnes is None or stay.arrived_at > facts.now:
        return None
    subject = stay.container_no or stay.stay_id
    mass = figure(stay.vgm_tonnes, subject, "vgm_tonnes")
    limit = figure(stay.max_gross_tonnes, subject, "max_gross_tonnes") + instance.params.tonnes
    if mass <= limit:
        return None
    return Finding(
        rule=instance.name,
        subject_kind="container",
        subject=subject,
        level=instance.levels["found"],
        event_time=stay.event_time,
        params={
            "container_no": subject, "block": stay.block_id or "—", "tonnes": round(mass, 2),
            "limit_tonnes": round(limit, 2),
        },
        seen={"vgm_tonnes": against(mass, limit, "tonnes")},
        **told_by(stay),
    )  # fmt: skip


def sieve(instance: RuleInstance, _fences: object) -> Sieve:
    """Boxes heavier than their plates."""
    return Sieve((above("vgm_tonnes", instance.params.tonnes, "max_gross_tonnes"),))


RULE = Rule(
    name=NAME,
    kind="condition",
    judge=judge,
    sieve=sieve,
    over="stays",
    params=Figures,
    levels={"found": 2},
    agency="maritime",
    plan=("hold_box", "weigh_again", "call_line"),
    reads=frozenset({ContainerStay}),
)
