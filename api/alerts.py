"""Alerts one by one: everything about one, and what people do with it, for pages and programs alike."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import answer, refused
from api.asked import check_known, past_of
from domain.alert import BadActError
from domain.alert_pictures import AlertFile, AlertRow
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.viewer import Viewer
from store.reads import Reads

_NOT_FOUND = ("not_found", "no such alert", 404)


class Result(Protocol):
    """What came of an act."""

    @property
    def row(self) -> AlertRow:
        """The alert as it stands now."""

    @property
    def refusal(self) -> str:
        """Why it was refused; empty: it was carried out."""


class Desk(Protocol):
    """The part of the alert desk the API needs."""

    def act(self, viewer: Viewer, alert_id: str, act: str, version: int, note: str = "", **more: Any) -> Result:
        """Carry out one act."""


class AlertAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One act on an alert; ``why`` and ``text`` are other names of ``note``."""

    act: str
    version: int
    note: str = ""
    why: str = ""
    text: str = ""
    to: str = ""
    agency: str = ""
    minutes: int | None = None
    n: int | None = None
    done: bool = True
    request_key: str = ""


def attach(app: FastAPI, reads: Reads, desk: Desk) -> None:
    """Add the routes to the server.

    Args:
        app: the server.
        reads: the store's reads.
        desk: where people's acts are carried out.
    """
    router = APIRouter(prefix="/api/v1/alerts")

    @router.get("/{alert}")
    async def one(request: Request, alert: str, at: str | None = None, known: str = "corrected") -> Response:
        """State, version, evidence and history."""
        check_known(known)
        moment = past_of(at) if at is not None else None
        viewer = viewer_of(request.scope)
        file: AlertFile | None = await asyncio.to_thread(reads.alert_file, viewer, alert, moment, known)
        if file is None:
            return refused(*_NOT_FOUND)
        return answer({**_stands(file.alert), "evidence": file.evidence, "history": file.history})

    @router.post("/{alert}/acts")
    async def act(request: Request, alert: str) -> Response:
        """Body {"act": "acknowledge", "version": 3, ...}; 200 with the new state, 409 with the reason."""
        viewer = viewer_of(request.scope)
        if request.query_params.keys() & {"at", "since"}:
            return refused("not_live", "nothing can be done in the past; ask without at=", 409)
        try:
            asked = msgspec.json.decode(await request.body(), type=AlertAct)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            return refused("bad_body", str(error), 400)
        return await asyncio.to_thread(_done, desk, viewer, alert, asked)

    app.include_router(router)


def _done(desk: Desk, viewer: Viewer, alert: str, asked: AlertAct) -> Response:
    """Carry it out; blocks."""
    try:
        done = desk.act(viewer, alert, **msgspec.to_builtins(asked))
    except BadActError as error:
        return refused(error.code, str(error), 400)
    except NotAllowedError as error:
        if getattr(error, "unknown", False):
            return refused(*_NOT_FOUND)
        return refused("not_allowed", str(error), 403)
    except StoreUnavailableError as error:
        return refused("store_unavailable", error.code, 503)
    if done.refusal:
        why = f"{asked.act} is refused: {done.refusal}"
        return answer({"error": "refused", "reason": done.refusal, "message": why, **_stands(done.row)}, 409)
    return answer(_stands(done.row))


def _stands(row: AlertRow) -> dict[str, Any]:
    """How the alert stands: what a caller needs for the next act, and all of it."""
    return {"id": row.id, "state": row.state, "condition": row.condition, "version": row.version, "alert": row}
