"""/api/v1/inspections/integrity: what the integrity watch says, for programs that may."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import answer, refused
from api.asked import check_known, past_of
from domain.integrity import SPANS, Report, plain
from domain.viewer import Viewer


class Watch(Protocol):
    """The part of the integrity watch used here."""

    def report(self, viewer: Viewer, days: int, at: datetime | None = None, known: str = "corrected") -> Report:
        """What deserves a look; blocks."""


def attach(app: FastAPI, watch: Watch) -> None:
    """Add the route to the server; before the one of a single declaration, whose number it else would be.

    Args:
        app: the server.
        watch: gives the figures, and puts on record who asked.
    """
    router = APIRouter(prefix="/api/v1/inspections")

    @router.get("/integrity")
    async def integrity(request: Request, days: int = 30, at: str | None = None, known: str = "corrected") -> Response:
        check_known(known)
        if days not in SPANS:
            return refused("bad_days", f"days is one of {', '.join(map(str, SPANS))}")
        moment = None if at is None else past_of(at)
        return answer(plain(await asyncio.to_thread(watch.report, viewer_of(request.scope), days, moment, known)))

    app.include_router(router)
