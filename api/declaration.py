"""One declaration's file as JSON: the same as its page, made of the same read."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import answer
from api.asked import check_known, past_of
from store.reads import Reads


def attach_declaration(app: FastAPI, reads: Reads, days: int, limit_minutes: float) -> None:
    """Add the route.

    Args:
        app: the server.
        reads: the store's reads.
        days: how far back a declaration's kind is looked for.
        limit_minutes: longest wait for confirmation.
    """
    router = APIRouter(prefix="/api/v1")

    @router.get("/inspections/{declaration_no}/file")
    async def declaration_file(
        request: Request, declaration_no: str, at: str | None = None, known: str = "corrected"
    ) -> Response:
        check_known(known)
        viewer, moment = viewer_of(request.scope), None if at is None else past_of(at)
        asked: tuple[Any, ...] = (viewer, declaration_no, moment, known, days, limit_minutes)
        file = await asyncio.to_thread(reads.declaration_file, *asked)
        return answer({"error": "not_found"}, 404) if file is None else answer(msgspec.to_builtins(file))

    app.include_router(router)
