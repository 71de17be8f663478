"""An order to an agency about an alert (派单): what may follow what, and whose move it is.

The way is ordered, received (签收), accepted, arrived, done, reported back (反馈); an agency may refuse, the desk may
take an order back, both with their reason (HS/T 82-2024 8.4.2: 触发、响应、处置、反馈). Some steps happen in one: who
accepts has received, and what is done from a desk needs nobody to arrive. An order is about one life of an alert and
outlives it: what an agency still does is not over because an alert is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from itertools import takewhile
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from domain.errors import CockpitError

AGENCIES = ("customs", "border", "maritime", "port")  # 海关、边检、海事、港口
STATES = ("ordered", "received", "accepted", "arrived", "done", "reported", "refused", "cancelled")
OVER = frozenset({"reported", "refused", "cancelled"})
# Where an act leads, by where the order stands; what stands in no line is refused.
STEPS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "receive": MappingProxyType({"ordered": "received"}),
    "accept": MappingProxyType(dict.fromkeys(("ordered", "received"), "accepted")),
    "arrive": MappingProxyType({"accepted": "arrived"}),
    "finish": MappingProxyType(dict.fromkeys(("accepted", "arrived"), "done")),
    "feedback": MappingProxyType({"done": "reported"}),
    "refuse": MappingProxyType(dict.fromkeys(("ordered", "received"), "refused")),
    "cancel": MappingProxyType(dict.fromkeys(("ordered", "received", "accepted", "arrived"), "cancelled")),
})  # fmt: skip
ACTS = tuple(STEPS)
SIDES: Mapping[str, str] = MappingProxyType({act: "desk" if act == "cancel" else "agency" for act in ACTS})
"""Whose step it is. The desk notes an agency's step that was told by telephone: on record it stands with its name."""
SAYS = frozenset({"feedback", "refuse", "cancel"})  # acts that say something: why, or what came of it
REFUSALS = (
    "over", "already", "too_early", "too_late", "reason_missing", "nobody_named", "changed", "already_ordered",
    "alert_closed", "no_agency", "key_used",
)  # fmt: skip
LONGEST = 2000  # letters of what is asked or said


class OrderStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an order.

    Attributes:
        act: ``order``, or one of ACTS. to: the state it led to.
        who: account or program. note: why, or what came of it.
        request_key: by which a repeated request is known.
    """

    at: datetime
    act: str
    to: str
    who: str
    note: str = ""
    request_key: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What an agency was asked to do about an alert, and what became of it.

    Attributes:
        id: sixteen hexadecimal digits.
        alert_id, opened_at: the alert, and which of its lives.
        agency: one of AGENCIES. state: one of STATES.
        task: what is asked, in words; empty: to deal with the alert.
        version: counts the steps; an act names the one it saw.
        due_at: by when somebody should be there; None: nobody said.
        steps: oldest first; the first is the order itself.
    """

    id: str
    alert_id: str
    opened_at: datetime
    agency: str
    state: str
    version: int
    task: str = ""
    due_at: datetime | None = None
    steps: tuple[OrderStep, ...] = ()


class OrderRefusedError(CockpitError):
    """An order cannot be made, or cannot take this step; ``order`` is how it stands, where there is one."""

    def __init__(self, act: str, reason: str, order: Order | None = None) -> None:
        """Remember why; ``reason`` is one of REFUSALS (catalogue ``dispatch.refused.<reason>``)."""
        stands = f" (state {order.state}, version {order.version})" if order is not None else ""
        super().__init__(f"{act}: {reason}{stands}")
        self.act, self.reason, self.order = act, reason, order


def refusal(order: Order, act: str) -> str:
    """Why an order cannot take a step; empty: it can."""
    if order.state in STEPS[act]:
        return ""
    if order.state in OVER:
        return "over"
    place = STATES.index(order.state)
    leads = {STATES.index(to) for to in STEPS[act].values()}
    if max(leads) <= place:
        return "already"
    return "too_late" if act in ("refuse", "cancel") else "too_early"


def place(
    alert_id: str, opened_at: datetime, agency: str, by: str, at: datetime, task: str = "", request_key: str = "",
    due_at: datetime | None = None,
) -> Order:  # fmt: skip
    """A new order.

    Args:
        alert_id: what it is about.
        opened_at: which of the alert's lives.
        agency: one of AGENCIES.
        by: who orders.
        at: when, aware UTC.
        task: what is asked, in words.
        request_key: of the request; the same one makes the same order.
        due_at: by when somebody should be there.

    Raises:
        OrderRefusedError: ``no_agency``, ``nobody_named``.
    """
    if agency not in AGENCIES:
        raise OrderRefusedError("order", "no_agency")
    if not by.strip():
        raise OrderRefusedError("order", "nobody_named")
    step = OrderStep(at=at, act="order", to="ordered", who=by, note=task.strip()[:LONGEST], request_key=request_key)
    told = "|".join((alert_id, agency, request_key or f"{at.isoformat()}|{by}"))
    return Order(
        id=hashlib.sha256(told.encode()).hexdigest()[:16], alert_id=alert_id, opened_at=opened_at, agency=agency,
        state="ordered", version=1, task=step.note, due_at=due_at, steps=(step,),
    )  # fmt: skip


def take(
    order: Order, act: str, by: str, at: datetime, version: int | None = None, note: str = "", request_key: str = ""
) -> Order:
    """An order after a step.

    Args:
        order: as it stands.
        act: one of ACTS.
        by: who.
        at: when, aware UTC.
        version: the one they saw; None: whatever stands.
        note: why, or what came of it.
        request_key: a repeated request changes nothing and gives the order as it stands.

    Raises:
        KeyError: no such act.
        OrderRefusedError: see REFUSALS.
    """
    way = STEPS[act]
    mine = [step for step in order.steps if request_key and step.request_key == request_key]
    if mine and mine[0].act != act:
        raise OrderRefusedError(act, "key_used", order)
    if mine:
        return order
    if not by.strip():
        raise OrderRefusedError(act, "nobody_named", order)
    if version is not None and version != order.version:
        raise OrderRefusedError(act, "changed", order)
    if why := refusal(order, act):
        raise OrderRefusedError(act, why, order)
    said = note.strip()[:LONGEST]
    if act in SAYS and not said:
        raise OrderRefusedError(act, "reason_missing", order)
    step = OrderStep(at=max(at, order.steps[-1].at), act=act, to=way[order.state], who=by, note=said,
                     request_key=request_key)  # fmt: skip
    return replace(order, state=step.to, version=order.version + 1, steps=(*order.steps, step))


def stood(order: Order, at: datetime) -> Order | None:
    """The order as it stood at a moment; None before it was made."""
    steps = tuple(takewhile(lambda step: step.at <= at, order.steps))
    return replace(order, steps=steps, state=steps[-1].to, version=len(steps)) if steps else None


def offered(order: Order) -> tuple[str, ...]:
    """Acts an order can take, in the order of the way."""
    return tuple(act for act in ACTS if order.state in STEPS[act])
