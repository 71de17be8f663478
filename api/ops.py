"""For operators: /livez, /readyz, /metrics, and what browsers report about themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from access import viewer_of
from api.answers import UNKEPT, answer
from api.browser_report import BODY_BYTES, BrowserReports
from api.metrics import Exposition, Sources, registry_of
from api.readiness import Check, Readiness
from domain.errors import StoreUnavailableError

SIZES_SECONDS = 15.0  # the database is asked for its size no more often
STATUS = {"accepted": 204, "malformed": 400, "too_soon": 429, "too_many": 429}
log = structlog.get_logger(__name__)


def attach(
    app: FastAPI,
    sources: Sources,
    checks: Mapping[str, Check],
    sizes: Callable[[], Mapping[str, int]],
) -> BrowserReports:
    """Add the operator's routes to a server.

    Args:
        app: the server.
        sources: counters of the rooms; what browsers report is added to it.
        checks: what must hold for this process to be ready, by name.
        sizes: bytes of the database by part; may wait, is called in a thread.

    Returns:
        What browsers reported.
    """
    reports = BrowserReports()
    exposition = Exposition(msgspec.structs.replace(sources, drawn=reports.drawn, reports=reports.outcomes))
    _probes(app, Readiness(checks))
    _metrics(app, exposition, sizes)

    @app.post("/api/v1/metrics/browser")
    async def browser(request: Request) -> Response:
        """A tab's histogram of draw times; at most once in 30 s."""
        viewer_of(request.scope)
        if int(request.headers.get("content-length") or 0) > BODY_BYTES:
            return Response(status_code=413)
        return Response(status_code=STATUS[reports.take(await request.body())])

    @app.exception_handler(StoreUnavailableError)
    async def unavailable(_: Request, error: StoreUnavailableError) -> Response:
        log.warning("store_unavailable", code=error.code, detail=error.detail)
        return answer({"error": "store_unavailable", "code": error.code}, 503)

    return reports


def _probes(app: FastAPI, readiness: Readiness) -> None:
    @app.get("/livez")
    async def livez() -> Response:
        """Answers when the server can serve."""
        return answer({"status": "ok"})

    @app.get("/readyz")
    async def readyz() -> Response:
        """200 when every check holds, else 503; names of checks and words, nothing of the inside."""
        checks = await readiness.ask()
        ready = all(word == "ok" for word in checks.values())
        return answer({"status": "ready" if ready else "not_ready", "checks": checks}, 200 if ready else 503)


def _metrics(app: FastAPI, exposition: Exposition, sizes: Callable[[], Mapping[str, int]]) -> None:
    registry, asked_at = registry_of(exposition), -SIZES_SECONDS

    @app.get("/metrics")
    async def metrics(request: Request) -> Response:
        """Prometheus text format. On the event loop, where the live counters live; sizes apart."""
        nonlocal asked_at
        viewer_of(request.scope)
        if time.monotonic() - asked_at >= SIZES_SECONDS:
            asked_at = time.monotonic()
            try:
                exposition.sizes = await asyncio.wait_for(asyncio.to_thread(sizes), 2.0)
            except (StoreUnavailableError, OSError, TimeoutError):
                exposition.sizes = {}
        return Response(generate_latest(registry), headers=UNKEPT, media_type=CONTENT_TYPE_LATEST)
