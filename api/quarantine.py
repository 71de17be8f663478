"""/api/v1/quarantine: rows that could not be used: look through them, take them out, have them tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Protocol
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import UNKEPT, answer, refused
from api.asked import past_of, time_of
from api.export import KINDS
from api.sheets import Sheet, csv_of, xlsx_of
from components import format as formats
from domain.audit import Entry, by
from domain.permissions import Permission
from domain.quarantine import SetAside, Sought, TriedAgain
from domain.viewer import Viewer
from layouts.language import language_of
from locales import known, translate
from store.reads import Reads

MOST = 50_000  # rows of a file
LARGEST = 2**63 - 1  # what a database counts to
Number = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
COLUMNS = ("feed", "ref", "reason", "detail", "received", "times", "raw")


class Desk(Protocol):
    """The part of the desk of quarantine used here."""

    def try_again(self, viewer: Viewer, sought: Sought, ids: Sequence[int] | None = None, after: int = 0) -> TriedAgain:
        """Put rows through mapping and gate once more."""


class Wanted(Sought, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Rows for a file.

    Attributes:
        format: of the file.
        lang: of its words.
    """

    format: Literal["csv", "xlsx", "json"]
    lang: str = ""


class Asked(Sought, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Rows to be tried again: all that are sought behind ``after``, or those with these numbers."""

    ids: list[Number] | None = None
    after: Number = 0


def attach(app: FastAPI, reads: Reads, desk: Desk, note: Callable[[Entry], None]) -> None:
    """Add the routes to the server.

    Args:
        app: the server.
        reads: the store's reads.
        desk: has rows tried again.
        note: puts on record who took what out; without that nothing goes out.
    """
    router = APIRouter(prefix="/api/v1/quarantine")

    @router.get("")
    async def look(
        request: Request,
        feed: str = "",
        reason: str = "",
        since: str | None = None,
        until: str | None = None,
        text: str = "",
        limit: int = 200,
        offset: int = 0,
        at: str | None = None,
    ) -> Response:
        """A page of the rows sought, newest first, the beginning of each; and how many there are, by reason."""
        viewer, moment = viewer_of(request.scope), None if at is None else past_of(at)
        sought = Sought(
            feed=feed, reason=reason, text=text,
            since=None if since is None else time_of(since, "since"),
            until=None if until is None else time_of(until, "until"),
        )  # fmt: skip
        size = max(1, min(limit, 5000))
        return answer(
            await asyncio.to_thread(reads.set_aside, viewer, sought, moment, max(0, min(offset, LARGEST)), size)
        )

    @router.get("/{number}")
    async def one(request: Request, number: int) -> Response:
        """A row with all that is kept of it."""
        wanted = [number] if 0 <= number <= LARGEST else []
        rows = await asyncio.to_thread(reads.set_aside_rows, viewer_of(request.scope), wanted)
        return answer(rows[0]) if rows else refused("not_found", "there is no such row, or no more", 404)

    @router.post("/export")
    async def export(request: Request) -> Response:
        """Body: which rows, and ``format``: csv, xlsx or json."""
        viewer = viewer_of(request.scope)
        if not viewer.may(Permission.FEEDS):  # may take out what they see, and of this they see nothing
            return refused("not_found", "there is nothing of that kind for you", 404)
        wanted = await _body(request, Wanted)
        if isinstance(wanted, Response):
            return wanted
        return await asyncio.to_thread(_file, reads, viewer, wanted, note)

    @router.post("/again")
    async def again(request: Request) -> Response:
        """Body: which rows. What is usable now is stored and gone from here; ``left`` says what was not reached."""
        if request.query_params.keys() & {"at", "since"}:
            return refused("not_live", "nothing can be done in the past; ask without at=", 409)
        asked = await _body(request, Asked)
        if isinstance(asked, Response):
            return asked
        sought = Sought(**{name: getattr(asked, name) for name in Sought.__struct_fields__})
        return answer(await asyncio.to_thread(desk.try_again, viewer_of(request.scope), sought, asked.ids, asked.after))

    app.include_router(router)


async def _body(request: Request, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except msgspec.MsgspecError as error:
        return refused("bad_body", str(error))


def _file(reads: Reads, viewer: Viewer, wanted: Wanted, note: Callable[[Entry], None]) -> Response:
    sought = Sought(**{name: getattr(wanted, name) for name in Sought.__struct_fields__})
    ids = reads.set_aside_ids(viewer, sought)[-MOST:]
    rows = reads.set_aside_rows(viewer, ids[::-1])
    lang = language_of(wanted.lang or None)
    title = translate(lang, "feed.quarantine")
    filters = {name: value for name, value in msgspec.to_builtins(sought).items() if value}
    note(by(viewer, "export", title, after={"rows": len(rows), "format": wanted.format, "filters": filters}))
    headers = {**UNKEPT, "content-disposition": f"attachment; filename*=UTF-8''{quote(f'{title}.{wanted.format}')}"}
    if wanted.format == "json":
        return Response(msgspec.json.encode(rows), headers=headers, media_type="application/json")
    sheet = Sheet(
        title=title, columns=[translate(lang, f"column.{name}") for name in COLUMNS],
        rows=[_cells(row, lang) for row in rows],
        notes=[
            (translate(lang, "export.title"), title),
            (translate(lang, "export.filters"), ", ".join(f"{k}: {v}" for k, v in filters.items())
             or translate(lang, "export.no_filters")),
            (translate(lang, "export.rows"), formats.number(len(rows), lang)),
            (translate(lang, "export.made"), formats.stamp(datetime.now(UTC), lang)),
        ],
    )  # fmt: skip
    body = csv_of(sheet) if wanted.format == "csv" else xlsx_of(sheet, translate(lang, "export.about"))
    return Response(body, headers=headers, media_type=KINDS[wanted.format])


def _cells(row: SetAside, lang: str) -> list[Any]:
    reason = f"reject.{row.reason}"
    said = translate(lang, reason) if known(reason) else row.reason
    return [row.feed, row.ref, said, row.detail, formats.sortable(row.received_at), row.times, row.raw]
