"""Cross-area inspection (跨区全时查验, seed 000 III): may an export be moved to the other area, and would it help?

Four circumstances speak against it; each is checked by what is on record, and where the record is silent that is said.
When none refuses, the other area's next slot is looked for: after the drive, when it is open, at a bay that is free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from domain.open_hours import OpenHours
from domain.records import Node
from domain.rota import Inspections
from domain.sailing_check import FEWEST, NODES, Baseline, state_of

WAITING = ("", *(node.value for node in (Node.APPOINTED, Node.CONFIRMED, Node.TRANSFERRED)))
LONGEST_GATHERED = timedelta(hours=24)
LATELY_SECONDS = 14 * 86400.0
FEWEST_TRANSFERS = 5
TRANSFERRED, CONFIRMED = NODES.index(Node.TRANSFERRED), NODES.index(Node.CONFIRMED)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one of the four rules says; in words ``sailing.rule.<rule>.<says>``.

    Attributes:
        rule: ``makes_it``, ``needs``, ``gathered`` or ``papers``.
        says: ``refuse``, ``clear`` or ``unknown``.
        what: what the rule rests on, e.g. the words of the instruction.
        hours: since the goods stand in the port, for ``gathered``.
    """

    rule: str
    says: str
    what: list[str] = []
    hours: float | None = None


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A slot in another area.

    Attributes:
        area, platform: where.
        slot_at: when a bay is free there and the area open; None when nobody can say.
        free_bays, bays: there, now.
        transfer_minutes: median of recent transfers to that area; None unknown.
        transfers: how many that is.
        done_at: through with even odds.
        probability: to make the deadline that way.
        state: of that probability; ``unknown`` with too little history.
    """

    area: str
    platform: str
    slot_at: datetime | None = None
    free_bays: int = 0
    bays: int = 0
    transfer_minutes: float | None = None
    transfers: int = 0
    done_at: datetime | None = None
    probability: float | None = None
    state: str = "unknown"


class CrossArea(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of moving one declaration.

    Attributes:
        outcome: ``refused``, ``possible`` (nothing on record refuses), ``unknown`` (nothing refuses, something is not
            known), ``inspected`` (it waits no longer), ``too_late`` or ``moved`` (it is a cross-area inspection).
        verdicts: of the four rules, in the seed's order.
        offer: the best slot elsewhere, where one may be had.
    """

    outcome: str
    verdicts: list[Verdict] = []
    offer: Offer | None = None


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules look at.

    Attributes:
        stage: last node reached; empty before the first.
        state: whether it makes the ship where it is, see ``sailing_check.state_of``.
        needs: what the instruction asks for that takes longer than a day.
        gathered_at: when the goods stood in the port; None unknown.
        appointed: whether an appointment was made.
        papers_irregular: whether the check of the papers is on record to have found something.
        moved: it is a cross-area inspection already.
    """

    stage: str
    state: str
    needs: Sequence[str] = ()
    gathered_at: datetime | None = None
    appointed: bool = False
    papers_irregular: bool = False
    moved: bool = False


class Place(msgspec.Struct, frozen=True):
    """How full a platform is: boxes being opened there, and declarations on the way to it or waiting beside it."""

    area: str
    platform: str
    busy: int = 0
    waiting: int = 0


def check(goods: Goods, now: datetime) -> CrossArea:
    """Hold the four refusal rules against what is on record; no offer is looked for yet."""
    if goods.moved:
        return CrossArea(outcome="moved")
    if goods.stage not in WAITING:
        return CrossArea(outcome="inspected")
    if goods.state == "missed":
        return CrossArea(outcome="too_late")
    verdicts = [_makes_it(goods), _needs(goods), _gathered(goods, now), _papers(goods)]
    said = {verdict.says for verdict in verdicts}
    outcome = "refused" if "refuse" in said else "unknown" if "unknown" in said else "possible"
    return CrossArea(outcome=outcome, verdicts=verdicts)


def _makes_it(goods: Goods) -> Verdict:
    says = {"safe": "refuse", "unknown": "unknown"}.get(goods.state, "clear")
    return Verdict(rule="makes_it", says=says)


def _needs(goods: Goods) -> Verdict:
    return Verdict(rule="needs", says="refuse" if goods.needs else "clear", what=list(goods.needs))


def _gathered(goods: Goods, now: datetime) -> Verdict:
    if goods.appointed:
        return Verdict(rule="gathered", says="clear")
    if goods.gathered_at is None or goods.gathered_at > now:
        return Verdict(rule="gathered", says="unknown")
    stood = now - goods.gathered_at
    says = "refuse" if stood > LONGEST_GATHERED else "clear"
    return Verdict(rule="gathered", says=says, hours=round(stood.total_seconds() / 3600, 1))


def _papers(goods: Goods) -> Verdict:
    return Verdict(rule="papers", says="refuse" if goods.papers_irregular else "clear")


def offer(
    baseline: Baseline,
    hours: Mapping[str, OpenHours],
    rota: Inspections,
    places: Sequence[Place],
    words: Mapping[str, str],
    deadline: datetime,
    now: datetime,
) -> Offer | None:
    """The slot in another area by which it most likely makes the deadline; the earliest of equal ones.

    Args:
        baseline: what others took.
        hours: open hours by area.
        rota: areas, and bays of their platforms.
        places: how full every platform is, of all areas.
        words: of the declaration, as in ``sailing_check.Standing``.
        deadline: when it has to be through.
        now: aware UTC.

    Returns:
        None where no other area has a platform with a bay.
    """
    found = [
        _slot(baseline, hours, place, bays[0], words, deadline, now)
        for place in places
        if place.area in rota.areas and place.area != words["area"]
        and (bays := rota.capacity(place.area, place.platform)) is not None and bays[0] > 0
    ]  # fmt: skip
    latest = datetime.max.replace(tzinfo=UTC)
    return min(found, key=lambda one: (-(one.probability or 0.0), one.slot_at or latest, one.platform), default=None)


def _slot(
    baseline: Baseline,
    hours: Mapping[str, OpenHours],
    place: Place,
    bays: int,
    words: Mapping[str, str],
    deadline: datetime,
    now: datetime,
) -> Offer:
    free = max(0, bays - place.busy)
    drive, transfers = _transfer(baseline, place.area, now)
    known = Offer(area=place.area, platform=place.platform, free_bays=free, bays=bays, transfers=transfers)
    if drive is None:
        return known
    known = msgspec.structs.replace(known, transfer_minutes=round(drive / 60, 1))
    clock, work = hours[place.area], baseline.work(place.area)
    ahead = place.busy + place.waiting + 1 - bays  # inspections that must end before a bay is free for this one
    if ahead > 0 and len(work) < FEWEST:
        return known
    arrives = now.timestamp() + drive
    opens = float(clock.after(arrives, 1.0)) - 1.0
    free_at = float(clock.after(now.timestamp(), max(ahead, 0) / bays * float(np.mean(work)))) if ahead > 0 else opens
    slot = max(opens, free_at)
    if not np.isfinite(slot):
        return known
    there = {**words, "area": place.area}
    outlook = baseline.from_assigned(there, slot)
    probability = None if outlook is None else outlook.by(deadline)
    return msgspec.structs.replace(
        known, slot_at=datetime.fromtimestamp(round(slot), UTC), probability=probability,
        done_at=None if outlook is None else outlook.quantile(0.5),
        state="will_miss" if slot >= deadline.timestamp() else state_of(probability, deadline, now),
    )  # fmt: skip


def _transfer(baseline: Baseline, area: str, now: datetime) -> tuple[float | None, int]:
    """Median seconds from confirmation to arrival of the transfers to an area in the last two weeks, and how many."""
    finished = baseline.finished
    took = finished.nodes[:, TRANSFERRED] - finished.nodes[:, CONFIRMED]
    with np.errstate(invalid="ignore"):
        lately = (finished.ended > now.timestamp() - LATELY_SECONDS) & (took >= 0)
    chosen = took[lately & (finished.words["area"] == area)]
    return (float(np.median(chosen)) if len(chosen) >= FEWEST_TRANSFERS else None), len(chosen)
