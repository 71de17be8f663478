"""What a browser without a websocket asks for instead: the newest states, over plain http.

``GET /api/v1/topics?topics=yard,view:overview-yard@zh_CN&since=9f3c:12,9f3c:4`` answers with the very frames ``/live``
would have sent (docs/live-protocol.md, "Without a websocket").
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Set
from typing import Protocol

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import answer, packed, takes_gzip
from live.frames import Frame
from live.scopes import TooManyScopesError
from live.views import asked_of

TOPICS = 200  # as many as a websocket may subscribe to
EVERY_SECONDS = 3.0  # what a browser is told to wait between two questions
WATCHED_SECONDS = 15.0  # views asked for stay drawn so long
_PACK_BYTES = 4096


class Pictures(Protocol):
    """The part of the hub the polling needs."""

    def admit(self, scope: Set[str] | None) -> str:
        """The key of what a viewer may see."""

    def epoch_of(self, scope: str) -> str:
        """Names the life its sequence numbers belong to."""

    def knows(self, topic: str) -> bool:
        """Whether there is such a topic."""

    def frame(self, topic: str, since: int | None, scope: str = "", recent: bool = False) -> Frame | None:
        """The frame that leads from ``since`` to now."""

    def watch(self, topic: str, scope: str = "") -> None:
        """Keep a view drawn."""

    def unwatch(self, topic: str, scope: str = "") -> None:
        """No longer."""


class Watching:
    """Views that were asked for lately, so that they are drawn anew while somebody polls."""

    def __init__(self, hub: Pictures) -> None:
        """Nothing is watched."""
        self._hub = hub
        self._until: dict[tuple[str, str], float] = {}

    def ask(self, topics: list[str], scope: str) -> None:
        """Watch them from now on; called on the event loop only."""
        now = time.monotonic()
        for topic in topics:
            if (topic, scope) not in self._until:
                self._hub.watch(topic, scope)
            self._until[topic, scope] = now + WATCHED_SECONDS
        asyncio.get_running_loop().call_later(WATCHED_SECONDS + 1, self._sweep)

    def _sweep(self) -> None:
        now = time.monotonic()
        for topic, scope in [key for key, until in self._until.items() if until < now]:
            del self._until[topic, scope]
            self._hub.unwatch(topic, scope)


def attach(app: FastAPI, hub: Pictures, version: str) -> None:
    """Add the route to the server.

    Args:
        app: the server.
        hub: newest states.
        version: names what browsers run, as on the websocket.
    """
    router = APIRouter(prefix="/api/v1")
    watching = Watching(hub)

    @router.get("/topics")
    async def topics(request: Request, topics: str = "", since: str = "") -> Response:
        viewer = viewer_of(request.scope)
        try:
            scope = hub.admit(viewer.scope)
        except TooManyScopesError:
            return answer({"error": "full", "reason": "try again later"}, 503)
        asked = [topic for topic in topics.split(",") if topic]
        if not asked or len(asked) > TOPICS:
            code = "too_many_topics" if asked else "no_topics"
            return answer({"error": code, "reason": f"ask for 1 to {TOPICS} topics"}, 400)
        known = [topic for topic in asked if hub.knows(topic) and all(map(viewer.may, asked_of(topic)))]
        watching.ask(known, scope)
        places = dict(zip(asked, since.split(","), strict=False))
        packs = takes_gzip(request)
        head = {
            "epoch": hub.epoch_of(scope), "version": version, "now": time.time(), "every": EVERY_SECONDS,
            "unknown": [topic for topic in asked if topic not in known],
        }  # fmt: skip
        return await asyncio.to_thread(_answer, hub, known, places, scope, head, packs)

    app.include_router(router)


def _since(place: str, epoch: str) -> int | None:
    """The sequence number of ``epoch:number``; None when it is of another life of the server, or no place at all."""
    said, _, number = place.partition(":")
    return int(number) if said == epoch and number.isascii() and number.isdigit() and len(number) < 16 else None


def _answer(
    hub: Pictures, topics: list[str], places: dict[str, str], scope: str, head: dict[str, object], packs: bool
) -> Response:
    found = [hub.frame(topic, _since(places.get(topic, ""), str(head["epoch"])), scope) for topic in topics]
    frames = [msgspec.Raw(frame.body) for frame in found if frame is not None]
    body = msgspec.json.encode({**head, "frames": frames})
    return packed(body, packs, _PACK_BYTES)
