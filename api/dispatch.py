"""Orders to agencies, for the agencies' own systems: what was asked about an alert, and how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import answer, refused
from api.asked import check_known, past_of
from domain.dispatch import Order, OrderRefusedError
from domain.dispatch_board import RECENT, BoardOrder, Dispatched, arranged, due, late
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.viewer import Viewer


class Orders(Protocol):
    """The part of the store that keeps orders."""

    def of(
        self, viewer: Viewer, alert_id: str, at: datetime | None = None, known: str = "corrected"
    ) -> Sequence[Order]:
        """Orders about an alert."""

    def place(self, viewer: Viewer, alert_id: str, agency: str, task: str = "", request_key: str = "") -> Order:
        """Order an agency."""

    def act(
        self, viewer: Viewer, order_id: str, act: str, version: int, note: str = "", request_key: str = ""
    ) -> Order:
        """Move an order on."""


class Reads(Protocol):
    """The part of the store that finds orders of all alerts."""

    def dispatched(
        self, viewer: Viewer, since: datetime, at: datetime | None = None, known: str = "corrected"
    ) -> list[Dispatched]:
        """Those open, and those over since a moment."""


AgencyCode = Literal["customs", "border", "maritime", "port"]


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to order, and what; the same ``request_key`` again makes no second order."""

    agency: AgencyCode
    task: str = ""
    request_key: str = ""


class OrderAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step, from the version that was seen; refusing, taking back and feedback say something in ``note``."""

    act: Literal["receive", "accept", "arrive", "finish", "feedback", "refuse", "cancel"]
    version: int
    note: str = ""
    request_key: str = ""


def attach_dispatch(app: FastAPI, orders: Orders, reads: Reads, receive_minutes: Mapping[str, float]) -> None:
    """Add the routes.

    Args:
        app: the server.
        orders: where orders are kept.
        reads: where orders of all alerts are found.
        receive_minutes: by agency, within what time an order should be taken.
    """
    router = APIRouter(prefix="/api/v1")

    @router.get("/orders")
    async def every(
        request: Request, agency: AgencyCode | None = None, view: Literal["open", "late", "over"] | None = None,
        at: str | None = None, known: str = "corrected",
    ) -> Response:  # fmt: skip
        """Late ones first, then by the clock that runs out first, without a clock, over within a day."""
        check_known(known)
        moment, viewer = None if at is None else past_of(at), viewer_of(request.scope)
        now = moment or datetime.now(UTC)

        def told(one: Dispatched) -> BoardOrder:
            clock, passed = due(one.order, receive_minutes), late(one.order, receive_minutes, now)
            return BoardOrder(order=one.order, alert=one.alert, due_at=clock, late=passed)

        rows = await asyncio.to_thread(reads.dispatched, viewer, now - RECENT, moment, known)
        return answer({"orders": list(map(told, arranged(rows, receive_minutes, now, agency or "", view or "")))})

    @router.get("/alerts/{alert_id}/orders")
    async def listed(request: Request, alert_id: str, at: str | None = None, known: str = "corrected") -> Response:
        check_known(known)
        moment = None if at is None else past_of(at)
        found = await asyncio.to_thread(orders.of, viewer_of(request.scope), alert_id, moment, known)
        return answer({"orders": found})

    @router.post("/alerts/{alert_id}/orders")
    async def ordered(request: Request, alert_id: str) -> Response:
        """Body {"agency": "customs", "task": "..."}: the order made, or 409 with the one under way."""

        def step(asked: NewOrder) -> Order:
            viewer = viewer_of(request.scope)
            return orders.place(viewer, alert_id, asked.agency, asked.task, asked.request_key)

        return await _done(request, NewOrder, step)

    @router.post("/orders/{order_id}/acts")
    async def act(request: Request, order_id: str) -> Response:
        """Body {"act": "accept", "version": 1}: the order as it stands then, or 409 with how it stands."""

        def step(asked: OrderAct) -> Order:
            viewer = viewer_of(request.scope)
            return orders.act(viewer, order_id, asked.act, asked.version, asked.note, asked.request_key)

        return await _done(request, OrderAct, step)

    app.include_router(router)


async def _done(request: Request, kind: type[Any], step: Callable[[Any], Order]) -> Response:
    """Carry a request out in a thread; what is refused says why, and how the order stands."""
    if request.query_params.keys() & {"at", "since"}:
        return refused("not_live", "nothing can be done in the past; ask without at=", 409)
    try:
        asked = msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return refused("bad_body", str(error), 400)
    try:
        return answer(await asyncio.to_thread(step, asked))
    except NotAllowedError as error:
        return refused("not_allowed", str(error), 403)
    except KeyError as error:
        return refused("not_found", f"there is no {error.args[0]}", 404)
    except OrderRefusedError as error:
        told = {"error": "refused", "reason": error.reason, "message": str(error), "order": error.order}
        return answer(told, 409)
    except StoreUnavailableError as error:
        return refused("store_unavailable", error.code, 503)
