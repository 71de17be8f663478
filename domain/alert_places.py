"""Where on the map an alert belongs whose finding names a place instead of telling one: a box lies in a block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.fences import Point
from domain.pictures import Positions
from domain.rules.base import Facts, Finding

_NAMED = ("block", "block_id", "platform", "gate")  # parameters of a finding that name a place of the port's plan


def place_of(
    finding: Finding, facts: Facts, plan: Mapping[str, Point], vessels: Positions | None = None
) -> Point | None:
    """Longitude and latitude (WGS84) of the thing itself, else of the place it is at.

    Args:
        finding: what a rule found.
        facts: where boxes stand, at which platform declarations wait, where vehicles are.
        plan: places of the port's drawing by id and by name, see `domain.port_plan.places_of`.
        vessels: where vessels are, by name; None: unknown.
    """
    if finding.lon is not None and finding.lat is not None:
        return finding.lon, finding.lat
    named = [finding.subject, *(str(finding.params[name]) for name in _NAMED if name in finding.params)]
    for name in (*reversed(named), *_at(finding, facts)):
        if name in plan:
            return plan[name]
    fix = facts.vehicles.get(
        finding.subject if finding.subject_kind == "vehicle" else str(_param(finding, "vehicle_id"))
    )
    if fix is not None:
        return fix.lon, fix.lat
    return _vessel(str(_param(finding, "vessel_name") or finding.subject), vessels)


def _param(finding: Finding, name: str) -> Any:
    return finding.params.get(name, "")


def _at(finding: Finding, facts: Facts) -> tuple[str, ...]:
    """The block of the box, the platform of the declaration."""
    box = finding.subject if finding.subject_kind == "container" else str(_param(finding, "container_no"))
    paper = finding.subject if finding.subject_kind == "declaration" else str(_param(finding, "declaration_no"))
    stay, task = facts.stays.get(box), facts.tasks.get(paper)
    return (*((stay.block_id,) if stay is not None else ()), *((task.platform,) if task is not None else ()))


def _vessel(name: str, vessels: Positions | None) -> Point | None:
    if vessels is None or name not in vessels.labels:
        return None
    place = vessels.labels.index(name)
    return float(vessels.lon[place]), float(vessels.lat[place])
