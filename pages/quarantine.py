"""Quarantine: look through what could not be used, see a row in full, take it out, have it tried again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dash
import msgspec
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.grid import grid
from components.quarantine import COLUMNS, beside, one_row, outcome, pager, quarantine_rows
from components.tile import empty, tile
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.permissions import Permission
from domain.quarantine import Sought
from domain.viewer import Viewer
from layouts.language import language_of
from layouts.moment import moment_of
from layouts.shell import page, page_title
from layouts.stage import may, stage
from locales import translate
from pages._feeds import tabs
from pages._visitor import ADDRESS, MOMENT_INPUT, MOMENT_STATE, callback, visitor

dash.register_page(
    __name__, path="/feeds/quarantine", name="quarantine", title=page_title("quarantine"), uses=("grid",)
)

ROWS = 200  # of a page
EXPORTS = ("csv", "xlsx", "json")


def layout(lang: str | None = None, feed: str = "", reason: str = "", **_: str) -> Component:
    """Filters and counts at the left, the rows, and the one picked; ``?feed=`` and ``?reason=`` choose."""
    spoken = language_of(lang)
    return page(
        spoken, "quarantine", tabs("/feeds/quarantine", spoken),
        html.Div(tile(translate(spoken, "quarantine.filter"), _filters(spoken), ages=False),
                 className="place at-filter"),
        html.Div(tile(translate(spoken, "feed.quarantine"), _table(spoken), ages=False), className="place at-grid"),
        html.Div(
            tile(translate(spoken, "quarantine.row"), html.Div(one_row(None, spoken, False), id="quarantine-one"),
                 ages=False),
            className="place at-one",
        ),
        dcc.Store(id="quarantine-lang", data=spoken), dcc.Store(id="quarantine-offset", data=0),
        dcc.Store(id="quarantine-feed", data={"value": feed}),
        dcc.Store(id="quarantine-reason", data={"value": reason}),
        dcc.Store(id="quarantine-act"), dcc.Store(id="quarantine-after", data=0),
    )  # fmt: skip


def _filters(lang: str) -> list[Component]:
    def field(name: str, **more: Any) -> Component:
        words = translate(lang, f"quarantine.{name}")
        return html.Label(
            [html.Span(words), dcc.Input(id=f"quarantine-{name}", debounce=True, className="search", **more)]
        )

    when = translate(lang, "quarantine.when")
    return [
        field("text", type="search"), field("since", placeholder=when), field("until", placeholder=when),
        html.Div(id="quarantine-beside"),
    ]  # fmt: skip


def _table(lang: str) -> list[Any]:
    acts = [
        html.Button("‹", id="quarantine-newer", title=translate(lang, "quarantine.newer"), n_clicks=0),
        html.Span(id="quarantine-pager", role="status"),
        html.Button("›", id="quarantine-older", title=translate(lang, "quarantine.older"), n_clicks=0),
    ]
    if may(Permission.EXPORT):
        acts += [
            html.Button(kind.upper(), title=translate(lang, "quarantine.export", kind=kind.upper()),
                        **{"data-quarantine-export": kind})
            for kind in EXPORTS
        ]  # fmt: skip
    if may(Permission.ACT_ON_FEEDS):
        words = translate(lang, "quarantine.again_all")
        acts.append(html.Button(words, id="quarantine-all", **{"data-pick": "quarantine-act", "data-value": "all"}))
    return [
        html.Div(acts, className="acts-line"),
        html.Div(id="quarantine-answer", className="answer", role="status"),
        html.Div(id="quarantine-sought", hidden=True),
        grid("quarantine-grid", COLUMNS, [], lang),
    ]


@callback(
    Permission.FEEDS,
    Output("quarantine-grid", "rowData"), Output("quarantine-beside", "children"),
    Output("quarantine-pager", "children"), Output("quarantine-offset", "data"),
    Output("quarantine-sought", "children"),
    Output("quarantine-newer", "disabled"), Output("quarantine-older", "disabled"),
    Input("quarantine-feed", "data"), Input("quarantine-reason", "data"), Input("quarantine-text", "value"),
    Input("quarantine-since", "value"), Input("quarantine-until", "value"),
    Input("quarantine-newer", "n_clicks"), Input("quarantine-older", "n_clicks"),
    Input("quarantine-answer", "children"), MOMENT_INPUT, ADDRESS, State("quarantine-offset", "data"),
    State("quarantine-lang", "data"),
)  # fmt: skip
async def show(
    feed: Any, reason: Any, text: str | None, since: str | None, until: str | None, _newer: int, _older: int,
    _answer: Any, told: str | None, search: str | None, offset: int, lang: str,
) -> tuple[Any, ...]:  # fmt: skip
    """A page of the rows sought; another filter begins at the first."""
    moment = moment_of(told, search)
    try:
        sought = Sought(
            feed=_picked(feed),
            reason=_picked(reason),
            text=(text or "").strip(),
            since=_when(since),
            until=_when(until),
        )
    except ValueError:
        said = translate(lang, "quarantine.bad_time", when=translate(lang, "quarantine.when"))
        return [], dash.no_update, said, 0, "", True, True
    step = {"quarantine-newer": -ROWS, "quarantine-older": ROWS, "quarantine-answer": 0}.get(str(ctx.triggered_id))
    offset = 0 if step is None else max(0, offset + step)
    at = moment.now() if moment.locked else None
    found = await asyncio.to_thread(stage.reads.set_aside, visitor(), sought, at, offset, ROWS)
    if offset and not found.rows:  # they have left meanwhile
        offset = 0
        found = await asyncio.to_thread(stage.reads.set_aside, visitor(), sought, at, 0, ROWS)
    names = [sought.feed] if sought.feed else [*{*found.feeds, *_titles(lang)}]
    left = await asyncio.to_thread(_left, visitor(), names, moment.now())
    last, titles = offset + len(found.rows), _titles(lang)
    return (
        quarantine_rows(found.rows, titles, lang), beside(found, sought.feed, sought.reason, titles, lang, left),
        pager(offset, len(found.rows), found.total, lang), offset, msgspec.json.encode(sought).decode(),
        offset == 0, last >= found.total,
    )  # fmt: skip


@callback(
    Permission.FEEDS,
    Output("quarantine-one", "children"), Input("quarantine-grid", "selectedRows"),
    Input("quarantine-grid", "rowData"), State("quarantine-lang", "data"), prevent_initial_call=True,
)  # fmt: skip
async def show_one(selected: list[dict[str, Any]] | None, rows: list[dict[str, Any]] | None, lang: str) -> Component:
    """The row picked, while it is there."""
    shown = {row["key"] for row in rows or []}
    keys = [row["key"] for row in selected or [] if row["key"] in shown]
    if not keys:
        return one_row(None, lang, False)
    found = await asyncio.to_thread(stage.reads.set_aside_rows, visitor(), [int(keys[0])])
    if not found:
        return empty(lang, "quarantine_gone")
    return one_row(found[0], lang, may(Permission.ACT_ON_FEEDS))


@callback(
    Permission.ACT_ON_FEEDS,
    Output("quarantine-answer", "children"), Output("quarantine-after", "data"), Input("quarantine-act", "data"),
    State("quarantine-sought", "children"), State("quarantine-after", "data"), State("quarantine-lang", "data"),
    MOMENT_STATE, ADDRESS, prevent_initial_call=True,
)  # fmt: skip
async def act(
    asked: dict[str, Any] | None, sought: str | None, after: int, lang: str, told: str | None, search: str | None
) -> Any:
    """Try one row again, or all that are sought; where time ran out, the next press goes on behind."""
    wanted = str((asked or {}).get("value", ""))
    if not wanted or not sought:
        return dash.no_update, dash.no_update
    if moment_of(told, search).locked:
        return translate(lang, "quarantine.not_live"), 0
    ids = [int(wanted.removeprefix("one:"))] if wanted.startswith("one:") else None
    rows = msgspec.json.decode(sought, type=Sought)
    try:
        done = await asyncio.to_thread(stage.quarantine.try_again, visitor(), rows, ids, 0 if ids else after)
    except NotAllowedError:
        return translate(lang, "account.error.not_allowed"), 0
    except StoreUnavailableError:
        return translate(lang, "account.error.store"), after
    return outcome(done, lang), done.after if done.left and ids is None else 0


def _left(viewer: Viewer, feeds: list[str], until: datetime) -> dict[str, int]:
    """How many rows left quarantine, by the way they went."""
    metrics = {"taken_in": "quarantine_taken", "dropped": "quarantine_dropped"}
    begin, end = datetime(2000, 1, 1, tzinfo=UTC), until + timedelta(hours=1)
    return {
        way: int(sum(sum(stage.reads.series(viewer, metric, feed, begin, end)[1]) for feed in feeds))
        for way, metric in metrics.items()
    }


def _picked(store: Any) -> str:
    return str((store or {}).get("value") or "")


def _when(typed: str | None) -> datetime | None:
    """A time as typed, at the port's clock where it names no zone; ValueError when it is none."""
    if not (typed or "").strip():
        return None
    moment = datetime.fromisoformat(str(typed).strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(stage.settings.port.timezone))).astimezone(UTC)


def _titles(lang: str) -> dict[str, str]:
    english = lang == "en"
    return {
        feed.name: (feed.title_en if english else feed.title_zh) or feed.title_zh or feed.title_en or feed.name
        for feed in stage.settings.feeds
    }
