"""The desk: one search over everything, and what a viewer keeps for later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from domain.kept import KeepError, Kept, Kind, checked
from domain.viewer import Viewer
from layouts.finding import groups, rules_named
from layouts.language import language_of
from store.reads import Reads
from store.reads.asof import KNOWN

LONGEST = 100  # letters of a question
MOST = 20  # hits of a kind
_KINDS = ("view", "bookmark")


class Keeper(Protocol):
    """The part of the store that keeps things."""

    reads: Reads

    def keep(self, viewer: Viewer, what: Kept) -> None:
        """Keep it; KeepError."""

    def forget(self, viewer: Viewer, kind: str, name: str) -> bool:
        """Forget it."""


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to keep."""

    kind: Kind
    name: str
    path: str
    body: dict[str, Any] = {}


def attach(app: FastAPI, store: Keeper) -> None:
    """Add /api/v1/search and /api/v1/kept to the server."""
    router = APIRouter(prefix="/api/v1")
    _search(router, store)
    _kept(router, store)
    app.include_router(router)


def _search(router: APIRouter, store: Keeper) -> None:
    @router.get("/search")
    async def search(
        request: Request, q: str = "", at: str | None = None, known: str = "corrected", limit: int = 6, lang: str = ""
    ) -> Response:
        """Groups of hits by kind, each with the address that shows it."""
        viewer = viewer_of(request.scope)
        try:
            moment = _moment(at)
            if known not in KNOWN:
                raise ValueError(f"known is one of {', '.join(KNOWN)}")
        except ValueError as error:
            return _json({"error": "bad_parameter", "message": str(error)}, 400)
        text, most, spoken = q[:LONGEST], max(1, min(limit, MOST)), language_of(lang or None)

        def found() -> list[dict[str, Any]]:
            hits = store.reads.search(viewer, text, moment, most, known, rules_named(text))
            return groups(hits, spoken)

        return _json({"q": text, "groups": await asyncio.to_thread(found)})


def _kept(router: APIRouter, store: Keeper) -> None:
    @router.get("/kept")
    async def kept(request: Request) -> Response:
        """Whose they are, and the viewer's views and bookmarks."""
        viewer = viewer_of(request.scope)
        read: Callable[[Viewer, str], list[Kept]] = store.reads.kept
        views, bookmarks = [await asyncio.to_thread(read, viewer, kind) for kind in _KINDS]
        return _json({"owner": viewer.name, "views": views, "bookmarks": bookmarks})

    @router.put("/kept")
    async def keep(request: Request) -> Response:
        """Body: kind, name, path, body."""
        viewer = viewer_of(request.scope)
        try:
            wish = msgspec.json.decode(await request.body(), type=Wish)
            what = checked(wish.kind, wish.name, wish.path, wish.body)
            await asyncio.to_thread(store.keep, viewer, what)
        except msgspec.MsgspecError:
            return _json({"error": "bad_body", "message": "send kind, name and path"}, 400)
        except KeepError as error:
            return _json({"error": error.code}, 409 if error.code == "too_many" else 400)
        return _json({"kind": what.kind, "name": what.name})

    @router.delete("/kept")
    async def forget(request: Request, kind: str = "", name: str = "") -> Response:
        viewer = viewer_of(request.scope)
        gone = await asyncio.to_thread(store.forget, viewer, kind, name)
        return _json({"kind": kind, "name": name}) if gone else _json({"error": "not_found"}, 404)


def _moment(text: str | None) -> datetime | None:
    """A time with a zone; None = live.

    Raises:
        ValueError: it is none.
    """
    if not text:
        return None
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    if moment.tzinfo is None:
        raise ValueError("at has no time zone; write e.g. 2026-11-22T08:00:00Z")
    return moment.astimezone(UTC)


def _json(body: Any, status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(body), status, headers=headers, media_type="application/json")
