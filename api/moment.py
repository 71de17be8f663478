"""Past moments and playback: /api/v1/moment and /api/v1/moment/tracks. docs/live-protocol.md, "A moment"."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.track_block import block
from live.moment import Moments
from store.reads import Reads
from store.reads.asof import KNOWN

TOPICS = 60  # most topics of one question
LONGEST = timedelta(hours=6)  # of one block of tracks
AHEAD = timedelta(seconds=5)  # a browser's idea of now may be so far ahead of ours
LONGEST_STEP = 3600
_AT_ONCE = 4  # questions answered side by side; more wait, so that playback cannot starve the live pages
_PACK_BYTES = 32_768

Clock = Callable[[], datetime]


class Refusal(ValueError):
    """A question that cannot be answered; becomes a 400 with code and words."""

    def __init__(self, code: str, reason: str) -> None:
        """Remember why."""
        super().__init__(reason)
        self.code, self.reason = code, reason


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
        if viewer_of(request.scope).scope is not None:
            return _refused("forbidden", "moments are made for the whole port", 403)
        try:
            when, asked = _past(at, "at", clock()), _topics(topics, moments)
            _known(known)
        except Refusal as refusal:
            return _refused(refusal.code, refusal.reason)
        async with room:
            return await asyncio.to_thread(_moment, moments, when, known, asked, _packs(request))

    @router.get("/moment/tracks")
    async def tracks(
        request: Request, kind: str = "", since: str = "", until: str = "", known: str = "corrected", every: str = "0"
    ) -> Response:
        viewer = viewer_of(request.scope)
        try:
            span = _span(since, until, clock())
            step = _step(every)
            _known(known)
            if kind not in ("vehicles", "vessels"):
                raise Refusal("unknown_kind", "kind is vehicles or vessels")
        except Refusal as refusal:
            return _refused(refusal.code, refusal.reason)

        def answer() -> Response:
            found = reads.fixes(viewer, kind, *span, known, step)
            body = {**block(found, *span), "known": known, "oldest": _epoch(moments.oldest())}
            return _answer(msgspec.json.encode(body), _packs(request))

        async with room:
            return await asyncio.to_thread(answer)

    app.include_router(router)


def _moment(moments: Moments, at: datetime, known: str, topics: list[str], packs: bool) -> Response:
    found = moments.frames(topics, at, known)
    head = {"at": at.timestamp(), "known": known, "oldest": _epoch(moments.oldest()), "errors": found.errors}
    body = msgspec.json.encode({**head, "frames": [msgspec.Raw(frame) for frame in found.frames]})
    return _answer(body, packs)


def _past(text: str, parameter: str, now: datetime) -> datetime:
    """A moment not in the future.

    Raises:
        Refusal: ``bad_time`` or ``future``.
    """
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        if moment.tzinfo is None:
            raise Refusal("bad_time", f"{parameter} has no time zone; write e.g. 2026-11-22T08:00:00Z")
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise Refusal("bad_time", f"{parameter} is out of range") from None
    except ValueError as error:
        if isinstance(error, Refusal):
            raise
        raise Refusal("bad_time", f"{parameter} is not an ISO 8601 time such as 2026-11-22T08:00:00Z") from None
    if moment > now + AHEAD:
        raise Refusal("future", f"{parameter} lies in the future")
    return min(moment, now)


def _span(since: str, until: str, now: datetime) -> tuple[datetime, datetime]:
    """Begin and end of a block; an end in the future is cut to now, because playback asks ahead."""
    start = _past(since, "since", now)
    end = _past(until, "until", now + LONGEST)
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


def _known(known: str) -> None:
    if known not in KNOWN:
        raise Refusal("bad_known", f"known is one of {', '.join(KNOWN)}")


def _step(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= LONGEST_STEP):
        raise Refusal("bad_every", f"every is a whole number of seconds, 0 to {LONGEST_STEP}")
    return int(text)


def _epoch(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _packs(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def _answer(body: bytes, packs: bool) -> Response:
    headers = {"cache-control": "no-store", "vary": "accept-encoding"}
    if packs and len(body) >= _PACK_BYTES:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)  # 31: as gzip
        body = packer.compress(body) + packer.flush()
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")


def _refused(code: str, reason: str, status: int = 400) -> Response:
    body = msgspec.json.encode({"error": code, "reason": reason})
    return Response(body, status, headers={"cache-control": "no-store"}, media_type="application/json")
