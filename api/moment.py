"""Past moments and playback: /api/v1/moment and /api/v1/moment/tracks. docs/live-protocol.md, "A moment"."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import answer, packed, takes_gzip
from api.asked import BadMoment, check_known, past_of
from api.track_block import block
from live.moment import Moments
from store.reads import Reads

TOPICS = 60  # most topics of one question
LONGEST = timedelta(hours=6)  # of one block of tracks
LONGEST_STEP = 3600
_AT_ONCE = 4  # questions answered side by side; more wait, so that playback cannot starve the live pages
_PACK_BYTES = 32_768

Clock = Callable[[], datetime]


class Refusal(ValueError):
    """A question that cannot be answered; becomes a 400 with code and words."""

    def __init__(self, code: str, reason: str) -> None:
        """Remember why."""
        super().__init__(reason)
        self.code = code


def attach(app: FastAPI, moments: Moments, reads: Reads, clock: Clock = lambda: datetime.now(UTC)) -> None:
    """Add the routes to the server.

    Args:
        app: the server.
        moments: makes frames of past moments.
        reads: the store's reads.
        clock: aware UTC.
    """
    router = APIRouter(prefix="/api/v1")
    room = asyncio.Semaphore(_AT_ONCE)

    @router.get("/moment")
    async def moment(request: Request, at: str = "", known: str = "corrected", topics: str = "") -> Response:
        scope = viewer_of(request.scope).scope
        try:
            when, asked = past_of(at, "at", clock()), _topics(topics, moments)
            check_known(known)
        except (BadMoment, Refusal) as error:
            return _refused(error)
        async with room:
            return await asyncio.to_thread(_moment, moments, (when, known, scope), asked, takes_gzip(request))

    @router.get("/moment/tracks")
    async def tracks(
        request: Request, kind: str = "", since: str = "", until: str = "", known: str = "corrected", every: str = "0"
    ) -> Response:
        viewer = viewer_of(request.scope)
        try:
            span = _span(since, until, clock())
            step = _step(every)
            check_known(known)
            if kind not in ("vehicles", "vessels"):
                raise Refusal("unknown_kind", "kind is vehicles or vessels")
        except (BadMoment, Refusal) as error:
            return _refused(error)

        def answer() -> Response:
            found = reads.fixes(viewer, kind, *span, known, step)
            body = {**block(found, *span), "known": known, "oldest": _epoch(moments.oldest(viewer.scope))}
            return packed(msgspec.json.encode(body), takes_gzip(request), _PACK_BYTES)

        async with room:
            return await asyncio.to_thread(answer)

    app.include_router(router)


def _moment(
    moments: Moments, asked: tuple[datetime, str, frozenset[str] | None], topics: list[str], packs: bool
) -> Response:
    at, known, scope = asked
    found = moments.frames(topics, at, known, scope)
    head = {"at": at.timestamp(), "known": known, "oldest": _epoch(moments.oldest(scope)), "errors": found.errors}
    body = msgspec.json.encode({**head, "frames": [msgspec.Raw(frame) for frame in found.frames]})
    return packed(body, packs, _PACK_BYTES)


def _span(since: str, until: str, now: datetime) -> tuple[datetime, datetime]:
    """Begin and end of a block; an end in the future is cut to now, because playback asks ahead."""
    start = past_of(since, "since", now)
    end = past_of(until, "until", now + LONGEST)
    if end < start:
        raise Refusal("bad_span", "until lies before since")
    if end - start > LONGEST:
        raise Refusal("span_too_long", f"at most {int(LONGEST.total_seconds() // 3600)} h at once")
    return start, max(start, min(end, now))


def _topics(text: str, moments: Moments) -> list[str]:
    topics = list(dict.fromkeys(topic for topic in text.split(",") if topic))
    if not topics:
        raise Refusal("no_topics", "topics is a list with commas, e.g. yard,vehicles")
    if len(topics) > TOPICS:
        raise Refusal("too_many_topics", f"at most {TOPICS} topics at once")
    for topic in topics:
        if not moments.knows(topic):
            raise Refusal("unknown_topic", f"no topic {topic[:80]!r}")
    return topics


def _step(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= LONGEST_STEP):
        raise Refusal("bad_every", f"every is a whole number of seconds, 0 to {LONGEST_STEP}")
    return int(text)


def _epoch(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _refused(error: BadMoment | Refusal) -> Response:
    reason = f"{error.parameter} {error}" if isinstance(error, BadMoment) else str(error)
    return answer({"error": error.code, "reason": reason}, 400)
