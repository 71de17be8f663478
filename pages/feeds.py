"""Feeds: state, age, counts with reasons, and the quarantined rows of one feed."""

from __future__ import annotations

import asyncio
from typing import Any

import dash
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.feeds import feed_cards
from components.grid import grid, quarantine_rows
from components.tile import tile
from domain.permissions import Permission
from layouts.language import language_of
from layouts.moment import moment_in, moment_of
from layouts.selection import taking
from layouts.shell import page, page_title, view
from layouts.stage import stage
from live.views import register_view
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(__name__, path="/feeds", name="feeds", title=page_title("feeds"), uses=("grid",))

LIMIT = 1000
COLUMNS = ("ref", "reason", "detail", "raw", "received")

register_view("feeds-cards", ("feeds",), lambda pictures, lang: feed_cards(pictures.get("feeds"), lang), min_seconds=2)


def layout(lang: str | None = None, **query: str) -> Component:
    """Cards above, quarantine below."""
    spoken, moment = language_of(lang), moment_in(query)
    rows = tile(
        [translate(spoken, "feed.quarantine"), html.Span(id="feeds-which")],
        grid("feeds-grid", COLUMNS, [], spoken),
        aside=translate(spoken, "feed.quarantine_pick"), ages=False,
    )  # fmt: skip
    return page(
        spoken, "feeds", view("feeds-cards", spoken, "at-cards", moment=moment),
        html.Div(rows, className="place at-quarantine"),
        dcc.Store(id="feed-pick"), dcc.Store(id="feeds-lang", data=spoken), taking("feed", "feed-pick.data"),
    )  # fmt: skip


@callback(
    Permission.FEEDS,
    Output("feeds-grid", "rowData"), Output("feeds-which", "children"), Input("feed-pick", "data"), MOMENT_INPUT,
    ADDRESS, State("feeds-lang", "data"), prevent_initial_call=True,
)  # fmt: skip
async def show_quarantine(picked: dict[str, str] | None, told: str | None, search: str | None, lang: str) -> Any:
    """The newest quarantined rows of the feed picked, of those there were at the moment."""
    feed = (picked or {}).get("value", "")
    if not feed:
        return no_update, no_update
    until = moment_of(told, search).now()
    rows = await asyncio.to_thread(stage.reads.quarantine, visitor(), feed, LIMIT, until)
    return quarantine_rows(rows, lang), f" · {feed}"
