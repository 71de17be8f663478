"""Screens of walls: what they tell of themselves, and what people set from programs."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from access.kiosks import kiosk_of
from api.answers import UNKEPT, refused
from domain.errors import CockpitError, NotAllowedError, StoreUnavailableError
from domain.viewer import Viewer

EVERY_SECONDS = 1.0  # a screen tells every ten; more often than this is passed over
TABS = 500  # remembered


class Desk(Protocol):
    """The part of the screen desk the API needs."""

    def hear(self, viewer: Viewer, screen: str, told: Mapping[str, Any]) -> None:
        """Take a screen's health."""

    def set(self, viewer: Viewer, screen: str, changes: Mapping[str, Any], version: int | None = None) -> Any:
        """Change what it shows."""

    def reload(self, viewer: Viewer, screen: str) -> None:
        """Load its page anew."""

    def name(self, viewer: Viewer, screen: str) -> None:
        """Show its name."""

    def forget(self, viewer: Viewer, screen: str) -> None:
        """Take it off the list."""

    def test_sound(self, viewer: Viewer, screen: str) -> None:
        """Play every tone once."""

    def mute(self, viewer: Viewer, screen: str, minutes: float) -> None:
        """Turn its sound off for a while."""


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What may be set; what is left out stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    role: str | msgspec.UnsetType = msgspec.UNSET
    wall: str | msgspec.UnsetType = msgspec.UNSET
    scene: str | msgspec.UnsetType = msgspec.UNSET
    part: str | msgspec.UnsetType = msgspec.UNSET
    palette: str | msgspec.UnsetType = msgspec.UNSET
    brightness: float | msgspec.UnsetType = msgspec.UNSET
    distance_metres: float | msgspec.UnsetType = msgspec.UNSET
    pixel_pitch_mm: float | msgspec.UnsetType = msgspec.UNSET
    sounds: bool | msgspec.UnsetType = msgspec.UNSET


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with a screen; ``set`` takes changes."""

    act: Literal["set", "reload", "name", "forget", "test_sound"]
    changes: Changes = Changes()
    version: int | None = None


class Mute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how long the sound is off; 0 turns it on."""

    minutes: float


def attach(app: FastAPI, desk: Desk) -> None:
    """Add the routes to the server.

    Args:
        app: the server.
        desk: where screens are set and heard.
    """
    router = APIRouter(prefix="/api/v1/screens")
    last: OrderedDict[str, float] = OrderedDict()

    @router.post("/{screen}/report")
    async def report(request: Request, screen: str) -> Response:
        """Health of a screen, JSON object; told by the screen itself."""
        try:
            viewer = kiosk_of(request.scope, screen)
        except NotAllowedError as error:
            return refused("not_allowed", str(error), 403)
        try:
            told = msgspec.json.decode(await request.body(), type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return refused("bad_body", "send a JSON object", 400)
        now = time.monotonic()
        if "hold" not in told and now - last.get(screen, -EVERY_SECONDS) < EVERY_SECONDS:
            return refused("too_soon", f"once in {EVERY_SECONDS:g} s is enough", 429)
        last[screen] = now
        last.move_to_end(screen)
        while len(last) > TABS:
            last.popitem(last=False)
        return await _done(desk.hear, viewer, screen, told)

    @router.post("/{screen}/acts")
    async def act(request: Request, screen: str) -> Response:
        """Body {"act": "set", "changes": {"scene": "yard"}}, or act reload, name (show it), test_sound, forget."""
        viewer = viewer_of(request.scope)
        if request.query_params.keys() & {"at", "since"}:
            return refused("not_live", "nothing can be done in the past; ask without at=", 409)
        try:
            asked = msgspec.json.decode(await request.body(), type=Act)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            return refused("bad_body", str(error), 400)
        if asked.act == "set":
            return await _done(desk.set, viewer, screen, msgspec.to_builtins(asked.changes), asked.version)
        return await _done(getattr(desk, asked.act), viewer, screen)

    @router.post("/{screen}/mute")
    async def mute(request: Request, screen: str) -> Response:
        """Body {"minutes": 5}: the sound of the screen is off so long; 0 turns it on."""
        try:
            asked = msgspec.json.decode(await request.body(), type=Mute)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            return refused("bad_body", str(error), 400)
        return await _done(desk.mute, viewer_of(request.scope), screen, asked.minutes)

    app.include_router(router)


async def _done(step: Any, *arguments: Any) -> Response:
    """Carry it out in a thread; mistakes in words."""
    try:
        await asyncio.to_thread(step, *arguments)
    except NotAllowedError as error:
        return refused("not_allowed", str(error), 403)
    except StoreUnavailableError as error:
        return refused("store_unavailable", error.code, 503)
    except CockpitError as error:
        return refused(getattr(error, "code", "refused"), str(error), 409)
    except ValueError as error:
        return refused(getattr(error, "code", "bad_value"), str(error), 400)
    return Response(status_code=204, headers=UNKEPT)
