"""/api/openapi.json, /api/asyncapi.json and /api/docs: what the interface is, for those who may enter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from access.visitors import secure
from api import asyncapi, openapi
from api.answers import UNKEPT, packed, takes_gzip
from layouts.door import Frame
from layouts.interface import drawn

_PACK_BYTES = 32_768


def attach(app: FastAPI, frame: Callable[[Request], Frame]) -> None:
    """Add the routes to the server.

    Args:
        app: the server, whose routes are told of; looked at when first asked, since all must be there.
        frame: knows language, palette and files of a request.
    """
    router = APIRouter(prefix="/api", include_in_schema=False)

    @cache
    def whole(lang: str) -> dict[str, Any]:
        return openapi.document(app.routes, lang)

    def live(request: Request, lang: str) -> dict[str, Any]:
        return asyncapi.document(lang, request.headers.get("host", ""), secure(request.scope))

    async def told(request: Request, make: Callable[[str], dict[str, Any]]) -> Response:
        lang, packs = frame(request).lang, takes_gzip(request)
        return await asyncio.to_thread(lambda: packed(msgspec.json.encode(make(lang)), packs, _PACK_BYTES))

    @router.get("/openapi.json")
    async def document(request: Request) -> Response:
        return await told(request, whole)

    @router.get("/asyncapi.json")
    async def subscriptions(request: Request) -> Response:
        return await told(request, lambda lang: live(request, lang))

    @router.get("/docs")
    async def docs(request: Request) -> Response:
        """The same, to be read."""
        shown = frame(request)
        origin = f"{'https' if secure(request.scope) else 'http'}://{request.headers.get('host', '')}"
        page = await asyncio.to_thread(lambda: drawn(whole(shown.lang), live(request, shown.lang), shown, origin))
        return HTMLResponse(page, headers=UNKEPT)

    app.include_router(router)
