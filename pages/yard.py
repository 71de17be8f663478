"""The yard: blocks by terminal, every block as a row, occupancy by hour."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dash
import structlog
from dash import Input, Output, dcc, html
from dash.development.base_component import Component
from plotly.io.json import to_json_plotly

from components.hourly import hourly_tile
from components.yard import block_table, yard_tile
from domain.permissions import Permission
from layouts.language import language_of
from layouts.moment import Moment, moment_in, moment_of
from layouts.places import names
from layouts.shell import page, page_title, view
from layouts.stage import stage
from live.lately import Lately
from live.views import register_view
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

FRESH_SECONDS = 60.0  # a month by the hour does not look different sooner,
SHOWN_SECONDS = 300.0  # and is drawn anew behind what is shown, as long as the page itself would keep it
log = structlog.get_logger(__name__)
_fresh, _shown = Lately(FRESH_SECONDS, 32), Lately(SHOWN_SECONDS, 32)
_under_way: set[asyncio.Task[Any]] = set()

dash.register_page(__name__, path="/yard", name="yard", title=page_title("yard"), uses=("chart",))


def _blocks(pictures: Mapping[str, Any], lang: str) -> Component:
    return yard_tile(pictures.get("yard"), lang, names(lang), stage.settings.limits.yard_backlog)


def _table(pictures: Mapping[str, Any], lang: str) -> Component:
    return block_table(pictures.get("yard"), lang, names(lang), stage.settings.limits.yard_backlog)


register_view("yard-blocks", ("yard",), _blocks, min_seconds=2)
register_view("yard-table", ("yard",), _table, min_seconds=5)


def layout(lang: str | None = None, **query: str) -> Component:
    """Blocks, table and the hours."""
    spoken, moment = language_of(lang), moment_in(query)
    return page(
        spoken, "yard",
        view("yard-blocks", spoken, "at-blocks", moment=moment),
        view("yard-table", spoken, "at-table", moment=moment),
        html.Div(hourly_tile(None, spoken, loading=True), id="yard-hours", className="place at-hours"),
        dcc.Interval(id="yard-tick", interval=300_000),
        dcc.Store(id="yard-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.LOOK,
    Output("yard-hours", "children"), Input("yard-tick", "n_intervals"), Input("yard-lang", "data"), MOMENT_INPUT,
    ADDRESS,
)  # fmt: skip
async def show_hours(_: int | None, lang: str, told: str | None, search: str | None) -> Any:
    """Occupancy by hour of what is stored, with its peak: at once as it was lately, else when it is read."""
    viewer, moment = visitor(), moment_of(told, search)
    asked = (stage.reads, viewer.scope, lang, moment.at, moment.known)
    if (drawn := _fresh.get(asked)) is not None:
        return drawn
    making = asyncio.to_thread(_made, asked, viewer, lang, moment)
    if (drawn := _shown.get(asked)) is None:
        return await making
    _fresh.put(asked, drawn)  # nobody else makes it meanwhile
    task = asyncio.create_task(making)
    _under_way.add(task)
    task.add_done_callback(_ended)
    return drawn


def _ended(task: asyncio.Task[Any]) -> None:
    _under_way.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("yard_hours", error=str(error))  # whoever asks when it is no longer shown hears of it


def _made(asked: Any, viewer: Any, lang: str, moment: Moment) -> Any:
    """The tile as it goes to browsers: drawing a figure costs more than reading what is in it."""
    drawn = json.loads(to_json_plotly(_hours(viewer, lang, moment)))
    _fresh.put(asked, drawn)
    _shown.put(asked, drawn)
    return drawn


def _hours(viewer: Any, lang: str, moment: Moment) -> Component:
    """The 30 days up to the moment."""
    until = moment.now()
    course = stage.reads.yard_course(viewer, until - timedelta(days=30), until, None, moment.known)
    yard = stage.hub.current("yard") if moment.at is None else stage.reads.yard(viewer, moment.at, moment.known)
    capacity = getattr(yard, "capacity_teu", 0)
    with moment.drawn(stage.reads.oldest(viewer) if moment.at is not None else None):
        return hourly_tile(course, lang, capacity=capacity, shift=_shift())


def _shift() -> timedelta | None:
    """How far a recorded yard's times were shifted; None when it is not one recording alone."""
    yard, feeds = stage.hub.current("yard"), stage.hub.current("feeds")
    behind = [row for row in (feeds.rows if feeds else []) if row.key in (yard.feeds if yard else [])]
    if len(behind) != 1 or behind[0].last_recorded_at is None or behind[0].last_event_at is None:
        return None
    return timedelta(seconds=(behind[0].last_event_at - behind[0].last_recorded_at).total_seconds())
