"""Read routes. Live pictures come from memory; a past moment (``at=``) from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import answer, refused
from api.asked import answer_bad_moments, check_known, past_of, time_of
from api.pictures import feeds_of, positions_of, rows_of
from api.queue import BEFORE, cut_of, languages, queue_answer
from domain.viewer import Viewer
from store.reads import Reads


class LivePictures(Protocol):
    """The part of the hub the API needs."""

    def current(self, topic: str) -> Any | None:
        """The latest picture of a topic, of the whole port."""

    def newest(self, topic: str, scope: frozenset[str] | None) -> Any | None:
        """The same for a viewer's scope; blocks."""


class FeedControl(Protocol):
    """The part of the collector the API needs."""

    def pause(self, feed: str) -> None:
        """Stop polling a feed; KeyError when there is none of that name."""

    def resume(self, feed: str) -> None:
        """Poll it again."""

    def run(self, feed: str) -> None:
        """Poll it at once."""


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with a feed."""

    act: Literal["pause", "resume", "run"]


Made = Callable[[datetime, datetime], dict[str, int]]
PastPicture = Callable[[str, datetime, str, Viewer], Any]  # topic, moment, known, viewer


def attach(app: FastAPI, live: LivePictures, reads: Reads, feeds: FeedControl, made: Made, past: PastPicture) -> None:
    """Add /api/v1 to the server.

    Args:
        app: the server.
        live: latest pictures.
        reads: the store's reads.
        feeds: pauses and resumes feeds.
        made: counts of what the simulation made between two moments, by record type; empty
            when no simulation is configured.
        past: the picture of a topic at a moment, for those that are put together from more than one read.
    """
    app.include_router(_router(live, reads, made, past))
    app.include_router(_acts(feeds))

    answer_bad_moments(app)


def _router(live: LivePictures, reads: Reads, made: Made, past: PastPicture) -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    async def picture(request: Request, topic: str, at: str | None, known: str, read: Callable[[datetime], Any]) -> Any:
        """The live picture, or the one of a past moment read in a thread.

        A worker that has just started and published nothing yet reads the store: an empty answer would say that
        the port has no feeds, no queue.
        """
        check_known(known)
        if at is not None:
            return await asyncio.to_thread(read, past_of(at))
        scope = viewer_of(request.scope).scope
        found = live.current(topic) if scope is None else await asyncio.to_thread(live.newest, topic, scope)
        return await asyncio.to_thread(read, datetime.now(UTC)) if found is None else found

    @router.get("/feeds")
    async def feeds(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        found = await picture(request, "feeds", at, known, lambda t: past("feeds", t, known, viewer))
        return answer(feeds_of(found, datetime.now(UTC) if at is None else past_of(at)))

    @router.get("/kpis")
    async def kpis(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(rows_of(await picture(request, "kpis", at, known, lambda t: past("kpis", t, known, viewer))))

    @router.get("/vehicles")
    async def vehicles(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(
            positions_of(
                await picture(request, "vehicles", at, known, lambda t: reads.vehicles(viewer, t, known=known)),
                "vehicles",
            )
        )

    @router.get("/vessels")
    async def vessels(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(
            positions_of(
                await picture(request, "vessels", at, known, lambda t: reads.vessels(viewer, t, known=known)), "vessels"
            )
        )

    @router.get("/yard")
    async def yard(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(rows_of(await picture(request, "yard", at, known, lambda t: reads.yard(viewer, t, known=known))))

    @router.get("/yard/hourly")
    async def yard_hourly(
        request: Request, since: str, until: str, feed: str | None = None, known: str = "corrected"
    ) -> Response:
        check_known(known)
        viewer, start, end = viewer_of(request.scope), time_of(since, "since"), time_of(until, "until")
        course = await asyncio.to_thread(reads.yard_course, viewer, start, end, feed, known)
        peak = {"boxes": course.peak, "at": course.peak_at}
        return answer({"hours": course.hours, "boxes": course.boxes, "teu": course.teu, "peak": peak})

    @router.get("/inspections/queue")
    async def queue(
        request: Request,
        platform: str | None = None,
        at: str | None = None,
        cycle: str | None = None,
        lang: str | None = None,
        known: str = "corrected",
    ) -> Response:
        viewer, langs = viewer_of(request.scope), languages(lang)
        cut = cut_of(cycle, reads.expectations.cycles)
        moment = datetime.now(UTC) if at is None else past_of(at)
        if cut is not None and cut <= moment:  # as it went into the cut, before it confirmed anybody
            at = (cut - BEFORE).isoformat()
        found = await picture(request, "queue", at, known, lambda t: past("queue", t, known, viewer))
        return answer(await asyncio.to_thread(queue_answer, found, platform, cut, langs))

    @router.get("/inspections/sailings")
    async def sailings(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(
            rows_of(await picture(request, "sailings", at, known, lambda t: past("sailings", t, known, viewer)))
        )

    @router.get("/inspections/warnings")
    async def warnings(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(
            rows_of(await picture(request, "warnings", at, known, lambda t: past("warnings", t, known, viewer)))
        )

    @router.get("/inspections")
    async def inspections(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(
            rows_of(
                await picture(request, "inspections", at, known, lambda t: reads.inspections(viewer, t, known=known))
            )
        )

    @router.get("/inspections/{declaration_no}")
    async def inspection(
        request: Request, declaration_no: str, at: str | None = None, known: str = "corrected"
    ) -> Response:
        check_known(known)
        viewer, moment = viewer_of(request.scope), None if at is None else past_of(at)
        row = await asyncio.to_thread(reads.inspection, viewer, declaration_no, moment, known)
        if row is None:
            return answer({"error": "not_found"}, 404)
        return answer(msgspec.to_builtins(row))

    _more_routes(router, live, reads, made, picture)
    return router


def _more_routes(router: APIRouter, live: LivePictures, reads: Reads, made: Any, picture: Any) -> None:
    @router.get("/gates")
    async def gates(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(
            rows_of(await picture(request, "gates", at, known, lambda t: reads.gates(viewer, t, known=known)))
        )

    @router.get("/alerts")
    async def alerts(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(
            rows_of(await picture(request, "alerts", at, known, lambda t: reads.alerts(viewer, t, known=known)))
        )

    @router.get("/forecasts")
    async def forecasts(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(
            rows_of(await picture(request, "forecasts", at, known, lambda t: reads.forecasts(viewer, t, known=known)))
        )

    @router.get("/notices")
    async def notices(request: Request, at: str | None = None, known: str = "corrected") -> Response:
        viewer = viewer_of(request.scope)
        return answer(
            rows_of(await picture(request, "notices", at, known, lambda t: reads.notices(viewer, t, known=known)))
        )

    @router.get("/trends")
    async def trends(
        request: Request,
        metric: str,
        since: str,
        until: str,
        subject: str = "port",
        per: Literal["hour", "day"] = "day",
    ) -> Response:
        """A roll-up per hour or day of the port over [since, until): when each begins, and its value."""
        viewer, start, end = viewer_of(request.scope), time_of(since, "since"), time_of(until, "until")
        read = reads.daily if per == "day" else reads.series
        times, values = await asyncio.to_thread(read, viewer, metric, subject, start, end)
        return answer({"metric": metric, "subject": subject, "per": per, "times": times, "values": values})

    @router.get("/simulation/made")
    async def simulation_made(request: Request, since: str, until: str | None = None) -> Response:
        viewer: Viewer = viewer_of(request.scope)
        start = time_of(since, "since")
        end = datetime.now(UTC) if until is None else time_of(until, "until")
        stored = await asyncio.to_thread(reads.counts, viewer)
        counted = {} if viewer.scope is not None else await asyncio.to_thread(made, start, end)
        return answer({"made": counted, "stored": stored})


def _acts(feeds: FeedControl) -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.post("/feeds/{name}/acts")
    async def feed_act(request: Request, name: str) -> Response:
        """Body {"act": "pause" | "resume" | "run"}."""
        viewer_of(request.scope)
        if request.query_params.keys() & {"at", "since"}:
            return refused("not_live", "nothing can be done in the past; ask without at=", 409)
        try:
            act = msgspec.json.decode(await request.body(), type=Act).act
        except msgspec.MsgspecError:
            return refused("bad_body", 'send {"act": "pause"}, {"act": "resume"} or {"act": "run"}', 400)
        done = {"pause": feeds.pause, "resume": feeds.resume, "run": feeds.run}[act]
        try:
            await asyncio.to_thread(done, name)
        except KeyError:
            return refused("not_found", "no feed of that name runs here", 404)
        return answer({"feed": name, "act": act})

    return router
