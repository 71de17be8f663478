"""GET /api/v1/datasets and /api/v1/datasets/{dataset}: every kind of record as rows. docs/open-services.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from msgspec.structs import replace

from access import viewer_of
from api.answers import UNKEPT, answer, packed, refused, takes_gzip
from api.asked import answer_bad_moments, check_known, past_of
from api.dataset_asked import FORMATS, Asked, read
from api.dataset_files import head, part
from domain.audit import Entry, by
from domain.errors import CockpitError, StoreUnavailableError
from domain.permissions import DATASET_PERMISSIONS, Permission
from domain.viewer import Viewer
from store.limits import TooSlowError
from store.reads import Reads
from store.reads.dataset_tables import DATASETS, LONGEST_DAYS, fields_of
from store.reads.datasets import MOST, BadQuestionError, Page

AT_ONCE = 4  # pages read side by side; more wait, so that programs cannot starve the live pages
_PACK_BYTES = 32_768
log = structlog.get_logger(__name__)

Stands = Callable[[Mapping[str, Any], Viewer], Awaitable[bool]]


class EndedError(CockpitError):
    """A file ends unfinished: whoever takes it may no longer."""


class _File(StreamingResponse):
    """A file that may break off: then the last chunk is left out, so that nobody takes a part for the whole."""

    async def stream_response(self, send: Any) -> None:
        try:
            await super().stream_response(send)
        except CockpitError as error:  # it is over, the key is, or the store cannot be reached; the server hangs up
            log.warning("file_broken_off", why=str(error))


async def _always(scope: Mapping[str, Any], viewer: Viewer) -> bool:
    return True


def attach(app: FastAPI, reads: Reads, note: Callable[[Entry], None], stands: Stands = _always) -> None:
    """Add the routes to the server.

    Args:
        app: the server.
        reads: the store's reads.
        note: puts on record who took a file out; without that none goes out.
        stands: whether a viewer is still who was found when the request began: asked before each page of a file.
    """
    router = APIRouter(prefix="/api/v1")
    rows = _Rows(reads, note, stands)

    @router.get("/datasets")
    async def datasets(request: Request) -> Response:
        """The datasets this reader may read, each with fields, types and units, and what asking for it takes."""
        return answer({"datasets": [described(name) for name in readable(viewer_of(request.scope))]})

    @router.get("/datasets/{dataset}")
    async def dataset(request: Request, dataset: str) -> Response:
        """Rows of one dataset: filters, a moment, pages, columns, JSON, CSV or NDJSON."""
        return await rows.answered(request, dataset)

    app.include_router(router)
    answer_bad_moments(app)


def readable(viewer: Viewer) -> list[str]:
    """Names of the datasets a viewer may read."""
    return [name for name in DATASET_PERMISSIONS if _may(viewer, name)]


def _may(viewer: Viewer, name: str) -> bool:
    return viewer.may(DATASET_PERMISSIONS[name]) and (viewer.datasets is None or name in viewer.datasets)


def described(name: str) -> dict[str, Any]:
    """A dataset in words a program reads; made from the record's type and the table."""
    dataset = DATASETS[name]
    track = dataset.kind == "track"
    return {
        "name": name,
        "permission": DATASET_PERMISSIONS[name],
        "at": True,
        "needs": {"one_of": [dataset.keys[0], "from"], "days": LONGEST_DAYS} if track else None,
        "fields": [_field(one) for one in fields_of(name).values()],
    }


def _field(field: Any) -> dict[str, Any]:
    return {
        "name": field.name, "type": field.type, "unit": field.unit or None, "optional": field.optional,
        "words": list(field.words), "indexed": field.indexed,
    }  # fmt: skip


class _Rows:
    """Answers questions for rows."""

    def __init__(self, reads: Reads, note: Callable[[Entry], None], stands: Stands) -> None:
        self._reads, self._note, self._stands = reads, note, stands
        self._room = asyncio.Semaphore(AT_ONCE)

    async def answered(self, request: Request, name: str) -> Response:
        viewer = viewer_of(request.scope)
        if name not in DATASETS or not _may(viewer, name):
            return refused("not_found", f"no dataset {name[:80]!r} for you; /api/v1/datasets lists them", 404)
        try:
            asked = read(name, request.query_params.multi_items(), request.headers.get("accept", ""))
            check_known(asked.known)
            at = past_of(asked.at) if asked.at else None
            if asked.format != "json" and not viewer.may(Permission.EXPORT):
                return refused("not_allowed", f"files take the permission {Permission.EXPORT}; ask for JSON", 403)
            page = await self._page(viewer, name, asked, at)
        except BadQuestionError as error:
            said = {"error": "bad_parameter", "parameter": error.parameter, "message": f"{error.parameter}: {error}"}
            return answer(said, 422)
        except StoreUnavailableError as error:
            return refused("store_unavailable", error.code, 503)
        except TooSlowError as error:
            return refused("too_slow", f"{error}: filter by a field that is indexed, or by a shorter time", 422)
        if asked.format == "json":
            return await asyncio.to_thread(_json, name, asked, at, page, takes_gzip(request))
        await asyncio.to_thread(self._note, by(viewer, "export", name, after=_said(request, asked)))
        return self._file(request.scope, viewer, name, asked, at, page)

    async def _page(self, viewer: Viewer, name: str, asked: Asked, at: datetime | None) -> Page:
        async with self._room:
            return await asyncio.to_thread(self._reads.records, viewer, name, asked.question, at, asked.known)

    def _file(
        self, scope: Mapping[str, Any], viewer: Viewer, name: str, asked: Asked, at: datetime | None, first: Page
    ) -> Response:
        """A file, written while it is sent: one page is in memory at a time, and no read stands open meanwhile."""

        async def parts() -> AsyncIterator[bytes]:
            page = first
            yield head(asked.format, page.columns) + await _part(asked.format, page)
            while asked.whole and page.next:
                if not await self._stands(scope, viewer):
                    raise EndedError(f"{viewer.name} may no longer read {name}")
                following = replace(asked, question=replace(asked.question, after=page.next))
                page = await self._page(viewer, name, following, at)
                yield await _part(asked.format, page)

        headers = {**UNKEPT, "content-disposition": f'attachment; filename="{name}.{asked.format}"'}
        if first.next and not asked.whole:
            headers["x-next"] = first.next
        return _File(parts(), headers=headers, media_type=FORMATS[asked.format])


async def _part(kind: str, page: Page) -> bytes:
    return await asyncio.to_thread(part, kind, page.columns, page.rows)


def _json(name: str, asked: Asked, at: datetime | None, page: Page, packs: bool) -> Response:
    rows = [dict(zip(page.columns, row, strict=True)) for row in page.rows]
    body = {"dataset": name, "at": at, "known": asked.known, "rows": rows, "next": page.next or None}
    return packed(msgspec.json.encode(body), packs, _PACK_BYTES)


def _said(request: Request, asked: Asked) -> dict[str, Any]:
    """What the record holds of a file: as with files of the screen, how it was asked for."""
    most = None if asked.whole else asked.question.limit
    return {"format": asked.format, "rows": most, "query": dict(request.query_params)}


__all__ = ["AT_ONCE", "MOST", "attach", "described", "readable"]
