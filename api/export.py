"""POST /api/v1/export: a table of the screen, as it is filtered and sorted there, as CSV or XLSX."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal, Protocol
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response

from access import viewer_of
from api.answers import UNKEPT, refused
from api.sheets import MOST_COLUMNS, Cell, Sheet, csv_of, xlsx_of
from components import format as formats
from domain.audit import Entry, by
from layouts.language import language_of
from layouts.moment import moment_in
from live.views import registered
from locales import translate

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Pictures(Protocol):
    """The part of the hub the export needs."""

    def newest(self, topic: str, scope: frozenset[str] | None) -> Any | None:
        """The latest picture of a topic, as far as a scope may see it; blocks."""


Newest = Callable[[str], Any]  # the newest picture of a topic, for who asks


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the screen.

    Attributes:
        format: of the file.
        title: of the tile.
        columns: headers.
        rows: what is on the screen, filtered and sorted.
        filters: what was filtered by, in words; empty = nothing.
        view: name of the view the tile shows, empty when it is none.
        address: the page's address with its query, which holds the moment.
    """

    format: Literal["csv", "xlsx"]
    title: str
    columns: list[str]
    rows: list[list[Cell]]
    filters: str = ""
    view: str = ""
    query: dict[str, str] = {}
    lang: str = ""


def attach(app: FastAPI, live: Pictures, note: Callable[[Entry], None]) -> None:
    """Add the route to the server.

    Args:
        app: the server.
        live: newest pictures, which say where data come from.
        note: puts on record who took what out; without that nothing goes out.
    """
    router = APIRouter(prefix="/api/v1")

    @router.post("/export")
    async def export(request: Request) -> Response:
        viewer = viewer_of(request.scope)
        try:
            wanted = msgspec.json.decode(await request.body(), type=Wanted)
        except msgspec.MsgspecError as error:
            return refused("bad_body", str(error))
        width = len(wanted.columns)
        if not 0 < width <= MOST_COLUMNS or any(len(row) > width for row in wanted.rows):
            return refused("bad_table", "every row has at most as many cells as there are columns")
        said = {"rows": len(wanted.rows), "format": wanted.format, "filters": wanted.filters, "query": wanted.query}
        await asyncio.to_thread(note, by(viewer, "export", wanted.title, after=said))
        return await asyncio.to_thread(_file, wanted, partial(live.newest, scope=viewer.scope))

    app.include_router(router)


def _file(wanted: Wanted, live: Newest) -> Response:
    lang = language_of(wanted.lang or None)
    notes = notes_of(wanted.title, wanted.query, wanted.filters, wanted.view, len(wanted.rows), live, lang)
    sheet = Sheet(title=wanted.title, columns=wanted.columns, rows=wanted.rows, notes=notes)
    body = csv_of(sheet) if wanted.format == "csv" else xlsx_of(sheet, translate(lang, "export.about"))
    name = f"{wanted.title}.{wanted.format}"
    headers = {**UNKEPT, "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(body, 200, headers=headers, media_type=KINDS[wanted.format])


def notes_of(
    title: str, query: Mapping[str, str], filters: str, view: str, rows: int, live: Newest, lang: str
) -> list[tuple[str, str]]:
    """What a file must say of itself: title, moment, filters, origin, number of rows, when it was made."""
    moment, now = moment_in(query), datetime.now(UTC)
    if moment.at is None:
        when = translate(lang, "export.live", time=formats.stamp(now, lang))
    else:
        known = translate(lang, f"time.known.{moment.known}")
        when = translate(lang, "export.then", time=formats.stamp(moment.at, lang), known=known)
    origins = _origins(view if moment.at is None else "", live)
    said = translate(lang, "export.join").join(f"{translate(lang, f'origin.{one}')} ({one})" for one in origins)
    return [
        (translate(lang, "export.title"), title),
        (translate(lang, "export.moment"), f"{when} ({formats.zone().key})"),
        (translate(lang, "export.filters"), filters or translate(lang, "export.no_filters")),
        (translate(lang, "export.origin"), said or translate(lang, "export.no_origin")),
        (translate(lang, "export.rows"), formats.number(rows, lang)),
        (translate(lang, "export.made"), formats.stamp(now, lang)),
    ]


def _origins(view: str, live: Newest) -> list[str]:
    """Where the data come from: the pictures behind the view, else every feed there is."""
    drawn = registered().get(view)
    topics = drawn.topics if drawn is not None else ()
    pictures = [picture for topic in topics if (picture := live(topic)) is not None]
    found = {str(origin) for picture in pictures for origin in getattr(picture, "origins", [])}
    feeds = live("feeds")
    return sorted(found or {str(row.origin) for row in (feeds.rows if feeds is not None else [])})
