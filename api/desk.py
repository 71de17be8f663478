"""The desk: one search over everything, and what a viewer keeps for later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import answer, refused
from api.asked import answer_bad_moments, check_known, past_of
from domain.alias import UnmaskError
from domain.errors import NotAllowedError
from domain.kept import KeepError, Kept, Kind, checked
from domain.viewer import Viewer
from layouts.finding import groups, rules_named
from layouts.language import language_of
from store.reads import Reads

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


class Opener(Protocol):
    """What opens aliases of vehicles."""

    def unmask(self, viewer: Viewer, alias: str, reason: str) -> str:
        """The plate; NotAllowedError, UnmaskError."""

    def sought(self, viewer: Viewer, text: str) -> str:
        """What to search for when this was typed."""


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a plate is wanted."""

    reason: str = ""


def attach(app: FastAPI, store: Keeper, aliases: Opener | None = None) -> None:
    """Add search, kept things and plates to the server.

    Args:
        app: the server.
        store: searched, and keeps.
        aliases: what stands for vehicles; None where plates are shown.
    """
    router = APIRouter(prefix="/api/v1")
    _search(router, store, aliases)
    _plates(router, aliases)
    _kept(router, store)
    app.include_router(router)
    answer_bad_moments(app)


def _search(router: APIRouter, store: Keeper, aliases: Opener | None) -> None:
    @router.get("/search")
    async def search(
        request: Request, q: str = "", at: str | None = None, known: str = "corrected", limit: int = 6, lang: str = ""
    ) -> Response:
        """Groups of hits by kind, each with the address that shows it."""
        viewer = viewer_of(request.scope)
        moment = past_of(at) if at else None
        check_known(known)
        text, most, spoken = q[:LONGEST], max(1, min(limit, MOST)), language_of(lang or None)

        def found() -> list[dict[str, Any]]:
            meant = text if aliases is None else aliases.sought(viewer, text)
            hits = store.reads.search(viewer, meant, moment, most, known, rules_named(text))
            return groups(hits, spoken)

        return answer({"q": text, "groups": await asyncio.to_thread(found)})


def _plates(router: APIRouter, aliases: Opener | None) -> None:
    @router.post("/vehicles/{alias}/unmask")
    async def unmask(request: Request, alias: str) -> Response:
        """Body: reason. The plate behind an alias, told once it is on record who asked and why."""
        viewer = viewer_of(request.scope)
        if aliases is None:
            return refused("not_masked", "plates are not masked here", 404)
        try:
            asked = msgspec.json.decode(await request.body(), type=Asked)
            plate = await asyncio.to_thread(aliases.unmask, viewer, alias, asked.reason)
        except msgspec.MsgspecError:
            return refused("bad_body", "send a reason")
        except NotAllowedError as error:
            return refused("not_allowed", str(error), 403)
        except UnmaskError as error:
            return refused(error.code, str(error), 404 if error.code == "not_found" else 400)
        return answer({"alias": alias, "vehicle": plate})


def _kept(router: APIRouter, store: Keeper) -> None:
    @router.get("/kept")
    async def kept(request: Request) -> Response:
        """Whose they are, and the viewer's views and bookmarks."""
        viewer = viewer_of(request.scope)
        read: Callable[[Viewer, str], list[Kept]] = store.reads.kept
        views, bookmarks = [await asyncio.to_thread(read, viewer, kind) for kind in _KINDS]
        return answer({"owner": viewer.name, "views": views, "bookmarks": bookmarks})

    @router.put("/kept")
    async def keep(request: Request) -> Response:
        """Body: kind, name, path, body."""
        viewer = viewer_of(request.scope)
        try:
            wish = msgspec.json.decode(await request.body(), type=Wish)
            what = checked(wish.kind, wish.name, wish.path, wish.body)
            await asyncio.to_thread(store.keep, viewer, what)
        except msgspec.MsgspecError:
            return refused("bad_body", "send kind, name and path")
        except KeepError as error:
            return answer({"error": error.code}, 409 if error.code == "too_many" else 400)
        return answer({"kind": what.kind, "name": what.name})

    @router.delete("/kept")
    async def forget(request: Request, kind: str = "", name: str = "") -> Response:
        viewer = viewer_of(request.scope)
        gone = await asyncio.to_thread(store.forget, viewer, kind, name)
        return answer({"kind": kind, "name": name}) if gone else answer({"error": "not_found"}, 404)
