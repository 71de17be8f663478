"""Orders of all alerts together: whose move it is, by when, and who is late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from domain.alert_pictures import AlertRow
from domain.dispatch import AGENCIES, OVER, Order

RECENT = timedelta(hours=24)  # so long an order that is over is still shown
VIEWS = ("open", "late", "over")


class Dispatched(msgspec.Struct, frozen=True, kw_only=True):
    """An order with the alert it is about; None when that is not kept any more."""

    order: Order
    alert: AlertRow | None = None


class BoardOrder(Dispatched, frozen=True, kw_only=True):
    """The same for programs, which do not know the clocks of the agencies.

    Attributes:
        due_at: by when the agency's next step should come; None: no clock runs.
        late: whether that has passed.
    """

    due_at: datetime | None
    late: bool


def due(order: Order, receive_minutes: Mapping[str, float]) -> datetime | None:
    """By when the agency's next step should come; None: no clock runs.

    Args:
        order: as it stands.
        receive_minutes: by agency, within what time an order should be taken.
    """
    if order.state == "ordered":
        minutes = receive_minutes.get(order.agency)
        return None if minutes is None else order.steps[0].at + timedelta(minutes=minutes)
    return order.due_at if order.state in ("received", "accepted") else None


def late(order: Order, receive_minutes: Mapping[str, float], now: datetime) -> bool:
    """Whether its clock has run out."""
    until = due(order, receive_minutes)
    return until is not None and until < now


def arranged(
    found: Iterable[Dispatched], receive_minutes: Mapping[str, float], now: datetime, agency: str = "", view: str = ""
) -> list[Dispatched]:
    """Those asked for: late ones first, then by the clock that runs out first, without a clock, over.

    Args:
        found: orders, in any order.
        receive_minutes: as of ``due``.
        now: the moment.
        agency: one of AGENCIES; empty: all.
        view: one of VIEWS; empty: all.
    """

    def wanted(order: Order) -> bool:
        over = order.state in OVER
        of_view = {"open": not over, "over": over, "late": late(order, receive_minutes, now)}
        return (not agency or order.agency == agency) and of_view.get(view, True)

    def place(one: Dispatched) -> tuple[bool, float, float, str]:
        order, until = one.order, due(one.order, receive_minutes)
        clock = until.timestamp() if until is not None else float("inf")
        return order.state in OVER, clock, -order.steps[-1].at.timestamp(), order.id

    return sorted((one for one in found if wanted(one.order)), key=place)


def counted(
    found: Iterable[Dispatched], receive_minutes: Mapping[str, float], now: datetime
) -> dict[str, tuple[int, int]]:
    """By agency: how many orders are open, and how many of them are late."""
    opened = [one.order for one in found if one.order.state not in OVER]
    every = Counter(order.agency for order in opened)
    behind = Counter(order.agency for order in opened if late(order, receive_minutes, now))
    return {agency: (every[agency], behind[agency]) for agency in AGENCIES}
