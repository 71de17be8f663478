"""Rules tried on the past before they are published."""

from __future__ import annotations

import asyncio
from typing import Annotated, Protocol

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import answer, refused
from domain.backtest import DAYS, MOST_DAYS, BackTest
from domain.rule_instances import Changes
from domain.viewer import Viewer


class Desk(Protocol):
    """The part of the back-tests the API needs."""

    def check(self, viewer: Viewer, name: str, changes: Changes | None) -> list[tuple[str, str]]:
        """What makes no sense."""

    def run(self, viewer: Viewer, name: str, changes: Changes | None, days: int) -> BackTest:
        """Play; blocks."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``changes`` of the instance as in ``[alerts.rules.NAME]``; none: only what is published is played."""

    changes: Changes | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)] = DAYS


def attach(app: FastAPI, desk: Desk) -> None:
    """Add the route to the server."""
    router = APIRouter(prefix="/api/v1/rules")

    @router.post("/{name}/backtest")
    async def backtest(request: Request, name: str) -> Response:
        """Body {"changes": {"params": {"minutes": 45}}, "days": 30}; 200 with what would have fired."""
        viewer = viewer_of(request.scope)
        try:
            asked = msgspec.json.decode(await request.body() or b"{}", type=Question)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            return refused("bad_body", str(error), 400)
        wrong = await asyncio.to_thread(desk.check, viewer, name, asked.changes)
        if wrong:
            unknown = any(not key for key, _ in wrong)
            said = "; ".join(f"changes.{key}: {why}" if key else why for key, why in wrong)
            return refused("not_found" if unknown else "bad_changes", said, 404 if unknown else 400)
        return answer(await asyncio.to_thread(desk.run, viewer, name, asked.changes, asked.days))

    app.include_router(router)
