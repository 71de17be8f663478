"""Feeds: how each is doing, what it brought and what was wrong with it; switched from here by whoever may."""

from __future__ import annotations

import asyncio
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.feeds import feed_cards
from domain.errors import StoreUnavailableError
from domain.permissions import Permission
from layouts.language import language_of
from layouts.moment import moment_in, moment_of
from layouts.selection import taking
from layouts.shell import page, page_title, view
from layouts.stage import stage
from live.views import register_view
from locales import translate
from pages._feeds import tabs
from pages._visitor import ADDRESS, MOMENT_STATE, callback, visitor

dash.register_page(__name__, path="/feeds", name="feeds", title=page_title("feeds"))

# The card of the address comes first, however often the cards are drawn anew (assets/feeds.js).
dash.clientside_callback(
    ClientsideFunction("feeds", "choose"), Output("feed-chosen", "data"), Input("feed-pick", "data")
)

ACTS = ("run", "pause", "resume")

register_view("feeds-cards", ("feeds",), lambda pictures, lang: feed_cards(pictures.get("feeds"), lang), min_seconds=2)


def layout(lang: str | None = None, **query: str) -> Component:
    """The cards; ``?feed=`` brings one to the front. An act is asked about before it is done."""
    spoken, moment = language_of(lang), moment_in(query)
    question = html.Div(
        [
            html.Span(id="feeds-question"),
            html.Button(translate(spoken, "feed.act.yes"), id="feeds-yes", n_clicks=0),
            html.Button(translate(spoken, "feed.act.no"), id="feeds-no", n_clicks=0),
        ],
        id="feeds-ask", className="acts-line", hidden=True, role="alertdialog",
        **{"aria-labelledby": "feeds-question"},
    )  # fmt: skip
    return page(
        spoken, "feeds", tabs("/feeds", spoken),
        html.Div([question, html.Div(id="feeds-answer", className="answer", role="status")], className="at-ask"),
        view("feeds-cards", spoken, "at-cards", moment=moment),
        dcc.Store(id="feed-pick"), dcc.Store(id="feed-act"), dcc.Store(id="feeds-lang", data=spoken),
        dcc.Store(id="feed-chosen"), taking("feed", "feed-pick.data"),
    )  # fmt: skip


@callback(
    Permission.ACT_ON_FEEDS,
    Output("feeds-ask", "hidden"), Output("feeds-question", "children"), Output("feeds-answer", "children"),
    Input("feed-act", "data"), Input("feeds-yes", "n_clicks"), Input("feeds-no", "n_clicks"),
    State("feeds-lang", "data"), MOMENT_STATE, ADDRESS, prevent_initial_call=True,
)  # fmt: skip
async def act(
    asked: dict[str, Any] | None, _yes: int, _no: int, lang: str, told: str | None, search: str | None
) -> tuple[Any, ...]:
    """Ask, and on yes do it; on record either way it is done."""
    wanted, _, feed = str((asked or {}).get("value", "")).partition(":")
    if wanted not in ACTS or not feed:
        return True, "", dash.no_update
    title = _title(feed, lang)
    if ctx.triggered_id == "feed-act":
        return False, translate(lang, f"feed.ask.{wanted}", title=title), ""
    if ctx.triggered_id == "feeds-no":
        return True, "", ""
    if moment_of(told, search).locked:
        return True, "", translate(lang, "quarantine.not_live")
    visitor()
    try:
        await asyncio.to_thread(getattr(stage.feeds, wanted), feed)
    except KeyError:
        return True, "", translate(lang, "feed.error.row_of_no_feed")
    except StoreUnavailableError:
        return True, "", translate(lang, "account.error.store")
    return True, "", translate(lang, f"feed.done.{wanted}", title=title)


def _title(name: str, lang: str) -> str:
    picture = stage.hub.current("feeds")
    row = next((row for row in picture.rows if row.key == name), None) if picture is not None else None
    return name if row is None else row.titles.get(lang) or row.title or name
